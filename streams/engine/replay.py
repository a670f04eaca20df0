"""What a store lacks of its changelog, read through a consumer made for one recovery.

No record of an earlier recovery can come between, and librdkafka hands over thousands of records where Faust's recovery
takes them one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition
from faust.types import TP

from observability.outage import LIBRDKAFKA
from streams.engine.config import EngineConfig
from streams.engine.ownership import BARRIER_KEY

CHUNK_RECORDS = 10_000
WAIT_S = 1.0
"""How long a chunk waits for its first record."""
GATHER_S = 0.02
"""How long it gathers what follows; a consumer at full speed has a chunk of them by then."""
QUEUED_KB = 32_768
"""Bound on what librdkafka holds ahead of us."""
QUEUE_BACKOFF_MS = 5
"""How soon a full queue is looked at again; librdkafka's second is most of a recovery's time."""
NOTHING = -1
"""The offset of a store that holds nothing."""


class Piece(NamedTuple):
    """A stretch of one changelog partition, without holes."""

    after: int
    """Offset of the record before it: it fits a store that ends there, and no other."""
    offset: int
    """Of its last record."""
    changes: dict[bytes, bytes]
    """The last value of each key."""


Chunk = dict[TP, Piece]
"""By changelog partition."""


class Replay:
    """Changelog partitions from after what is stored to their ends. Blocking: for a thread; one call at a time."""

    def __init__(self, config: EngineConfig, stored: Mapping[TP, int], ends: Mapping[TP, int]) -> None:
        """`stored`: last offset in the store, or NOTHING; `ends`: last offset to be read, a record's."""
        self._at = dict(stored)
        self._unread = {tp: ends[tp] for tp, offset in stored.items() if offset < ends[tp]}
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
                "fetch.queue.backoff.ms": QUEUE_BACKOFF_MS,
                "logger": LIBRDKAFKA,
                **config.security,
            }
        )
        self._consumer.assign([self._start(tp) for tp in self._unread])

    @property
    def done(self) -> bool:
        """All ends are reached."""
        return not self._unread

    def chunk(self) -> Chunk:
        """The next records, possibly none. Raises KafkaException when the broker refuses for good."""
        first = self._consumer.poll(WAIT_S)
        if first is None:
            return {}
        found: Chunk = {}
        for message in [first, *self._consumer.consume(CHUNK_RECORDS, GATHER_S)]:
            tp = TP(message.topic(), message.partition())
            if (trouble := message.error()) is None:
                found[tp] = self._joined(found.get(tp), tp, message)
            else:
                self._settle(tp, trouble, message.offset())
        return found

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()

    def _start(self, tp: TP) -> TopicPartition:
        offset = self._at[tp]
        return TopicPartition(tp.topic, tp.partition, OFFSET_BEGINNING if offset == NOTHING else offset + 1)

    def _joined(self, piece: Piece | None, tp: TP, message: Message) -> Piece:
        after, _, changes = piece or Piece(self._at[tp], NOTHING, {})
        key, value, offset = message.key(), message.value(), message.offset()
        if key is not None and key != BARRIER_KEY and value is not None:
            changes[key] = value
        self._at[tp] = offset
        if offset >= self._unread.get(tp, NOTHING):
            self._unread.pop(tp, None)
        return Piece(after, offset, changes)

    def _settle(self, tp: TP, trouble: KafkaError, offset: int | None) -> None:
        if trouble.code() == KafkaError._PARTITION_EOF:
            # Behind the end: what was last there is a control record, or was compacted away. Before it: a broker that
            # became leader a moment ago, or a transaction still open; what follows is not to be missed.
            if offset is not None and offset > self._unread.get(tp, NOTHING):
                self._unread.pop(tp, None)
        elif trouble.fatal() or not trouble.retriable():
            raise KafkaException(trouble)
