"""Writing to Kafka from many threads at once: every caller waits for its own records only, batches are shared."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from observability.outage import LIBRDKAFKA
from schemas.errors import Retry

log = logging.getLogger(__name__)

Headers = Sequence[tuple[str, bytes]]

RECORD_BYTES_MAX = 1_048_000
"""Of a record with its key and headers; the broker's own bound is 1,048,588 with its framing. librdkafka's default has
no room for the headers of the largest values there are, and trying again would never end."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to be written; the key decides the partition."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


@dataclass(slots=True)
class _Waiting:
    """The delivery reports one caller still waits for."""

    missing: int
    error: KafkaError | None = None
    done: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reported(self, error: KafkaError | None, _message: Message) -> None:
        with self.lock:
            self.error = self.error or error
            self.missing -= 1
            if self.missing == 0:
                self.done.set()

    def never_queued(self, count: int, error: KafkaError) -> None:
        with self.lock:
            self.error = error
            self.missing -= count
            if self.missing <= 0:
                self.done.set()


class Publisher:
    """An idempotent producer, acks=all, keys to partitions as Java does it.

    `publish` returns once all in-sync replicas have all its records and raises Retry otherwise, after at most
    `timeout_s` (and a second for the report): some of the records may then have been written all the same, so ids
    must be deterministic.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        *,
        timeout_s: float = 10.0,
        make: Callable[[dict[str, Any]], Producer] = Producer,
    ) -> None:
        self._config: dict[str, Any] = {
            "linger.ms": 5,
            "compression.type": "lz4",
            "logger": LIBRDKAFKA,
            **config,
            # Not for settings to choose: what is promised depends on them.
            "enable.idempotence": True,
            "acks": "all",
            "partitioner": "murmur2_random",
            "delivery.timeout.ms": int(timeout_s * 1000),
            "message.max.bytes": RECORD_BYTES_MAX,
        }
        self._timeout_s = timeout_s
        self._make = make
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._producer = make(dict(self._config))
        self._poller = threading.Thread(target=self._poll, name="kafka-delivery-reports", daemon=True)
        self._poller.start()

    def publish(self, records: Sequence[Outgoing]) -> None:
        """Write all records; see the class."""
        if not records:
            return
        if self._stopping.is_set():
            raise Retry("写入 Kafka 的通道已关闭：请向运行中的进程重发")
        waiting = _Waiting(len(records))
        producer = self._producer
        self._queue(producer, records, waiting)
        # Reports come from librdkafka, which gives up after delivery.timeout.ms: this wait is bounded twice.
        if not waiting.done.wait(self._timeout_s + 1.0):
            raise Retry(f"Kafka 在 {self._timeout_s:g} 秒内没有确认写入：请检查它是否在运行")
        if waiting.error is not None:
            if waiting.error.fatal():
                self._replace(producer)
            raise Retry(f"Kafka 没有收下记录（{waiting.error.name()}）：待它恢复后再试")

    def close(self) -> None:
        """Wait for what is under way, then let go of the broker. Harmless when called twice."""
        self._stopping.set()
        self._poller.join()
        self._producer.flush(self._timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _queue(self, producer: Producer, records: Sequence[Outgoing], waiting: _Waiting) -> None:
        deadline = time.monotonic() + self._timeout_s
        for at, record in enumerate(records):
            while True:
                try:
                    producer.produce(
                        record.topic,
                        record.value,
                        record.key,
                        headers=list(record.headers),
                        on_delivery=waiting.reported,
                    )
                    break
                except BufferError:
                    # The queue is full. The poller makes room; serving reports here as well is a wait with a bound.
                    if time.monotonic() > deadline:
                        waiting.never_queued(len(records) - at, KafkaError(KafkaError._QUEUE_FULL))
                        return
                    producer.poll(0.05)
                except KafkaException as trouble:
                    waiting.never_queued(len(records) - at, trouble.args[0])
                    return

    def _poll(self) -> None:
        while not self._stopping.is_set():
            self._producer.poll(0.1)

    def _replace(self, broken: Producer) -> None:
        """A fatal error (a lost sequence) ends an idempotent producer for good: go on with a new one."""
        with self._lock:
            if self._producer is broken:
                log.warning("kafka_producer_replaced")
                self._producer = self._make(dict(self._config))
