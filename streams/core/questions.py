"""Questions for a person, and the answers: which reviews stand open in a ticket, and whom a ruling is told of."""

from __future__ import annotations

from collections.abc import Collection

from schemas.events.book import Features, Ruling
from schemas.events.common import Review
from streams.core.compare import order
from streams.core.component import Component, Ticket


def open_reviews(ticket: Ticket, component: Component) -> tuple[Review, ...]:
    """What is asked of the ticket's members now: none that was ruled on, merged otherwise, or has lost its grounds."""
    received = {m.submission_id: m.received_at for m in ticket.members}
    return tuple(
        Review(submission_id=x.submission_id, to_submission=x.to_submission, at=at, reasons=x.reasons)
        for x in component.links
        if x.kind == "review" and (at := received.get(x.submission_id)) is not None
    )


def later_first(ruling: Ruling, here: Collection[Features]) -> list[str]:
    """Those of the two that are here, the later first; the other of the two is known by its id alone."""
    mine = [m for m in here if m.submission_id in (ruling.a, ruling.b)]
    return [m.submission_id for m in sorted(mine, key=order, reverse=True)]


def other_of(ruling: Ruling, submission_id: str) -> str:
    """The other of the two."""
    return ruling.b if ruling.a == submission_id else ruling.a
