"""What is published of a component: its tickets as folded now, compared with what was published last.

Every event id is deterministic and every ticket's events are numbered; the numbers travel with the book, so that the
next root goes on where the last one stopped.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.events.book import BookContents
from schemas.events.ticket import TicketState
from streams.core.announce import Announcer, TicketEvent
from streams.core.clocks import ClockBook, TicketFacts, next_wake
from streams.core.component import Ticket, fold
from streams.core.dossier import Message, answers, dossiers

SUPPLEMENTED = "SUPPLEMENTED"  # no state of a ticket: tells the clocks that what they waited for came in


@dataclass(frozen=True, slots=True)
class Publication:
    """What to send, the book as it stands afterwards, and when time alone would change something (ms, or None)."""

    events: tuple[TicketEvent | TicketState, ...]
    book: BookContents
    wake_at: int | None
    messages: tuple[Message, ...] = ()  # to other books: what has become of tickets their members' persons had


def publish(book: BookContents, clocks: ClockBook, *, now: int, cause_id: str) -> Publication:
    """Fold the book and publish what is new. `now` is the latest tick, in ms; 0 when none has come yet."""
    component = fold(book)
    run = Announcer(book, component, dossiers(book, component), cause_id)
    for ticket in component.tickets:
        run.placements(ticket)
    for ticket in component.tickets:
        run.dossier(ticket)
    run.rulings()
    found = [(t, clocks.evaluate(_facts(t), now) if run.has_clocks(t) else ()) for t in component.tickets]
    for ticket, statuses in found:
        run.notes(ticket)
        run.links(ticket)
        run.clocks(ticket, statuses)
        run.told(ticket)
    for ticket, statuses in found:  # last: a later ticket's members may have left an earlier one
        run.snapshot(ticket, statuses)
    run.snapshots_of_members()
    wakes = [wake for _, statuses in found if (wake := next_wake(statuses)) is not None]
    after, messages = answers(run.book_after(), component)
    return Publication(tuple(run.events), after, min(wakes, default=None), messages)


def _facts(ticket: Ticket) -> TicketFacts:
    head = ticket.head
    return TicketFacts(
        system=head.system,
        channel=head.channel,
        family=head.family,
        kind=head.kind,
        received_at=head.received_at,
        urgent=any(m.urgent for m in ticket.members),
        history=_history(ticket),
    )


def _history(ticket: Ticket) -> tuple[tuple[int, str], ...]:
    """The moves, and when something was handed in later: it ends the waiting for it."""
    moves = [(s.at, s.state) for s in ticket.steps]
    later = [(n.at, SUPPLEMENTED) for n in ticket.notes if n.what == "supplement" and n.at >= moves[0][0]]
    return tuple(sorted(moves + later, key=lambda move: move[0])) if later else tuple(moves)
