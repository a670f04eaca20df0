"""The floor: what a bare confluent-kafka loop takes for the least of it on the same records.

`python -m bench.floor RESULT` reads all raw changes of the settings' prefix, opens them, keeps the last event id of
each source key in a dict, writes one record for each new change and commits; no mapping, no matching, no state that
outlives it. RESULT becomes JSON: seconds, cpu_seconds, records, resident_bytes.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import psutil
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

from bench.load import SYSTEMS
from santai.services.parts import codec_of
from santai.settings import Settings, load_settings
from schemas.errors import Stop

BATCH = 5000
WAIT_S = 0.05
"""How long a batch may wait to become full."""
TIMEOUT_S = 30.0


def output_topic(prefix: str) -> str:
    """Where the loop writes to."""
    return f"{prefix}.bench.floor.v1"


def loop(settings: Settings) -> dict[str, Any]:
    """All there is, once."""
    codec, topic = codec_of(settings), output_topic(settings.prefix)
    consumer = Consumer(
        settings.clients(**{
            "group.id": f"{settings.prefix}-floor", "enable.auto.commit": False, "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
        })
    )  # fmt: skip
    producer = Producer(
        settings.clients(
            **{"acks": "all", "enable.idempotence": True, "linger.ms": 5, "compression.type": "lz4", "log_level": 3}
        )
    )
    left = {(settings.topics.intake(s), p) for s in SYSTEMS for p in range(settings.partitions)}
    consumer.assign([TopicPartition(*place, 0) for place in left])
    last: dict[str, str] = {}
    records, began, cpu = 0, time.perf_counter(), time.process_time()
    ended = began
    while left:
        messages = consumer.consume(BATCH, WAIT_S)
        if not messages and time.perf_counter() - ended > TIMEOUT_S:
            raise Stop("Kafka 没有答复")
        read = 0
        for message in messages:
            error = message.error()
            if error is None:
                read += 1
                raw = codec.decode(message.value())
                if last.get(raw.source_key) != raw.event_id:
                    last[raw.source_key] = raw.event_id
                    producer.produce(topic, message.value(), message.key(), headers=message.headers())
            elif error.code() == KafkaError._PARTITION_EOF:
                left.discard((message.topic(), message.partition()))
        if read:
            if producer.flush(TIMEOUT_S):
                raise Stop("Kafka 没有收下记录")
            consumer.commit(asynchronous=False)
            ended = time.perf_counter()
        records += read
    found = {
        "seconds": ended - began,
        "cpu_seconds": time.process_time() - cpu,
        "records": records,
        "resident_bytes": psutil.Process().memory_info().rss,
    }
    consumer.close()
    return found


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(loop(load_settings())))
