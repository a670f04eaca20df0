"""The dead letters: what they are and why, counted by kind of trouble; and sending repaired ones back, once.

Bodies are never shown: of a record one sees its headers, its size and a digest. A record that is sent back carries the
same key and bytes to the topic it came from; a mark in the read model's database keeps it from being sent twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from sqlalchemy import Engine, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from connectors.publish import Outgoing, Publisher
from santai.dead_letters import (
    ATTEMPT,
    ERRORS,
    FINGERPRINT,
    MAPPING,
    Dead,
    Trouble,
    dead_of,
    grouped,
    headers_of,
    told_once,
)
from santai.projector.position import consumer_config
from santai.projector.schema import REDRIVEN
from santai.projector.store import create_schema, retry
from schemas.errors import Retry, SantaiError
from schemas.topics import Topics

REDRIVEN_FROM = "x-santai-redriven-from"

_PARTITION = 0  # the DLQ has one partition, so an offset names a record
_POLL_S = 10.0


class NotRedriven(SantaiError):
    """The record was not sent back; the text says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of one record that was to be sent back; an empty refusal means it was."""

    offset: int
    topic: str
    refusal: str = ""


class Dlq:
    """The DLQ of one set of topics. `config` is librdkafka's (servers and credentials), `engine` the read model's.

    Methods raise Retry when the broker or the database does not answer.
    """

    def __init__(self, config: Mapping[str, Any], topics: Topics, engine: Engine) -> None:
        self._config = dict(config)
        self._topics = topics
        self._engine = engine

    def ls(self) -> list[Trouble]:
        """What is wrong, the most frequent first."""
        return grouped(self._all())

    def show(self, offset: int) -> Dead | None:
        """One dead letter, or None when there is none at the offset."""
        self._prepare()
        message = self._at(offset)
        return None if message is None else dead_of(message, self._marks())

    def count(self) -> int:
        """Dead letters that nobody has sent back."""
        return sum(not dead.redriven for dead in self._all())

    def redrive(self, offsets: Iterable[int], *, again: bool = False) -> list[Redriven]:
        """Send records back to where they came from, each once. `again` also sends those of which an earlier try
        ended without an answer: harmless, because ids are deterministic, but to be asked for."""
        self._prepare()
        told = []
        with Publisher(self._config) as publisher:
            for offset in sorted(set(offsets)):
                message = self._at(offset)
                try:
                    told.append(Redriven(offset, self._redrive(message, publisher, again)))
                except NotRedriven as refusal:
                    told.append(Redriven(offset, "", str(refusal)))
        return told

    def _redrive(self, message: Message | None, publisher: Publisher, again: bool) -> str:
        if message is None:
            raise NotRedriven("死信队列中没有这条记录")
        dead = dead_of(message, {})
        ours = f"{self._topics.prefix}."
        if not dead.topic.startswith(ours) or dead.topic == self._topics.dlq:
            raise NotRedriven("记录没有写明本平台的来源主题，无法送回")
        self._claim(dead, again)
        kept = [(name, value) for name, value in headers_of(message) if _goes_back(name)]
        mark = f"{self._topics.dlq}/{_PARTITION}/{dead.offset}".encode()
        key = message.key()
        back = Outgoing(
            dead.topic,
            key.encode() if isinstance(key, str) else key,
            message.value() or b"",
            [*kept, (ATTEMPT, str(dead.attempt).encode()), (REDRIVEN_FROM, mark)],
        )
        publisher.publish([back])
        self._settle(dead.offset)
        return dead.topic

    def _claim(self, dead: Dead, again: bool) -> None:
        """Marked before it is sent, so that two people cannot send it at once."""
        insert = (sqlite if self._engine.dialect.name == "sqlite" else postgresql).insert(REDRIVEN)
        row = {
            "topic": self._topics.dlq,
            "partition": _PARTITION,
            "offset": dead.offset,
            "at": time.time_ns() // 1_000_000,
            "to_topic": dead.topic,
            "attempt": dead.attempt,
            "done": False,
        }
        with _database(), self._engine.begin() as connection:
            made = insert.values(row).on_conflict_do_nothing().returning(REDRIVEN.c.offset)
            claimed = connection.execute(made).first() is not None
            done = connection.execute(select(REDRIVEN.c.done).where(*self._row(dead.offset))).scalar_one()
        if done:
            raise NotRedriven("已经送回过，不再重复")
        if not claimed and not again:
            raise NotRedriven("上次送回没有得到答复；确认后可强制再送一次")

    def _settle(self, offset: int) -> None:
        with _database(), self._engine.begin() as connection:
            connection.execute(update(REDRIVEN).where(*self._row(offset)).values(done=True))

    def _row(self, offset: int) -> tuple[Any, ...]:
        return (
            REDRIVEN.c.topic == self._topics.dlq,
            REDRIVEN.c.partition == _PARTITION,
            REDRIVEN.c.offset == offset,
        )

    def _prepare(self) -> None:
        """The projector may not have run yet."""
        with _database():
            create_schema(self._engine)

    def _marks(self) -> Mapping[int, bool]:
        with _database(), self._engine.connect() as connection:
            rows = connection.execute(select(REDRIVEN).where(REDRIVEN.c.topic == self._topics.dlq)).all()
        return {row.offset: row.done for row in rows}

    def _all(self) -> Iterable[Dead]:
        self._prepare()
        marks = self._marks()
        return told_once(dead_of(message, marks) for message in self._read(0, None))

    def _at(self, offset: int) -> Message | None:
        return next((found for found in self._read(offset, 1) if found.offset() == offset), None)

    def _read(self, start: int, limit: int | None) -> Iterator[Message]:
        """Committed records from an offset on, to the end as it is now."""
        given = {**consumer_config(self._config), "group.id": "santai-dlq", "auto.offset.reset": "earliest"}
        consumer = Consumer(given)
        try:
            consumer.assign([TopicPartition(self._topics.dlq, _PARTITION, max(0, start))])
            read = 0
            while limit is None or read < limit:
                message = consumer.poll(_POLL_S)
                if message is None:
                    raise Retry("Kafka 没有应答：请检查它是否在运行")
                error = message.error()
                if error is not None and error.code() == KafkaError._PARTITION_EOF:
                    return
                if error is not None:
                    raise Retry(f"死信队列读不出来（{error.name()}）：请检查 Kafka 是否在运行、主题是否已创建")
                read += 1
                yield message
        except KafkaException as error:
            raise Retry(f"死信队列读不出来（{error.args[0].name()}）：请检查 Kafka 是否在运行") from error
        finally:
            consumer.close()


def _goes_back(name: str) -> bool:
    return not name.startswith(ERRORS) and name not in (ATTEMPT, FINGERPRINT, MAPPING, REDRIVEN_FROM)


@contextmanager
def _database() -> Iterator[None]:
    """Turns trouble with the database into Retry."""
    try:
        yield
    except DBAPIError as error:
        raise retry(error) from error
