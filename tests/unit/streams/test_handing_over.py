"""What reaches a step: nothing of a partition that is not recovered. The engine as it is built, without a broker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from aiokafka import TopicPartition as AioTopicPartition
from faust.types import TP

from streams.engine.agents import Lanes, StatefulLoop
from streams.engine.api import Outcome, Record, StateReader
from streams.engine.app import build_app
from streams.engine.config import EngineConfig

SOURCE = "in"


class Step:
    """Remembers what it was given; knows no partition until it is told."""

    name, topic = "step", SOURCE

    def __init__(self) -> None:
        self.known: set[int] = set()
        self.given: list[int] = []

    def recovered(self, partition: int, items: Iterable[tuple[bytes, bytes]]) -> None:
        self.known.add(partition)

    def revoked(self, partition: int) -> None:
        self.known.discard(partition)

    def process(self, partition: int, batch: Sequence[Record], state: StateReader) -> Outcome:
        self.given += [record.offset for record in batch]
        if partition not in self.known:
            raise KeyError(partition)
        return Outcome()

    def applied(self, partition: int, outcome: Outcome) -> None:
        assert partition in self.known


class Event:
    """As a stream hands it to an agent."""

    def __init__(self, message: Any) -> None:
        self.message = message
        self.acked = False

    def ack(self) -> None:
        self.acked = True


class Engine:
    """An app over one step, and a consumer whose messages are kept in `handed`."""

    def __init__(self, folder: Path) -> None:
        config = EngineConfig(
            app_id="unit", bootstrap="127.0.0.1:1", worker_id="1", datadir=folder, dlq_topic="dlq", store="memory",
            partitions=1,
        )  # fmt: skip
        self.step = Step()
        self.app = build_app(config, [self.step])
        self.table = self.app.tables["step"]
        self.writers = self.app.tables.writers
        self.consumer = self.app.consumer
        self.handed: list[Any] = []
        self.consumer.callback = self._keep
        self.consumer._is_source = lambda tp: tp.topic == SOURCE
        self.loop = StatefulLoop(self.app, self.step, self.table, config, self.writers)
        self.lanes = Lanes(self.app, "step", config, self.loop.handle)

    async def _keep(self, message: Any) -> None:
        self.handed.append(message)

    async def fetched(self, offset: int) -> None:
        """A record came from the broker."""
        record = ConsumerRecord(SOURCE, 0, offset, 0, 0, None, b"v", None, 0, 1, ())
        self.consumer._read_offset[TP(SOURCE, 0)] = None
        await self.consumer._hand_over({AioTopicPartition(SOURCE, 0): [record]})


@pytest.mark.parametrize("owned", [False, True])
def test_a_batch_of_a_partition_that_is_not_recovered_is_not_begun(
    tmp_path: Path, owned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        engine = Engine(tmp_path)
        if owned:
            engine.writers._owned["step", 0] = object()
        await engine.fetched(7)
        event = Event(engine.handed[0])
        await engine.lanes._one(event)
        assert engine.step.given == []
        assert not event.acked
        assert not [record for record in caplog.records if "dead letter" in record.getMessage()]
        assert not engine.consumer.is_current(event.message), "nothing after it may be acked before a new assignment"

    with caplog.at_level(logging.WARNING):
        asyncio.run(run())


def test_a_batch_of_a_recovered_partition_is_processed(tmp_path: Path) -> None:
    async def run() -> None:
        engine = Engine(tmp_path)
        engine.writers._owned["step", 0] = object()
        await engine.table.on_recovery_completed({TP("unit-step-changelog", 0)}, set())
        await engine.fetched(7)
        event = Event(engine.handed[0])
        await engine.lanes._one(event)
        assert (engine.step.given, event.acked) == ([7], True)

    asyncio.run(run())
