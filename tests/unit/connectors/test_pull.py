"""The pull runner: what it leaves out, in which order it goes, and what a crash in between costs."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from connectors.pull import PullRunner
from schemas.errors import Retry, Stop
from schemas.ids import deterministic_id, digest
from tests.support.pull import Bench, KnownEchoes, MemorySource, NoEchoes, system

LEGAL_AID = system("legal-aid")


@pytest.fixture
def source() -> MemorySource:
    return MemorySource()


@pytest.fixture
def bench(source: MemorySource, tmp_path: Path) -> Bench:
    return Bench(LEGAL_AID, source, f"sqlite:///{tmp_path / 'store.db'}")


def test_a_record_becomes_a_raw_change_as_it_came(source: MemorySource, bench: Bench) -> None:
    source.add(id=7, name="王晓")
    (change,) = bench.drain()
    assert (change.system, change.source_key, change.content_type) == ("legal-aid", "7", "application/json")
    assert change.body == source.records[0]
    assert change.event_id == deterministic_id("raw", "legal-aid", "7", digest(change.body))
    assert change.captured_at > 1_700_000_000_000
    assert source.acknowledged == source.records
    assert bench.events[-1].result == "ok"


def test_only_changed_records_are_published_again(source: MemorySource, bench: Bench) -> None:
    source.add(id=1, v=1)
    source.add(id=1, v=1)
    source.add(id=1, v=2)
    source.add(id=1, v=1)  # back again: another change
    assert [change.body for change in bench.drain()] == [source.records[0], source.records[2], source.records[3]]
    assert sum(event.repeated for event in bench.events) == 1
    assert len(source.acknowledged) == 4  # the repeated one too, or it would come for ever


def test_our_own_writing_makes_no_event_but_a_change_of_it_does(source: MemorySource, tmp_path: Path) -> None:
    push = "5d1a1f6e-0000-5000-8000-000000000001"
    own = {"id": 3, "hub_push_id": push, "hub_state": "ACCEPTED"}
    echo = LEGAL_AID.echo(own)
    assert echo is not None
    bench = Bench(LEGAL_AID, source, f"sqlite:///{tmp_path / 's.db'}", KnownEchoes({push: echo.digest}))
    source.add(**own)
    source.add(**own | {"hub_state": "CLOSED"})  # names our push, but says something else
    source.add(**own | {"hub_push_id": "5d1a1f6e-0000-5000-8000-000000000002"})  # a push we never made
    source.add(id=3, hub_push_id=None, hub_state=None, task_key="承办")
    assert [change.body for change in bench.drain()] == source.records[1:]
    assert sum(event.echoes for event in bench.events) == 1
    assert len(source.acknowledged) == 4


def test_a_change_of_the_system_under_our_writing_is_not_taken_for_an_echo(
    source: MemorySource, tmp_path: Path
) -> None:
    push = "5d1a1f6e-0000-5000-8000-000000000001"
    tagged = {"id": 3, "task_key": "待审", "hub_push_id": push, "hub_state": "ACCEPTED"}
    echo = LEGAL_AID.echo(tagged)
    assert echo is not None
    bench = Bench(LEGAL_AID, source, f"sqlite:///{tmp_path / 's.db'}", KnownEchoes({push: echo.digest}))
    source.add(id=3, task_key="待审")
    assert len(bench.drain()) == 1
    source.add(**tagged)  # our writing alone
    assert bench.drain() == []
    source.add(**tagged | {"task_key": "承办", "update_date": "2026-03-02T11:00:00"})  # moved on before anybody looked
    assert [change.body for change in bench.drain()] == source.records[2:]


def test_what_cannot_be_identified_goes_on_under_its_digest(source: MemorySource, bench: Bench) -> None:
    source.records += [b"{broken", b'{"name": "no id"}', b"[]"]
    assert [change.source_key for change in bench.drain()] == ["?" + digest(body) for body in source.records]
    assert sum(event.unidentified for event in bench.events) == 3


def test_nothing_is_remembered_or_acknowledged_before_kafka_has_it(source: MemorySource, bench: Bench) -> None:
    source.add(id=1)
    bench.intake.fail = 1
    with pytest.raises(Retry):
        bench.runner.step()
    assert source.acknowledged == []
    assert bench.positions.load("legal-aid") is None
    assert len(bench.drain()) == 1


def test_a_crash_after_kafka_repeats_the_same_event_only(source: MemorySource, tmp_path: Path) -> None:
    bench = Bench(LEGAL_AID, source, f"sqlite:///{tmp_path / 's.db'}")
    source.add(id=1)
    again = Bench(LEGAL_AID, source, f"sqlite:///{tmp_path / 'other.db'}")  # a store that lost the page
    assert [change.event_id for change in bench.drain()] == [change.event_id for change in again.drain()]


def test_a_lost_acknowledgement_is_made_up_for_without_an_event(source: MemorySource, bench: Bench) -> None:
    refuse = [True]
    inner = source.acknowledge

    def acknowledge(documents: Any) -> None:
        if refuse.pop() if refuse else False:
            raise Retry("no answer")
        inner(documents)

    source.acknowledge = acknowledge  # type: ignore[method-assign]
    source.add(id=1)
    with pytest.raises(Retry):
        bench.runner.step()
    bench.positions.save("legal-aid", {"next": 0})  # the source gives it out again
    assert bench.drain() == []
    assert source.acknowledged == source.records


def test_trouble_is_reported_waited_out_and_work_goes_on(source: MemorySource, bench: Bench) -> None:
    source.add(id=1)
    source.up = False
    seen = threading.Event()
    inner = bench.intake.publish

    def publish(changes: Any) -> None:
        inner(changes)
        seen.set()

    bench.intake.publish = publish  # type: ignore[method-assign]
    retried = threading.Event()

    def on_event(event: Any) -> None:
        bench.events.append(event)
        if event.result == "retry":
            source.up = True
            retried.set()

    runner = PullRunner(
        LEGAL_AID, source, bench.intake, bench.positions, NoEchoes(), on_event, interval_seconds=0.01
    )  # fmt: skip
    stop = threading.Event()
    ended = runner.start(stop)
    assert retried.wait(10)
    assert seen.wait(10)
    stop.set()
    ended.result(10)
    assert [event.result for event in bench.events][:2] == ["retry", "ok"]
    assert bench.events[0].reason == "the system is away"


def test_a_wrong_setting_ends_the_loop_with_its_reason(source: MemorySource, bench: Bench) -> None:
    def poll(_position: Any) -> Any:
        raise Stop("no such table")

    source.poll = poll  # type: ignore[method-assign]
    ended = bench.runner.start(threading.Event())
    with pytest.raises(Stop, match="no such table"):
        ended.result(10)
    assert [event.result for event in bench.events] == ["stopped"]


def test_an_unforeseen_error_is_not_swallowed(source: MemorySource, bench: Bench) -> None:
    source.poll = lambda _position: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    with pytest.raises(ZeroDivisionError):
        bench.runner.start(threading.Event()).result(10)


def test_a_document_twice_in_one_page_is_one_event(source: MemorySource, bench: Bench) -> None:
    source.size = 5
    for _ in range(4):
        source.add(id=1)
    assert len(bench.drain()) == 1
