"""The road in one readable place: which topics there are and which step reads and writes what.

    intake.<system> ─ normalise ─► ticket.inbox ─ tickets ─► match.claims ─ match ─► ticket.inbox
                                   ticket.inbox ─ tickets ─► ticket.events, ticket.state, alerts
                                   ticket.events ─ route ─► deliveries.<system> ─ connectors ─► ticket.inbox (receipts)

Processors meet only on topics. Keyed topics share one partition count, which never changes: keys stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.topics import Topics

APP_ID = "streams"
TICKETS_TABLE = "tickets"
BLOCKS_TABLE = "match"


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """How one topic is created."""

    name: str
    partitions: int
    config: dict[str, str]


_FOREVER = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
_COMPACTED = {"cleanup.policy": "compact"}


def topic_specs(topics: Topics, systems: Iterable[str], partitions: int) -> tuple[TopicSpec, ...]:
    """All topics of the road. The truths are kept without expiry."""
    systems = tuple(systems)
    forever = (
        *map(topics.intake, systems),
        topics.inbox,
        topics.claims,
        topics.events,
        topics.alerts,
        *map(topics.deliveries, systems),
    )
    return (
        *(TopicSpec(name, partitions, _FOREVER) for name in forever),
        TopicSpec(topics.state, partitions, _COMPACTED),
        TopicSpec(topics.dlq, 1, _FOREVER),
        TopicSpec(topics.audit, 1, _FOREVER),
    )
