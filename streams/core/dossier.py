"""The dossier: a person's earlier tickets, for whoever handles a later one. Pure.

A second need is no duplicate, so nothing ties the two components. The block that sees that two submissions are
certainly one person's says so (`Acquaintance`); the earlier's book then keeps the later told of its ticket (`Known`),
and the later's book makes the dossier of it. What is told is looked at again in the light of both newest versions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from schemas.events.book import BookContents, Features, Known, Traits
from schemas.events.common import Acquaintance, Person
from schemas.events.dossier import Dossier, Earlier
from schemas.ids import digest
from streams.core.blocking import ID_NUMBER, PHONE, family_of, keeps_to_itself
from streams.core.compare import order
from streams.core.component import Component, Ticket
from streams.core.evidence import CERTAIN, Evidence, observe_person
from streams.core.states import ANSWERED, ENDED_FOR_GOOD
from streams.core.traits import known

EARLIER_MAX = 12
"""Tickets in a dossier, the latest ones: what a handler reads before taking up the phone."""
PERSONAL = frozenset({ID_NUMBER, PHONE})
"""Blocks that know a person for certain."""
_ENDED = ANSWERED | ENDED_FOR_GOOD
Message = tuple[str, BookContents]
"""To whom (a submission), and what its book is to learn."""


def certain(a: Features, b: Features, *, phone_counts: bool) -> bool:
    """Whether two submissions are positively one person's, and both may be spoken of: nothing that is confidential,
    anonymous or reported to 12309 is in any dossier, nor has one."""
    if any(keeps_to_itself(f) or f.anonymous for f in (a, b)):
        return False
    e = Evidence()
    observe_person(a, b, e, phone_counts=phone_counts, shared=False)
    return e.person == CERTAIN and not e.contradiction


def acquaintances(f: Features, others: Iterable[Features], kind: str, tied: frozenset[str]) -> tuple[Acquaintance, ...]:
    """Who in the block is certainly the same person, of those that no pair ties to `f`. Of a person who comes a
    hundred times, the nearest before and after: each then learns of its own nearest, whoever arrived first."""
    if kind not in PERSONAL:
        return ()
    same = sorted((o for o in others if certain(o, f, phone_counts=kind == PHONE)), key=order)
    before = [o for o in same if order(o) < order(f)][-EARLIER_MAX:]
    after = [o for o in same if order(o) > order(f)][:EARLIER_MAX]
    two = [(o, f) for o in before] + [(f, o) for o in after]
    return tuple(
        Acquaintance(earlier=a.submission_id, later=b.submission_id, later_received_at=b.received_at)
        for a, b in two
        if not {a.submission_id, b.submission_id} <= tied | {f.submission_id}
    )


def dossiers(book: BookContents, component: Component) -> dict[str, Dossier]:
    """The dossier of each ticket whose person was here before."""
    sources = _Sources(book, component)
    made = {t.ticket_id: _latest(sources.of(t)) for t in component.tickets} if sources.any else {}
    return {ticket_id: dossier for ticket_id, dossier in made.items() if dossier.earlier}


def summary(dossier: Dossier | None) -> str:
    """What stands for a dossier in the book that has told it; empty for none."""
    return digest(repr(dossier).encode())[:16] if dossier is not None and dossier.earlier else ""


def answers(book: BookContents, component: Component | None) -> tuple[BookContents, tuple[Message, ...]]:
    """Tell each later submission in another book what has become of the earlier one's ticket, if that is news; and the
    book that remembers it. Without a component (the verdicts are not all in) each submission stands for itself."""
    members = {m.submission_id: m for m in book.members}
    home = {m.submission_id: t for t in component.tickets for m in t.members} if component else {}
    rows: list[Acquaintance] = []
    messages: list[Message] = []
    for row in book.acquainted:
        about = members.get(row.earlier)
        if about is not None and row.later not in members:
            told = _known(row, about, home.get(row.earlier))
            said = digest(repr((told.about, told.ticket_id, told.ended)).encode())[:16]
            if said != row.said:
                row = replace(row, revision=told.revision, said=said)
                messages.append((row.later, BookContents(known=(told,))))
        rows.append(row)
    return (replace(book, acquainted=tuple(rows)) if messages else book), tuple(messages)


def _known(row: Acquaintance, about: Features, ticket: Ticket | None) -> Known:
    ticket_id, ended = (ticket.ticket_id, _ended(ticket)) if ticket else (about.submission_id, None)
    return Known(
        submission_id=row.later, about=_bare(about), ticket_id=ticket_id, ended=ended, revision=row.revision + 1
    )


def _bare(f: Features) -> Features:
    """No more than who asked and for what kind of thing; of what must not be spoken of, not even that."""
    if keeps_to_itself(f) or f.anonymous:
        return Features(
            submission_id=f.submission_id, system=f.system, source_key="", received_at=f.received_at, person=Person(),
            confidential=True,
        )  # fmt: skip
    return replace(
        f, title=None, text=None, purpose=None, counterparty=None, related_numbers=(), parent_no=None, case_no=None,
        doc_no=None, incident_date=None, traits=Traits(causes=known(f).causes),
    )  # fmt: skip


def _ended(ticket: Ticket) -> str | None:
    return ticket.state if ticket.state in _ENDED else None


@dataclass(frozen=True, slots=True)
class _Source:
    """An earlier submission as a later one's book knows it."""

    about: Features
    ticket_id: str
    ended: str | None


class _Sources:
    """Where the fold finds earlier submissions: in its own book, and in what other books have told it."""

    def __init__(self, book: BookContents, component: Component) -> None:
        self._weightless = frozenset(book.weightless)
        self._members = {m.submission_id: m for m in book.members}
        self._home = {m.submission_id: t for t in component.tickets for m in t.members}
        self._inside: dict[str, set[str]] = defaultdict(set)
        self._told: dict[str, list[Known]] = defaultdict(list)
        for a, b in [(p.a, p.b) for p in book.pairs] + [(x.earlier, x.later) for x in book.acquainted]:
            if a in self._members and b in self._members:  # a pair may be here before its two
                early, late = sorted((a, b), key=lambda sid: order(self._members[sid]))
                self._inside[late].add(early)
        for told in book.known:
            self._told[told.submission_id].append(told)
        self.any = bool(self._inside or self._told)

    def of(self, ticket: Ticket) -> Iterator[Earlier]:
        """Every earlier submission of the person of each member, but for those in the ticket itself."""
        for member in ticket.members:
            for source in self._before(member):
                weighty = self._weightless.isdisjoint((member.submission_id, source.about.submission_id))
                if source.ticket_id != ticket.ticket_id and certain(source.about, member, phone_counts=weighty):
                    yield _entry(source, member)

    def _before(self, member: Features) -> Iterator[_Source]:
        mine = member.submission_id
        for sid in sorted(self._inside.get(mine, ())):
            yield _Source(self._members[sid], self._home[sid].ticket_id, _ended(self._home[sid]))
        for told in self._told.get(mine, ()):
            sid = told.about.submission_id
            if sid not in self._home and order(told.about) < order(member):
                yield _Source(told.about, told.ticket_id, told.ended)


def _entry(source: _Source, member: Features) -> Earlier:
    f = source.about
    return Earlier(
        submission_id=f.submission_id, ticket_id=source.ticket_id, system=f.system, number=f.number or f.source_key,
        received_at=f.received_at, family=family_of(f), kind=f.kind, ended=source.ended, similar=_similar(f, member),
    )  # fmt: skip


def _similar(a: Features, b: Features) -> bool:
    """The same service for the same kind of thing."""
    if family_of(a) is None or family_of(a) != family_of(b):
        return False
    return not set(known(a).causes).isdisjoint(known(b).causes) or (a.item is not None and a.item == b.item)


def _latest(entries: Iterable[Earlier]) -> Dossier:
    """Of each ticket the earliest of the person's submissions; of all tickets the latest few."""
    found: dict[str, Earlier] = {}
    for entry in sorted(entries, key=lambda x: (x.received_at, x.submission_id, not x.similar)):
        before = found.setdefault(entry.ticket_id, entry)
        if entry.similar and not before.similar:
            found[entry.ticket_id] = replace(before, similar=True)
    return Dossier(earlier=tuple(found.values())[-EARLIER_MAX:])
