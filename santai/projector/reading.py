"""Reading the read model: from any number to the ticket that holds it now, and all that is known of that ticket."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, and_, func, or_, select
from sqlalchemy.exc import DBAPIError

from mappings import transforms
from santai.projector.schema import ALERTS, DEADLINES, MARKS, MEMBERSHIPS, STORY, SUBMISSIONS, TELLINGS, TICKETS
from santai.projector.store import retry
from schemas.errors import SantaiError

NUMBER_LENGTH_MAX = 512
_NOBODY: frozenset[str] = frozenset()


class NotFound(SantaiError):
    """No submission and no ticket has this number."""


class Ambiguous(SantaiError):
    """The number belongs to several tickets; `systems` are those that gave it."""

    def __init__(self, systems: Sequence[str]) -> None:
        which = f"在 {'、'.join(systems)} 都有" if len(systems) > 1 else f"在 {systems[0]} 不止一件"
        super().__init__(f"这个编号{which}：请写明系统和完整主键，例如 12345:编号@登记时间")
        self.systems = tuple(systems)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a number led to: the ticket, and the systems whose number it is (none for an id of ours)."""

    ticket_id: str
    systems: frozenset[str]


@dataclass(frozen=True, slots=True)
class Name:
    """A submission as its system knows it."""

    submission_id: str
    system: str
    source_key: str
    number: str

    @property
    def shown(self) -> str:
        """The number the citizen was told, or the system's own key."""
        return self.number or self.source_key


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
class Dossier:
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


def find(connection: Connection, number: str, confidential: Collection[str] = _NOBODY) -> Asked:
    """The ticket that a number leads to: `system:number`, a bare number, a source key, or an id of ours. Width, blanks
    and the kind of brackets do not matter, as in the mapping of numbers.

    A confidential system's submissions answer to their own number only, and never take part in what is asked of
    others. Raises NotFound, Ambiguous.
    """
    number = number.strip().replace("\x00", "�")
    if not number or len(number) > NUMBER_LENGTH_MAX:
        raise NotFound("没有查到这个编号")
    found = _named(connection, number) or _bare(connection, number, confidential)
    if not found:
        return _by_id(connection, number, confidential)
    roots = {root_of(connection, row.ticket_id or row.submission_id) for row in found}
    systems = sorted({row.system for row in found})
    if len(roots) > 1:
        raise Ambiguous(systems)
    return Asked(roots.pop(), frozenset(systems))


def _named(connection: Connection, number: str) -> list[Any]:
    """`12345:GD…`; a full-width colon will do."""
    cut = min((at for at in (number.find(":"), number.find("：")) if at > 0), default=0)
    system, rest = transforms.number(number[:cut]) or "", number[cut + 1 :].strip()
    if not cut or not rest:
        return []
    return list(connection.execute(select(SUBMISSIONS).where(SUBMISSIONS.c.system == system, _called(rest))))


def _bare(connection: Connection, number: str, confidential: Collection[str]) -> list[Any]:
    found = list(connection.execute(select(SUBMISSIONS).where(_called(number))))
    return [row for row in found if row.system not in confidential] or found


def _called(number: str) -> ColumnElement[bool]:
    """Numbers are kept as the mapping writes them, keys as their system does: so both as typed and as written."""
    spellings = sorted({number, transforms.number(number) or number})
    return or_(SUBMISSIONS.c.number.in_(spellings), SUBMISSIONS.c.source_key.in_(spellings))


def _by_id(connection: Connection, number: str, confidential: Collection[str]) -> Asked:
    own = connection.execute(select(SUBMISSIONS).where(SUBMISSIONS.c.submission_id == number)).first()
    if own is not None and own.system in confidential:
        raise NotFound("没有查到这个编号")
    ticket = connection.execute(select(TICKETS.c.ticket_id).where(TICKETS.c.ticket_id == number)).first()
    if own is None and ticket is None:
        raise NotFound("没有查到这个编号")
    return Asked(root_of(connection, number), _NOBODY)


def root_of(connection: Connection, ticket_id: str) -> str:
    """The live ticket at the end of the chain. A ring (only ever half-seen moves) ends at its smallest id."""
    seen: set[str] = set()
    at = ticket_id
    while at not in seen:
        seen.add(at)
        above = _above(at, *_pointers(connection, at))
        if above is None:
            return at
        at = above
    return min(seen)


def _pointers(connection: Connection, ticket_id: str) -> tuple[str | None, str | None, str | None]:
    """Who holds the ticket's first submission; where the ticket says it was merged into; its state."""
    holder = connection.execute(
        select(SUBMISSIONS.c.ticket_id).where(SUBMISSIONS.c.submission_id == ticket_id)
    ).scalar_one_or_none()
    said = connection.execute(
        select(TICKETS.c.merged_into, TICKETS.c.state).where(TICKETS.c.ticket_id == ticket_id)
    ).one_or_none()
    return (holder, None, None) if said is None else (holder, said.merged_into, said.state)


def _above(ticket_id: str, holder: str | None, merged_into: str | None, state: str | None) -> str | None:
    """A ticket's id is its first submission's id, so whoever holds that submission holds the ticket; `merged_into` is
    what the ticket itself said last, and may be older."""
    if holder is not None and holder != ticket_id:
        return holder
    return merged_into if state == "MERGED" and merged_into != ticket_id else None


def group_of(connection: Connection, root: str) -> list[str]:
    """The root and all tickets that have gone into it."""
    group, frontier = {root}, [root]
    while frontier:
        rows = connection.execute(
            select(TICKETS.c.ticket_id, SUBMISSIONS.c.ticket_id.label("holder"), TICKETS.c.merged_into, TICKETS.c.state)
            .select_from(TICKETS.outerjoin(SUBMISSIONS, SUBMISSIONS.c.submission_id == TICKETS.c.ticket_id))
            .where(or_(TICKETS.c.merged_into.in_(frontier), SUBMISSIONS.c.ticket_id.in_(frontier)))
        ).all()
        held = {r.ticket_id for r in rows if _above(r.ticket_id, r.holder, r.merged_into, r.state) in group}
        frontier = sorted(held - group)
        group.update(frontier)
    return sorted(group)


def dossier(connection: Connection, root: str) -> Dossier:
    """All that is known of a ticket. Raises NotFound when nothing but its id is known."""
    ticket = connection.execute(select(TICKETS).where(TICKETS.c.ticket_id == root)).mappings().first()
    if ticket is None:
        raise NotFound("这个编号刚刚登记，还没有进度，请稍后再查")
    group = group_of(connection, root)
    members = _members(connection, root, group)
    story = _story(connection, group, [name.submission_id for name in members])
    return Dossier(
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
