"""Faust's consumer, made to hand over whole partition batches.

Source topics arrive as one Faust message per partition and fetch; changelogs are not read here (see replay.py). What is
overridden and why is listed in overrides.py.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiokafka.errors import IllegalStateError, KafkaError
from faust.transport.consumer import ensure_TP
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.engine.batch import Batch, InFlight, size_of
from streams.engine.consumer_thread import BatchConsumerThread

Records = Mapping[Any, Sequence[Any]]
"""aiokafka.ConsumerRecord by aiokafka.TopicPartition, as one fetch brings them."""

POLL_S = 0.2
"""How long one look into the fetcher may wait: changes of what may be fetched are seen after as long."""
POLL_HELD_S = 0.02
"""The same while a partition is held back for lack of room."""


class BatchConsumer(driver.Consumer):  # type: ignore[misc]
    """Hands batches over, bounded by room; commits highest acked + 1, and the position of idle partitions."""

    def __init__(self, transport: Any, *args: Any, **kwargs: Any) -> None:
        self.config = transport.config
        self.in_flight = InFlight(self.config.in_flight_bytes)
        self.epoch = 0
        self.assignment_number = 0
        self._reassigning = False
        self._given_up: set[TP] = set()
        self._idle: dict[TP, int] = {}
        self._change = asyncio.Event()
        super().__init__(transport, *args, **kwargs)

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    # -- flow ----------------------------------------------------------------------------------------------------

    def stop_flow(self) -> None:
        """Nothing more is handed over; batches not begun are void."""
        self.epoch += 1
        self.in_flight.clear()
        self._idle.clear()
        super().stop_flow()

    def resume_flow(self) -> None:
        """Positions are right again: go on."""
        self.in_flight.clear()
        super().resume_flow()
        self._change.set()

    def resume_partitions(self, tps: Any) -> None:
        """These may be fetched from again."""
        super().resume_partitions(tps)
        self._change.set()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """A rebalance begins. Commits first what is acked: Faust forgets it here."""
        self._reassigning = True
        await self.commit()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """A rebalance ended: batches of the assignment before must change nothing any more."""
        self._reassigning = False
        self.assignment_number += 1
        self._given_up.clear()
        self._idle.clear()
        sources = [tp for tp in assigned if not self._is_changelog_tp(tp)]
        self.config.progress.assigned([(tp.topic, tp.partition) for tp in sources], time.time())
        # Nothing may flow before recovery is through. Faust pauses later, and who had no partitions was not stopped.
        self.pause_partitions(assigned)
        await super().on_partitions_assigned(assigned, generation_id)

    def is_settled(self, generation: int) -> bool:
        """Whether this generation's assignment stands: none came after it, and none is being made."""
        return not self._reassigning and generation == self.app.consumer_generation_id

    async def perform_seek(self) -> None:
        """Back to what is committed. aiokafka moves nothing where nothing (or 0) is committed, and what was fetched and
        dropped there would be lost: those go back to the earliest record. So do those whose end lies before what is
        committed: what will be written up to there is not what was done."""
        await super().perform_seek()
        sources = [tp for tp in self.assignment() if self._is_source(tp)]
        ends = await self.highwaters(*sources) if sources else {}
        fresh = [tp for tp in sources if not self._read_offset.get(tp)]
        for tp in sources:
            if (committed := self._read_offset.get(tp) or 0) > ends[tp]:
                told = (*tp, committed, ends[tp])
                self.log.critical("%s[%d] 已处理到 %d，主题只到 %d：Kafka 丢失过记录，从最早的记录重新处理", *told)
                self._committed_offset.pop(tp, None)  # or nothing would be committed before it
                fresh.append(tp)
        if fresh:
            earliest = await self.earliest_offsets(*fresh)
            await self.seek_wait({tp: earliest[tp] for tp in fresh})

    # -- handing over --------------------------------------------------------------------------------------------

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                await asyncio.sleep(0)
                if not self.flow_active:
                    await self.wait(self.can_resume_flow)
                    continue
                self._note_idle()
                epoch = self.epoch
                records = await self._fetch()
                if not records or self.should_stop:
                    continue
                await self._hand_over(await self._in_time(records, epoch))
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise

    async def _fetch(self) -> Records:
        self._change.clear()
        active = self._get_active_partitions()
        ready = {tp for tp in active if tp not in self._given_up and self.in_flight.has_room(tp)}
        if not ready:
            await self.wait(self._change, timeout=POLL_S)
            return {}
        fetched: Records = await self._getmany(
            active_partitions=ready, timeout=POLL_S if len(ready) == len(active) else POLL_HELD_S
        )
        return fetched

    async def _in_time(self, records: Records, epoch: int) -> Records:
        """What may be handed over of records whose fetch began in the epoch. When the flow has stopped since, nothing,
        and the positions go back, even if it flows again: they may have been fetched before recovery's seek, and would
        leave a gap behind them."""
        if epoch == self.epoch:
            return records
        try:
            await self.perform_seek()
        except (KafkaError, IllegalStateError, AssertionError) as error:
            if self.flow_active:
                raise
            # The assignment is changing under us; recovery seeks again before the flow resumes, and fails loudly.
            self.log.warning("Seek while the flow is stopped: %s", type(error).__name__)
        return {}

    async def _hand_over(self, records: Records) -> None:
        generation = self.app.consumer_generation_id
        for raw_tp, found in records.items():
            if not self.flow_active or generation != self.app.consumer_generation_id:
                return
            await self._hand_over_batch(ensure_TP(raw_tp), found, generation)

    async def _hand_over_batch(self, tp: TP, records: Sequence[Any], generation: int) -> None:
        expected = self._read_offset[tp]
        if expected is not None and records[0].offset < expected:
            records = [r for r in records if r.offset >= expected]
        if not records:
            return
        last = records[-1]
        batch = Batch(records, self.epoch, self.assignment_number, size_of(records))
        message = ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000.0,
            last.timestamp_type,
            {},
            None,
            batch,
            None,
            0,
            batch.n_bytes,
            tp,
            generation_id=generation,
        )
        self.in_flight.add(tp, last.offset, batch.n_bytes)
        # Before anything is awaited: a recovery meanwhile sets it anew, and what it sets must stand.
        self._read_offset[tp] = last.offset + 1
        oldest = min(r.timestamp for r in records) / 1000.0
        self.config.progress.delivered((tp.topic, tp.partition), last.offset + 1, oldest, time.time())
        await self.wait_first(self.callback(message), self.suspend_flow.wait())

    # -- done ----------------------------------------------------------------------------------------------------

    def ack(self, message: Any) -> bool:
        """The batch took effect: its offset may be committed, unless it belongs to an assignment that ended or comes
        after one that was dropped."""
        batch = message.value
        if not isinstance(batch, Batch):
            return bool(super().ack(message))
        self._unacked_messages.discard(message)
        self._leave(message)
        if message.tp in self._given_up or batch.assignment != self.assignment_number:
            return False
        self.config.progress.done((message.tp.topic, message.tp.partition), message.offset + 1, time.time())
        return bool(super().ack(message))

    def give_up(self, message: Any) -> None:
        """The batch is dropped without ack, and with it all that follows in its partition until the next assignment:
        an offset committed past it would lose it. wait_empty must not wait for it: it would hold up the rebalance."""
        if message.value.assignment == self.assignment_number:
            self._given_up.add(message.tp)
        self._unacked_messages.discard(message)
        self._leave(message)

    def is_current(self, message: Any) -> bool:
        """Whether the assignment the batch came in is still the one this worker knows of."""
        return (
            message.value.assignment == self.assignment_number
            and message.generation_id == self.app.consumer_generation_id
            and message.tp not in self._given_up
        )

    def may_begin(self, message: Any) -> bool:
        """Whether a batch not begun yet should be: not after the flow stopped, it is fetched again."""
        return message.value.epoch == self.epoch and self.is_current(message)

    async def rejoin_unless_rebalanced(self, assignment: int, wait_s: float) -> None:
        """A partition of this assignment was taken from us. The rebalance that took it should be on its way; when it
        is not (the broker timed our transaction out), ask for one: recovery then takes the partition again."""
        while assignment == self.assignment_number and not self.should_stop:
            await self.sleep(wait_s)
            if assignment == self.assignment_number and not self.app.rebalancing and not self.should_stop:
                await self._thread.call_thread(self._thread.rejoin)

    def _leave(self, message: Any) -> None:
        if message.value.epoch == self.epoch:
            self.in_flight.remove(message.tp, message.offset)
            self._change.set()

    # -- committing ----------------------------------------------------------------------------------------------

    def _note_idle(self) -> None:
        """Between two fetches nothing is on its way: where nothing is in flight either, all before the position is
        done, and committing it passes control records and aborted ones."""
        if not self.flow_active:
            return
        for tp in self._get_active_partitions():
            if self._is_source(tp) and tp not in self._given_up and self.in_flight.idle(tp):
                position = self._thread.position_now(tp)
                if position is not None and position != self._committed_offset[tp]:
                    self._idle[tp] = position

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        pending = dict.fromkeys(itertools.chain(self._acked, self._idle))
        return (tp for tp in pending if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        """Batches of a partition are acked in order, so the highest is safe; an idle position even more so."""
        acked = self._acked[tp]
        offsets = [self._idle.pop(tp, None), max(acked) + 1 if acked else None]
        self._acked_index[tp].difference_update(acked)
        acked.clear()
        return max((offset for offset in offsets if offset is not None), default=None)

    def _is_source(self, tp: TP) -> bool:
        return bool(self.app.topics.acks_enabled_for(tp.topic))

    # -- looking -------------------------------------------------------------------------------------------------

    async def look(self) -> None:
        """Ask the broker where the source partitions end, for health and lag."""
        sources = [tp for tp in self.assignment() if self._is_source(tp)]
        if sources:
            self.config.progress.asked(time.time())
            ends = await self.highwaters(*sources)
            positions = {tp: self._thread.position_now(tp) for tp in sources}
            self.config.progress.looked(
                {(tp.topic, tp.partition): end for tp, end in ends.items()},
                {(tp.topic, tp.partition): p for tp, p in positions.items() if p is not None and self.flow_active},
                time.time(),
            )
