"""Reading the read model: from any number to the ticket that holds it now, and all that is known of that ticket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, and_, func, or_, select
from sqlalchemy.exc import DBAPIError

from santai.projector.numbers import Name, NotFound, above
from santai.projector.schema import (
    ALERTS,
    DEADLINES,
    DOSSIERS,
    MARKS,
    MEMBERSHIPS,
    STORY,
    SUBMISSIONS,
    TELLINGS,
    TICKETS,
)
from santai.projector.store import retry


@dataclass(frozen=True, slots=True)
class Flaw:
    """A field of a submission that could not be read. `field` is our name of it, `reason` Chinese."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the story. `detail` holds what the fold kept of it."""

    event_id: str
    ticket_id: str
    submission_id: str | None
    at: int
    seq: int
    type: str
    system: str | None
    detail: Mapping[str, Any]


Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TicketFile:
    """A ticket with everything that went into it."""

    ticket: Row
    members: tuple[Name, ...]
    """The earliest first."""
    group: frozenset[str]
    """The ticket and all that have gone into it, by id."""
    names: Mapping[str, Name]
    """Members, and whoever else the story mentions, by submission id."""
    story: tuple[Entry, ...]
    deadlines: tuple[Row, ...]
    alerts: tuple[Row, ...]
    tellings: tuple[Row, ...]
    flaws: Mapping[str, tuple[Flaw, ...]]
    """By submission id; who has none is not there."""
    earlier: int = 0
    """How many earlier tickets the person has, as the dossier says."""


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one state of the database. Raises Retry when the database is in trouble."""
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    try:
        with engine.connect().execution_options(**options) as connection:
            yield connection
    except DBAPIError as error:
        # Tables that nobody has made yet count as trouble that passes.
        raise retry(error) from error


def group_of(connection: Connection, root: str) -> list[str]:
    """The root and all tickets that have gone into it."""
    group, frontier = {root}, [root]
    while frontier:
        rows = connection.execute(
            select(TICKETS.c.ticket_id, SUBMISSIONS.c.ticket_id.label("holder"), TICKETS.c.merged_into, TICKETS.c.state)
            .select_from(TICKETS.outerjoin(SUBMISSIONS, SUBMISSIONS.c.submission_id == TICKETS.c.ticket_id))
            .where(or_(TICKETS.c.merged_into.in_(frontier), SUBMISSIONS.c.ticket_id.in_(frontier)))
        ).all()
        held = {r.ticket_id for r in rows if above(r.ticket_id, r.holder, r.merged_into, r.state) in group}
        frontier = sorted(held - group)
        group.update(frontier)
    return sorted(group)


def ticket_file(connection: Connection, root: str) -> TicketFile:
    """All that is known of a ticket. Raises NotFound when nothing but its id is known."""
    ticket = connection.execute(select(TICKETS).where(TICKETS.c.ticket_id == root)).mappings().first()
    if ticket is None:
        raise NotFound("这个编号刚刚登记，还没有进度，请稍后再查")
    group = group_of(connection, root)
    members = _members(connection, root, group)
    story = _story(connection, group, [name.submission_id for name in members])
    return TicketFile(
        {**ticket, "at": _latest(connection, group)},
        members,
        frozenset(group),
        {name.submission_id: name for name in (*members, *_mentioned(connection, story))},
        story,
        _rows(
            connection,
            select(DEADLINES)
            .where(DEADLINES.c.ticket_id == root, DEADLINES.c.seq == ticket["deadlines_seq"])
            .order_by(DEADLINES.c.due_at, DEADLINES.c.clock),
        ),
        _rows(connection, select(ALERTS).where(ALERTS.c.ticket_id.in_(group)).order_by(ALERTS.c.at, ALERTS.c.event_id)),
        _rows(
            connection,
            select(TELLINGS).where(TELLINGS.c.ticket_id.in_(group)).order_by(TELLINGS.c.at, TELLINGS.c.push_id),
        ),
        _flaws(connection, [name.submission_id for name in members]),
        connection.execute(select(DOSSIERS.c.tickets).where(DOSSIERS.c.ticket_id == root)).scalar() or 0,
    )


def _flaws(connection: Connection, members: Sequence[str]) -> dict[str, tuple[Flaw, ...]]:
    rows = connection.execute(select(MARKS).where(MARKS.c.submission_id.in_(members)))
    read = {row.submission_id: tuple(Flaw(m["field"], m["reason"]) for m in orjson.loads(row.marks)) for row in rows}
    return {submission_id: flaws for submission_id, flaws in read.items() if flaws}


def _latest(connection: Connection, group: Sequence[str]) -> int:
    """When anything last happened to the ticket or to one that has gone into it: whoever asked for an absorbed number
    before it was merged must not see time step back."""
    return int(connection.execute(select(func.max(TICKETS.c.at)).where(TICKETS.c.ticket_id.in_(group))).scalar_one())


def _rows(connection: Connection, statement: Any) -> tuple[Row, ...]:
    return tuple(dict(row) for row in connection.execute(statement).mappings())


def _members(connection: Connection, root: str, group: Sequence[str]) -> tuple[Name, ...]:
    listed = and_(MEMBERSHIPS.c.ticket_id == root, MEMBERSHIPS.c.submission_id == SUBMISSIONS.c.submission_id)
    rows = connection.execute(
        select(SUBMISSIONS, MEMBERSHIPS.c.position)
        .select_from(SUBMISSIONS.outerjoin(MEMBERSHIPS, listed))
        .where(SUBMISSIONS.c.ticket_id.in_(group))
    ).all()
    ordered = sorted(rows, key=lambda r: (r.position is None, r.position, r.submission_id))
    return tuple(Name(r.submission_id, r.system, r.source_key, r.number) for r in ordered)


def _mentioned(connection: Connection, story: Sequence[Entry]) -> Iterator[Name]:
    """Submissions that the story names; a ticket's id is its first submission's."""
    keys = ("to_submission", "to_ticket", "from_ticket", "merged_into")
    ids = {entry.submission_id or "" for entry in story} | {entry.ticket_id for entry in story}
    ids |= {entry.detail[key] for entry in story for key in keys if key in entry.detail}
    rows = connection.execute(select(SUBMISSIONS).where(SUBMISSIONS.c.submission_id.in_(sorted(ids))))
    return (Name(row.submission_id, row.system, row.source_key, row.number) for row in rows)


_COMINGS = ("SubmissionAttached", "SubmissionMoved")


def _story(connection: Connection, group: Sequence[str], members: Sequence[str]) -> tuple[Entry, ...]:
    """What these tickets tell, and how their members came and went elsewhere before."""
    came = and_(STORY.c.submission_id.in_(members), STORY.c.type.in_(_COMINGS))
    rows = connection.execute(
        select(STORY)
        .where(or_(STORY.c.ticket_id.in_(group), came))
        .order_by(STORY.c.at, STORY.c.seq, STORY.c.ticket_id, STORY.c.event_id)
    )
    told: set[tuple[Any, ...]] = set()
    entries = []
    for r in rows:
        # A move is written under both tickets: told once.
        label = (r.type, r.submission_id, r.at, r.detail) if r.type == "SubmissionMoved" else (r.event_id,)
        if label not in told:
            told.add(label)
            detail = orjson.loads(r.detail)
            entries.append(Entry(r.event_id, r.ticket_id, r.submission_id, r.at, r.seq, r.type, r.system, detail))
    return tuple(entries)
