"""This project's engine: RocksDB, changelog, one transaction for each partition batch. Its own settings, unchanged."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.engines.event import decode
from bench.engines.task import Task, told
from streams.engine.api import Outcome, Output, Record, StateReader
from streams.engine.app import build_app
from streams.engine.config import EngineConfig
from streams.engine.worker import run_worker


class Dedup:
    """The pipeline as a stateful step."""

    name = "dedup"

    def __init__(self, task: Task) -> None:
        self.topic = task.source
        self._sink = task.sink

    def recovered(self, partition: int, items: Iterable[tuple[bytes, bytes]]) -> None:
        """Nothing is kept in memory."""

    def revoked(self, partition: int) -> None:
        """Nothing is kept in memory."""

    def process(self, partition: int, batch: Sequence[Record], state: StateReader) -> Outcome:
        """See StatefulStep."""
        outputs: list[Output] = []
        changes: dict[bytes, bytes] = {}
        for record in batch:
            value = record.value or b""
            event = decode(value)
            person = event["person"].encode()
            if person not in changes and state.get(person) is None:
                changes[person] = event["event_id"].encode()
            outputs.append(Output(self._sink, record.key, value))
        return Outcome(outputs, changes)

    def applied(self, partition: int, outcome: Outcome) -> None:
        """Nothing is kept in memory."""


def main(task: Task) -> int:
    """Until told to end."""
    logging.basicConfig(level=logging.WARNING)
    config = EngineConfig(
        app_id=task.group, bootstrap=task.bootstrap, worker_id="1", datadir=Path(task.folder), dlq_topic=task.dlq,
        partitions=task.partitions,
    )  # fmt: skip
    return run_worker(build_app(config, [Dedup(task)]))


if __name__ == "__main__":
    sys.exit(main(told()))
