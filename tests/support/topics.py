"""Topics, codec and reading back, for tests of the shells against the real broker."""

from __future__ import annotations

import random
import time
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.catalog import catalog, record_name
from schemas.codec import Codec
from schemas.errors import Unreadable
from schemas.sealing import Sealer
from schemas.topics import Topics
from streams.engine.declared import await_leaders
from streams.topology import topic_specs

PARTITIONS = 4


class FixedIds:
    """Schema ids that are the same in every process: the place of the record's name among all."""

    def __init__(self) -> None:
        self._names = sorted(catalog().events)

    def id_of(self, subject: str) -> int:
        """See SchemaIds."""
        return self._names.index(record_name(subject)) + 1

    def schema_of(self, schema_id: int) -> dict[str, Any]:
        """See SchemaIds."""
        if not 1 <= schema_id <= len(self._names):
            raise Unreadable("no such schema")
        return catalog().current(self._names[schema_id - 1])


def make_codec() -> Codec:
    """A codec whose keys and ids are the same in every process of a test."""
    chance = random.Random(7)
    return Codec(Sealer({"k1": chance.randbytes(64)}, "k1", chance.randbytes(32)), FixedIds())


def create_topics(bootstrap: str, topics: Topics, systems: tuple[str, ...]) -> None:
    """The road's topics under the prefix."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    specs = topic_specs(topics, systems, PARTITIONS)
    made = admin.create_topics([NewTopic(spec.name, spec.partitions, 1, config=spec.config) for spec in specs])
    for future in made.values():
        future.result(30)
    assert not await_leaders(admin, {spec.name: spec.partitions for spec in specs}, 30)


def read_all(bootstrap: str, topic: str) -> list[Message]:
    """All committed records of the topic as it stands, by partition and offset."""
    consumer = Consumer({
        "bootstrap.servers": bootstrap, "group.id": "unused", "enable.auto.commit": False,
        "auto.offset.reset": "error",  # otherwise a reset would skip to the end, unseen
    })  # fmt: skip
    try:
        found: list[Message] = []
        ends = _ends(consumer, topic)
        consumer.assign([TopicPartition(topic, p, 0) for p, end in ends.items() if end])
        waiting = {p for p, end in ends.items() if end}
        until = time.monotonic() + 20
        while waiting and time.monotonic() < until:
            for message in consumer.consume(500, 0.2):
                if (error := message.error()) is None:
                    found.append(message)
                elif error.code() == KafkaError._AUTO_OFFSET_RESET:
                    raise KafkaException(error)
            waiting = {p for p in waiting if consumer.position([TopicPartition(topic, p)])[0].offset < ends[p]}
        assert not waiting, f"{topic}: not read to its end"
    finally:
        consumer.close()
    return sorted(found, key=lambda message: (message.partition(), message.offset()))


def _ends(consumer: Consumer, topic: str) -> dict[int, int]:
    """End offset by partition; a broker that has just started or made the topic may need a moment to lead it."""
    until = time.monotonic() + 20
    while True:
        try:
            known = consumer.list_topics(topic, 10).topics[topic]
            if known.error is not None:
                raise KafkaException(known.error)
            partitions = known.partitions
            return {p: consumer.get_watermark_offsets(TopicPartition(topic, p), 10)[1] for p in partitions}
        except KafkaException:
            if time.monotonic() > until:
                raise
            consumer.poll(0.1)


def producer_config(bootstrap: str) -> dict[str, Any]:
    """What the shells are given."""
    return {"bootstrap.servers": bootstrap}
