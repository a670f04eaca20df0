"""From one event to the rows it says something about. Pure.

Order of arrival does not matter: see schema.py. A ticket's events carry a `seq` that rises; what has the higher seq
knows better. The list of members in an event is the whole truth of that ticket as of that seq, so a submission that
moved needs no order between its two tickets: it belongs to the ticket whose latest list names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from schemas.events.common import Member
from schemas.events.ticket import (
    Alert,
    DossierChanged,
    ReviewAsked,
    ReviewDecided,
    SubmissionAttached,
    SubmissionLinked,
    SubmissionMarked,
    SubmissionMoved,
    TicketNoted,
    TicketOpened,
    TicketState,
    TicketStateChanged,
    TicketTold,
)

Story = (
    TicketOpened
    | DossierChanged
    | SubmissionAttached
    | SubmissionLinked
    | ReviewAsked
    | ReviewDecided
    | SubmissionMoved
    | TicketStateChanged
    | TicketNoted
    | TicketTold
)
Folded = Story | Alert | TicketState


@dataclass(frozen=True, slots=True)
class Change:
    """What an event says of one row: its key and some of its columns (whole groups of them)."""

    table: str
    values: Mapping[str, Any]


def rows_for(event: object, value: bytes = b"") -> list[Change]:
    """All that the event says. `value` is the record as it came, kept (sealed as it is) for an opened ticket.

    An event of a type that the read model has no use for says nothing.
    """
    if isinstance(event, SubmissionMarked):
        return [_marks(event)]
    if not isinstance(event, Folded):
        return []
    changes = [_change("tickets", _ticket(event, value)), *_members(event)]
    if isinstance(event, TicketOpened | DossierChanged) and event.dossier is not None:
        told = {"tickets": len(event.dossier.earlier), "told": value}
        changes.append(_change("dossiers", {"ticket_id": event.ticket_id, "seq": event.seq, **told}))
    if isinstance(event, Alert):
        changes.append(_alert(event))
    elif isinstance(event, TicketState):
        changes.extend((*_deadlines(event), *_reviews(event), _privacy(event)))
    else:
        changes.append(_story(event))
        if isinstance(event, TicketTold):
            changes.append(_telling(event))
        elif isinstance(event, ReviewDecided):
            changes.append(_decision(event))
    return changes


# An event that tells the state outright outranks one that implies it, and the ticket's own summary outranks both, when
# they are of the same seq; a higher seq outranks everything.
_RANKS: Mapping[type, int] = {TicketOpened: 0, TicketStateChanged: 1, TicketState: 2}


def _order(event: Folded) -> int:
    return event.seq * len(_RANKS) + _RANKS[type(event)]


def _ticket(event: Folded, value: bytes) -> dict[str, Any]:
    row: dict[str, Any] = {"ticket_id": event.ticket_id, "seq": event.seq, "at": event.at}
    match event:
        case TicketOpened():
            row |= {"state": "RECEIVED", "merged_into": None, "state_order": _order(event)}
            row |= {"opened_at": event.at, "channel": event.channel, "urgent": event.urgent, "opened": value}
            row["opened_order"] = _order(event)
        case TicketStateChanged():
            row |= {"state": event.state, "merged_into": event.merged_into, "state_order": _order(event)}
        case TicketState():
            row |= {"state": event.state, "merged_into": event.merged_into, "state_order": _order(event)}
            row["deadlines_seq"] = event.seq
    if isinstance(event, TicketOpened | TicketState):
        row |= {"family": event.family, "kind": event.kind, "received_at": event.received_at}
        row["facts_order"] = _order(event)
    # An empty list says "nobody is left" only where somebody moved; elsewhere the list was not given.
    if event.members or isinstance(event, SubmissionMoved):
        row |= {"members_seq": event.seq, "members_at": event.at}
    return row


def _members(event: Folded) -> Iterable[Change]:
    for position, member in enumerate(event.members):
        yield _change(
            "submissions",
            {
                "submission_id": member.submission_id,
                "system": member.system,
                "source_key": member.source_key,
                "number": member.number or "",
                "named_at": event.at,
            },
        )
        yield _change(
            "memberships",
            {
                "ticket_id": event.ticket_id,
                "submission_id": member.submission_id,
                "seq": event.seq,
                "position": position,
            },
        )


def _deadlines(event: TicketState) -> Iterable[Change]:
    for deadline in event.deadlines:
        yield _change(
            "deadlines",
            {
                "ticket_id": event.ticket_id,
                "clock": deadline.clock,
                "seq": event.seq,
                "started_at": deadline.started_at,
                "due_at": deadline.due_at,
                "stage": deadline.stage,
                "provisional": deadline.provisional,
            },
        )


def _reviews(event: TicketState) -> Iterable[Change]:
    for review in event.reviews:
        yield _change(
            "reviews",
            {
                "ticket_id": event.ticket_id,
                "submission_id": review.submission_id,
                "to_submission": review.to_submission,
                "seq": event.seq,
                "at": review.at,
                "reasons": orjson.dumps(review.reasons).decode(),
            },
        )


def _privacy(event: TicketState) -> Change:
    return _change("privacy", {"ticket_id": event.ticket_id, "seq": event.seq, "confidential": event.confidential})


def _decision(event: ReviewDecided) -> Change:
    a, b = sorted((event.submission_id, event.to_submission))
    names = ("at", "event_id", "same", "by", "reason")
    return _change("decisions", {"a": a, "b": b, **{name: getattr(event, name) for name in names}})


def _alert(event: Alert) -> Change:
    names = ("event_id", "ticket_id", "at", "seq", "clock", "stage", "started_at", "due_at", "provisional", "family")
    return _change("alerts", {**{name: getattr(event, name) for name in names}, "system": event.system})


def _marks(event: SubmissionMarked) -> Change:
    marks = orjson.dumps([asdict(mark) for mark in event.marks]).decode()
    return _change("marks", {"submission_id": event.submission_id, "version": event.version, "marks": marks})


def _telling(event: TicketTold) -> Change:
    names = ("ticket_id", "push_id", "seq", "at", "system", "kind", "state", "result", "reason")
    return _change("tellings", {name: getattr(event, name) for name in names})


def _story(event: Story) -> Change:
    detail = _DETAILS[type(event)](event)
    submission_id: str | None = getattr(event, "submission_id", None)
    return _change(
        "story",
        {
            "event_id": event.event_id,
            "ticket_id": event.ticket_id,
            "submission_id": submission_id,
            "at": event.at,
            "seq": event.seq,
            "type": type(event).__name__,
            "system": getattr(event, "system", None)
            or _system_of(event.members, getattr(event, "submission_id", None)),
            "detail": orjson.dumps(detail, option=orjson.OPT_SORT_KEYS).decode(),
        },
    )


def _system_of(members: Iterable[Member], submission_id: str | None) -> str | None:
    return next((member.system for member in members if member.submission_id == submission_id), None)


def _picker(*names: str) -> Callable[[Any], dict[str, Any]]:
    return lambda event: {name: getattr(event, name) for name in names if getattr(event, name) not in (None, "", ())}


# What the story keeps of each event. Sealed fields (names, ids, phones, titles, texts, notes) never get in.
_DETAILS: Mapping[type, Callable[[Any], dict[str, Any]]] = {
    DossierChanged: _picker(),
    TicketOpened: _picker("family", "kind", "channel", "received_at", "urgent"),
    SubmissionAttached: _picker("to_submission", "score", "reasons"),
    SubmissionLinked: _picker("to_ticket", "to_submission", "link_kind", "reasons"),
    ReviewAsked: _picker("to_submission", "reasons"),
    ReviewDecided: _picker("to_submission", "same", "by", "reason"),
    SubmissionMoved: _picker("from_ticket", "to_ticket", "reasons"),
    TicketStateChanged: _picker("state", "previous", "merged_into"),
    TicketNoted: _picker("what", "grade", "satisfied", "state"),
    TicketTold: _picker("push_id", "kind", "state", "result", "reason"),
}


def _change(table: str, values: Mapping[str, Any]) -> Change:
    return Change(table, {name: _storable(value) for name, value in values.items()})


def _storable(value: Any) -> Any:
    """PostgreSQL's text cannot hold U+0000; a number that has one still resolves by the replacement character."""
    return value.replace("\x00", "�") if isinstance(value, str) else value
