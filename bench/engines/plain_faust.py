"""Faust as its guide has it: an agent that awaits each send, a table in RocksDB. At least once."""

from __future__ import annotations

from typing import Any

import faust

from bench.engines.event import decode
from bench.engines.task import Task, told


def build(task: Task) -> faust.App:
    """The app."""
    app = faust.App(
        task.group,
        broker=f"kafka://{task.bootstrap}",
        store="rocksdb://",
        datadir=task.folder,
        version=1,
        autodiscover=False,
        topic_partitions=task.partitions,
        topic_replication_factor=1,
        key_serializer="raw",
        value_serializer="raw",
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
    )
    source = app.topic(task.source, key_type=bytes, value_type=bytes)
    sink = app.topic(task.sink)
    table = app.Table("dedup", partitions=task.partitions, default=None, key_type=bytes, value_type=bytes,
                      options={"driver": "rocksdict"})  # fmt: skip

    async def dedup(stream: Any) -> None:
        async for key, value in stream.items():
            event = decode(value)
            person = event["person"].encode()
            if table.get(person) is None:
                table[person] = event["event_id"].encode()
            await sink.send(key=key, value=value)

    app.agent(source)(dedup)
    return app


if __name__ == "__main__":
    faust.Worker(build(told()), quiet=True, loglevel="WARNING").execute_from_commandline()
