"""The tests' worker with one cure taken out, to show that the checks can fail.

python -m tests.support.engine_mutants '{…}' MUTANT[,MUTANT…]
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any

from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer, ensure_TP
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.engine import agents, consumer_thread, ownership, recovery
from streams.engine import consumer as consuming
from streams.engine import writer as writing
from streams.engine.config import EngineConfig
from tests.integration import engine_worker
from tests.support.engine import PARTITIONS

SEEK_DELAY_S = 2.0
RECOVERY_DELAY_S = 4.0
LONG_POLL_S = 20.0
COMMIT_DELAY_S = 1.0
OPEN_DELAY_S = 4.0


ACKED_S = 1.5
"""Longer than from one commit of offsets to the next: then most kills find a batch committed and not processed."""


def ack_first() -> None:
    """Acknowledges a batch before it is processed."""
    honest = agents.Lanes._one

    async def one(self: agents.Lanes, event: Any) -> None:
        event.ack()
        await asyncio.sleep(ACKED_S)
        event.message.acked = False
        await honest(self, event)

    agents.Lanes._one = one  # type: ignore[method-assign]


def slow_seek() -> None:
    """Not a mutant in itself: between reading what is committed and seeking there, time passes."""

    async def seek(consumer: Any) -> Any:
        committed = {tp: await consumer.committed(tp) for tp in consumer.assignment()}
        await asyncio.sleep(SEEK_DELAY_S)
        for tp, offset in committed.items():
            if offset:
                consumer.seek(tp, offset)
        return committed

    async def seek_to_committed(self: Any) -> Any:
        return await self.call_thread(seek, self._ensure_consumer())

    driver.AIOKafkaConsumerThread.seek_to_committed = seek_to_committed


def slow_recovery() -> None:
    """Not a mutant in itself: between assignment and recovery, time passes."""
    honest = recovery.BatchRecovery.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        honest(self, *args, **kwargs)
        self.recovery_delay = RECOVERY_DELAY_S

    recovery.BatchRecovery.__init__ = init


def long_poll() -> None:
    """Not a mutant in itself: a look into the fetcher for source records that outlasts a rebalance, as Faust's can."""
    honest = consuming.BatchConsumer._getmany

    async def getmany(self: Any, active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109 - Faust's
        long = any(self._is_source(tp) for tp in active_partitions)
        return await honest(self, active_partitions=active_partitions, timeout=LONG_POLL_S if long else timeout)

    consuming.BatchConsumer._getmany = getmany


def late_fetch() -> None:
    """Not a mutant in itself: what is first fetched of a partition lies handed over and is never begun; what is fetched
    next, of every partition, reaches the consumer when a rebalance has come and tables are recovered."""
    honest = consuming.BatchConsumer._getmany
    unbegun: set[TP] = set()
    late: dict[TP, list[Any]] = {}
    done: list[int] = []

    async def getmany(self: Any, active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109 - Faust's
        epoch, found = self.epoch, await honest(self, active_partitions=active_partitions, timeout=timeout)
        if done or not all(self._is_source(ensure_TP(tp)) for tp in found):
            return found
        for tp, records in found.items():
            if ensure_TP(tp) in unbegun:
                late.setdefault(tp, []).extend(records)
                continue
            print("unbegun", flush=True)
            unbegun.add(ensure_TP(tp))
            self.in_flight.add(tp, records[-1].offset, 1)
        if len(late) < sum(map(self._is_source, self.assignment())):
            return {}
        print("late", flush=True)
        done.append(epoch)
        while epoch == self.epoch or not self.flow_active:  # noqa: ASYNC110 - two states, no event
            await asyncio.sleep(0.01)
        return late

    consuming.BatchConsumer._getmany = getmany


def any_epoch() -> None:
    """Hands over what was fetched, whatever flow it was fetched in."""

    async def in_time(_self: Any, records: Any, _epoch: int) -> Any:
        return records

    consuming.BatchConsumer._in_time = in_time  # type: ignore[method-assign]


def faust_resume() -> None:
    """Resumes partitions, then seeks, as Faust does; in both ways out of recovery."""
    recovery.BatchRecovery.on_recovery_completed = Recovery.on_recovery_completed
    recovery.BatchRecovery._resume_streams = Recovery._resume_streams


def faust_seek() -> None:
    """Seeks to committed offsets only."""
    consuming.BatchConsumer.perform_seek = Consumer.perform_seek


def keep_unacked() -> None:
    """Leaves a dropped batch among the unacked messages."""
    honest = consuming.BatchConsumer.give_up

    def give_up(self: Any, message: Any) -> None:
        honest(self, message)
        self._unacked_messages.add(message)
        self.__dict__.setdefault("kept", []).append(message)

    consuming.BatchConsumer.give_up = give_up  # type: ignore[method-assign]


def no_idle_commit() -> None:
    """Commits what was acked only."""
    consuming.BatchConsumer._note_idle = lambda self: None  # type: ignore[method-assign]


def librdkafka_partitioner() -> None:
    """Leaves the partitioner of producers as librdkafka has it."""
    honest = EngineConfig.producer

    def producer(self: EngineConfig, **extra: object) -> dict[str, object]:
        return honest(self, **extra) | {"partitioner": "consistent_random"}

    EngineConfig.producer = producer  # type: ignore[method-assign]


def read_uncommitted() -> None:
    """Reads what foreign transactions wrote and took back."""
    honest = consumer_thread.aiokafka.AIOKafkaConsumer

    def consumer(*args: Any, **kwargs: Any) -> Any:
        return honest(*args, **kwargs | {"isolation_level": "read_uncommitted"})

    consumer_thread.aiokafka.AIOKafkaConsumer = consumer


def slow_commit() -> None:
    """Not a mutant in itself: between deciding and writing, time passes."""
    honest = writing.PartitionWriter.commit

    def commit(self: Any, *args: Any) -> Any:
        time.sleep(COMMIT_DELAY_S)
        return honest(self, *args)

    writing.PartitionWriter.commit = commit  # type: ignore[method-assign]


def slow_open() -> None:
    """Not a mutant in itself: the writers of the first assignment take their time."""
    honest, slow = writing.PartitionWriter.open, set(range(PARTITIONS // 2))

    def open_writer(self: Any, *args: Any) -> None:
        if slow:
            slow.pop()
            print("opening slowly", flush=True)
            time.sleep(OPEN_DELAY_S)
            print("opening at last", flush=True)
        honest(self, *args)

    writing.PartitionWriter.open = open_writer  # type: ignore[method-assign]


def late_ends() -> None:
    """Not a mutant in itself: the ends of a changelog that is not read alone arrive with the next assignment."""
    honest = consuming.BatchConsumer.highwaters

    async def highwaters(self: Any, *tps: TP) -> Any:
        found = await honest(self, *tps)
        if len(tps) == PARTITIONS // 2 and all(map(self._is_changelog_tp, tps)):
            print("ends held back", flush=True)
            await self.app.tables.recovery.signal_recovery_start.wait()
        return found

    consuming.BatchConsumer.highwaters = highwaters


def rejoin_after_seek() -> None:
    """Not a mutant in itself: the first seek at the end of a recovery is followed by a rebalance. Says when partitions
    are resumed in the middle of one."""
    seek, resume = consuming.BatchConsumer.perform_seek, consuming.BatchConsumer.resume_partitions
    done: list[int] = []

    async def perform_seek(self: Any) -> None:
        await seek(self)
        if not done:
            done.append(before := self.epoch)
            await self._thread.call_thread(self._thread.rejoin)
            while self.epoch == before:  # noqa: ASYNC110 - a state, no event
                await asyncio.sleep(0.001)

    def resume_partitions(self: Any, tps: Any) -> None:
        if self._reassigning:
            print("resumed meanwhile", flush=True)
        resume(self, tps)

    consuming.BatchConsumer.perform_seek = perform_seek
    consuming.BatchConsumer.resume_partitions = resume_partitions


def always_settled() -> None:
    """Goes on with a recovery when the next rebalance has begun."""
    consuming.BatchConsumer.is_settled = lambda *_: True  # type: ignore[method-assign]


def no_fence() -> None:
    """Writes with a transactional id of the worker's own: nobody is fenced."""
    honest = ownership.PartitionWriter

    def writer(settings: dict[str, Any], transactional_id: str, *args: Any) -> Any:
        return honest(settings, f"{transactional_id}-{settings['client.id']}", *args)

    ownership.PartitionWriter = writer  # type: ignore[misc,assignment]


def write_before_commit() -> None:
    """Stores the outcome before it is durable."""
    honest = agents.StatefulLoop._messages

    def messages(self: Any, partition: int, sifted: Any) -> Any:
        self._table.store(partition).write(sifted.outcome.changes, None)
        return honest(self, partition, sifted)

    agents.StatefulLoop._messages = messages  # type: ignore[method-assign]


MUTANTS: dict[str, Callable[[], None]] = {
    mutant.__name__: mutant
    for mutant in (
        ack_first,
        slow_seek,
        slow_recovery,
        long_poll,
        late_fetch,
        any_epoch,
        faust_resume,
        faust_seek,
        keep_unacked,
        no_idle_commit,
        librdkafka_partitioner,
        read_uncommitted,
        slow_commit,
        slow_open,
        late_ends,
        rejoin_after_seek,
        always_settled,
        no_fence,
        write_before_commit,
    )
}

if __name__ == "__main__":
    for name in sys.argv[2].split(","):
        MUTANTS[name]()
    sys.exit(engine_worker.main())
