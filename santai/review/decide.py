"""A clerk's decision on its way to Kafka: looked at, written once, and only then accepted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from connectors.publish import Outgoing, Publisher
from santai.projector.reading import reading
from santai.projector.reviews import Decision, decision_on, received_at
from santai.review.desk import Pair, Undecidable, opened, pair_of
from santai.words import iso
from schemas.codec import Codec
from schemas.events.inbox import Decided
from schemas.headers import headers
from schemas.ids import deterministic_id
from schemas.topics import Topics

REASON_CHARS_MAX = 500
SOURCE = "/santai/decisions"
_ACCOUNT = re.compile(r"[\w.@-]{1,100}")
_PERSONAL = re.compile(r"(?<![0-9A-Za-z])(?:1[3-9]\d{9}|\d{15}|\d{17}[0-9Xx])(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a decision; `already`: it stands, nothing was written. `at` in ms."""

    event_id: str
    a: str
    b: str
    same: bool
    by: str
    at: int
    already: bool

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "event_id": self.event_id, "a": self.a, "b": self.b, "same": self.same, "by": self.by,
            "at": iso(self.at), "already": self.already,
        }  # fmt: skip


class Decider:
    """Takes decisions; thread-safe. The read model says which submissions two numbers are, Kafka keeps the word."""

    def __init__(self, engine: Engine, codec: Codec, topics: Topics, publisher: Publisher) -> None:
        self._engine = engine
        self._codec = codec
        self._topics = topics
        self._publisher = publisher

    def decide(self, a: str, b: str, *, same: bool, by: str, reason: str, now: int) -> Accepted:
        """Returns once all in-sync replicas have the decision, or when it stands already. `now` in ms.

        Raises NotFound, Ambiguous, Undecidable (nothing was written), and Retry when broker or database do not answer:
        it may then be written all the same, and is given again without harm.
        """
        by, reason = by.strip(), reason.strip()
        if not _ACCOUNT.fullmatch(by):
            raise Undecidable("裁定人账号须为 1 到 100 个字母、数字、汉字或 . _ @ -")
        if not reason or len(reason) > REASON_CHARS_MAX:
            raise Undecidable(f"须写明裁定理由，不超过 {REASON_CHARS_MAX} 字")
        with reading(self._engine) as connection:
            pair = pair_of(connection, a, b)
            self._refuse_personal(connection, pair, reason)
            standing = decision_on(connection, pair.a.submission_id, pair.b.submission_id)
            early, late = sorted((received_at(connection, n.submission_id), n.submission_id) for n in (pair.a, pair.b))
        if standing is not None and standing.same is same:
            return _accepted(standing, early[1], late[1])
        # Whoever speaks last has the last word, also when this machine's clock is behind.
        at = max(now, standing.at + 1) if standing is not None else now
        event = Decided(
            event_id=deterministic_id("decided", early[1], late[1], at), submission_id=late[1], a=early[1], b=late[1],
            same=same, at=at, by=by, reason=reason,
        )  # fmt: skip
        topic = self._topics.inbox
        value = self._codec.encode(topic, event)
        self._publisher.publish([Outgoing(topic, event.submission_id.encode(), value, headers(event, SOURCE))])
        return Accepted(event.event_id, event.a, event.b, same, by, at, already=False)

    def _refuse_personal(self, connection: Connection, pair: Pair, reason: str) -> None:
        """The reason is kept in the clear: it may say why, and not who."""
        known = set()
        for name in (pair.a, pair.b):
            told = opened(connection, self._codec, name.submission_id)
            if told is not None:
                known |= {told.person_name, told.id_number, told.phone}
        if _PERSONAL.search(reason) or any(value and len(value) > 1 and value in reason for value in known):
            raise Undecidable("裁定理由中有姓名、证件号码或电话：理由明文保存，请改写")


def _accepted(standing: Decision, a: str, b: str) -> Accepted:
    return Accepted(standing.event_id, a, b, standing.same, standing.by, standing.at, already=True)
