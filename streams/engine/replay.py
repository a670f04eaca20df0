"""What a store lacks of its changelog, read in bulk: librdkafka hands over thousands of records where Faust's recovery
takes them one by one. Faust's recovery follows and finds nothing left to do."""

from __future__ import annotations

from collections.abc import Mapping

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition
from faust.types import TP

from observability.outage import LIBRDKAFKA
from streams.engine.config import EngineConfig
from streams.engine.ownership import BARRIER_KEY

BULK_FROM_RECORDS = 1_000
"""Fewer are sooner done by Faust than a consumer of our own is connected."""
CHUNK_RECORDS = 10_000
CHUNK_S = 1.0
QUEUED_KB = 32_768
"""Bound on what librdkafka holds ahead of us."""

Chunk = dict[TP, tuple[dict[bytes, bytes], int]]
"""Changelog partition → (value by key, the offset they reach)."""


class Replay:
    """Changelog partitions from after what is stored to their ends. Blocking: for a thread; one call at a time."""

    def __init__(self, config: EngineConfig, stored: Mapping[TP, int | None], ends: Mapping[TP, int]) -> None:
        """`stored`: last offset in the store, None for none; `ends`: last offset to be read, a record's."""
        self._ends = {tp: ends[tp] for tp in stored}
        self._reached = {tp: -1 if offset is None else offset for tp, offset in stored.items()}
        self._consumer = Consumer(
            {
                "bootstrap.servers": config.bootstrap,
                "client.id": f"{config.app_id}-{config.worker_id}",
                "group.id": config.app_id,  # required, and not joined: partitions are assigned by hand
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "queued.max.messages.kbytes": QUEUED_KB,
                "logger": LIBRDKAFKA,
                **config.security,
            }
        )
        self._consumer.assign(
            [
                TopicPartition(tp.topic, tp.partition, OFFSET_BEGINNING if offset is None else offset + 1)
                for tp, offset in stored.items()
            ]
        )

    @property
    def done(self) -> bool:
        """All ends are reached."""
        return all(self._reached[tp] >= end for tp, end in self._ends.items())

    def chunk(self) -> Chunk:
        """The next records, possibly none. Raises KafkaException when the broker refuses for good."""
        found: Chunk = {}
        for message in self._consumer.consume(CHUNK_RECORDS, CHUNK_S):
            tp = TP(message.topic(), message.partition())
            if (trouble := message.error()) is not None:
                self._settle(tp, trouble)
                continue
            changes, _ = found.get(tp) or ({}, -1)
            self._take(message, changes)
            found[tp] = changes, message.offset()
            self._reached[tp] = message.offset()
        return found

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()

    def _take(self, message: Message, changes: dict[bytes, bytes]) -> None:
        key, value = message.key(), message.value()
        if key is not None and key != BARRIER_KEY and value is not None:
            changes[key] = value

    def _settle(self, tp: TP, trouble: KafkaError) -> None:
        if trouble.code() == KafkaError._PARTITION_EOF:
            self._reached[tp] = max(self._reached[tp], self._ends[tp])  # the tail was compacted away
        elif trouble.fatal() or not trouble.retriable():
            raise KafkaException(trouble)
