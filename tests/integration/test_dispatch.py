"""From deliveries.* to the platforms and back as receipts, on the real broker and real partners that misbehave."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.api import Result, Told
from connectors.dispatcher import Dispatcher
from connectors.ledger import Ledger, Plan
from connectors.store import open_store
from mappings.message import Message
from santai.platform.kafka import Kafka
from santai.platform.process import free_port as find_port
from schemas.events.delivery import Delivery
from schemas.events.inbox import Receipt
from schemas.ids import deterministic_id
from schemas.topics import Topics
from tests.support.dispatching import SYSTEMS, delivery, make_dispatcher, produce
from tests.support.platforms import PlatformServer
from tests.support.topics import create_topics, make_codec, read_all

pytestmark = pytest.mark.integration


class Scene:
    """A prefix of its own on the shared broker, a ledger, and platforms with an empty journal."""

    def __init__(self, kafka: Kafka, prefix: str, folder: Path, ledger_url: str) -> None:
        self.kafka, self.topics, self.ledger_url = kafka, Topics(prefix), ledger_url
        self.engine = open_store(ledger_url)
        self.ledger = Ledger(self.engine)
        self.platforms = PlatformServer(find_port(), folder / "journal.jsonl")
        self.results: Counter[tuple[str, str]] = Counter()
        self._changed = threading.Event()
        self._running: list[Dispatcher] = []
        create_topics(kafka.bootstrap, self.topics, SYSTEMS)
        self.platforms.start()

    def start(self, worker_id: str = "w1", **options: Any) -> Dispatcher:
        options.setdefault("on_result", self._on_result)
        dispatcher = make_dispatcher(
            self.kafka.bootstrap, self.topics, self.ledger, self.platforms.url, worker_id, **options
        )
        dispatcher.start()
        self._running.append(dispatcher)
        return dispatcher

    def _on_result(self, system: str, result: str) -> None:
        self.results[system, result] += 1
        self._changed.set()

    def produce(self, *items: Delivery | tuple[str, bytes]) -> None:
        produce(self.kafka.bootstrap, self.topics, items)

    def until(self, holds: Callable[[], bool], timeout_s: float = 40.0) -> None:
        """Look again whenever a push ended, and twice a second."""
        end = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < end, f"{self.ledger.counts()} {dict(self.results)}"
            self._changed.wait(0.5)
            self._changed.clear()

    def settled(self, number: int) -> Callable[[], bool]:
        """So many pushes are settled and their receipts durable."""

        def look() -> bool:
            counts = self.ledger.counts()
            done = sum(counts.get((system, status), 0) for system in SYSTEMS for status in ("done", "refused"))
            owed = [row for system in SYSTEMS for row in self.ledger.unreceipted(system, before=2**60, limit=9)]
            return done >= number and not owed

        return look

    def receipts(self) -> list[Receipt]:
        return [make_codec().decode(record.value()) for record in read_all(self.kafka.bootstrap, self.topics.inbox)]

    def applied(self, system: str) -> list[str]:
        return [entry["push_id"] for entry in self.platforms.journal(system) if entry["applied"]]

    def check_each_once_in_order(self, deliveries: list[Delivery]) -> None:
        """Every push applied once, and within (ticket, system) in the order of seq."""
        seqs = {d.event_id: (d.ticket_id, d.seq) for d in deliveries}
        for system in SYSTEMS:
            applied = self.applied(system)
            assert sorted(applied) == sorted(d.event_id for d in deliveries if d.system == system)
            by_ticket: dict[str, list[int]] = defaultdict(list)
            for push_id in applied:
                ticket, seq = seqs[push_id]
                by_ticket[ticket].append(seq)
            assert all(order == sorted(order) for order in by_ticket.values())

    def check_receipts(self, deliveries: list[Delivery], result: str = "done") -> None:
        """Each push is receipted; told twice, it is the same event."""
        found = {receipt.event_id: receipt for receipt in self.receipts()}
        assert set(found) == {deterministic_id("receipt", d.event_id, result) for d in deliveries}
        by_push = {receipt.push_id: receipt for receipt in found.values()}
        for d in deliveries:
            receipt = by_push[d.event_id]
            assert (receipt.submission_id, receipt.system, receipt.kind, receipt.state, receipt.result) == (
                d.ticket_id, d.system, d.kind, d.state, result,
            )  # fmt: skip
            assert receipt.attempts >= 1

    def close(self) -> None:
        for dispatcher in self._running:
            dispatcher.stop()
        self.platforms.kill()
        self.engine.dispose()


@pytest.fixture
def scene(kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(kafka, topic_prefix, tmp_path, f"sqlite:///{tmp_path / 'ledger.db'}")
    yield scene
    scene.close()


def news(tickets: int, each: int) -> list[Delivery]:
    """For each ticket `each` deliveries to both systems, tickets interleaved."""
    return [delivery(s, f"T{t}", seq) for seq in range(each) for t in range(tickets) for s in SYSTEMS]


def test_each_is_told_once_in_order_and_the_tickets_learn_of_it(scene: Scene) -> None:
    deliveries = news(tickets=6, each=4)
    scene.start()
    scene.produce(*deliveries)
    scene.until(scene.settled(len(deliveries)))
    scene.check_each_once_in_order(deliveries)
    scene.check_receipts(deliveries)
    assert scene.results == {("12345", "done"): 24, ("web", "done"): 24}
    for record in read_all(scene.kafka.bootstrap, scene.topics.inbox):
        receipt = make_codec().decode(record.value())
        assert record.key() == receipt.submission_id.encode()
        assert dict(record.headers())["ce_id"] == receipt.event_id.encode()


def test_a_refold_sends_nothing(scene: Scene) -> None:
    deliveries = news(tickets=3, each=2)
    scene.start()
    scene.produce(*deliveries)
    scene.until(scene.settled(len(deliveries)))
    calls = len(scene.platforms.journal("12345")) + len(scene.platforms.journal("web"))
    receipts = len(scene.receipts())
    marker = delivery("web", "later", 1)
    scene.produce(*deliveries, *deliveries, marker)
    scene.produce(
        *(delivery(s, f"T{t}", 99) for t in range(3) for s in SYSTEMS)
    )  # behind the repeats in each partition
    scene.until(scene.settled(len(deliveries) + 7))
    assert len(scene.platforms.journal("12345")) + len(scene.platforms.journal("web")) == calls + 7
    assert len(scene.receipts()) == receipts + 7


def test_a_misbehaving_partner_gets_each_once_and_in_order(scene: Scene) -> None:
    deliveries = news(tickets=5, each=4)
    for system in SYSTEMS:
        scene.platforms.fault(system, mode="lost", times=4)
        scene.platforms.fault(system, mode="status", status=503, times=6)
        scene.platforms.fault(system, mode="code", code="busy", times=4)
        scene.platforms.fault(system, mode="hang", times=2)
    scene.start()
    scene.produce(*deliveries)
    scene.until(scene.settled(len(deliveries)), 60)
    scene.check_each_once_in_order(deliveries)
    scene.check_receipts(deliveries)
    for system in SYSTEMS:
        assert scene.results[system, "retry"] == 10
        assert scene.results[system, "unknown"] == 6
        rows = [scene.ledger.pushed(d.event_id) for d in deliveries if d.system == system]
        assert sum(row.unknowns for row in rows if row is not None) == 6, "each unknown outcome is flagged"


def test_a_failing_delivery_holds_its_ticket_and_nothing_else(scene: Scene) -> None:
    held, free = [delivery("12345", "HELD", n) for n in range(3)], [delivery("12345", "FREE", n) for n in range(3)]
    scene.platforms.fault("12345", mode="status", status=503, times=1_000_000, match="GDHELD")
    scene.start()
    scene.produce(*held, *free)
    scene.until(scene.settled(3))
    scene.until(lambda: scene.results["12345", "retry"] >= 4)
    assert scene.applied("12345") == [d.event_id for d in free]
    row = scene.ledger.pushed(held[0].event_id)
    assert row is not None
    assert (row.reason, row.status) == ("对方返回 503", "planned")
    scene.platforms.start()  # no more faults
    scene.until(scene.settled(6))
    scene.check_each_once_in_order([*held, *free])


def test_a_refusal_is_receipted_with_its_reason_and_the_next_goes_out(scene: Scene) -> None:
    first, second = delivery("web", "A", 1), delivery("web", "A", 2)
    scene.platforms.fault("web", mode="code", code=2002)
    scene.start()
    scene.produce(first, second)
    scene.until(scene.settled(2))
    by_push = {receipt.push_id: receipt for receipt in scene.receipts()}
    assert (by_push[first.event_id].result, by_push[first.event_id].reason) == ("refused", "对方拒绝，返回代码 2002")
    assert by_push[second.event_id].result == "done"
    assert scene.applied("web") == [second.event_id]


def test_not_to_be_told_is_no_telling_and_what_cannot_be_written_is_refused(scene: Scene) -> None:
    strangers = delivery("12345", "A", 1, member=None)
    unwritable = delivery("12345", "A", 2, at=10**17)
    last = delivery("12345", "A", 3)
    scene.start()
    scene.produce(strangers, unwritable, last)
    scene.until(scene.settled(3))
    assert scene.applied("12345") == [last.event_id]
    results = {receipt.push_id: receipt.result for receipt in scene.receipts()}
    assert results == {unwritable.event_id: "refused", last.event_id: "done"}
    assert scene.results == {("12345", "skipped"): 1, ("12345", "refused"): 1, ("12345", "done"): 1}
    row = scene.ledger.pushed(strangers.event_id)
    assert row is not None
    assert (row.status, row.reason, row.attempts) == ("done", "不需告知", 0)


def test_the_unreadable_goes_to_the_dlq_as_it_came_and_the_rest_goes_on(scene: Scene) -> None:
    sound = [delivery("web", "A", 1), delivery("web", "A", 2)]
    wrong_place = make_codec().encode(scene.topics.deliveries("web"), delivery("12345", "A", 1))
    scene.start()
    scene.produce(sound[0], ("web", b"poison"), ("web", wrong_place), sound[1])
    scene.until(scene.settled(2))
    scene.check_each_once_in_order(sound)
    dead = read_all(scene.kafka.bootstrap, scene.topics.dlq)
    assert {record.value() for record in dead} == {b"poison", wrong_place}
    for record in dead:
        headers = dict(record.headers())
        assert record.key() == b"k"
        assert headers["__connect.errors.topic"] == scene.topics.deliveries("web").encode()
        assert headers["__connect.errors.exception.class.name"] == b"Unreadable"


def test_systems_are_told_without_a_broker_and_receipts_follow(scene: Scene) -> None:
    scene.start()
    first, second = delivery("web", "A", 1), delivery("web", "A", 2)
    scene.produce(first)
    scene.until(scene.settled(1))
    scene.kafka.kill()
    payload = make_codec().encode(scene.topics.deliveries("web"), second)
    scene.ledger.plan(
        [Plan(push_id=second.event_id, system="web", ticket_id=second.ticket_id, seq=2, kind="state",
              state=second.state, payload=payload)],
        now=int(time.time() * 1000),
    )  # fmt: skip
    scene.until(lambda: scene.applied("web") == [first.event_id, second.event_id])
    scene.kafka.start()
    scene.until(scene.settled(2))
    scene.check_receipts([first, second])


def test_two_workers_share_a_ledger(kafka: Kafka, topic_prefix: str, tmp_path: Path, postgres_url: str) -> None:
    scene = Scene(kafka, topic_prefix, tmp_path, postgres_url)
    deliveries = news(tickets=10, each=5)
    try:
        for system in SYSTEMS:
            scene.platforms.fault(system, mode="lost", times=5)
        scene.start("w1")
        scene.start("w2")
        scene.produce(*deliveries)
        scene.until(scene.settled(len(deliveries)), 60)
        scene.check_each_once_in_order(deliveries)
        scene.check_receipts(deliveries)
        for system in SYSTEMS:
            calls = [entry["push_id"] for entry in scene.platforms.journal(system)]
            assert len(calls) == 50 + 5, "nobody told what the other was telling; only lost answers were asked again"
    finally:
        scene.close()


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
    assert len(scene.platforms.journal("web")) == 2, "its outcome was not written down: told again, applied once"
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
        scene.until(lambda at=at: sum(len(scene.platforms.journal(s)) for s in SYSTEMS) >= at, 60)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        kills += 1
    worker = subprocess.Popen(argv)
    try:
        scene.until(scene.settled(len(deliveries)), 60)
    finally:
        worker.terminate()
        assert worker.wait(30) == 0, "a clean end"
    assert kills == 5
    scene.check_each_once_in_order(deliveries)
    scene.check_receipts(deliveries)
