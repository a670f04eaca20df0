"""The transactional writer on a real broker: what a transaction costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from santai.platform.kafka import Kafka
from streams.engine.api import Output
from streams.engine.config import EngineConfig
from streams.engine.writer import PartitionWriter
from tests.support.engine import wait_until

pytestmark = pytest.mark.integration

RECORDS, BYTES = 2_000, 300
TRANSACTIONS = 5
WAKE_UPS_MAX = 500
"""Of the producer's thread in a transaction; some 20 are right, thousands are a spin."""


@pytest.mark.parametrize(("settings", "spins"), [({}, False), ({"batch.size": 65_536}, True)])
def test_a_transaction_of_a_full_batch_does_not_spin(
    kafka: Kafka, topic_prefix: str, tmp_path: Path, settings: dict[str, Any], spins: bool
) -> None:
    """The second case is the check's own: with small requests it must see the spin."""
    topic = f"{topic_prefix}-out"
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})  # its answers end with it
    admin.create_topics([NewTopic(topic, 4, 1)])[topic].result(30)
    seen: list[dict[str, Any]] = []
    watched = {"statistics.interval.ms": 100, "stats_cb": lambda told: seen.append(json.loads(told))}
    config = EngineConfig(
        app_id=topic_prefix, bootstrap=kafka.bootstrap, worker_id="a", datadir=tmp_path, dlq_topic="unused",
        client=settings | watched,
    )  # fmt: skip
    writer = PartitionWriter(config.producer(), f"{topic_prefix}-1", config.transaction_timeout_s, config.patience_s)
    writer.open(60)
    outputs = [Output(topic, b"%d" % n, b"x" * BYTES, (), 1) for n in range(RECORDS)]
    for _ in range(TRANSACTIONS):
        assert writer.commit(outputs, lambda: True) is not None

    def wake_ups() -> int:
        writer._producer.poll(0.1)
        brokers = seen[-1]["brokers"].values() if seen else ()
        return sum(b["wakeups"] for b in brokers if b["nodeid"] >= 0 and seen[-1]["txmsgs"] == RECORDS * TRANSACTIONS)

    wait_until(lambda: wake_ups() > 0, 30, "figures of all transactions")
    assert (wake_ups() > WAKE_UPS_MAX * TRANSACTIONS) is spins
    writer.close()
