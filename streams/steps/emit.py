"""Where each kind of event goes: topic and key by type, headers passed on from the record that caused it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from schemas.codec import Codec, headers
from schemas.events.delivery import Delivery
from schemas.events.inbox import Claim
from schemas.events.ticket import Alert, TicketState
from schemas.topics import Topics
from streams.engine.api import Output, Record

INTAKE_AT = "ce_intakeat"
"""CloudEvents extension: when the broker took the raw change, in ms; rides along the road to measure it."""
_PASSED_ON = frozenset({"traceparent", INTAKE_AT})


def passed_on(record: Record) -> list[tuple[str, bytes]]:
    """The headers a record hands to what it causes."""
    return [h for h in record.headers if h[0] in _PASSED_ON]


class Emitter:
    """Encodes outgoing events for one step."""

    def __init__(self, codec: Codec, topics: Topics, step: str) -> None:
        self._codec = codec
        self._topics = topics
        self._source = f"/santai/streams/{step}"

    def outputs(self, events: Iterable[Any], extra: list[tuple[str, bytes]]) -> Iterator[Output]:
        """One output for each event; an alert goes to the alerts and to the ticket's own story."""
        for event in events:
            head = [*headers(event, self._source), *extra]
            for topic, key in self._places(event):
                yield Output(topic, key.encode(), self._codec.encode(topic, event), head)

    def _places(self, event: Any) -> tuple[tuple[str, str], ...]:
        t = self._topics
        match event:
            case Claim():
                return ((t.claims, event.key),)
            case TicketState():
                return ((t.state, event.ticket_id),)
            case Alert():
                return ((t.events, event.ticket_id), (t.alerts, event.ticket_id))
            case Delivery():
                return ((t.deliveries(event.system), event.ticket_id),)
            case _ if hasattr(event, "ticket_id"):
                return ((t.events, event.ticket_id),)
            case _:
                return ((t.inbox, event.submission_id),)
