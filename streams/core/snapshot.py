"""The ticket as it stands, for those who read its state alone."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.events.book import Features
from schemas.events.common import Deadline, Member, Review
from schemas.events.ticket import TicketState
from schemas.ids import deterministic_id, digest
from streams.core.blocking import keeps_to_itself
from streams.core.clocks import ClockStatus
from streams.core.entries import Entry
from streams.core.stages import shown


def deadlines_of(statuses: Sequence[ClockStatus], announced: Sequence[str]) -> tuple[Deadline, ...]:
    """The clocks as partners read them."""
    return tuple(
        Deadline(
            clock=s.clock, started_at=s.started_at, due_at=s.due_at, stage=shown(s, announced),
            provisional=s.provisional,
        )
        for s in statuses
    )  # fmt: skip


def summary_of(head: Features, deadlines: tuple[Deadline, ...], reviews: tuple[Review, ...]) -> str:
    """Digest of the facts that change without an event."""
    confidential = keeps_to_itself(head)
    more = (reviews, confidential) if reviews or confidential else ()
    return digest(repr((head.family, head.kind, deadlines, *more)).encode())[:16]


def ticket_state(
    head: Features, entry: Entry, at: int, members: tuple[Member, ...],
    deadlines: tuple[Deadline, ...] = (), reviews: tuple[Review, ...] = (),
) -> TicketState:  # fmt: skip
    """The summary under the head's own number; of one that is in another's ticket, where it went."""
    inside = entry.ticket_id != head.submission_id
    return TicketState(
        event_id=deterministic_id("TicketState", head.submission_id, entry.seq),
        ticket_id=head.submission_id,
        seq=entry.seq,
        state="MERGED" if inside else entry.state,
        merged_into=entry.ticket_id if inside else None,
        family=head.family,
        kind=head.kind,
        received_at=head.received_at,
        at=at,
        members=members,
        deadlines=deadlines,
        reviews=reviews,
        confidential=keeps_to_itself(head),
    )
