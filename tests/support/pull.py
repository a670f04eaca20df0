"""Hand-written stand-ins for what surrounds a pull source."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from connectors.api import Document, Page
from connectors.positions import Positions
from connectors.pull import Polled, PulledSystem, PullRunner
from connectors.store import open_store
from mappings.systems import FOLDER, System, load_systems
from schemas.errors import Retry
from schemas.events.intake import RawChange
from schemas.ids import digest


class MemoryIntake:
    """Keeps what was published; `fail` makes the next publishes raise Retry."""

    def __init__(self) -> None:
        self.changes: list[RawChange] = []
        self.fail = 0

    def publish(self, changes: Sequence[RawChange]) -> None:
        if self.fail:
            self.fail -= 1
            raise Retry("the broker is away")
        self.changes.extend(changes)

    def versions(self) -> list[tuple[str, str]]:
        """(source key, digest of the body) of all, in order."""
        return [(change.source_key, digest(change.body)) for change in self.changes]


class NoEchoes:
    """A ledger that has written nothing."""

    def is_echo(self, push_id: str, digest: str | None) -> bool:
        return False


@dataclass
class KnownEchoes:
    """A ledger with these pushes: push id to digest."""

    pushed: dict[str, str | None]

    def is_echo(self, push_id: str, digest: str | None) -> bool:
        return push_id in self.pushed and self.pushed[push_id] == digest


@dataclass
class MemorySource:
    """A system in memory: an append-only list of records, given out until acknowledged."""

    size: int = 3
    records: list[bytes] = field(default_factory=list)
    acknowledged: list[bytes] = field(default_factory=list)
    up: bool = True

    def add(self, **record: Any) -> None:
        self.records.append(orjson.dumps(record))

    def poll(self, position: dict[str, Any] | None) -> Page:
        if not self.up:
            raise Retry("the system is away")
        begin = (position or {}).get("next", 0)
        some = self.records[begin : begin + self.size]
        documents = tuple(Document(body, "application/json", _parsed(body)) for body in some)
        return Page(documents, {"next": begin + len(some)}, begin + len(some) < len(self.records))

    def acknowledge(self, documents: Iterable[Document]) -> None:
        self.acknowledged += [document.body for document in documents]


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def system(name: str) -> System:
    """One of the real systems, mapping only."""
    return load_systems(FOLDER, None, only=[name])[name]


class Bench:
    """A runner over a source, with the real positions on SQLite and an intake in memory."""

    def __init__(self, of: PulledSystem, source: Any, url: str = "sqlite://", ledger: Any = None) -> None:
        self.intake = MemoryIntake()
        self.events: list[Polled] = []
        self.positions = Positions(open_store(url))
        self.runner = PullRunner(
            of, source, self.intake, self.positions, ledger or NoEchoes(), self.events.append, interval_seconds=0.05
        )

    def drain(self) -> list[RawChange]:
        """Poll until nothing more waits; what was published by this."""
        before = len(self.intake.changes)
        while self.runner.step():
            pass
        return self.intake.changes[before:]

    def run_until(self, done: threading.Event, seconds_max: float = 60) -> None:
        """Poll in a thread until the event is set, then end the thread."""
        stop = threading.Event()
        ended = self.runner.start(stop)
        try:
            assert done.wait(seconds_max)
        finally:
            stop.set()
            ended.result(30)
