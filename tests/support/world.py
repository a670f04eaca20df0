"""The road in memory: the real core between queues, interleaved at random, with old messages redelivered."""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any
from zlib import crc32

from schemas.events.inbox import Claim
from schemas.events.tables import Block, TicketRecord
from schemas.events.ticket import TicketState
from streams.core.blocks import handle_claim
from streams.core.tickets import Handled, InboxEvent, handle, wake
from tests.support.whole import RULES

STEPS_MAX = 50_000
PARTITIONS = 3


class World:
    """Tables and queues of the two stateful steps. Each destination is first in, first out; the rest is chance.

    `ticks`: times in ms; each partition sees them in order, between other things.
    """

    def __init__(self, seed: int, *, redeliver: float = 0.0, ticks: Iterable[int] = ()) -> None:
        self._random = random.Random(seed)
        self._redeliver = redeliver
        self._queues: dict[tuple[str, str], deque[InboxEvent | Claim]] = defaultdict(deque)
        self._sent: list[InboxEvent | Claim] = []
        times = sorted(ticks)
        self._ticks = {p: deque(times) for p in range(PARTITIONS)}
        self.tickets: dict[str, TicketRecord] = {}
        self.blocks: dict[str, Block] = {}
        self.wakes: dict[str, int] = {}
        self.events: list[Any] = []
        self.states: dict[str, TicketState] = {}
        self.summaries: dict[str, list[int]] = defaultdict(list)

    def send(self, events: Iterable[InboxEvent | Claim]) -> None:
        """Put messages on their queues, in order."""
        for event in events:
            to = ("block", event.key) if isinstance(event, Claim) else ("ticket", event.submission_id)
            self._queues[to].append(event)
            self._sent.append(event)

    def run(self) -> None:
        """Deliver until nothing is left."""
        for _ in range(STEPS_MAX):
            if self._random.random() < 0.1:
                self._tick_somewhere()
            waiting = [q for q in self._queues.values() if q]
            if not waiting:
                return
            self._deliver(self._random.choice(waiting).popleft())
            if self._redeliver and self._random.random() < self._redeliver:
                self._deliver(self._random.choice(self._sent))
        raise AssertionError("the world does not come to rest")

    def tick(self, now: int, partition: int | None = None) -> None:
        """Time reaches `now`: wake what is due, as a tick does for its partition; all of them if none is named."""
        for sid in sorted(s for s, at in self.wakes.items() if 0 < at <= now):
            if partition is None or crc32(sid.encode()) % PARTITIONS == partition:
                self._apply(sid, wake(self.tickets[sid], now, RULES))

    def _tick_somewhere(self) -> None:
        partition = self._random.randrange(PARTITIONS)
        if self._ticks[partition]:
            self.tick(self._ticks[partition].popleft(), partition)

    def _deliver(self, event: InboxEvent | Claim) -> None:
        if isinstance(event, Claim):
            self.blocks[event.key], verdicts = handle_claim(self.blocks.get(event.key), event)
            self.send(verdicts)
            return
        self._apply(event.submission_id, handle(self.tickets.get(event.submission_id), event, RULES))

    def _apply(self, sid: str, handled: Handled | None) -> None:
        if handled is None:
            return
        self.tickets[sid] = handled.record
        if handled.wake_at is not None:
            self.wakes[sid] = handled.wake_at
        for out in handled.out:
            if isinstance(out, TicketState):
                assert out.ticket_id not in self.states or out.seq > self.states[out.ticket_id].seq
                self.states[out.ticket_id] = out
                self.summaries[out.ticket_id].append(out.seq)
            elif hasattr(out, "ticket_id"):
                self.events.append(out)
            else:
                self.send([out])  # type: ignore[list-item]
