"""What lies on the topics of one hub: how far they were read, what is on them, when the broker got it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from bench.hub import Hub
from schemas.errors import Stop
from schemas.events.ticket import SubmissionAttached, TicketStateChanged
from streams.engine.declared import await_leaders
from streams.steps.emit import INTAKE_AT

_TIMEOUT_S = 30.0
_WAIT_S = 0.05  # for a batch to become full
_NOT_YET = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
}
"""A broker that has just started says so."""
_ALERT = b"cn.santai.Alert.v1"


@dataclass(slots=True)
class Found:
    """What came onto the topics in one phase. Times in ms, by the broker's clock."""

    records: dict[str, int] = field(default_factory=dict)  # by topic, without the prefix
    bytes: dict[str, int] = field(default_factory=dict)  # values
    first_intake: int = 0
    last_event: int = 0
    last_delivery: int = 0
    ticket_ms: list[int] = field(default_factory=list)  # from a change's arrival to each ticket event it led to
    delivery_ms: list[int] = field(default_factory=list)
    placed: set[str] = field(default_factory=set)  # submissions that have a ticket
    opened: set[str] = field(default_factory=set)
    merged: set[str] = field(default_factory=set)


class Records:
    """Reads a hub's topics as anybody could, from what is there already on. Close it."""

    def __init__(self, hub: Hub) -> None:
        self._prefix = hub.prefix
        topics = hub.settings.topics
        self._sources = [*(topics.intake(s) for s in hub.systems), topics.inbox, topics.claims, topics.events]
        self._events = topics.events
        self._intake = tuple(topics.intake(s) for s in hub.systems)
        self._deliveries = tuple(topics.deliveries(s) for s in hub.systems)
        self._partitions = range(hub.settings.partitions)
        self._codec = hub.codec
        clients = hub.settings.clients()
        self._admin = AdminClient(clients)
        self._group = Consumer({**clients, "group.id": hub.group})
        self._consumer = Consumer(
            {
                **clients,
                "group.id": f"{hub.prefix}-bench",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
            }
        )
        self._next = self._ends()

    def drained(self) -> bool:
        """Whether the workers have done all there is.

        Positions are asked for before ends: what was read up to a committed position was written out before it.
        """
        places = [TopicPartition(topic, p) for topic in self._sources for p in self._partitions]
        try:
            positions = self._group.committed(places, _TIMEOUT_S)
        except KafkaException as error:
            if error.args[0].code() in _NOT_YET:
                return False
            raise
        committed = {(c.topic, c.partition): max(c.offset, 0) for c in positions}
        ends = self._admin.list_offsets({place: OffsetSpec.latest() for place in places})
        return all(end.result(_TIMEOUT_S).offset == committed[at.topic, at.partition] for at, end in ends.items())

    def read(self) -> Found:
        """Everything committed since the last call, to the end of every topic."""
        found = Found()
        places = self._places()
        self._consumer.assign([TopicPartition(*place, self._next.get(place, 0)) for place in places])
        left, until = set(places), time.monotonic() + _TIMEOUT_S
        while left:
            messages = self._consumer.consume(5000, _WAIT_S)
            if messages:
                until = time.monotonic() + _TIMEOUT_S
            elif time.monotonic() > until:
                raise Stop("Kafka 没有答复")
            for message in messages:
                place = message.topic(), message.partition()
                error = message.error()
                if error is None:
                    self._next[place] = message.offset() + 1
                    self._take(message, found)
                elif error.code() == KafkaError._PARTITION_EOF:
                    left.discard(place)
                else:
                    raise Stop(f"读不了 {place[0]}:{error.str()}")
        self._consumer.unassign()
        return found

    def close(self) -> None:
        """Let go of the broker."""
        self._group.close()
        self._consumer.close()

    def _places(self) -> list[tuple[str, int]]:
        known = self._admin.list_topics(timeout=_TIMEOUT_S).topics
        ours = (f"{self._prefix}.", f"{self._prefix}-")
        return [(name, p) for name, t in known.items() if name.startswith(ours) for p in t.partitions]

    def _ends(self) -> dict[tuple[str, int], int]:
        """Once all partitions answer: a worker that starts meanwhile makes its changelogs."""
        places = self._places()
        await_leaders(self._admin, Counter(topic for topic, _ in places), _TIMEOUT_S)
        asked = self._admin.list_offsets({TopicPartition(*place): OffsetSpec.latest() for place in places})
        return {(at.topic, at.partition): end.result(_TIMEOUT_S).offset for at, end in asked.items()}

    def _take(self, message: Message, found: Found) -> None:
        topic, at = message.topic(), message.timestamp()[1]
        name = topic.removeprefix(f"{self._prefix}.").removeprefix(f"{self._prefix}-").removesuffix(".v1")
        found.records[name] = found.records.get(name, 0) + 1
        found.bytes[name] = found.bytes.get(name, 0) + len(message.value() or b"")
        if topic == self._events:
            found.last_event = max(found.last_event, at)
            head = dict(message.headers() or ())
            if head.get("ce_type") != _ALERT:
                found.ticket_ms.append(at - int(head[INTAKE_AT]))
                self._place(message, head["ce_type"], found)
        elif topic in self._deliveries:
            found.last_delivery = max(found.last_delivery, at)
            found.delivery_ms.append(at - int(dict(message.headers() or ())[INTAKE_AT]))
        elif topic in self._intake:
            found.first_intake = min(found.first_intake or at, at)

    def _place(self, message: Message, kind: bytes, found: Found) -> None:
        if kind == b"cn.santai.TicketOpened.v1":
            found.opened.add(message.key().decode())
            found.placed.add(message.key().decode())
        elif kind in (b"cn.santai.SubmissionAttached.v1", b"cn.santai.TicketStateChanged.v1"):
            event = self._codec.decode(message.value())
            if isinstance(event, SubmissionAttached):
                found.placed.add(event.submission_id)
            elif isinstance(event, TicketStateChanged) and event.state == "MERGED":
                found.merged.add(event.ticket_id)


def percentile(values: Iterable[int], share: float) -> float:
    """The smallest value that at least this share (0 to 1) of them does not exceed; 0 of none."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    rank = -(-len(ordered) * share // 1)  # rounded up
    return float(ordered[max(0, int(rank) - 1)])
