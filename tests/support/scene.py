"""A dispatcher's surroundings: broker topics, ledger and partners of a test's own, and what must hold in the end."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from connectors.dispatcher import Dispatcher
from connectors.ledger import Ledger
from connectors.pushes import Plan
from connectors.store import open_store
from santai.platform.kafka import Kafka
from santai.platform.process import free_port
from schemas.events.delivery import Delivery
from schemas.events.inbox import Receipt
from schemas.ids import deterministic_id
from schemas.topics import Topics
from tests.support.dispatching import SYSTEMS, delivery, make_dispatcher, produce
from tests.support.platforms import PlatformServer
from tests.support.topics import create_topics, make_codec, read_all


class Scene:
    """A prefix of its own on the shared broker, a ledger, and platforms with an empty journal."""

    def __init__(self, kafka: Kafka, prefix: str, folder: Path, ledger_url: str) -> None:
        self.kafka, self.topics, self.ledger_url = kafka, Topics(prefix), ledger_url
        self.engine = open_store(ledger_url)
        self.ledger = Ledger(self.engine)
        self.platforms = PlatformServer(free_port(), folder / "journal.jsonl")
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

    def until(self, holds: Callable[[], bool], timeout_s: float = 200.0) -> None:
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


def news(tickets: int, each: int) -> list[Delivery]:
    """For each ticket `each` deliveries to both systems, tickets interleaved."""
    return [delivery(s, f"T{t}", seq) for seq in range(each) for t in range(tickets) for s in SYSTEMS]


def planned(scene: Scene, d: Delivery) -> Plan:
    """What the reader would plan for the delivery."""
    payload = make_codec().encode(scene.topics.deliveries(d.system), d)
    return Plan(
        push_id=d.event_id, system=d.system, ticket_id=d.ticket_id, seq=d.seq, kind=d.kind, state=d.state,
        payload=payload,
    )  # fmt: skip
