"""What the projector's tests are made of: topics, seeded ticket events, transactional writing, row dumps."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from sqlalchemy import Engine, select

from santai.projector.schema import RULES
from schemas.catalog import subjects
from schemas.codec import Codec
from schemas.events.common import Deadline, Member
from schemas.events.ticket import (
    Alert,
    SubmissionAttached,
    SubmissionMoved,
    TicketNoted,
    TicketOpened,
    TicketState,
    TicketStateChanged,
    TicketTold,
)
from schemas.ids import deterministic_id, submission_id
from schemas.registry import RegistrySchemaIds
from schemas.sealing import Sealer
from schemas.topics import Topics
from streams.topology import topic_specs

Rows = dict[str, list[tuple[Any, ...]]]
PARTITIONS = 3


def make_topics(bootstrap: str, topics: Topics) -> None:
    """The topics of the road that are not of one system."""
    specs = topic_specs(topics, (), PARTITIONS)
    admin = AdminClient({"bootstrap.servers": bootstrap})  # kept: its futures die with it
    made = admin.create_topics([NewTopic(spec.name, spec.partitions, 1, config=spec.config) for spec in specs])
    for future in made.values():
        future.result(30)


def make_codec(registry_url: str, topics: Topics) -> Codec:
    """A codec over the real registry; the same keys in every process."""
    keys = random.Random(7)
    ids = RegistrySchemaIds(registry_url)
    ids.register(subjects(topics, ()))
    return Codec(Sealer({"k": keys.randbytes(64)}, "k", keys.randbytes(32)), ids)


@dataclass(frozen=True, slots=True)
class Keyed:
    """An event on its topic."""

    topic: str
    event: Any


def seeded_events(seed: int, tickets: int, topics: Topics) -> list[Keyed]:
    """Tickets with all that can happen to them, as the streams write it; every fifth goes into the one before."""
    rng = random.Random(seed)
    told: list[Keyed] = []
    before: Member | None = None
    for number in range(tickets):
        key = f"GD{seed}-{number}@2026"
        system = rng.choice(("12345", "web"))
        member = Member(submission_id=submission_id(system, key), system=system, source_key=key, number=f"GD{number}")
        told += _life(rng, member, before if number % 5 == 4 else None, topics)
        before = member
    return told


class _Teller:
    def __init__(self, ticket_id: str, members: tuple[Member, ...], topics: Topics, seq: int = 0) -> None:
        self.ticket_id, self.members, self.seq, self.told = ticket_id, members, seq, list[Keyed]()
        self._topics = topics

    def say(self, what: type[Any], at: int, /, **more: Any) -> None:
        self.seq += 1
        event_id = deterministic_id(what.__name__, self.ticket_id, self.seq)
        topic = self._topics.alerts if what is Alert else self._topics.events
        event = what(
            event_id=event_id, ticket_id=self.ticket_id, at=at, seq=self.seq, members=self.members, **more
        )  # fmt: skip
        self.told.append(Keyed(topic, event))

    def state(self, state: str, at: int, **more: Any) -> None:
        event_id = deterministic_id("TicketState", self.ticket_id, self.seq)
        event = TicketState(
            event_id=event_id, ticket_id=self.ticket_id, seq=self.seq, state=state, received_at=at, at=at,
            members=self.members, **more,
        )  # fmt: skip
        self.told.append(Keyed(self._topics.state, event))


def _life(rng: random.Random, member: Member, into: Member | None, topics: Topics) -> list[Keyed]:
    at, sid, system = rng.randrange(1_700_000_000_000, 1_800_000_000_000), member.submission_id, member.system
    own = _Teller(sid, (member,), topics)
    own.state("RECEIVED", at)
    who = {"submission_id": sid, "system": system}
    own.say(TicketOpened, at, **who, received_at=at, family="legal-aid", person_name="王晓", phone="13900001111")
    own.say(TicketStateChanged, at + 1, **who, state="ACCEPTED", previous="RECEIVED", note="电话 13900001111")
    if into is not None:
        theirs = _Teller(into.submission_id, (into, member), topics, seq=50)
        moved = {"submission_id": sid, "from_ticket": sid, "to_ticket": into.submission_id, "reasons": ("id_equal",)}
        own.members = ()
        own.say(SubmissionMoved, at + 2, **moved)
        theirs.say(SubmissionMoved, at + 2, **moved)
        own.say(TicketStateChanged, at + 2, **who, state="MERGED", previous="ACCEPTED", merged_into=into.submission_id)
        own.state("MERGED", at + 2, merged_into=into.submission_id)
        theirs.say(SubmissionAttached, at + 2, submission_id=sid, to_submission=into.submission_id, score=9.5)
        theirs.state("ACCEPTED", at + 3)
        return own.told + theirs.told
    own.say(TicketNoted, at + 3, **who, what="urge")
    own.say(Alert, at + 4, clock="web-message", stage="near", started_at=at, due_at=at + 9)
    own.say(TicketTold, at + 5, system="web", push_id=f"p{sid}", kind="open", result="done")
    own.state("ACCEPTED", at + 5, deadlines=(Deadline(clock="c", started_at=at, due_at=at + 9, stage="near"),))
    return own.told


def produce(bootstrap: str, codec: Codec, told: Sequence[Keyed], transaction_records: int = 400) -> None:
    """Write as the engine does: in transactions; after each comes one that is aborted, with the same records."""
    producer = Producer({
        "bootstrap.servers": bootstrap, "transactional.id": f"test-{random.randbytes(6).hex()}", "linger.ms": 5,
        "partitioner": "murmur2_random",
    })  # fmt: skip
    producer.init_transactions(30)
    for start in range(0, len(told), transaction_records):
        for abort in (False, True):
            producer.begin_transaction()
            for keyed in told[start : start + transaction_records]:
                producer.produce(keyed.topic, codec.encode(keyed.topic, keyed.event), keyed.event.ticket_id.encode())
            producer.flush(30)
            (producer.abort_transaction if abort else producer.commit_transaction)(30)


def dump(engine: Engine) -> Rows:
    """All folded rows, in order of key."""
    with engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(select(rule.table).order_by(*rule.table.primary_key))]
            for name, rule in RULES.items()
        }


def until(what: Callable[[], object], timeout_s: float = 150.0) -> None:
    """Wait for something that another process does."""
    deadline, pause = time.monotonic() + timeout_s, threading.Event()
    while not what():
        assert time.monotonic() < deadline, "waited in vain"
        pause.wait(0.05)


def in_order(rows: Rows) -> Rows:
    """Rows in Python's order: databases collate differently."""
    return {name: sorted(found, key=repr) for name, found in rows.items()}
