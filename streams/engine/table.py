"""A stateful step's table: Faust recovers it, the engine reads and writes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import faust
from faust.types import TP

from schemas.errors import Stop
from streams.engine.api import Outcome, StatefulStep
from streams.engine.config import EngineConfig
from streams.engine.replay import NOTHING, Piece
from streams.engine.store import MemoryStore, PartitionStore, RocksStore


class StepTable(faust.Table):  # type: ignore[misc]
    """Raw bytes by key, a store for each partition. Faust's own store is not used."""

    def __init__(self, app: Any, step: StatefulStep, config: EngineConfig, cache: Any) -> None:
        self.step = step
        self._config = config
        self._cache = cache
        self._stores: dict[int, PartitionStore] = {}
        self._told: set[int] = set()
        """Partitions whose keys the step knows in memory."""
        self._caught_up: set[int] = set()
        """Partitions that recovery changed since."""
        super().__init__(
            app,
            name=step.name,
            partitions=config.partitions,
            store="memory://",
            key_type=bytes,
            value_type=bytes,
            beacon=app.tables.beacon,
        )

    # -- for the engine ------------------------------------------------------------------------------------------

    def store(self, partition: int) -> PartitionStore:
        """The partition's keys, opened when first asked for."""
        store = self._stores.get(partition)
        if store is None:
            store = self._stores[partition] = self._open(partition)
        return store

    def is_recovered(self, partition: int) -> bool:
        """Whether the table is complete and the step knows it."""
        return partition in self._told

    def apply(self, partition: int, outcome: Outcome, offset: int | None) -> None:
        """The outcome is durable up to this changelog offset: store it, then let the step's memory follow."""
        self.store(partition).write(outcome.changes, offset)
        self.step.applied(partition, outcome)

    def check_not_ahead(self, partition: int, last: int) -> None:
        """Raises Stop when the store holds more than the changelog, whose last offset is given: it belongs to another
        one. Faust would crash, and crash again when started again; going on would mix two histories."""
        stored = self.store(partition).offset
        if stored is not None and stored > last:
            raise Stop(
                f"状态目录比变更日志新:{self.changelog_topic_name} 分区 {partition} 已存到 {stored},日志只到 {last}。"
                f"Kafka 的数据曾被清空或更换:请先恢复;确认要从日志重建时,删除 {self._config.workdir} 后再启动"
            )

    # -- for Faust -----------------------------------------------------------------------------------------------

    def persisted_offset(self, tp: TP) -> int | None:
        """Where recovery starts."""
        return self.store(tp.partition).offset

    def replayed(self, partition: int, piece: Piece) -> None:
        """Recovery. Nothing happens when the partition has gone meanwhile, even if it came back: a piece fits no store
        but the one it was read for."""
        store = self._stores.get(partition)
        if store is None or piece.after != (NOTHING if store.offset is None else store.offset):
            return
        store.replay(piece.changes, piece.offset)
        if piece.changes:
            self._caught_up.add(partition)

    def apply_changelog_batch(self, batch: Sequence[Any]) -> None:
        """Faust's recovery flushes its buffers here, and they are empty: it never reads."""
        if batch:
            raise RuntimeError(f"{self.name}: changelog records from Faust's recovery")

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Let go of partitions that went to others, open those that came."""
        for partition in self._mine(revoked):
            self._forget(partition)
            if (store := self._stores.pop(partition, None)) is not None:
                store.close()
        self._check_partitions()
        for partition in self._mine(newly_assigned):
            self.store(partition)

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Complete: tell the step, unless it knows already."""
        for partition in sorted(self._mine(active_tps)):
            if partition in self._caught_up:
                self._forget(partition)
            if partition not in self._told:
                self.step.recovered(partition, self.store(partition).items())
                self._told.add(partition)
        self._caught_up.clear()

    async def on_stop(self) -> None:
        """Close all stores."""
        stores, self._stores = self._stores, {}
        for store in stores.values():
            store.close()
        await super().on_stop()

    def _open(self, partition: int) -> PartitionStore:
        if self._config.store == "memory":
            return MemoryStore()
        return RocksStore(self._config.workdir / "tables" / self.step.name / str(partition), self._cache)

    def _forget(self, partition: int) -> None:
        if partition in self._told:
            self._told.discard(partition)
            self.step.revoked(partition)

    def _mine(self, tps: Iterable[TP]) -> list[int]:
        return [tp.partition for tp in tps if tp.topic == self.changelog_topic_name]

    def _check_partitions(self) -> None:
        """A key's partition is computed from the count: with a wrong one every record would look misrouted."""
        for topic in (self.step.topic, self.changelog_topic_name):
            found = self.app.consumer.topic_partitions(topic)
            # 0: the topic was made a moment ago and the client's metadata do not know it yet
            if found and found != self._config.partitions:
                raise Stop(
                    f"主题 {topic} 有 {found} 个分区，设置为 {self._config.partitions}：请把 SANTAI_PARTITIONS 改回原值"
                )
