"""What a file amounts to when it is folded at once, and what must hold of any way to have come there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from schemas.events.book import BookContents
from schemas.events.inbox import Claim, Decided, Receipt, Submission
from schemas.events.tables import Block, TicketRecord
from schemas.events.ticket import Alert, DossierChanged, TicketOpened, TicketState, TicketStateChanged, TicketTold
from streams.core.blocking import blocking_keys
from streams.core.blocks import handle_claim
from streams.core.book import merge
from streams.core.clocks import ClockBook
from streams.core.compare import order
from streams.core.component import Component, fold
from streams.core.dossier import certain
from streams.core.messages import claim_of, contents_of, features_of
from streams.core.publish import _facts
from streams.core.states import ANSWERED, ENDED_FOR_GOOD
from streams.core.tickets import InboxEvent, Rules

RULES = Rules(index=lambda kind, value: f"{kind}-{value}", clocks=ClockBook.load())
Outcome = dict[str, tuple[str, str]]
"""submission -> (its ticket, the ticket's state)"""


class Ran(Protocol):
    """A world that has come to rest."""

    tickets: Mapping[str, TicketRecord]
    events: list[Any]
    states: Mapping[str, TicketState]
    summaries: Mapping[str, list[int]]
    """ticket -> the seq of every TicketState there was"""


def outcome(world: Ran) -> Outcome:
    """As published: what the roots' books remember."""
    found = {}
    for record in world.tickets.values():
        heads = {p.submission_id: p for p in record.published}
        for p in record.published:
            assert p.submission_id not in found, "in two books"
            found[p.submission_id] = (p.ticket_id, heads[p.ticket_id].state)
    return found


def whole_file(events: Iterable[InboxEvent]) -> Outcome:
    """The same by folding the whole file at once."""
    return {m.submission_id: (t.ticket_id, t.state) for c in components(events) for t in c.tickets for m in t.members}


def components(events: Iterable[InboxEvent]) -> list[Component]:
    """Each connected component, folded."""
    return [fold(book) for book in connected_books(events)]


def connected_books(events: Iterable[InboxEvent]) -> Iterable[BookContents]:
    """Newest versions, blocks in order, one book for each connected component."""
    events = list(events)
    subs: dict[str, Submission] = {}
    for e in events:
        if isinstance(e, Submission) and e.version >= subs.get(e.submission_id, e).version:
            subs[e.submission_id] = e
    books = {sid: BookContents(members=(features_of(s),)) for sid, s in subs.items()}
    for e in events:
        if not isinstance(e, Submission):
            books[e.submission_id] = merge(books[e.submission_id], contents_of(e))  # type: ignore[arg-type]
    ties = [(e.a, e.b) for e in events if isinstance(e, Decided) and e.same]
    for sid, book in _matched(subs.values()):
        books[sid] = merge(books[sid], book)
        ties.extend((p.a, p.b) for p in book.pairs)
    return _connected(books, ties)


def _matched(subs: Iterable[Submission]) -> Iterable[tuple[str, BookContents]]:
    blocks: dict[str, Block] = {}
    for s in subs:
        f = features_of(s)
        for k in blocking_keys(f, RULES.index):
            claim: Claim = claim_of(f, k, 1)
            blocks[k.key], verdicts = handle_claim(blocks.get(k.key), claim)
            for v in verdicts:
                sid = v.submission_id
                whose = (sid,) if v.key_kind == "phone" else ()
                weightless, shared = whose if v.weightless else (), whose if v.weightless or v.shared else ()
                yield sid, BookContents(pairs=v.pairs, weightless=weightless, shared=shared)


def _connected(books: dict[str, BookContents], ties: list[tuple[str, str]]) -> Iterable[BookContents]:
    home = {sid: {sid} for sid in books}
    for a, b in ties:
        both = home[a] | home[b]
        for sid in both:
            home[sid] = both
    for sids in {frozenset(s) for s in home.values()}:
        book = BookContents()
        for sid in sids:
            book = merge(book, books[sid])
        yield book


def check(world: Ran, events: Iterable[InboxEvent], reached_by: int | None = None) -> None:
    """All that must hold once nothing is under way. `reached_by`: the last tick, in ms, if every partition had it."""
    events = list(events)
    found, planned = outcome(world), whole_file(events)
    assert found == planned
    ids = Counter(e.event_id for e in world.events)
    assert [i for i, n in ids.items() if n > 1] == []
    _states_tell_the_tickets(world, planned)
    _events_fold_to_states(world)
    _receipts_are_told_once(world, events)
    _dossiers_are_told(world, events)
    alerts = Counter((e.ticket_id, e.clock, e.stage, e.at) for e in world.events if isinstance(e, Alert))
    assert [a for a, n in alerts.items() if n > 1] == []
    if reached_by is not None:
        _stages_are_told(world, events, alerts, reached_by)


def _states_tell_the_tickets(world: Ran, planned: Outcome) -> None:
    assert set(world.states) == set(planned)
    named = [m.submission_id for s in world.states.values() if s.merged_into is None for m in s.members]
    assert sorted(named) == sorted(planned)  # every submission in exactly one ticket
    for sid, (ticket, state) in planned.items():
        shown = world.states[sid]
        assert (shown.state, shown.merged_into) == ((state, None) if sid == ticket else ("MERGED", ticket))
        assert sid in {m.submission_id for m in world.states[ticket].members}


def _events_fold_to_states(world: Ran) -> None:
    stories = defaultdict(list)
    for e in world.events:
        stories[e.ticket_id].append(e)
    for ticket_id, shown in world.states.items():
        said = stories.pop(ticket_id, [])
        seqs = [e.seq for e in said]
        assert seqs == sorted(set(seqs)), "published in order"
        summaries = world.summaries[ticket_id]
        assert sorted({*seqs, *summaries}) == list(range(shown.seq + 1)), "no number left out"
        state, merged_into = "MERGED" if not said else "", None
        for e in said:
            if isinstance(e, TicketOpened):
                state = "RECEIVED"
            elif isinstance(e, TicketStateChanged):
                assert e.previous == state
                state, merged_into = e.state, e.merged_into
        if shown.merged_into is None:
            assert (state, merged_into) == (shown.state, None)
            assert said[-1].members == shown.members
    assert not stories


def _receipts_are_told_once(world: Ran, events: list[InboxEvent]) -> None:
    sent = {r.push_id: r.submission_id for r in events if isinstance(r, Receipt)}
    told = [e for e in world.events if isinstance(e, TicketTold)]
    assert sorted(e.push_id for e in told) == sorted(sent)
    for e in told:
        assert sent[e.push_id] in {m.submission_id for m in e.members}, "told under another's ticket"


def dossiers_of(events: Iterable[InboxEvent]) -> dict[str, dict[str, str | None]]:
    """ticket -> the person's earlier tickets, and how each ended: everybody looked at beside everybody."""
    events = list(events)
    found: dict[str, dict[str, str | None]] = {}
    books = list(connected_books(events))
    members = [(m, t) for b in books for t in fold(b).tickets for m in t.members]
    weightless = {sid for b in books for sid in b.weightless}
    for late, ticket in members:
        for early, home in members:
            if order(early) < order(late) and home.ticket_id != ticket.ticket_id:
                weighty = weightless.isdisjoint((early.submission_id, late.submission_id))
                if certain(early, late, phone_counts=weighty):
                    ended = home.state if home.state in ANSWERED | ENDED_FOR_GOOD else None
                    found.setdefault(ticket.ticket_id, {})[home.ticket_id] = ended
    return found


def _dossiers_are_told(world: Ran, events: list[InboxEvent]) -> None:
    told: dict[str, dict[str, str | None]] = {}
    for e in world.events:
        if isinstance(e, TicketOpened | DossierChanged) and (isinstance(e, DossierChanged) or e.dossier):
            assert e.dossier is not None
            told[e.ticket_id] = {x.ticket_id: x.ended for x in e.dossier.earlier}
    live = {sid for sid, s in world.states.items() if s.merged_into is None}
    assert {t: d for t, d in told.items() if d and t in live} == dossiers_of(events)
    hidden = {e.submission_id for e in events if isinstance(e, Submission) and (e.system == "12309")}
    named = {x.submission_id for e in world.events for x in getattr(getattr(e, "dossier", None), "earlier", ())}
    assert not named & hidden


def _stages_are_told(world: Ran, events: list[InboxEvent], alerts: Counter[Any], now: int) -> None:
    said = {(ticket, clock, stage, at) for ticket, clock, stage, at in alerts}
    for component in components(events):
        exempt = {x.submission_id for x in component.links if x.kind == "follow-up"}
        for ticket in component.tickets:
            if ticket.ticket_id in exempt:
                continue
            for s in RULES.clocks.evaluate(_facts(ticket), now):
                for stage, at in (("near", s.near_at), ("yellow", s.due_at), ("red", s.red_at)):
                    if s.reached in ("near", "yellow", "red") and at <= now and s.stage == stage:
                        assert (ticket.ticket_id, s.clock, stage, at) in said
            shown = {d.clock: d.stage for d in world.states[ticket.ticket_id].deadlines}
            assert all(shown[s.clock] == s.stage for s in RULES.clocks.evaluate(_facts(ticket), now))
