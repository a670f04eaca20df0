"""No engine: confluent-kafka in a loop, RocksDB, a changelog. At least once; outputs are flushed before each commit."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from typing import Any

import rocksdict
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from bench.engines.event import decode
from bench.engines.task import CONSUMER, PRODUCER, Task, told

BATCH = 5000
WAIT_S = 0.1
COMMIT_S = 1.0
FLUSH_S = 60.0


def loop(task: Task, ended: threading.Event) -> None:
    """Until told to end."""
    producer = Producer({"bootstrap.servers": task.bootstrap, **PRODUCER})
    consumer = Consumer(
        {
            "bootstrap.servers": task.bootstrap, "group.id": task.group, "auto.offset.reset": "earliest",
            "enable.auto.commit": False, "enable.auto.offset.store": False, **CONSUMER,
        }
    )  # fmt: skip
    consumer.subscribe([task.source])
    state = rocksdict.Rdict(str(Path(task.folder) / "state"), options=rocksdict.Options(raw_mode=True))
    positions: dict[int, int] = {}
    due = time.monotonic() + COMMIT_S
    while not ended.is_set():
        for message in consumer.consume(BATCH, WAIT_S):
            if message.error() is not None:
                raise KafkaException(message.error())
            value, partition = message.value(), message.partition()
            event = decode(value)
            person = event["person"].encode()
            if state.get(person) is None:
                event_id = event["event_id"].encode()
                state[person] = event_id
                _produce(producer, task.changelog, event_id, person, partition)
            _produce(producer, task.sink, value, message.key(), partition)
            positions[partition] = message.offset() + 1
        producer.poll(0)
        if positions and time.monotonic() > due:
            _commit(producer, consumer, task.source, positions)
            due = time.monotonic() + COMMIT_S
    if positions:
        _commit(producer, consumer, task.source, positions)
    consumer.close()


def _produce(producer: Any, topic: str, value: bytes, key: bytes, partition: int) -> None:
    while True:
        try:
            producer.produce(topic, value, key, partition)
            return
        except BufferError:
            producer.poll(WAIT_S)


def _commit(producer: Any, consumer: Any, source: str, positions: dict[int, int]) -> None:
    if producer.flush(FLUSH_S):
        raise TimeoutError("records not written")
    consumer.commit(offsets=[TopicPartition(source, p, offset) for p, offset in positions.items()], asynchronous=False)
    positions.clear()


if __name__ == "__main__":
    end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: end.set())
    loop(told(), end)
