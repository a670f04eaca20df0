"""The states of one ticket and the moves between them, as a table; folding notes into a history."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from schemas.events.book import Note

_ROAD = ("RECEIVED", "ACCEPTED", "ASSIGNED", "SIGNED", "IN_PROGRESS", "RESOLVED", "CALLBACK", "CLOSED", "ARCHIVED")


def _onward(state: str) -> frozenset[str]:
    """Systems skip states they do not have, so every later state of the main road may follow."""
    return frozenset(_ROAD[_ROAD.index(state) + 1 :])


_OPEN_BRANCHES = frozenset({"SUPPLEMENT", "RETURNED", "TRANSFERRED", "SUSPENDED", "WITHDRAWN", "TERMINATED"})

ENDED_FOR_GOOD = frozenset({"REJECTED", "WITHDRAWN", "TERMINATED"})
"""What comes after one of these is a new application."""

TRANSITIONS: dict[str, frozenset[str]] = {
    "RECEIVED": _onward("RECEIVED") | _OPEN_BRANCHES | {"REJECTED"},
    "SUPPLEMENT": _onward("RECEIVED") | {"REJECTED", "RETURNED", "WITHDRAWN", "TERMINATED"},
    "ACCEPTED": _onward("ACCEPTED") | _OPEN_BRANCHES | {"REJECTED"},
    "ASSIGNED": _onward("ASSIGNED") | _OPEN_BRANCHES | {"REJECTED"},
    "SIGNED": _onward("SIGNED") | _OPEN_BRANCHES | {"REJECTED"},
    "IN_PROGRESS": _onward("IN_PROGRESS") | _OPEN_BRANCHES | {"REJECTED"},
    "SUSPENDED": frozenset({"IN_PROGRESS"}) | _onward("IN_PROGRESS") | ENDED_FOR_GOOD,
    "RESOLVED": _onward("RESOLVED") | {"REOPENED"},
    "CALLBACK": _onward("CALLBACK") | {"REOPENED"},
    "CLOSED": _onward("CLOSED") | {"REOPENED"},
    "ARCHIVED": frozenset({"REOPENED"}),
    "RETURNED": _onward("RECEIVED") | {"TRANSFERRED", "REJECTED", "WITHDRAWN", "TERMINATED"},
    "TRANSFERRED": _onward("RECEIVED") | {"RETURNED", "REJECTED", "WITHDRAWN", "TERMINATED"},
    "REOPENED": _onward("RECEIVED") | _OPEN_BRANCHES | {"REJECTED"},
    "REJECTED": frozenset(),
    "WITHDRAWN": frozenset(),
    "TERMINATED": frozenset(),
    "MERGED": frozenset(),
}
"""state -> the states that may follow. Urges, complaints, ratings and warnings are events, not states."""

ANSWERED = frozenset({"CLOSED", "ARCHIVED"})
"""What comes after one of these reopens the ticket or is linked to it."""


class Step(NamedTuple):
    """One move of a ticket: when, to what state, and by which note (empty for the receipt)."""

    at: int
    state: str
    note_id: str


def history(received_at: int, notes: Iterable[Note], *, until: int | None = None) -> tuple[Step, ...]:
    """The ticket's moves in order of time. A status that the table does not allow is no move: it never leads back.

    `notes` must come in order of (at, event id); `until` leaves out what happened later.
    """
    steps = [Step(received_at, "RECEIVED", "")]
    for note in notes:
        if note.state is None or (until is not None and note.at > until):
            continue
        if note.state in TRANSITIONS[steps[-1].state]:
            steps.append(Step(max(note.at, steps[-1].at), note.state, note.event_id))
    return tuple(steps)
