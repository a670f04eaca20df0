"""Dispatchers that are killed, share a ledger, lose broker or database, or meet a fault of our own."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from confluent_kafka import Consumer

from connectors.api import Result, Told
from connectors.ledger import Ledger
from connectors.pushes import Mark, Plan, Status
from mappings.message import Message
from mappings.systems import System
from santai.platform.kafka import Kafka
from schemas.errors import Retry
from schemas.events.delivery import Delivery
from tests.support.dispatching import SYSTEMS, delivery, make_dispatcher
from tests.support.scene import Scene, news, planned

pytestmark = pytest.mark.integration


@pytest.fixture
def scene(kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(kafka, topic_prefix, tmp_path, f"sqlite:///{tmp_path / 'ledger.db'}")
    yield scene
    scene.close()


def test_systems_are_told_without_a_broker_and_receipts_follow(scene: Scene) -> None:
    scene.start()
    first, second = delivery("web", "A", 1), delivery("web", "A", 2)
    scene.produce(first)
    scene.until(scene.settled(1))
    scene.kafka.kill()
    scene.ledger.plan([planned(scene, second)], now=int(time.time() * 1000))
    scene.until(lambda: scene.applied("web") == [first.event_id, second.event_id])
    scene.kafka.start()
    scene.until(scene.settled(2))
    scene.check_receipts([first, second])


def test_what_dead_workers_left_is_taken_up(scene: Scene) -> None:
    """One died between sending and writing down, one between writing down and the receipt, one was our former self."""
    sending, told, own = (delivery("web", ticket, 1) for ticket in "ABC")
    for owner, d, until in (("dead", sending, 500), ("dead", told, 500), ("w1", own, 2**50)):
        scene.ledger.plan([planned(scene, d)], now=0)
        (row,) = scene.ledger.lease("web", owner, limit=9, now=1, until=until)
        assert scene.ledger.sending({row.push_id: None}, owner=owner, now=2) == {d.event_id}
    scene.ledger.mark([Mark(push_id=told.event_id, status=Status.DONE)], owner="dead", now=3)
    scene.start("w1")
    scene.until(scene.settled(3))
    scene.check_receipts([sending, told, own])
    assert sorted(scene.applied("web")) == sorted([sending.event_id, own.event_id])
    for d, unknowns in ((sending, 1), (told, 0), (own, 1)):
        found = scene.ledger.pushed(d.event_id)
        assert found is not None
        assert found.unknowns == unknowns


class Unreachable(Ledger):
    """A ledger whose database went away after the start; `asked` counts the tries."""

    asked = 0

    def plan(self, plans: Sequence[Plan], *, now: int) -> int:
        self.asked += len(plans) > 0
        raise Retry("away")


def test_an_offset_is_committed_only_after_its_plan_is_in_sql(scene: Scene) -> None:
    deliveries = news(tickets=3, each=1)
    away = Unreachable(scene.engine)
    dispatcher = make_dispatcher(scene.kafka.bootstrap, scene.topics, away, scene.platforms.url, "w1")
    dispatcher.start()
    scene.produce(*deliveries)
    scene.until(lambda: away.asked >= 3)
    dispatcher.stop()
    scene.start()
    scene.until(scene.settled(len(deliveries)))
    scene.check_each_once_in_order(deliveries)


def test_a_reader_fenced_by_another_of_its_name_comes_back(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """As after a broker's restart, when the group takes the reader's new join for that of a second process."""
    scene.start("w1")
    scene.produce(first := delivery("web", "A", 1))
    scene.until(scene.settled(1))
    twin = Consumer(
        {
            "bootstrap.servers": scene.kafka.bootstrap,
            "group.id": f"{scene.topics.prefix}-sink",
            "group.instance.id": "w1",
            "session.timeout.ms": 10_000,
        }
    )
    twin.subscribe([scene.topics.deliveries(system) for system in SYSTEMS])
    # The group gives the place to whoever came last; the former holder hears of it at its next heartbeat.
    scene.until(lambda: twin.poll(0.1) is not None or "deliveries_reader_made_anew" in caplog.text)
    twin.close()
    scene.produce(second := delivery("web", "A", 2))
    scene.until(scene.settled(2))
    assert scene.applied("web") == [first.event_id, second.event_id]
    assert "deliveries_reader_made_anew" in caplog.text


def test_two_workers_share_a_ledger(kafka: Kafka, topic_prefix: str, tmp_path: Path, postgres_url: str) -> None:
    scene = Scene(kafka, topic_prefix, tmp_path, postgres_url)
    deliveries = news(tickets=10, each=5)
    try:
        for system in SYSTEMS:
            scene.platforms.fault(system, mode="lost", times=5)
        scene.start("w1")
        scene.start("w2")
        scene.produce(*deliveries)
        scene.until(scene.settled(len(deliveries)))
        scene.check_each_once_in_order(deliveries)
        scene.check_receipts(deliveries)
        for system in SYSTEMS:
            calls = [entry["push_id"] for entry in scene.platforms.journal(system)]
            assert len(calls) == 50 + 5, "nobody told what the other was telling; only lost answers were asked again"
    finally:
        scene.close()


def test_a_mappings_own_fault_holds_one_ticket_not_the_lane(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = [LookupError("张三")]
    sound = System.map_outbound

    def faulty(system: System, d: Delivery) -> Message | None:
        if d.ticket_id == bad.ticket_id and faults:
            raise faults.pop()
        return sound(system, d)

    bad, good = delivery("web", "A", 1), delivery("web", "B", 1)
    monkeypatch.setattr(System, "map_outbound", faulty)
    scene.start()
    scene.produce(bad, good)
    scene.until(scene.settled(2))
    assert scene.results == {("web", "retry"): 1, ("web", "done"): 2}


class Faulty:
    """A sink with a bug that shows once."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, _message: Message, push_id: str) -> Result:
        self.sent.append(push_id)
        if len(self.sent) == 1:
            raise KeyError("张三")
        return Result(Told.DONE)

    def close(self) -> None:
        """Nothing is held."""


def test_a_sinks_own_fault_holds_one_ticket_not_the_lane(scene: Scene) -> None:
    faulty = Faulty()
    dispatcher = scene.start(sinks={"web": faulty})
    deliveries = [delivery("web", "A", 1), delivery("web", "A", 2), delivery("web", "B", 1)]
    scene.produce(*deliveries)
    scene.until(scene.settled(3))
    assert dispatcher.healthy
    assert Counter(faulty.sent)[faulty.sent[0]] == 2
    assert scene.results == {("web", "unknown"): 1, ("web", "done"): 3}


def test_a_thread_that_fails_stops_all_and_is_told(scene: Scene) -> None:
    def fail(_system: str, result: str) -> None:
        raise LookupError(result)

    dispatcher = scene.start(on_result=fail)
    assert not dispatcher.wait(0.1)
    assert dispatcher.healthy
    scene.produce(delivery("web", "A", 1))
    with pytest.raises(LookupError, match="done"):
        dispatcher.wait(20)
    dispatcher.stop()
    assert not dispatcher.healthy
    again = scene.start()
    scene.until(scene.settled(1))
    assert again.healthy
    # More than twice where the machine is so busy that an answer comes too late.
    assert len(scene.platforms.journal("web")) >= 2, "its outcome was not written down: told again, applied once"
    assert len(scene.applied("web")) == 1


@pytest.mark.faults
def test_killed_in_the_middle_again_and_again_each_is_applied_once(scene: Scene, seed: int) -> None:
    chance = random.Random(seed)
    deliveries = news(tickets=12, each=8)
    argv = [
        sys.executable, "-m", "tests.support.dispatching",
        scene.kafka.bootstrap, scene.topics.prefix, scene.ledger_url, scene.platforms.url, "w1",
    ]  # fmt: skip
    for system in SYSTEMS:
        scene.platforms.fault(system, mode="lost", times=6)
        scene.platforms.fault(system, mode="status", status=503, times=6)
    scene.produce(*deliveries)
    kills = 0
    for at in sorted(chance.sample(range(1, len(deliveries) - 10), 5)):
        worker = subprocess.Popen(argv)
        scene.until(lambda at=at: sum(len(scene.platforms.journal(s)) for s in SYSTEMS) >= at)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        kills += 1
    worker = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    try:
        assert worker.stdout is not None
        # Those killed may have told everything: one that has not yet come so far cannot end cleanly.
        assert worker.stdout.readline() == "started\n"
        scene.until(scene.settled(len(deliveries)))
    finally:
        worker.terminate()
        assert worker.wait(30) == 0, "a clean end"
    assert kills == 5
    scene.check_each_once_in_order(deliveries)
    scene.check_receipts(deliveries)
