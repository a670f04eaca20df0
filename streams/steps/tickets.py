"""tickets: canonical events, protocol messages and ticks to ticket events and claims.

A table value is eight bytes, when time alone will change the record (ms, 0: never), and the sealed record: so the index
of due tickets is rebuilt at recovery without opening a seal.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from schemas.codec import Codec
from schemas.errors import Unmappable
from schemas.events.inbox import Tick
from schemas.events.tables import TicketRecord
from schemas.topics import Topics
from streams.core.tickets import Handled, Rules, handle, wake
from streams.engine.api import Outcome, Record, StateReader
from streams.steps.due import DueIndex
from streams.steps.emit import Emitter, passed_on

_WAKE = struct.Struct(">q")


@dataclass(slots=True)
class _Open:
    """A record opened for this batch."""

    record: TicketRecord | None
    wake_at: int
    changed: bool = False


class TicketsStep:
    """ticket.inbox → match.claims, ticket.events, ticket.state, alerts"""

    name = "tickets"

    def __init__(self, codec: Codec, topics: Topics, rules: Rules, count_event: Callable[[object], None]) -> None:
        self.topic = topics.inbox
        self._codec = codec
        self._rules = rules
        self._emit = Emitter(codec, topics, self.name)
        self._count = count_event
        self._due: dict[int, DueIndex] = {}

    def recovered(self, partition: int, items: Iterable[tuple[bytes, bytes]]) -> None:
        """Rebuild the index of due tickets."""
        self._due[partition] = DueIndex((key, _WAKE.unpack_from(value)[0]) for key, value in items)

    def revoked(self, partition: int) -> None:
        """Forget the partition's index."""
        self._due.pop(partition, None)

    def applied(self, partition: int, outcome: Outcome) -> None:
        """Move the index to where the stored records are."""
        index = self._due.setdefault(partition, DueIndex())
        for key, value in outcome.changes.items():
            index.set(key, _WAKE.unpack_from(value)[0])

    def process(self, partition: int, batch: Sequence[Record], state: StateReader) -> Outcome:
        """Fold the batch. Raises DeadLetter for a record that is no inbox event."""
        outcome = Outcome()
        opened: dict[bytes, _Open] = {}
        for record in batch:
            event = self._codec.decode(record.value)
            if isinstance(event, Tick):
                for key in sorted(self._due_now(partition, opened, event.now)):
                    at = self._open(key, opened, state)
                    if at.record is not None and 0 < at.wake_at <= event.now:
                        self._keep(at, wake(at.record, event.now, self._rules), outcome, [])
                continue
            sid = getattr(event, "submission_id", None)
            if sid is None or record.key is None or record.key != sid.encode():
                raise Unmappable("不是收件箱事件,或键与内容不符")
            at = self._open(record.key, opened, state)
            self._keep(at, handle(at.record, event, self._rules), outcome, passed_on(record))
        for key, at in opened.items():
            if at.changed:
                outcome.changes[key] = _WAKE.pack(at.wake_at) + self._codec.encode_inner(at.record, key)
        return outcome

    def _due_now(self, partition: int, opened: dict[bytes, _Open], now: int) -> Iterator[bytes]:
        index = self._due.get(partition)
        yield from (k for k in (index.due(now) if index else ()) if k not in opened)
        yield from (k for k, at in opened.items() if 0 < at.wake_at <= now)

    def _open(self, key: bytes, opened: dict[bytes, _Open], state: StateReader) -> _Open:
        found = opened.get(key)
        if found is None:
            value = state.get(key)
            if value is None:
                found = _Open(None, 0)
            else:
                record = self._codec.decode_inner(TicketRecord, value[_WAKE.size :], key)
                found = _Open(record, _WAKE.unpack_from(value)[0])
            opened[key] = found
        return found

    def _keep(self, at: _Open, handled: Handled | None, outcome: Outcome, extra: list[tuple[str, bytes]]) -> None:
        if handled is None:
            return
        at.record, at.wake_at, at.changed = handled.record, handled.wake_at or 0, True
        for event in handled.out:
            self._count(event)
        outcome.outputs.extend(self._emit.outputs(handled.out, extra))
