"""Quix Streams: a stateful function, RocksDB with a changelog, at least once. Batching as wide as the others'."""

from __future__ import annotations

from typing import Any

from quixstreams import Application

from bench.engines.event import decode
from bench.engines.task import CONSUMER, PRODUCER, Task, told

COMMIT_S = 1.0


def once(value: bytes, state: Any) -> bytes:
    """What is kept for the person, and the record as it came."""
    event = decode(value)
    if state.get("event_id") is None:
        state.set("event_id", event["event_id"])
    return value


def build(task: Task) -> Application:
    """The application."""
    app = Application(
        task.bootstrap,
        consumer_group=task.group,
        auto_offset_reset="earliest",
        state_dir=task.folder,
        commit_interval=COMMIT_S,
        processing_guarantee="at-least-once",
        consumer_extra_config=CONSUMER,
        producer_extra_config=PRODUCER,
        loglevel="WARNING",
    )
    source = app.topic(task.source, key_deserializer="bytes", value_deserializer="bytes")
    sink = app.topic(task.sink, key_serializer="bytes", value_serializer="bytes")
    app.dataframe(source).apply(once, stateful=True).to_topic(sink)
    return app


if __name__ == "__main__":
    build(told()).run()
