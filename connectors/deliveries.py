"""Reading deliveries.* into the ledger: the offset is committed only after the plan is in SQL."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.dead_letters import error_headers
from connectors.ledger import Ledger
from connectors.publish import Outgoing, Publisher
from connectors.pushes import Plan
from observability.outage import LIBRDKAFKA
from schemas.codec import Codec
from schemas.errors import DeadLetter, Retry, Unreadable
from schemas.events.delivery import Delivery
from schemas.topics import Topics

log = logging.getLogger(__name__)

BATCH_MAX = 500
_POLL_S = 0.5
_GATHER_S = 0.01
_AGAIN_S_MAX = 10.0
MADE_ANEW_MAX = 20


class DeliveryReader:
    """Plans what the systems must be told. A batch is planned again until SQL has it; a repeat plans nothing new.

    `planned(system)` is called for each system of a batch that is planned. What cannot be read goes to the DLQ.
    """

    def __init__(
        self,
        systems: Sequence[str],
        ledger: Ledger,
        codec: Codec,
        publisher: Publisher,
        topics: Topics,
        *,
        consumer_config: Mapping[str, Any],
        worker_id: str,
        planned: Callable[[str], None],
        stopping: threading.Event,
    ) -> None:
        self._systems = {topics.deliveries(system): system for system in systems}
        self._ledger = ledger
        self._codec = codec
        self._publisher = publisher
        self._topics = topics
        self._planned = planned
        self._stopping = stopping
        self._config: dict[str, Any] = {
            # A worker that comes back under its name gets its partitions back at once, without waiting for its
            # former self to time out.
            "group.instance.id": worker_id,
            "session.timeout.ms": 10_000,
            "topic.metadata.refresh.interval.ms": 10_000,
            **consumer_config,
            "logger": LIBRDKAFKA,
            "group.id": f"{topics.prefix}-sink",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            # From the start, should the group be lost: the ledger knows what was sent.
            "auto.offset.reset": "earliest",
        }

    def run(self) -> None:
        """Read until `stopping` is set. Raises KafkaException when a new consumer is beyond help as well.

        A broker that comes back may take a static member for another one of its name and fence it for good: then a new
        consumer takes its place. Only a second process of the same worker id fences it again and again.
        """
        made_anew = 0
        while not self._stopping.is_set():
            consumer = Consumer(self._config)
            try:
                consumer.subscribe(list(self._systems))
                self._read_on(consumer)
            except KafkaException as trouble:
                made_anew += 1
                if made_anew > MADE_ANEW_MAX:
                    raise
                log.warning("deliveries_reader_made_anew", extra={"error": trouble.args[0].name()})
            finally:
                consumer.close()

    def _read_on(self, consumer: Consumer) -> None:
        while not self._stopping.is_set():
            batch = self._next(consumer)
            if batch and self._keep_trying(batch):
                self._commit(consumer, batch)

    def _next(self, consumer: Consumer) -> list[Message]:
        first = consumer.poll(_POLL_S)
        if first is None:
            return []
        found = []
        for message in [first, *consumer.consume(BATCH_MAX - 1, _GATHER_S)]:
            trouble = message.error()
            if trouble is None:
                found.append(message)
            elif trouble.fatal() or trouble.code() == KafkaError._FATAL:
                raise KafkaException(trouble)
            else:
                # Passing (a broker is away, a topic is not there yet): librdkafka goes on by itself.
                log.warning("deliveries_not_read", extra={"error": trouble.name()})
        return found

    def _keep_trying(self, batch: list[Message]) -> bool:
        """Until the batch is planned (True) or we are to stop (False): then it is read again next time."""
        pause_s = 0.1
        while not self._stopping.is_set():
            try:
                self._plan(batch)
            except Retry as trouble:
                log.warning("deliveries_not_planned", extra={"error": str(trouble)})
                self._stopping.wait(pause_s)
                pause_s = min(pause_s * 2, _AGAIN_S_MAX)
            else:
                return True
        return False

    def _plan(self, batch: list[Message]) -> None:
        plans: list[Plan] = []
        dead: list[Outgoing] = []
        for message in batch:
            try:
                plans.append(self._read(message))
            except DeadLetter as error:
                dead.append(self._dead(message, error))
        self._publisher.publish(dead)
        self._ledger.plan(plans, now=int(time.time() * 1000))
        for system in {plan.system for plan in plans}:
            self._planned(system)

    def _read(self, message: Message) -> Plan:
        value = message.value()
        delivery = self._codec.decode(value)
        if not isinstance(delivery, Delivery) or delivery.system != self._systems[message.topic()]:
            raise Unreadable("不是发给本系统的投递记录")
        return Plan(
            push_id=delivery.event_id,
            system=delivery.system,
            ticket_id=delivery.ticket_id,
            seq=delivery.seq,
            kind=delivery.kind,
            state=delivery.state,
            payload=value,
        )

    def _dead(self, message: Message, error: DeadLetter) -> Outgoing:
        own = [(name, value or b"") for name, value in message.headers() or []]
        told = error_headers(error, own, topic=message.topic(), partition=message.partition(), offset=message.offset())
        return Outgoing(self._topics.dlq, message.key(), message.value(), told)

    def _commit(self, consumer: Consumer, batch: list[Message]) -> None:
        ends: dict[tuple[str, int], int] = {}
        for message in batch:
            place = (message.topic(), message.partition())
            ends[place] = max(ends.get(place, 0), message.offset() + 1)
        offsets = [TopicPartition(topic, partition, end) for (topic, partition), end in ends.items()]
        try:
            consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as trouble:
            # Rebalanced, or the broker is away: the batch is read again, and is in the ledger already.
            log.warning("deliveries_not_committed", extra={"error": trouble.args[0].name()})
