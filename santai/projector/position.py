"""How far the read model is: what SQL says against what the broker has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import Consumer, IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from sqlalchemy import Engine, select

from santai.projector.schema import OFFSETS
from santai.projector.store import Place
from schemas.errors import Retry


def consumer_config(given: Mapping[str, Any]) -> dict[str, Any]:
    """librdkafka's settings for reading all of a topic, with what is promised not left to settings."""
    return {
        "group.id": "santai-projector",  # librdkafka wants one; offsets live in SQL, the group is never joined
        "queued.max.messages.kbytes": 16_384,  # for each partition: what may lie in memory before it is folded
        **given,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
    }


def partitions(consumer: Consumer, topics: Iterable[str], timeout_s: float = 10.0) -> list[Place]:
    """All partitions of the topics. Raises Retry when one does not exist or the broker does not answer."""
    try:
        known = consumer.list_topics(timeout=timeout_s).topics
    except KafkaException as error:
        raise Retry(f"Kafka 没有应答（{error.args[0].name()}）：请检查它是否在运行") from error
    places: list[Place] = []
    for topic in topics:
        found = known.get(topic)
        if found is None or not found.partitions:
            raise Retry(f"主题 {topic} 还不存在：请先创建主题")
        places.extend((topic, number) for number in sorted(found.partitions))
    return places


def ends(admin: AdminClient, places: Iterable[Place], timeout_s: float = 10.0) -> dict[Place, int]:
    """The offset after the last committed record of each partition. Raises Retry when the broker does not answer."""
    wanted = {TopicPartition(topic, number): OffsetSpec.latest() for topic, number in places}
    if not wanted:
        return {}
    try:
        asked = admin.list_offsets(wanted, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=timeout_s)
        return {(place.topic, place.partition): future.result().offset for place, future in asked.items()}
    except KafkaException as error:
        raise Retry(f"Kafka 没有应答（{error.args[0].name()}）：请检查它是否在运行") from error


def stored(engine: Engine) -> dict[Place, int]:
    """Next offset of each partition, as SQL has it."""
    with engine.connect() as connection:
        return {(row.topic, row.partition): row.next_offset for row in connection.execute(select(OFFSETS))}


def waiting(engine: Engine, admin: AdminClient, topics: Iterable[str], timeout_s: float = 10.0) -> dict[Place, int]:
    """How many offsets each partition is behind; all 0 means drained. Raises Retry as `ends` does.

    For whoever wants to know from outside; needs no running projector.
    """
    try:
        known = admin.list_topics(timeout=timeout_s).topics
    except KafkaException as error:
        raise Retry(f"Kafka 没有应答（{error.args[0].name()}）：请检查它是否在运行") from error
    places = [(topic, number) for topic in topics if topic in known for number in known[topic].partitions]
    done = stored(engine)
    return {place: max(0, end - done.get(place, 0)) for place, end in ends(admin, places, timeout_s).items()}
