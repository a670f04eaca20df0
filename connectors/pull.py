"""Runs a pull source: poll, leave out what is known or our own, publish, remember, acknowledge. In this order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from connectors.api import Document, PullSource
from schemas.errors import Retry, Stop, Unmappable
from schemas.events.intake import RawChange
from schemas.ids import deterministic_id, digest

BACKOFF_FIRST_SECONDS = 0.5
BACKOFF_MAX_SECONDS = 60.0


class EchoLike(Protocol):
    """Which push of ours a document may return."""

    @property
    def push_id(self) -> str: ...
    @property
    def digest(self) -> str: ...


class PulledSystem(Protocol):
    """What the runner needs of a system's mapping."""

    @property
    def name(self) -> str: ...
    def source_key(self, document: Any) -> str:
        """Raises Unmappable when the document cannot be identified."""

    def echo(self, document: Any) -> EchoLike | None: ...
    def own_digest(self, document: Any) -> str | None:
        """Of the part of a record that our writing does not change."""

    def changed_ours_only(self, before: str | None, now: str | None, document: Any) -> bool:
        """Nothing else has changed since `own_digest` was `before`; it is `now`."""


class IntakePort(Protocol):
    """Where raw changes go."""

    def publish(self, changes: Sequence[RawChange]) -> None:
        """Returns once all are durable; raises Retry otherwise."""


class PositionsPort(Protocol):
    """Where a source stands, and which version of each record was published."""

    def load(self, system: str) -> dict[str, Any] | None: ...
    def save(self, system: str, position: dict[str, Any]) -> None: ...
    def unseen(self, system: str, rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]: ...
    def own_parts(self, system: str, keys: Collection[str]) -> dict[str, str]: ...
    def remember(self, system: str, rows: Sequence[tuple[str, str]], own: Mapping[str, str]) -> None: ...


class EchoesPort(Protocol):
    """Knows what we wrote."""

    def is_echo(self, push_id: str, digest: str | None) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What one poll came to. `ok` is the sign of life a silence metric counts from."""

    system: str
    result: Literal["ok", "retry", "stopped"]
    at: int  # ms
    published: int = 0
    repeated: int = 0  # came again unchanged
    echoes: int = 0  # our own writing
    unidentified: int = 0  # published, but no source key could be made: normalise dead-letters them
    reason: str = ""


class PullRunner:
    """One system's poll loop. A crash anywhere repeats work and loses nothing: the position is saved after Kafka has
    the page, and records come again until they are acknowledged."""

    def __init__(
        self,
        system: PulledSystem,
        source: PullSource,
        intake: IntakePort,
        positions: PositionsPort,
        ledger: EchoesPort,
        on_event: Callable[[Polled], None],
        *,
        interval_seconds: float = 2.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._system = system
        self._source = source
        self._intake = intake
        self._positions = positions
        self._ledger = ledger
        self._on_event = on_event
        self._interval = interval_seconds
        self._clock = clock

    def start(self, stop: threading.Event) -> Future[None]:
        """The loop in a thread of its own; the future ends with it and carries what it died of."""
        threads = ThreadPoolExecutor(1, thread_name_prefix=f"pull-{self._system.name}")
        ended = threads.submit(self.run, stop)
        threads.shutdown(wait=False)
        return ended

    def run(self, stop: threading.Event) -> None:
        """Poll until stopped. Raises Stop when the configuration is wrong."""
        failures = 0
        while not stop.is_set():
            try:
                more = self.step()
            except Retry as error:
                failures += 1
                self._report("retry", reason=str(error))
                stop.wait(min(BACKOFF_MAX_SECONDS, BACKOFF_FIRST_SECONDS * 2 ** min(failures - 1, 10)))
            except Stop as error:
                self._report("stopped", reason=str(error))
                raise
            else:
                failures = 0
                if not more:
                    stop.wait(self._interval)

    def step(self) -> bool:
        """One page; whether more is waiting. Raises Retry or Stop; what was done before may be done again."""
        name = self._system.name
        page = self._source.poll(self._positions.load(name))
        rows = [(self._key(document), digest(document.body)) for document in page.documents]
        fresh = set(self._positions.unseen(name, rows))
        own = self._positions.own_parts(name, {key for key, _ in fresh})
        changes: list[RawChange] = []
        echoes = 0
        for document, row in zip(page.documents, rows, strict=True):
            before, part = own.get(row[0]), self._system.own_digest(document.parsed)
            if part is not None:
                own[row[0]] = part
            if row not in fresh:
                continue
            fresh.discard(row)  # the same version twice in a page
            if self._is_echo(document) and self._system.changed_ours_only(before, part, document.parsed):
                echoes += 1
            else:
                changes.append(self._change(document, *row))
        if changes:
            self._intake.publish(changes)
        self._positions.remember(name, rows, own)
        self._positions.save(name, page.position)
        self._source.acknowledge(page.documents)
        self._report(
            "ok",
            published=len(changes),
            echoes=echoes,
            repeated=len(rows) - len(changes) - echoes,
            unidentified=sum(change.source_key.startswith("?") for change in changes),
        )
        return page.more

    def _key(self, document: Document) -> str:
        try:
            return self._system.source_key(document.parsed)
        except Unmappable:
            return "?" + digest(document.body)

    def _is_echo(self, document: Document) -> bool:
        """Whether it carries what we wrote. If its own part changed as well, the system changed it before our writing
        came on top, and only the two together were seen: that is an event."""
        echo = self._system.echo(document.parsed)
        return echo is not None and self._ledger.is_echo(echo.push_id, echo.digest)

    def _change(self, document: Document, key: str, version: str) -> RawChange:
        return RawChange(
            event_id=deterministic_id("raw", self._system.name, key, version),
            system=self._system.name,
            source_key=key,
            captured_at=int(self._clock() * 1000),
            content_type=document.content_type,
            body=document.body,
        )

    def _report(self, result: Literal["ok", "retry", "stopped"], **counts: Any) -> None:
        self._on_event(Polled(system=self._system.name, result=result, at=int(self._clock() * 1000), **counts))
