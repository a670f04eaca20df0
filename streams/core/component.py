"""Tickets out of a component: a pure fold of the whole book in legal order, whatever the order of arrival."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.events.book import BookContents, Features, Note
from schemas.events.common import Pair
from streams.core.blocking import keeps_to_itself
from streams.core.book import pair_key
from streams.core.compare import LINK, REVIEW, SAME, compare, contradicts, pair_version
from streams.core.states import ANSWERED, ENDED_FOR_GOOD, Step, history

COMPONENT_MEMBERS_MAX = 60
"""A larger component is no matter but a pattern: who comes after is put to review instead of being merged."""


@dataclass(frozen=True, slots=True)
class Link:
    """Two submissions in different tickets that belong together, or may."""

    submission_id: str
    to_submission: str
    kind: str  # follow-up, complaint, incident, opponent, reopen, new-application; "review" asks a person
    reasons: tuple[str, ...]


@dataclass(slots=True)
class Ticket:
    """One ticket as the fold leaves it."""

    ticket_id: str
    members: list[Features]
    via: dict[str, Pair | None] = field(default_factory=dict)  # member -> the pair that brought it in
    notes: list[Note] = field(default_factory=list)
    steps: tuple[Step, ...] = ()

    @property
    def head(self) -> Features:
        """The earliest member: it names the ticket and starts its clocks."""
        return self.members[0]

    @property
    def state(self) -> str:
        """Where the ticket stands."""
        return self.steps[-1].state


@dataclass(frozen=True, slots=True)
class Component:
    """What the book amounts to."""

    tickets: tuple[Ticket, ...]
    links: tuple[Link, ...]


def fold(book: BookContents) -> Component:
    """Each member, in the order (received at, id), goes into the earliest ticket it fits, or becomes its own."""
    evidence = _evidence(book)
    rulings = {frozenset((r.a, r.b)): r.same for r in book.rulings}
    notes: dict[str, list[Note]] = {}
    for note in book.notes:
        notes.setdefault(note.submission_id, []).append(note)
    tickets: list[Ticket] = []
    links: list[Link] = []
    for n, member in enumerate(book.members):
        home = None
        for ticket in tickets:
            via, link = _fits(ticket, member, evidence, rulings, crowded=n >= COMPONENT_MEMBERS_MAX)
            if link:
                links.append(link)
            if via is not None or _ruled_same(ticket, member, rulings):
                home = ticket
                home.members.append(member)
                home.via[member.submission_id] = via
                break
        if home is None:
            home = Ticket(member.submission_id, [member], {member.submission_id: None})
            tickets.append(home)
        home.notes = sorted(home.notes + notes.get(member.submission_id, []), key=lambda x: (x.at, x.event_id))
        home.steps = history(home.head.received_at, home.notes)
    return Component(tuple(tickets), _distinct(tickets, links))


def _evidence(book: BookContents) -> dict[tuple[str, str], Pair]:
    """The pairs by their submissions, as they are now: what was found for an earlier version of either is compared
    again, and a phone found shared is taken out of the evidence it was in."""
    weightless = frozenset(book.weightless)
    members = {m.submission_id: m for m in book.members}
    found = {}
    for p in book.pairs:
        a, b = members.get(p.a), members.get(p.b)
        if a is None or b is None or "ruling" in p.reasons:
            continue  # a pair may be here before its members; a clerk's word is no evidence
        by_phone = "phone_equal" in p.reasons
        shared = by_phone and (p.a in weightless or p.b in weightless)
        kept: Pair | None = p
        if shared or p.version != pair_version(a, b):
            kept = compare(a, b, phone_counts=by_phone and not shared)
        if kept is not None and not (shared and _by_phone_alone(kept)):
            found[pair_key(kept)] = kept
    return found


def _by_phone_alone(p: Pair) -> bool:
    """No other block than the phone's could have found it: one without weight makes no pairs."""
    return "id_equal" not in p.reasons and "related_number" not in p.reasons


def _ruled_same(ticket: Ticket, member: Features, rulings: dict[frozenset[str], bool]) -> bool:
    if not rulings:
        return False
    words = [rulings.get(frozenset((m.submission_id, member.submission_id))) for m in ticket.members]
    if True not in words or False in words:
        return False
    return not any(map(keeps_to_itself, (member, *ticket.members)))  # no clerk may open what is confidential


def _ruled_out(ticket: Ticket, member: Features, rulings: dict[frozenset[str], bool]) -> bool:
    if not rulings:
        return False
    return any(rulings.get(frozenset((m.submission_id, member.submission_id))) is False for m in ticket.members)


def _fits(
    ticket: Ticket,
    member: Features,
    evidence: dict[tuple[str, str], Pair],
    rulings: dict[frozenset[str], bool],
    *,
    crowded: bool,
) -> tuple[Pair | None, Link | None]:
    """The pair that brings the member into the ticket, or None; and the link that stays where it does not fit."""
    pairs = [evidence.get((m.submission_id, member.submission_id)) for m in ticket.members]
    found = [p for p in pairs if p]
    if not found or _ruled_out(ticket, member, rulings):
        return None, None
    rank = {SAME: 3, LINK: 2, REVIEW: 1}
    best = max(found, key=lambda p: (rank[p.relation], p.score, p.a))
    if best.relation == LINK:
        return None, Link(member.submission_id, best.a, best.link_kind or "incident", best.reasons)
    if best.relation == REVIEW or crowded or _against(ticket, member, pairs):
        return None, Link(member.submission_id, best.a, "review", best.reasons)
    then = history(ticket.head.received_at, ticket.notes, until=member.received_at)[-1].state
    if then in ENDED_FOR_GOOD:
        return None, Link(member.submission_id, best.a, "new-application", best.reasons)
    if then in ANSWERED:
        return None, Link(member.submission_id, best.a, "reopen", best.reasons)
    return best, None


def _against(ticket: Ticket, member: Features, pairs: list[Pair | None]) -> bool:
    """Whether anybody in the ticket contradicts the member; who was found to be the same was looked at already."""
    by_member = zip(ticket.members, pairs, strict=True)
    return any(contradicts(m, member) for m, p in by_member if p is None or p.relation != SAME)


def _distinct(tickets: list[Ticket], links: list[Link]) -> tuple[Link, ...]:
    """Links between different tickets only, once for each member and ticket."""
    home = {m.submission_id: t.ticket_id for t in tickets for m in t.members}
    kept: dict[tuple[str, str], Link] = {}
    for link in links:
        target = home[link.to_submission]
        if home[link.submission_id] != target:
            kept.setdefault((link.submission_id, target), link)
    return tuple(kept.values())
