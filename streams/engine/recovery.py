"""Faust's table recovery with what it lacks: ownership when it starts, changelogs read here, seeks before flow when it
ends.

Faust reads changelogs through the consumer the source topics come from: what was fetched for one recovery can reach the
next, behind its seek, and leave a hole in a store. Here they are read by a Replay, and Faust finds nothing left to do.
Faust resumes partitions and then seeks; what was fetched in between is dropped by the queues' clearing, and lost where
nothing was committed. Both ways out of recovery (with tables, and without) go through `_go` here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from faust.tables.manager import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery, ServiceStopped
from faust.types import TP

from schemas.errors import SantaiError
from streams.engine.config import EngineConfig
from streams.engine.ownership import Writers
from streams.engine.replay import NOTHING, Chunk, Piece, Replay

log = logging.getLogger(__name__)


class RecoveryTimeout(SantaiError):
    """The broker did not answer in time while tables were recovered: end the worker and start it again."""


class BatchRecovery(Recovery):  # type: ignore[misc]
    """See the module."""

    _replayed = 0
    """Chunks that were stored: while more come, nothing has timed out."""

    async def _wait(self, coro: Any, timeout: float | None = None) -> None:  # noqa: ASYNC109 - Faust's signature
        """As Faust's, but no progress in time is an error: Faust takes it for a stop, and never recovers again."""
        signal, task = self.signal_recovery_start, asyncio.ensure_future(coro)
        try:
            while not task.done():
                before, waiting = self._replayed, asyncio.shield(task)
                result = await self.wait_first(waiting, signal, timeout=timeout)
                if self.should_stop:
                    raise ServiceStopped
                if signal in result.done:
                    raise RebalanceAgain
                if waiting not in result.done and self._replayed == before:
                    raise RecoveryTimeout(f"recovery: no answer within {timeout} s")
        finally:
            await _ended(task)

    async def _build_highwaters(self, consumer: Any, tps: set[TP], destination: Any, title: str) -> None:
        """Own the partitions first, so that nobody writes to their changelogs behind the highwater read here."""
        tps = set(tps)  # Faust's own set is the next assignment's from one moment to the other
        if title == "active":
            await self.tables.own(tps)
        await super()._build_highwaters(consumer, tps, destination, title)
        self.tables.check_stores({tp: destination[tp] for tp in sorted(tps)})

    async def _build_offsets(self, consumer: Any, tps: set[TP], destination: Any, title: str) -> None:
        """The stores are at their changelogs' ends when this returns, and Faust is told so."""
        if title != "active":
            await super()._build_offsets(consumer, tps, destination, title)
            return
        ends = {tp: self.active_highwaters[tp] for tp in tps}
        stored = {tp: NOTHING if offset is None else offset for tp, offset in self.tables.stored(tps).items()}
        log.info("changelogs: %d offsets to be read again", sum(ends[tp] - stored[tp] for tp in tps))
        await self._catch_up(Replay(self.tables.config, stored, ends))
        for tp, end in ends.items():  # a Counter: update would add
            destination[tp] = end

    async def _catch_up(self, replay: Replay) -> None:
        """One chunk is read while the one before it is stored."""
        reading = _read(replay)
        try:
            while reading is not None:
                chunk = await asyncio.shield(reading)
                reading = _read(replay)
                for tp, piece in chunk.items():
                    self.tables.replayed(tp, piece)
                    self._replayed += 1
        finally:
            if reading is not None:
                await asyncio.wait([reading])  # the thread must be out of the consumer before it is closed
            await asyncio.to_thread(replay.close)

    async def _resume_streams(self, generation_id: int = 0) -> None:
        """The way out for an app without tables."""
        await self.app.on_rebalance_complete.send()
        await self._go(generation_id)

    async def on_recovery_completed(self, generation_id: int = 0) -> None:
        """The way out for an app with tables: all are complete now."""
        await self.app.on_rebalance_complete.send()
        self._set_recovery_ended()
        for table in self.tables.values():
            await table.on_recovery_completed(self.actives_for_table[table], self.standbys_for_table[table])
        await self._go(generation_id)

    async def _go(self, generation_id: int) -> None:
        """Seek, then clear the queues, then let the partitions flow, without a gap between the last two."""
        app, consumer = self.app, self.app.consumer
        if not consumer.is_settled(generation_id):
            return  # another rebalance is on its way and recovers again
        assignment = consumer.assignment()
        if assignment:
            await self._wait(asyncio.ensure_future(consumer.perform_seek()), timeout=app.conf.broker_request_timeout)
        if not consumer.is_settled(generation_id):
            return
        self.completed.set()
        app.flow_control.resume()
        consumer.resume_partitions({tp for tp in assignment if not self._is_changelog_tp(tp)})
        consumer.resume_flow()
        await app._fetcher.maybe_start()
        self.tables.on_actives_ready()
        self.tables.on_standbys_ready()
        app.on_rebalance_end()


def _read(replay: Replay) -> asyncio.Future[Chunk] | None:
    """The next chunk on its way; None when all ends are reached."""
    return None if replay.done else asyncio.ensure_future(asyncio.to_thread(replay.chunk))


async def _ended(task: asyncio.Future[Any]) -> None:
    """Cancel what is not done, and wait until it is."""
    if not task.done():
        task.cancel()
        await asyncio.wait([task])


class BatchTables(TableManager):  # type: ignore[misc]
    """Tables of steps, recovered by BatchRecovery."""

    writers: Writers
    config: EngineConfig
    _recovery: BatchRecovery | None = None

    @property
    def recovery(self) -> BatchRecovery:
        """The recovery service, made when first asked for."""
        if self._recovery is None:
            self._recovery = BatchRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

    async def own(self, changelogs: set[TP]) -> None:
        """Become the only writer of these changelog partitions, and of no others."""
        await self.writers.own({(self._changelogs[tp.topic].name, tp.partition): tp.topic for tp in sorted(changelogs)})

    def stored(self, changelogs: Iterable[TP]) -> dict[TP, int | None]:
        """Up to which offset of its changelog each store reaches; None: it holds nothing."""
        return {tp: self._changelogs[tp.topic].persisted_offset(tp) for tp in changelogs}

    def replayed(self, changelog: TP, piece: Piece) -> None:
        """The changelog says so."""
        self._changelogs[changelog.topic].replayed(changelog.partition, piece)

    def check_stores(self, ends: Mapping[TP, int]) -> None:
        """Raises Stop when a store holds more than its changelog, whose last offset is given."""
        for tp, last in ends.items():
            self._changelogs[tp.topic].check_not_ahead(tp.partition, last)
