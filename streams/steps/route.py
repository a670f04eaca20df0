"""route: ticket events to deliveries. Stateless; the ledger removes repeats."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.codec import Codec
from schemas.errors import Unmappable
from schemas.topics import Topics
from streams.core.announce import TicketEvent
from streams.core.routing import Router
from streams.engine.api import Output, Record
from streams.steps.emit import Emitter, passed_on


class RouteStep:
    """ticket.events → deliveries.<system>"""

    name = "route"

    def __init__(self, codec: Codec, topics: Topics, router: Router) -> None:
        self.topics: Sequence[str] = (topics.events,)
        self._codec = codec
        self._router = router
        self._emit = Emitter(codec, topics, self.name)

    def process(self, batch: Sequence[Record]) -> list[Output]:
        """Deliveries for the batch. Raises DeadLetter for a record that is no ticket event."""
        out: list[Output] = []
        for record in batch:
            event = self._codec.decode(record.value)
            if not isinstance(event, TicketEvent):
                raise Unmappable("不是工单事件")
            out.extend(self._emit.outputs(self._router.route(event), passed_on(record)))
        return out
