"""tickets: canonical events, protocol messages and ticks to ticket events and claims.

A table value is two times in ms and the sealed record: when time alone will change the record (0: never), and since
when it waits for verdicts (0: it does not). So what is kept in memory is rebuilt at recovery without opening a seal.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from schemas.codec import Codec
from schemas.errors import Unmappable
from schemas.events.inbox import Tick
from schemas.events.tables import TicketRecord
from schemas.topics import Topics
from streams.core.tickets import Handled, InboxEvent, Rules, handle, wake
from streams.engine.api import Outcome, Record, StateReader
from streams.steps.due import DueIndex
from streams.steps.emit import Emitter, passed_on
from streams.steps.kept import Kept

TIMES = struct.Struct(">qq")
"""What a table value begins with; the sealed record follows."""


class Watch(Protocol):
    """What is told of the work, for metrics. A batch that is done again is told of again."""

    def published(self, event: object, cause: Record) -> None:
        """An event goes out because of a record."""

    def component(self, members: int) -> None:
        """A component of so many members was folded."""


@dataclass(slots=True)
class _Open:
    """A record opened for this batch."""

    record: TicketRecord | None
    wake_at: int = 0
    waits_since: int = 0
    changed: bool = False


class TicketsStep:
    """ticket.inbox → match.claims, ticket.events, ticket.state, alerts"""

    name = "tickets"

    def __init__(self, codec: Codec, topics: Topics, rules: Rules, watch: Watch) -> None:
        self.topic = topics.inbox
        self._codec = codec
        self._rules = rules
        self._emit = Emitter(codec, topics, self.name)
        self._watch = watch
        self._due: dict[int, DueIndex] = {}
        self._waiting: dict[int, dict[bytes, int]] = {}
        self._kept: Kept[TicketRecord] = Kept()

    def waits_since(self) -> int | None:
        """Since when (ms) the submission waits that has waited longest for its verdicts; None when none does."""
        return min((t for waiting in self._waiting.values() for t in waiting.values()), default=None)

    def recovered(self, partition: int, items: Iterable[tuple[bytes, bytes]]) -> None:
        """Rebuild the index of due tickets, and who waits for verdicts."""
        times = [(key, *TIMES.unpack_from(value)) for key, value in items]
        self._due[partition] = DueIndex((key, wake_at) for key, wake_at, _ in times)
        self._waiting[partition] = {key: since for key, _, since in times if since}

    def revoked(self, partition: int) -> None:
        """Forget what is kept for the partition."""
        self._due.pop(partition, None)
        self._waiting.pop(partition, None)
        self._kept.forget(partition)

    def applied(self, partition: int, outcome: Outcome) -> None:
        """Move the indexes to where the stored records are."""
        index = self._due.setdefault(partition, DueIndex())
        waiting = self._waiting.setdefault(partition, {})
        for key, value in outcome.changes.items():
            wake_at, since = TIMES.unpack_from(value)
            index.set(key, wake_at)
            if since:
                waiting[key] = since
            else:
                waiting.pop(key, None)

    def process(self, partition: int, batch: Sequence[Record], state: StateReader) -> Outcome:
        """Fold the batch. Raises DeadLetter for a record that is no inbox event."""
        outcome = Outcome()
        opened: dict[bytes, _Open] = {}
        for record in batch:
            event = self._codec.decode(record.value)
            if isinstance(event, Tick):
                for key in sorted(self._due_now(partition, opened, event.now)):
                    at = self._open(partition, key, opened, state)
                    if at.record is not None and 0 < at.wake_at <= event.now:
                        self._keep(at, wake(at.record, event.now, self._rules), outcome, record)
                continue
            if not isinstance(event, InboxEvent) or record.key != event.submission_id.encode():
                raise Unmappable("不是收件箱事件,或键与内容不符")
            at = self._open(partition, record.key, opened, state)
            self._keep(at, handle(at.record, event, self._rules), outcome, record)
        for key, at in opened.items():
            if at.changed and at.record is not None:
                times = TIMES.pack(at.wake_at, at.waits_since)
                outcome.changes[key] = value = times + self._codec.encode_inner(at.record, key)
                self._kept.put(partition, key, value, at.record)
        return outcome

    def _due_now(self, partition: int, opened: dict[bytes, _Open], now: int) -> Iterator[bytes]:
        index = self._due.get(partition)
        yield from (k for k in (index.due(now) if index else ()) if k not in opened)
        yield from (k for k, at in opened.items() if 0 < at.wake_at <= now)

    def _open(self, partition: int, key: bytes, opened: dict[bytes, _Open], state: StateReader) -> _Open:
        found = opened.get(key)
        if found is None:
            value = state.get(key)
            if value is None:
                found = _Open(None)
            else:
                record = self._kept.get(partition, key, value)
                if record is None:
                    record = self._codec.decode_inner(TicketRecord, value[TIMES.size :], key)
                found = _Open(record, *TIMES.unpack_from(value))
            opened[key] = found
        return found

    def _keep(self, at: _Open, handled: Handled | None, outcome: Outcome, record: Record) -> None:
        if handled is None:
            return
        at.record, at.changed = handled.record, True
        if handled.wake_at is not None:
            at.wake_at = handled.wake_at
        waits = bool(handled.record.awaits) or any(not c.answered for c in handled.record.claims)
        at.waits_since = (at.waits_since or record.timestamp_ms) if waits else 0
        for event in handled.out:
            self._watch.published(event, record)
        if handled.record.members:
            self._watch.component(len(handled.record.members))
        outcome.outputs.extend(self._emit.outputs(handled.out, passed_on(record)))
