"""Bytewax: a stateful map with recovery into SQLite, at least once; it has no changelog."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main

from bench.engines.event import decode
from bench.engines.task import CONSUMER, PRODUCER, Task, told

BATCH = 1000
SNAPSHOT = timedelta(seconds=10)  # what Bytewax takes by itself


def keyed(message: Any) -> tuple[str, tuple[str, bytes, bytes]]:
    """(person, (event id, key, value))."""
    event = decode(message.value)
    return event["person"], (event["event_id"], message.key, message.value)


def once(known: str | None, told: tuple[str, bytes, bytes]) -> tuple[str, KafkaSinkMessage[bytes, bytes]]:
    """What is kept for the person, and the record as it came."""
    event_id, key, value = told
    return known or event_id, KafkaSinkMessage(key, value)


def build(task: Task) -> Dataflow:
    """The dataflow."""
    brokers, flow = [task.bootstrap], Dataflow("dedup")
    records = op.input("in", flow, KafkaSource(brokers, [task.source], batch_size=BATCH, add_config=_text(CONSUMER)))
    known = op.stateful_map("dedup", op.map("decode", records, keyed), once)
    op.output(
        "out", op.map("unkey", known, lambda pair: pair[1]), KafkaSink(brokers, task.sink, add_config=_text(PRODUCER))
    )
    return flow


def _text(settings: dict[str, Any]) -> dict[str, str]:
    """As Bytewax wants them."""
    return {key: str(value).lower() for key, value in settings.items()}


def main(task: Task) -> None:
    """Until it is killed."""
    recovery = Path(task.folder) / "recovery"
    recovery.mkdir()
    init_db_dir(recovery, 1)
    cli_main(build(task), workers_per_process=1, epoch_interval=SNAPSHOT, recovery_config=RecoveryConfig(str(recovery)))


if __name__ == "__main__":
    main(told())
