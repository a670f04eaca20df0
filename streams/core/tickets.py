"""tickets: the single writer of each submission's record, and, where it is its component's root, of its tickets.

The protocol: a submission lays claims; when all verdicts are in, each tie sends the later of two to the earlier; a
pointer only ever goes to an earlier submission, and the book follows it. So the book of a component's earliest member
ends with everything, in any order of arrival, and may be told everything twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace

from schemas.events.book import BookContents, Features
from schemas.events.common import Acquaintance
from schemas.events.inbox import Book, Claim, Decided, Join, Receipt, Submission, Verdict
from schemas.events.tables import ClaimState, Held, TicketRecord
from schemas.events.ticket import SubmissionMarked, TicketState
from schemas.ids import deterministic_id
from streams.core.announce import TicketEvent
from streams.core.blocking import PHONE, KeyedIndex, blocking_keys
from streams.core.book import merge, pair_key
from streams.core.clocks import ClockBook
from streams.core.dossier import Message, answers
from streams.core.messages import (
    NoteEvent,
    claim_of,
    contents_of,
    features_of,
    join,
    marked,
    received,
    ruled_join,
    tie_of,
)
from streams.core.publish import publish

InboxEvent = Submission | NoteEvent | Verdict | Join | Book | Decided | Receipt
Out = Claim | Join | Book | TicketEvent | TicketState | SubmissionMarked


@dataclass(frozen=True, slots=True)
class Rules:
    """What the fold needs besides the events: the keyed index for blocking, and the clocks."""

    index: KeyedIndex
    clocks: ClockBook


@dataclass(frozen=True, slots=True)
class Handled:
    """What came of one event: the record to keep, what to send, and when to wake it (ms; 0: never; None: as before)."""

    record: TicketRecord
    out: tuple[Out, ...]
    wake_at: int | None


def handle(record: TicketRecord | None, event: InboxEvent, rules: Rules) -> Handled | None:
    """One event for one submission. None when it says nothing new (a redelivery)."""
    before = record or _empty(event.submission_id)
    turn = _Turn(before, rules, event.event_id)
    match event:
        case Submission():
            turn.submitted(event)
        case Verdict():
            turn.verdict(event)
        case Join():
            turn.tie(Held(other=event.earlier, other_received_at=event.earlier_received_at, pair=event.pair))
        case Book():
            turn.learn(event.contents)
            turn.answered(event.contents)
        case Decided():
            turn.decided(event)
        case _:
            turn.learn(contents_of(event))
    return turn.end()


def wake(record: TicketRecord, now: int, rules: Rules) -> Handled | None:
    """Time has reached a due record: what the tick at `now` changes."""
    turn = _Turn(replace(record, now=max(now, record.now)), rules, deterministic_id("tick", now))
    turn.dirty = True
    return turn.end()


def _empty(submission_id: str) -> TicketRecord:
    return TicketRecord(submission_id=submission_id, root=submission_id)


_BOOK = tuple(f.name for f in fields(BookContents))


def _contents(r: TicketRecord) -> BookContents:
    return BookContents(**{name: getattr(r, name) for name in _BOOK})


def _with(r: TicketRecord, book: BookContents) -> TicketRecord:
    return replace(r, **{name: getattr(book, name) for name in _BOOK})


@dataclass(slots=True)
class _Turn:
    """One event's work on one record."""

    record: TicketRecord
    rules: Rules
    cause_id: str
    out: list[Out] = field(default_factory=list)
    dirty: bool = False  # the component has to be published anew
    start: TicketRecord = field(init=False)

    def __post_init__(self) -> None:
        self.start = self.record

    @property
    def _is_root(self) -> bool:
        return self.record.root == self.record.submission_id

    @property
    def _settled(self) -> bool:
        r = self.record
        return r.own is not None and all(c.answered for c in r.claims) and not r.awaits

    @property
    def _ready(self) -> bool:
        """All verdicts were in once: a later version of the submission does not take its ticket away."""
        return self._settled or any(p.submission_id == self.record.submission_id for p in self.record.published)

    def submitted(self, s: Submission) -> None:
        own = self.record.own
        if own is not None and s.version <= own.version:
            return
        new = features_of(s)
        if s.marks != self.record.marks:
            self.record = replace(self.record, marks=s.marks)
            self.out.append(marked(s, own.received_at if own else s.received_at))
        if own is None:
            self.record = replace(self.record, own=new, root_received_at=new.received_at)
            self.out.append(received(new))
            for r in self.record.rulings:
                if r.same and new.submission_id in (r.a, r.b):
                    self.out.append(ruled_join(new, r))
        else:
            # The first receipt counts: pointers between submissions rest on it.
            new = replace(new, received_at=own.received_at)
            self.record = replace(self.record, own=new)
            if replace(new, version=own.version) == own:
                return  # the record moved on in its system; what it asks for is the same
        self.learn(BookContents(members=(new,)))
        self._claim(new)
        self._settle()

    def decided(self, d: Decided) -> None:
        """A clerk's word counts in whichever book the two are; one matter said of strangers brings them together."""
        known = contents_of(d)
        self.learn(known)
        if self.record.own is not None and d.same and d.submission_id in (d.a, d.b):
            self.out.append(ruled_join(self.record.own, known.rulings[0]))

    def _claim(self, f: Features) -> None:
        version = 1 + max((c.version for c in self.record.claims), default=0)
        keys = blocking_keys(f, self.rules.index)
        self.record = replace(
            self.record, claims=tuple(ClaimState(key=k.key, key_kind=k.kind, version=version) for k in keys)
        )
        self.out.extend(claim_of(f, k, version) for k in keys)

    def verdict(self, v: Verdict) -> None:
        claims = self.record.claims
        at = next((i for i, c in enumerate(claims) if c.key == v.key and c.version == v.version), None)
        if v.key_kind == PHONE and (v.weightless or v.shared) and any(c.key == v.key for c in claims):
            whose = (v.submission_id,)
            self.learn(BookContents(weightless=whose if v.weightless else (), shared=whose))
        if at is None or claims[at].answered:
            return
        answered = replace(claims[at], answered=True)
        me = self.record.submission_id
        self.record = replace(
            self.record,
            claims=(*claims[:at], answered, *claims[at + 1 :]),
            held=(*self.record.held, *(tie_of(me, p) for p in v.pairs)),
        )
        for row in v.acquainted:
            self._acquaint(me, row)
        self._settle()

    def _acquaint(self, me: str, row: Acquaintance) -> None:
        """The earlier of two of one person keeps the later told of its ticket. The later, while its own is not open,
        waits for the first answer, so that whoever is handed it gets the dossier with it. Nobody waits for who came
        later, nor who is in another's book: the earlier may be in the same one, which answers none of its own."""
        if row.earlier == me:
            self.learn(BookContents(acquainted=(row,)))
        elif row.earlier not in self.record.asked:
            heard = any(k.submission_id == me and k.about.submission_id == row.earlier for k in self.record.known)
            opens = self._is_root and not self._ready
            waits = (row.earlier,) if opens and not heard else ()
            self.record = replace(
                self.record, asked=(*self.record.asked, row.earlier), awaits=(*self.record.awaits, *waits)
            )
            self._send_book(row.earlier, BookContents(acquainted=(row,)))

    def answered(self, contents: BookContents) -> None:
        """What was asked about a person's earlier tickets has come."""
        known = {k.about.submission_id for k in contents.known if k.submission_id == self.record.submission_id}
        if known.intersection(self.record.awaits):
            self.record = replace(self.record, awaits=tuple(x for x in self.record.awaits if x not in known))
            self._settle()

    def _settle(self) -> None:
        if self._settled:
            held, self.record = self.record.held, replace(self.record, held=())
            pairs = merge(BookContents(), BookContents(pairs=tuple(h.pair for h in held))).pairs
            if len(pairs) > 1:  # told at once, they are folded at once; the ties then only bring components together
                self.learn(BookContents(pairs=pairs))
            best = {pair_key(p): p for p in pairs}  # two blocks may have found the same
            for h in {h.other: h for h in held}.values():
                self.tie(replace(h, pair=best[pair_key(h.pair)]))
            self.dirty = True

    def tie(self, h: Held) -> None:
        """join: the later of the two goes to the earlier; a book that is not a root's asks for its root."""
        r = self.record
        if not self._is_root:
            self._edge(r.root, r.root_received_at, h)
        elif not self._ready:
            if h not in r.held:
                self.record = replace(r, held=(*r.held, h))
        elif h.other == r.submission_id:
            self.learn(BookContents(pairs=(h.pair,)))
        elif (h.other_received_at, h.other) < (r.root_received_at, r.submission_id):
            self._hand_over(h)
        else:
            self._edge(r.submission_id, r.root_received_at, h)

    def _edge(self, mine: str, mine_received_at: int, h: Held) -> None:
        if mine == h.other:
            self._send_book(mine, BookContents(pairs=(h.pair,)))
            return
        self.out.append(join(mine, mine_received_at, h))

    def _hand_over(self, h: Held) -> None:
        book = merge(_contents(self.record), BookContents(pairs=(h.pair,)))
        self.record = replace(_with(self.record, BookContents()), root=h.other, root_received_at=h.other_received_at)
        self._send_book(h.other, book)

    def _send_book(self, to: str, contents: BookContents) -> None:
        sender = self.record.submission_id
        self.out.append(
            Book(
                event_id=deterministic_id("book", to, sender, self.cause_id, len(self.out)),
                submission_id=to,
                sender=sender,
                contents=contents,
            )
        )

    def learn(self, contents: BookContents) -> None:
        """Take it into the book, or pass it on to the root."""
        if not self._is_root:
            self._send_book(self.record.root, contents)
            return
        before = _contents(self.record)
        after = merge(before, contents)
        if after != before:
            self.record = _with(self.record, after)
            self.dirty = True

    def _tell(self, messages: Iterable[Message]) -> None:
        for to, contents in messages:
            self._send_book(to, contents)

    def end(self) -> Handled | None:
        """Publish if the book changed, and say what came of the turn."""
        if self._is_root and self._ready and self.dirty:
            p = publish(_contents(self.record), self.rules.clocks, now=self.record.now, cause_id=self.cause_id)
            self.record = _with(self.record, p.book)
            self.out.extend(p.events)
            self._tell(p.messages)
            return Handled(self.record, tuple(self.out), p.wake_at or 0)
        if self._is_root and self.dirty:  # no ticket yet: who asks about this person's is answered all the same
            book, messages = answers(_contents(self.record), None)
            self.record = _with(self.record, book)
            self._tell(messages)
        if self.record == self.start and not self.out:
            return None
        return Handled(self.record, tuple(self.out), None if self._is_root else 0)
