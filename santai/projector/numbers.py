"""Numbers: from what a person types to the submission, and to the ticket that holds it now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from mappings import transforms
from santai.projector.schema import SUBMISSIONS, TICKETS
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


def submission(connection: Connection, number: str) -> Name:
    """The one submission with this number, or with this id of ours. Raises NotFound, Ambiguous."""
    number = number.strip().replace("\x00", "�")
    if not number or len(number) > NUMBER_LENGTH_MAX:
        raise NotFound("没有查到这个编号")
    own = select(SUBMISSIONS).where(SUBMISSIONS.c.submission_id == number)
    found = _named(connection, number) or _bare(connection, number, _NOBODY) or list(connection.execute(own))
    if not found:
        raise NotFound("没有查到这个编号")
    if len(found) > 1:
        raise Ambiguous(sorted({row.system for row in found}))
    row = found[0]
    return Name(row.submission_id, row.system, row.source_key, row.number)


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
        holder = above(at, *_pointers(connection, at))
        if holder is None:
            return at
        at = holder
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


def above(ticket_id: str, holder: str | None, merged_into: str | None, state: str | None) -> str | None:
    """A ticket's id is its first submission's id, so whoever holds that submission holds the ticket; `merged_into` is
    what the ticket itself said last, and may be older."""
    if holder is not None and holder != ticket_id:
        return holder
    return merged_into if state == "MERGED" and merged_into != ticket_id else None
