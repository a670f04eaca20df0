"""What stands on the cluster before anything runs, and before a worker asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

from santai.platform.kafka import Kafka
from schemas.errors import Stop
from streams.engine.config import EngineConfig
from streams.engine.declared import await_leaders, declare_changelogs, named

pytestmark = pytest.mark.integration


def test_a_topic_is_ready_when_each_partition_answers(kafka: Kafka, topic_prefix: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    unled = await_leaders(admin, {topic_prefix: 2}, timeout_s=0.2)
    assert list(unled) == [TopicPartition(topic_prefix, p) for p in (0, 1)]
    assert topic_prefix in named(unled)
    assert "共 2 个分区" in named(unled)
    admin.create_topics([NewTopic(topic_prefix, 2, 1)])
    assert await_leaders(admin, {topic_prefix: 2}, 30) == {}


def told(bootstrap: str, name: str, folder: Path) -> EngineConfig:
    return EngineConfig(
        app_id=name, bootstrap=bootstrap, worker_id="a", datadir=folder, dlq_topic="unused", partitions=3
    )


def test_changelogs_are_made_once_compacted(kafka: Kafka, topic_prefix: str, tmp_path: Path) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    for _ in range(2):
        declare_changelogs(told(kafka.bootstrap, topic_prefix, tmp_path), [topic_prefix])
    assert len(admin.list_topics(topic_prefix, 10).topics[topic_prefix].partitions) == 3
    asked = ConfigResource(ConfigResource.Type.TOPIC, topic_prefix)
    assert admin.describe_configs([asked])[asked].result()["cleanup.policy"].value == "compact"


def test_a_broker_that_does_not_answer_is_told_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="请检查 Kafka 是否在运行"):
        declare_changelogs(told("127.0.0.1:1", "nobody", tmp_path), ["nobody"], patience_s=0.1)
