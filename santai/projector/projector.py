"""The projector: ticket events, states and alerts from Kafka into the read model.

Rows and offsets go into SQL in one transaction, the offset only if it is the one expected, and reading starts from
SQL. So a crash anywhere repeats or undoes whole batches, a second projector does no harm, and emptying the tables is
all that a rebuild needs.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from connectors.publish import Publisher
from santai.projector.batch import Batch, Decoder, Fold, dead_record, fold_batch
from santai.projector.fold import rows_for
from santai.projector.position import consumer_config, ends, partitions, stored
from santai.projector.store import Overtaken, Place, create_schema, load_offsets, passing, retry, write
from schemas.errors import DeadLetter, Retry
from schemas.topics import Topics

log = logging.getLogger(__name__)

BATCH_RECORDS_MAX = 2_000
POLL_S = 0.1
BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
STAND_BACK_S = 3.0


@dataclass(frozen=True, slots=True)
class Projected:
    """What one poll led to; `records` is 0 when it only found that the end is reached."""

    records: int
    dead_letters: int
    seconds: float
    lag_seconds: Mapping[str, float] = field(default_factory=dict)
    """Of every topic heard of so far: age of what waits longest in it; 0 when all of it is in SQL."""


def _ignore(_done: Projected) -> None:
    return None


class Projector:
    """One projector. `run` blocks; the other methods may be called from other threads.

    `consumer_config` and `producer_config` are librdkafka's (servers and credentials). The engine comes from
    `open_read_model`. `on_batch` is called after everything that was written.
    """

    def __init__(
        self,
        codec: Decoder,
        consumer_config: Mapping[str, Any],
        topics: Topics,
        engine: Engine,
        on_batch: Callable[[Projected], None] = _ignore,
        *,
        producer_config: Mapping[str, Any] | None = None,
        batch_records_max: int = BATCH_RECORDS_MAX,
        stand_back_s: float = STAND_BACK_S,
        fold: Fold = rows_for,
    ) -> None:
        self._codec = codec
        self._given = dict(consumer_config)
        self._producer = dict(consumer_config if producer_config is None else producer_config)
        self._topics = topics
        self._engine = engine
        self._on_batch = on_batch
        self._batch_records_max = batch_records_max
        self._stand_back_s = stand_back_s
        self._fold = fold
        self._next: dict[Place, int] = {}
        self._behind: dict[Place, int | None] = {}
        self._admin: AdminClient | None = None
        self._failures = 0
        self._waits_since: float | None = None
        self._no_broker = threading.Event()

    @property
    def sources(self) -> tuple[str, ...]:
        """The topics it reads."""
        return (self._topics.events, self._topics.state, self._topics.alerts)

    def positions(self) -> dict[Place, int]:
        """Next offset of each partition as SQL has it. Raises Retry when the database is in trouble."""
        try:
            return stored(self._engine)
        except DBAPIError as error:
            raise retry(error) from error

    def drained(self) -> bool:
        """Is everything that is committed on the broker now in SQL? Raises Retry when either does not answer."""
        done = self.positions()
        mine = [place for place in done if place[0] in self.sources]
        # A client is kept only while it is answered: one that has seen a broker restart may get FENCED_LEADER_EPOCH
        # from list_offsets for ever after, because it does not take metadata of an older epoch.
        client, self._admin = self._admin or AdminClient(self._given), None
        last = ends(client, mine)
        self._admin = client
        return bool(mine) and all(done[place] >= end for place, end in last.items())

    def waits_since_s(self) -> float | None:
        """How long broker or database have been out of reach; None while all is well."""
        since = self._waits_since
        return None if since is None else time.monotonic() - since

    def run(self, stop: threading.Event) -> None:
        """Project until `stop` is set. Outages of broker or database are waited out.

        Raises Stop when going on would do harm: an offset that is gone from the broker, no right to read.
        """
        while not stop.is_set():
            try:
                self._session(stop)
            except Retry as trouble:
                self._wait(stop, str(trouble))
            except KafkaException as error:
                self._wait(stop, f"Kafka 不可用（{error.args[0].name()}）")
            except DBAPIError as error:
                if not passing(error):
                    raise
                self._wait(stop, str(retry(error)))

    def _wait(self, stop: threading.Event, why: str) -> None:
        pause_s = BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)]
        self._failures += 1
        if self._waits_since is None:
            self._waits_since = time.monotonic()
        log.warning("projector_waits", extra={"why": why, "pause_s": pause_s})
        stop.wait(pause_s)

    def _session(self, stop: threading.Event) -> None:
        """From the offsets in SQL on, until something goes wrong."""
        create_schema(self._engine)
        self._no_broker.clear()
        consumer = Consumer({**consumer_config(self._given), "error_cb": self._broker_error})
        try:
            with Publisher(self._producer) as publisher:
                self._take_up(consumer)
                while not stop.is_set():
                    try:
                        self._step(consumer, publisher)
                    except Overtaken:
                        self._stand_back(stop)
                        self._take_up(consumer)
        finally:
            consumer.close()

    def _broker_error(self, error: KafkaError) -> None:
        """Called within polls. One lost connection is librdkafka's own affair."""
        if error.code() == KafkaError._ALL_BROKERS_DOWN or error.fatal():
            self._no_broker.set()

    def _take_up(self, consumer: Consumer) -> None:
        self._next = load_offsets(self._engine, partitions(consumer, self.sources))
        consumer.assign([TopicPartition(topic, number, at) for (topic, number), at in self._next.items()])

    def _stand_back(self, stop: threading.Event) -> None:
        """Another projector is at work: wait until it moves no more. A rebuild also ends up here, for one pause."""
        log.info("projector_stands_back")
        before = stored(self._engine)
        while not stop.wait(self._stand_back_s):
            now = stored(self._engine)
            if now == before:
                return
            before = now

    def _step(self, consumer: Consumer, publisher: Publisher) -> None:
        messages = consumer.consume(self._batch_records_max, POLL_S)
        if not messages:
            if self._no_broker.is_set():
                raise Retry("Kafka 连不上：请检查它是否在运行")
            return
        began = time.monotonic()
        batch = self._folded(messages)
        publisher.publish(batch.dead)
        try:
            self._commit(batch)
        except (DBAPIError, OverflowError) as error:
            if isinstance(error, DBAPIError) and passing(error):
                raise
            # One of the records asks for what the database cannot do: find it, keep it aside, let the others in.
            batch.dead.extend(self._one_by_one(messages, publisher))
        self._failures, self._waits_since = 0, None
        if batch.ends:
            self._behind.update(batch.behind)
            self._on_batch(Projected(batch.records, len(batch.dead), time.monotonic() - began, self._lag()))

    def _folded(self, messages: Iterable[Message]) -> Batch:
        return fold_batch(messages, self._codec, self._topics.dlq, compacted=self._topics.state, fold=self._fold)

    def _commit(self, batch: Batch) -> None:
        moves = {place: (self._next[place], end) for place, end in batch.ends.items() if end > self._next[place]}
        if not moves:
            return
        with self._engine.begin() as connection:
            write(connection, batch.changes, moves)
        self._next.update((place, new) for place, (_expected, new) in moves.items())

    def _lag(self) -> dict[str, float]:
        now_ms = time.time() * 1000
        lag: dict[str, float] = {}
        for (topic, _number), last_ms in self._behind.items():
            age_s = 0.0 if last_ms is None else max(0.0, (now_ms - last_ms) / 1000)
            lag[topic] = max(lag.get(topic, 0.0), age_s)
        return lag

    def _one_by_one(self, messages: Sequence[Message], publisher: Publisher) -> list[Any]:
        refused = []
        for message in messages:
            batch = self._folded([message])
            try:
                self._commit(batch)
            except (DBAPIError, OverflowError) as error:
                if isinstance(error, DBAPIError) and passing(error):
                    raise
                kind = type(error.orig if isinstance(error, DBAPIError) else error).__name__
                reason = DeadLetter("project", f"读模型的数据库不收这条记录（{kind}）")
                refused.append(dead_record(message, reason, self._topics.dlq))
                publisher.publish(refused[-1:])
                self._commit(Batch(ends=batch.ends))
        return refused
