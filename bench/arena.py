"""One broker on which engines run one after the other, each on topics of its own, all on the same records."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from bench.engines.event import DIGITS, encode, number_of, person_of
from bench.engines.task import Task
from santai.platform.kafka import Kafka
from schemas.errors import Stop
from streams.engine.partitioner import partition_of

PARTITIONS = 4
_TIMEOUT_S = 30.0
_WAIT_S = 0.05
_NOT_YET = {
    KafkaError._UNKNOWN_PARTITION,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
}
_PERSON = re.compile(rb"p\d{%d}" % DIGITS)


@dataclass(slots=True)
class Written:
    """What one engine wrote, read as anybody may (committed only). Times in ms, by the broker's clock."""

    expected: int
    times: list[int] = field(default_factory=list)
    """When each event was written first."""
    repeated: int = 0
    misplaced: int = 0
    """Not in the partition that its key belongs to."""
    _seen: bytearray = field(init=False)

    def __post_init__(self) -> None:
        self._seen = bytearray(self.expected)

    def take(self, message: Message, partitions: bytes) -> None:
        """One record; `partitions` tells where each event belongs."""
        n = number_of(message.value())
        if self._seen[n]:
            self.repeated += 1
            return
        self._seen[n] = 1
        self.times.append(message.timestamp()[1])
        self.misplaced += message.partition() != partitions[n]

    @property
    def missing(self) -> int:
        """Events that have not come out."""
        return self.expected - len(self.times)


class Arena:
    """Topics on a broker that runs."""

    def __init__(self, kafka: Kafka, folder: Path) -> None:
        self._clients = {"bootstrap.servers": kafka.bootstrap, "log_level": 0}
        self._bootstrap = kafka.bootstrap
        self._folder = folder
        self._admin = AdminClient(self._clients)
        committed = {"isolation.level": "read_committed", "enable.auto.commit": False}
        self._readers = {**self._clients, **committed, "group.id": "bench-look", "auto.offset.reset": "earliest"}
        self._looker = Consumer(self._readers)
        self._sources: dict[int, bytes] = {}

    def fill(self, count: int, told: Callable[[float], None]) -> None:
        """The first `count` events, once; told how much is done (0 to 1)."""
        if count in self._sources:
            return
        topic, partitions = _source(count), bytearray(count)
        self._create([NewTopic(topic, PARTITIONS, 1)])
        producer = Producer(
            {
                **self._clients, "acks": "all", "enable.idempotence": True, "linger.ms": 20, "batch.size": 262_144,
                "compression.type": "lz4", "partitioner": "murmur2_random",
                "queue.buffering.max.messages": 1_000_000,
            }
        )  # fmt: skip
        for n in range(count):
            key = person_of(n).encode()
            partitions[n] = partition_of(key, PARTITIONS)
            while True:
                try:
                    producer.produce(topic, encode(n), key)
                    break
                except BufferError:
                    producer.poll(_WAIT_S)
            if n % 1000 == 0:
                producer.poll(0)
                told(n / count)
        if producer.flush(_TIMEOUT_S):
            raise Stop("Kafka 没有收下全部记录")
        self._sources[count] = bytes(partitions)

    def task(self, name: str, count: int) -> Task:
        """Topics and a folder for an engine to run on `count` events."""
        group = f"bench-{name}"
        folder = self._folder / "state" / name
        folder.mkdir(parents=True)
        task = Task(
            self._bootstrap, _source(count), f"{group}-out", f"{group}-dlq", group, f"{group}-bare-changelog",
            str(folder.resolve()), PARTITIONS,
        )  # fmt: skip
        stamped = {"message.timestamp.type": "LogAppendTime"}
        self._create(
            [
                NewTopic(task.sink, PARTITIONS, 1, config=stamped),
                NewTopic(task.dlq, 1, 1),
                NewTopic(task.changelog, PARTITIONS, 1, config={"cleanup.policy": "compact"}),
            ]
        )
        return task

    def written(self, topic: str) -> int:
        """How far the topic can be read, in records; control records count too."""
        return sum(self._ends(topic, PARTITIONS))

    def outputs(self, task: Task, count: int) -> Written:
        """What came out."""
        found, partitions = Written(count), self._sources[count]
        for message in self._read([task.sink]):
            found.take(message, partitions)
        return found

    def known_persons(self, task: Task) -> int:
        """How many persons the changelog knows, whatever the engine puts around its keys."""
        named = [name for name in self._topics() if task.group in name and "changelog" in name]
        found = set()
        for message in self._read(named):
            if person := _PERSON.search(message.key()):
                found.add(person.group())
        return len(found)

    def dead_letters(self, task: Task) -> int:
        """How many records the engine would not handle."""
        return sum(1 for _ in self._read([task.dlq]))

    def clear(self, task: Task) -> None:
        """Remove the engine's topics and state."""
        named = [name for name in self._topics() if task.group in name]
        for done in self._admin.delete_topics(named).values():
            done.result(_TIMEOUT_S)
        shutil.rmtree(task.folder, ignore_errors=True)

    def _topics(self) -> list[str]:
        return list(self._admin.list_topics(timeout=_TIMEOUT_S).topics)

    def _create(self, topics: list[NewTopic]) -> None:
        for made in self._admin.create_topics(topics).values():
            made.result(_TIMEOUT_S)
        until = time.monotonic() + _TIMEOUT_S
        while not all(self._led(topic) for topic in topics):
            if time.monotonic() > until:
                raise Stop("新建的主题没有得到主副本")
            time.sleep(_WAIT_S)

    def _led(self, topic: NewTopic) -> bool:
        """Whether each partition has a leader that knows it: that is so a moment after the topic is made."""
        self._looker.list_topics(timeout=_TIMEOUT_S)  # else it remembers for half a minute that there is no such topic
        try:
            self._ends(topic.topic, topic.num_partitions)
        except KafkaException as error:
            if error.args[0].code() in _NOT_YET:
                return False
            raise
        return True

    def _ends(self, topic: str, partitions: int) -> list[int]:
        places = [TopicPartition(topic, p) for p in range(partitions)]
        return [self._looker.get_watermark_offsets(place, _TIMEOUT_S, cached=False)[1] for place in places]

    def _read(self, topics: list[str]) -> Iterator[Message]:
        """All committed records that are there now."""
        consumer = Consumer({**self._readers, "enable.partition.eof": True})
        known = self._admin.list_topics(timeout=_TIMEOUT_S).topics
        left = {(name, p) for name in topics for p in known[name].partitions}
        consumer.assign([TopicPartition(*place, 0) for place in left])
        until = time.monotonic() + _TIMEOUT_S
        while left:
            messages = consumer.consume(5000, _WAIT_S)
            if messages:
                until = time.monotonic() + _TIMEOUT_S
            elif time.monotonic() > until:
                raise Stop("Kafka 没有答复")
            for message in messages:
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    left.discard((message.topic(), message.partition()))
                else:
                    raise Stop(f"读不了 {message.topic()}:{error.str()}")
        consumer.close()


def _source(count: int) -> str:
    return f"bench.events.{count}"
