"""What stands on the cluster before anything runs."""

from __future__ import annotations

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from santai.platform.kafka import Kafka
from santai.services.cluster import await_leaders

pytestmark = pytest.mark.integration


def test_a_topic_is_ready_when_each_partition_answers(kafka: Kafka, topic_prefix: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    assert await_leaders(admin, {topic_prefix: 2}, timeout_s=0.2) == [TopicPartition(topic_prefix, p) for p in (0, 1)]
    admin.create_topics([NewTopic(topic_prefix, 2, 1)])
    assert await_leaders(admin, {topic_prefix: 2}) == []
