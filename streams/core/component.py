"""Tickets out of a component: a pure fold of the whole book in legal order, whatever the order of arrival."""

from __future__ import annotations

from dataclasses import dataclass, field

from mappings.lexicon import lexicon
from schemas.events.book import BookContents, Features, Note
from schemas.events.common import Pair
from streams.core.blocking import PHONE, blocking_keys, family_of, keeps_to_itself
from streams.core.book import pair_key
from streams.core.compare import compare, contradicts, pair_version
from streams.core.same import LINK, REVIEW, SAME
from streams.core.states import ANSWERED, ENDED_FOR_GOOD, Step, history
from streams.core.traits import known

NEW_APPLICATION = "new-application"
_RANK = {SAME: 3, LINK: 2, REVIEW: 1}
_AFTER_ITS_END = {"notary": NEW_APPLICATION, "forensic": "child"}
"""Services that end with a document: who asks again after it, content with it, has a new need, or wants the appraisal
supplemented or made anew (司法鉴定程序通则 30、31)."""
_QUOTED = frozenset({"related_number", "number_in_text"})
_NAMED = frozenset({"name_equal", "name_sound", "name_masked", "name_short", "id_equal", "id_near"})
_BY_PHONE = frozenset({"phone_equal", "agent_phone"})


@dataclass(frozen=True, slots=True)
class Link:
    """Two submissions in different tickets that belong together, or may."""

    submission_id: str
    to_submission: str
    kind: str  # follow-up, complaint, incident, opponent, child, reopen, new-application; "review" asks a person
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


def members_max() -> int:
    """A larger component is no matter but a pattern: who comes after is put to review instead of being merged."""
    return lexicon().limits["component_members_max"]


def fold(book: BookContents) -> Component:
    """Each member, in the order (received at, id), goes into the ticket it fits, or becomes its own."""
    return _Fold(book).run()


class _Fold:
    """One fold. Work is proportional to the pairs there are, not to the pairs there could be."""

    def __init__(self, book: BookContents) -> None:
        self._book = book
        self._before = _evidence(book)
        self._rulings: dict[str, dict[str, bool]] = {}
        for r in book.rulings:
            self._rulings.setdefault(r.a, {})[r.b] = r.same
            self._rulings.setdefault(r.b, {})[r.a] = r.same
        self._notes: dict[str, list[Note]] = {}
        for note in book.notes:
            self._notes.setdefault(note.submission_id, []).append(note)
        self._home: dict[str, Ticket] = {}
        self._tickets: list[Ticket] = []
        self._links: list[Link] = []

    def run(self) -> Component:
        crowd = members_max()
        for n, member in enumerate(self._book.members):
            self._place(member, crowded=n >= crowd)
        return Component(tuple(self._tickets), _distinct(self._home, self._links))

    def _place(self, member: Features, *, crowded: bool) -> None:
        sid = member.submission_id
        found: dict[str, list[Pair]] = {}
        for pair in self._before.get(sid, ()):
            if pair.a in self._home:
                found.setdefault(self._home[pair.a].ticket_id, []).append(pair)
        words = self._rulings.get(sid)
        home, via = self._ruled_home(member, words) if words else None, None
        if home is None:
            home, via = self._choose(member, found, words or {}, crowded)
        else:
            via = max(found.get(home.ticket_id, ()), key=_best, default=None)
            via = via if via is not None and via.relation == SAME else None
        if home is None:
            home = Ticket(sid, [], {})
            self._tickets.append(home)
        home.members.append(member)
        home.via[sid] = via
        self._home[sid] = home
        if sid in self._notes:
            home.notes = sorted(home.notes + self._notes[sid], key=lambda x: (x.at, x.event_id))
        if sid in self._notes or not home.steps:
            home.steps = history(home.head.received_at, home.notes)

    def _ruled_home(self, member: Features, words: dict[str, bool]) -> Ticket | None:
        """Where a clerk's word puts the member: no other member of that ticket was ruled out."""
        if keeps_to_itself(member):
            return None  # no clerk may open what is confidential
        for ticket in self._tickets:
            said = [words.get(m.submission_id) for m in ticket.members]
            if True in said and False not in said and not any(map(keeps_to_itself, ticket.members)):
                return ticket
        return None

    def _choose(
        self, member: Features, found: dict[str, list[Pair]], words: dict[str, bool], crowded: bool
    ) -> tuple[Ticket | None, Pair | None]:
        """The ticket that fits best, the earliest of equals; links and questions to the others."""
        fits: list[tuple[Ticket, Pair]] = []
        links: list[tuple[Pair, str]] = []
        for pairs in found.values():
            ticket, best = self._home[pairs[0].a], max(pairs, key=_best)
            if words and any(words.get(m.submission_id) is False for m in ticket.members):
                continue
            kind = self._kept_out(ticket, member, best, pairs, crowded)
            if kind is None:
                fits.append((ticket, best))
            else:
                links.append((best, kind))
        ended = {self._home[pair.a].ticket_id for pair, kind in links if kind == NEW_APPLICATION}
        if ended:  # what may have been told of the one that has ended is no place for a new application
            links += [(best, "review") for ticket, best in fits if self._perhaps_of(ticket, ended)]
            fits = [fit for fit in fits if not self._perhaps_of(fit[0], ended)]
        self._link(member, links)
        if not fits:
            return None, None
        fits.sort(key=lambda f: (-f[1].score, f[0].head.received_at, f[0].ticket_id))
        if len(fits) > 1 and fits[0][1].score - fits[1][1].score < lexicon().limits["ambiguous_margin"]:
            self._link(member, [(pair, "review") for _, pair in fits[:1]])
            return None, None
        return fits[0]

    def _perhaps_of(self, ticket: Ticket, others: set[str]) -> bool:
        """Whether it is a question if somebody in a ticket belongs into one of the others."""
        members = {m.submission_id for m in ticket.members}
        asked = (x for x in self._links if x.kind == "review" and x.submission_id in members)
        return any(self._home[x.to_submission].ticket_id in others for x in asked)

    def _kept_out(self, ticket: Ticket, member: Features, best: Pair, pairs: list[Pair], crowded: bool) -> str | None:
        """Why the member does not go into the ticket, as the kind of link that stays; None: it fits."""
        then = self._state_then(ticket, member)
        if best.relation == LINK:
            kind = best.link_kind or "incident"
            again = known(member).unhappy or known(member).asks == "reopen"
            return "reopen" if kind == "follow-up" and then in ANSWERED and again else kind
        if best.relation == REVIEW and then in ANSWERED and known(member).unhappy:
            return "reopen"
        if best.relation == REVIEW or crowded or _against(ticket, member, pairs):
            return NEW_APPLICATION if then in ENDED_FOR_GOOD else "review"
        if then in ENDED_FOR_GOOD:
            return NEW_APPLICATION
        if then in ANSWERED:
            if known(member).unhappy or not _QUOTED.isdisjoint(best.reasons):
                return "reopen"
            return _AFTER_ITS_END.get(family_of(ticket.head) or "", "reopen")
        return None

    def _state_then(self, ticket: Ticket, member: Features) -> str:
        if len(ticket.steps) == 1 or ticket.steps[-1].at <= member.received_at:
            return ticket.state
        return history(ticket.head.received_at, ticket.notes, until=member.received_at)[-1].state

    def _link(self, member: Features, links: list[tuple[Pair, str]]) -> None:
        """A call about a matter is about one matter: the likeliest, of equals the latest. Of services for one incident,
        which follow one another, the latest comes first."""
        calls = [(p, k) for p, k in links if k in ("follow-up", "complaint", "reopen") and p.relation == LINK]
        if len(calls) > 1:
            kept = max(calls, key=lambda c: (c[0].score, c[0].a_received_at, c[0].a))
            links = [x for x in links if x not in calls or x == kept]
        links = sorted(links, key=lambda found: -found[0].a_received_at if found[1] == "incident" else 0)
        self._links.extend(Link(member.submission_id, p.a, kind, p.reasons) for p, kind in links)


def _best(p: Pair) -> tuple[int, float, str]:
    return _RANK[p.relation], p.score, p.a


def _evidence(book: BookContents) -> dict[str, list[Pair]]:
    """The pairs by their later submission, as they are now: what was found for an earlier version of either is compared
    again, and a phone found shared is taken out of the evidence it was in."""
    weightless, shared = frozenset(book.weightless), frozenset(book.shared)
    members = {m.submission_id: m for m in book.members}
    found: dict[tuple[str, str], Pair] = {}
    for p in book.pairs:
        a, b = members.get(p.a), members.get(p.b)
        if a is None or b is None or "ruling" in p.reasons:
            continue  # a pair may be here before its members; a clerk's word is no evidence
        by_phone = not _BY_PHONE.isdisjoint(p.reasons)
        lost = by_phone and (p.a in weightless or p.b in weightless)
        household = by_phone and (p.a in shared or p.b in shared)
        kept: Pair | None = p
        if lost or p.version != pair_version(a, b) or (household and _NAMED.isdisjoint(p.reasons)):
            kept = compare(a, b, phone_counts=by_phone and not lost, shared=household)
        if kept is not None and not (lost and not _meet_elsewhere(a, b)):
            found[pair_key(kept)] = kept
    by_later: dict[str, list[Pair]] = {}
    for kept in found.values():
        by_later.setdefault(kept.b, []).append(kept)
    return by_later


def _meet_elsewhere(a: Features, b: Features) -> bool:
    """Whether another block than a phone's finds the pair: one without weight makes no pairs."""
    mine = {k for k in blocking_keys(a, _as_it_is) if k.kind != PHONE}
    return any(k in mine for k in blocking_keys(b, _as_it_is))


def _as_it_is(_kind: str, value: str) -> str:
    return value


def _against(ticket: Ticket, member: Features, pairs: list[Pair]) -> bool:
    """Whether anybody in the ticket contradicts the member; who was found to be the same was looked at already."""
    same = {p.a for p in pairs if p.relation == SAME}
    return any(contradicts(m, member) for m in ticket.members if m.submission_id not in same)


def _distinct(home: dict[str, Ticket], links: list[Link]) -> tuple[Link, ...]:
    """Links between different tickets only, once for each member and ticket."""
    kept: dict[tuple[str, str], Link] = {}
    for link in links:
        target = home[link.to_submission].ticket_id
        if home[link.submission_id].ticket_id != target:
            kept.setdefault((link.submission_id, target), link)
    return tuple(kept.values())
