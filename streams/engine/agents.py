"""The loop around a step: batch in, one transaction out, state, memory, ack."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from typing import Any

from streams.engine.api import Outcome, Record, StatefulStep, StatelessStep
from streams.engine.config import EngineConfig
from streams.engine.deadletter import Sifted, misrouted, sift, to_message
from streams.engine.ownership import BARRIER_KEY, Writers
from streams.engine.table import StepTable
from streams.engine.writer import Message, OwnershipLost, Written

log = logging.getLogger(__name__)

HEARTBEATS_BEFORE_REJOIN = 3

Handle = Callable[[Any, list[Record]], Awaitable[Sifted | None]]


class Lanes:
    """A task for each partition with work: in order within a partition, side by side across partitions, so that one
    waits for the broker while another computes. Short: the consumer lets in a bounded number of batches."""

    def __init__(self, app: Any, name: str, config: EngineConfig, handle: Handle) -> None:
        self._app = app
        self._name = name
        self._config = config
        self._handle = handle
        self._waiting: dict[tuple[str, int], deque[Any]] = defaultdict(deque)
        self._tasks: dict[tuple[str, int], asyncio.Task[None]] = {}

    async def run(self, stream: Any) -> None:
        """The body of the Faust agent."""
        async for event in stream.noack().events():
            tp = event.message.tp
            self._waiting[tp].append(event)
            if tp not in self._tasks:
                self._tasks[tp] = asyncio.get_running_loop().create_task(self._drain(tp))

    async def _drain(self, tp: tuple[str, int]) -> None:
        waiting = self._waiting[tp]
        try:
            while waiting:
                await self._one(waiting.popleft())
        except Exception as error:  # noqa: BLE001 - not swallowed: nothing of it was acked, and the worker ends
            log.critical("%s: %s[%d] cannot go on: %s", self._name, *tp, type(error).__name__)
            await self._app.crash(error)
        finally:
            del self._tasks[tp]

    async def _one(self, event: Any) -> None:
        consumer, message = self._app.consumer, event.message
        if not consumer.may_begin(message):
            consumer.give_up(message)
            return
        began = time.perf_counter()
        try:
            sifted = await self._handle(message, message.value.unwrap())
        except BaseException:
            consumer.give_up(message)
            raise
        if sifted is None:
            consumer.give_up(message)
            return
        event.ack()
        if self._config.on_batch is not None:
            n_records, n_dead = len(message.value.records), len(sifted.dead)
            self._config.on_batch(
                self._name, message.topic, message.partition, n_records, n_dead, time.perf_counter() - began
            )


class StatelessLoop:
    """Outputs are written and flushed, then the batch is acked: what is downstream removes repeats."""

    def __init__(self, step: StatelessStep, config: EngineConfig, writers: Writers) -> None:
        self._step = step
        self._config = config
        self._writers = writers

    async def handle(self, _message: Any, records: list[Record]) -> Sifted | None:
        """One batch."""
        sifted = sift(records, lambda batch, _: Outcome(self._step.process(batch)), _NoState())
        messages: list[Written] = [*sifted.outcome.outputs]
        messages += [to_message(dead, self._config.dlq_topic) for dead in sifted.dead]
        if messages:
            await self._writers.write(messages)
        return sifted


class StatefulLoop:
    """Outputs, dead letters and changelog in one transaction; then, if the partition is still ours, the store, the
    step's memory, the ack."""

    def __init__(self, app: Any, step: StatefulStep, table: StepTable, config: EngineConfig, writers: Writers) -> None:
        self._app = app
        self._step = step
        self._table = table
        self._config = config
        self._writers = writers

    async def handle(self, message: Any, records: list[Record]) -> Sifted | None:
        """One batch; None when it was dropped because the partition is not ours: not any more, or not yet."""
        consumer, partition = self._app.consumer, message.partition
        if not (self._table.is_recovered(partition) and self._writers.owns(self._step.name, partition)):
            log.warning("%s[%d]: batch refused, the partition is not recovered", self._step.name, partition)
            self._await_rebalance(message.value.assignment)
            return None
        ours, dead = misrouted(records, self._config.partitions)
        sifted = sift(
            ours, lambda batch, state: self._step.process(partition, batch, state), self._table.store(partition)
        )
        sifted.dead = dead + sifted.dead
        messages = self._messages(partition, sifted)
        offset = None
        if messages:
            try:
                offset = await self._writers.commit(
                    self._step.name, partition, messages, lambda: consumer.is_current(message)
                )
            except OwnershipLost as lost:
                log.warning("%s[%d]: batch dropped, %s", self._step.name, partition, lost)
                self._await_rebalance(message.value.assignment)
                return None
        if not consumer.is_current(message):
            return None
        if sifted.outcome.changes:
            self._table.apply(partition, sifted.outcome, offset)
        else:
            self._step.applied(partition, sifted.outcome)
        return sifted

    def _messages(self, partition: int, sifted: Sifted) -> list[Written]:
        """All that must become durable together; the changelog last: the last record's offset is the store's."""
        changelog = self._table.changelog_topic_name
        messages: list[Written] = [*sifted.outcome.outputs]
        messages += [to_message(dead, self._config.dlq_topic) for dead in sifted.dead]
        if BARRIER_KEY in sifted.outcome.changes:
            raise ValueError(f"{self._step.name} changes a reserved key")
        messages += [Message(changelog, key, value, (), partition) for key, value in sifted.outcome.changes.items()]
        return messages

    def _await_rebalance(self, assignment: int) -> None:
        wait_s = HEARTBEATS_BEFORE_REJOIN * self._app.conf.broker_heartbeat_interval
        self._app.add_future(self._app.consumer.rejoin_unless_rebalanced(assignment, wait_s))


class _NoState:
    def get(self, key: bytes) -> bytes | None:
        """Stateless steps have none."""
        return None


def add_stateless(app: Any, step: StatelessStep, config: EngineConfig, writers: Writers) -> None:
    """Register the agent of a stateless step."""
    loop = StatelessLoop(step, config, writers)
    _add(app, step.name, list(step.topics), Lanes(app, step.name, config, loop.handle))


def add_stateful(app: Any, step: StatefulStep, table: StepTable, config: EngineConfig, writers: Writers) -> None:
    """Register the agent of a stateful step."""
    loop = StatefulLoop(app, step, table, config, writers)
    _add(app, step.name, [step.topic], Lanes(app, step.name, config, loop.handle))


def _add(app: Any, name: str, topics: list[str], lanes: Lanes) -> None:
    channel = app.topic(*topics, key_serializer="raw", value_serializer="raw")
    app.agent(channel, name=name, concurrency=1)(lanes.run)
