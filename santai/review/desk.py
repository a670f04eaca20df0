"""What a clerk reads before deciding: two submissions side by side and why they may be one. Personal data masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from mappings.lexicon import lexicon
from santai.api.progress import CONFIDENTIAL
from santai.projector.numbers import Name, root_of, submission
from santai.projector.reviews import (
    Decision,
    Question,
    decision_on,
    is_confidential,
    questions,
    reasons_between,
)
from santai.projector.schema import TICKETS
from santai.review import masked
from santai.words import Words, iso
from schemas.codec import Codec
from schemas.errors import DeadLetter, SantaiError
from schemas.events.ticket import TicketOpened


class Undecidable(SantaiError):
    """There is nothing to decide about the two; the text says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two submissions that may be looked at and decided about."""

    a: Name
    b: Name


def pair_of(connection: Connection, a: str, b: str) -> Pair:
    """The two behind two numbers. Raises NotFound, Ambiguous, Undecidable."""
    one, other = submission(connection, a), submission(connection, b)
    if one.submission_id == other.submission_id:
        raise Undecidable("两个编号是同一条诉求，没有什么可裁定的：请核对编号")
    for name in (one, other):
        if name.system in CONFIDENTIAL or is_confidential(connection, name.submission_id):
            raise Undecidable("其中有保密件或 12309 来件：不与任何件合并，也不在此显示，不受理裁定")
    return Pair(one, other)


def opened(connection: Connection, codec: Codec, submission_id: str) -> TicketOpened | None:
    """What its ticket was opened with; None: it never had one of its own, or the keys for it are gone."""
    row = connection.execute(select(TICKETS.c.opened).where(TICKETS.c.ticket_id == submission_id)).first()
    if row is None or row.opened is None:
        return None
    try:
        event = codec.decode(row.opened)
    except DeadLetter:
        return None
    return event if isinstance(event, TicketOpened) else None


def shown(connection: Connection, codec: Codec, a: str, b: str, words: Words) -> dict[str, Any]:
    """The evidence for one pair. Raises as `pair_of`."""
    pair = pair_of(connection, a, b)
    one, other = pair.a.submission_id, pair.b.submission_id
    weights = lexicon().weights
    return {
        "a": _side(connection, codec, pair.a, words),
        "b": _side(connection, codec, pair.b, words),
        "evidence": [
            {"code": r, "reason": words.reason(r), "weight": weights.get(r)}
            for r in reasons_between(connection, one, other)
        ],
        "together": root_of(connection, one) == root_of(connection, other),
        "decision": decision_json(decision_on(connection, one, other)),
    }


def listed(connection: Connection, words: Words, limit: int, *, decided: bool = False) -> list[dict[str, Any]]:
    """The queue, the oldest question first."""
    return [_question(q, words) for q in questions(connection, limit, decided=decided)]


def decision_json(decision: Decision | None) -> dict[str, Any] | None:
    """A decision for programs."""
    if decision is None:
        return None
    at, word = iso(decision.at), "same" if decision.same else "different"
    return {"same": decision.same, "word": word, "by": decision.by, "at": at, "reason": decision.reason}


def _question(q: Question, words: Words) -> dict[str, Any]:
    return {
        "a": _name(q.other, words),
        "b": _name(q.submission, words),
        "since": iso(q.at),
        "reasons": [{"code": r, "reason": words.reason(r)} for r in q.reasons],
        "decision": decision_json(q.decision),
    }


def _name(name: Name, words: Words) -> dict[str, Any]:
    return {
        "submission_id": name.submission_id, "system": name.system, "system_title": words.system(name.system),
        "number": name.shown,
    }  # fmt: skip


def _side(connection: Connection, codec: Codec, name: Name, words: Words) -> dict[str, Any]:
    """One of the two. Who asked is known of those that were opened as tickets of their own."""
    root = root_of(connection, name.submission_id)
    own = connection.execute(select(TICKETS).where(TICKETS.c.ticket_id == name.submission_id)).mappings().first()
    live = connection.execute(select(TICKETS.c.state).where(TICKETS.c.ticket_id == root)).scalar_one_or_none()
    told = opened(connection, codec, name.submission_id)
    return {
        **_name(name, words),
        "ticket_id": root,
        "state": live,
        "state_title": words.state(live),
        "family": own["family"] if own else None,
        "family_title": words.family(own["family"]) if own else "",
        "kind_title": words.kind(own["kind"]) if own else "",
        "received_at": iso(own["received_at"]) if own else None,
        "person": None
        if told is None
        else {
            "name": masked.name(told.person_name),
            "id_number": masked.id_number(told.id_number),
            "phone": masked.phone(told.phone),
            "region": told.region,
        },
    }
