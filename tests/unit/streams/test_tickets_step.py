"""The tickets step over bytes: what is stored, what wakes, what is poison."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from schemas.errors import DeadLetter
from schemas.events.common import Person
from schemas.events.inbox import Claim, Rated, Submission, Tick, Verdict
from schemas.events.tables import TicketRecord
from schemas.events.ticket import Alert, TicketOpened
from streams.engine.api import Outcome, Record
from streams.steps.emit import INTAKE_AT
from streams.steps.tickets import TicketsStep
from tests.support.partitions import CODEC, TOPICS, decoded, record_of, tickets_step
from tests.support.story import MINUTE, submission

TIMES = struct.Struct(">qq")


def web(key: str, at: int = 0, **more: Any) -> Submission:
    return submission("web", key, at, family="mediation", **more)


class Worker:
    """A step, its table, and the partition 0 it owns."""

    def __init__(self, table: dict[bytes, bytes] | None = None) -> None:
        self.step: TicketsStep = tickets_step()
        self.table: dict[bytes, bytes] = {} if table is None else table
        self.step.recovered(0, self.table.items())

    def does(self, *records: Record) -> list[Any]:
        outcome = self.process(*records)
        self.table.update(outcome.changes)
        self.step.applied(0, outcome)
        return list(decoded(outcome.outputs))

    def process(self, *records: Record) -> Outcome:
        return self.step.process(0, records, self.table)

    def opens(self, s: Submission) -> list[Any]:
        """The submission with its verdicts."""
        claims = [x for x in self.does(record_of(s)) if isinstance(x, Claim)]
        return self.does(*(record_of(answer(c)) for c in claims))


def answer(c: Claim) -> Verdict:
    return Verdict(
        event_id="v", submission_id=c.submission_id, key=c.key, key_kind=c.key_kind, version=c.version, weightless=False
    )


def tick(now: int) -> Record:
    return record_of(Tick(partition=0, now=now))


def test_a_value_is_two_times_and_a_sealed_record() -> None:
    worker, s = Worker(), web("a", person=Person(name="王晓明", phone="13800000000"))
    claims = [x for x in worker.does(record_of(s)) if isinstance(x, Claim)]
    key = s.submission_id.encode()
    assert TIMES.unpack_from(worker.table[key]) == (0, 1)  # no alarm yet; waits since the record's own time
    assert worker.step.waits_since() == 1
    worker.does(*(record_of(answer(c)) for c in claims))
    assert TIMES.unpack_from(worker.table[key]) == (240 * MINUTE, 0)
    assert worker.step.waits_since() is None
    record = CODEC.decode_inner(TicketRecord, worker.table[key][TIMES.size :], key)
    assert record.submission_id == s.submission_id
    assert "王晓明".encode() not in worker.table[key]
    assert b"13800000000" not in worker.table[key]
    with pytest.raises(DeadLetter):
        CODEC.decode_inner(TicketRecord, worker.table[key][TIMES.size :], b"another key")


def test_a_tick_wakes_exactly_what_is_due() -> None:
    worker = Worker()
    for n in range(4):
        worker.opens(web(f"k{n}", n * MINUTE))
    assert worker.does(tick(240 * MINUTE - 1)) == []
    woken = [e for e in worker.does(tick(241 * MINUTE)) if isinstance(e, Alert)]
    assert sorted(e.at // MINUTE for e in woken if e.ticket_id) == [240, 240, 241, 241]  # to the story and the alerts
    assert worker.does(tick(241 * MINUTE), tick(5)) == []


def test_a_tick_wakes_what_became_due_in_its_own_batch_and_once() -> None:
    worker = Worker()
    s = web("a")
    claims = [x for x in worker.does(record_of(s)) if isinstance(x, Claim)]
    said = worker.does(*(record_of(answer(c)) for c in claims), tick(241 * MINUTE), tick(242 * MINUTE))
    assert [e.stage for e in said if isinstance(e, Alert)] == ["near", "near"]


def test_what_one_batch_says_two_batches_say() -> None:
    s = web("a")
    records = [record_of(s), record_of(Rated(event_id="r", submission_id=s.submission_id, system="web", at=5, grade=5))]
    one, two = Worker(), Worker()
    assert one.does(*records) == two.does(records[0]) + two.does(records[1])
    assert one.table == two.table


def test_memory_is_untouched_until_the_outcome_is_applied() -> None:
    worker = Worker()
    worker.opens(web("a"))
    claims = record_of(web("b"))
    first, second = worker.process(claims, tick(241 * MINUTE)), worker.process(claims, tick(241 * MINUTE))
    assert first == second
    assert worker.step.waits_since() is None
    assert len([e for e in decoded(first.outputs) if isinstance(e, Alert)]) == 2
    worker.does(claims)
    assert worker.step.waits_since() == 1


def test_another_worker_goes_on_from_the_table_alone() -> None:
    worker = Worker()
    worker.opens(web("a"))
    worker.does(record_of(web("b")))
    other = Worker(dict(worker.table))
    assert other.step.waits_since() == 1
    assert other.does(tick(300 * MINUTE)) == worker.does(tick(300 * MINUTE)) != []
    worker.step.revoked(0)
    assert worker.step.waits_since() is None
    assert worker.process(tick(10**12)).outputs == []


def test_nothing_is_written_for_what_says_nothing_new() -> None:
    worker, s = Worker(), web("a")
    worker.opens(s)
    assert worker.process(record_of(s)) == Outcome()


@pytest.mark.parametrize("what", ["not ours", "another key", "no key", "no value", "ticket event", "claim"])
def test_poison_is_for_the_dead_letters(what: str) -> None:
    worker, s = Worker(), web("a")
    good = record_of(s)
    opened = TicketOpened(
        event_id="e", ticket_id="t", at=0, seq=1, submission_id=s.submission_id, system="w", received_at=0
    )
    claim = next(x for x in Worker().does(good) if isinstance(x, Claim))
    key, value = {
        "not ours": (good.key, b"{}"),
        "another key": (b"other", good.value),
        "no key": (None, good.value),
        "no value": (good.key, None),
        "ticket event": (good.key, CODEC.encode(TOPICS.events, opened)),
        "claim": (good.key, CODEC.encode(TOPICS.claims, claim)),
    }[what]
    with pytest.raises(DeadLetter):
        worker.process(Record(TOPICS.inbox, 0, 0, 1, key, value))


def test_the_time_of_arrival_and_the_trace_ride_along() -> None:
    s = record_of(web("a", confidential=True))
    extra = ((INTAKE_AT, b"7"), ("traceparent", b"00-1"), ("other", b"x"))
    outcome = Worker().process(Record(s.topic, 0, 0, 1, s.key, s.value, extra))
    assert outcome.outputs
    for output in outcome.outputs:
        assert [h for h in output.headers if not h[0].startswith("ce_") or h[0] == INTAKE_AT][-2:] == list(extra[:2])


def test_each_kind_of_event_has_its_place() -> None:
    worker, s = Worker(), web("a")
    claims = worker.process(record_of(s)).outputs
    sid = s.submission_id.encode()
    assert {o.topic for o in claims} == {TOPICS.state, TOPICS.claims}
    assert all(o.key == (sid if o.topic == TOPICS.state else CODEC.decode(o.value).key.encode()) for o in claims)
    worker.opens(s)
    woken = worker.process(tick(240 * MINUTE)).outputs
    assert [(o.topic, o.key) for o in woken] == [(TOPICS.events, sid), (TOPICS.alerts, sid), (TOPICS.state, sid)]
