"""The road in memory: the real core between queues, interleaved at random, with old messages redelivered."""

from __future__ import annotations

import random
from collections import Counter, defaultdict, deque
from collections.abc import Iterable

from schemas.events.book import BookContents
from schemas.events.common import Person
from schemas.events.inbox import Claim, Submission
from schemas.events.tables import Block, TicketRecord
from schemas.events.ticket import TicketState
from schemas.ids import submission_id
from streams.core.blocks import handle_claim
from streams.core.book import merge
from streams.core.clocks import ClockBook
from streams.core.compare import order
from streams.core.component import fold
from streams.core.tickets import Handled, InboxEvent, Rules, features_of, handle, wake

RULES = Rules(index=lambda kind, value: f"{kind}-{value}", clocks=ClockBook.load())
STEPS_MAX = 50_000


def submission(system: str, key: str, received_at: int, **fields: object) -> Submission:
    """A submission with what the test cares about."""
    sid = submission_id(system, key)
    fields.setdefault("person", Person())
    version = fields.get("version", 0)
    return Submission(
        event_id=f"s-{sid}-{version}", submission_id=sid, system=system, source_key=key, number=key,
        received_at=received_at, **fields,
    )  # type: ignore[arg-type] # fmt: skip


class World:
    """Tables and queues of the two stateful steps. Each destination is first in, first out; the rest is chance."""

    def __init__(self, seed: int, *, redeliver: float = 0.0) -> None:
        self._random = random.Random(seed)
        self._redeliver = redeliver
        self._queues: dict[tuple[str, str], deque[InboxEvent | Claim]] = defaultdict(deque)
        self._sent: list[InboxEvent | Claim] = []
        self.tickets: dict[str, TicketRecord] = {}
        self.blocks: dict[str, Block] = {}
        self.wakes: dict[str, int] = {}
        self.events: list[object] = []
        self.states: dict[str, TicketState] = {}

    def send(self, events: Iterable[InboxEvent | Claim]) -> None:
        """Put messages on their queues, in order."""
        for event in events:
            to = ("block", event.key) if isinstance(event, Claim) else ("ticket", event.submission_id)
            self._queues[to].append(event)
            self._sent.append(event)

    def run(self) -> None:
        """Deliver until nothing is left."""
        for _ in range(STEPS_MAX):
            waiting = [q for q in self._queues.values() if q]
            if not waiting:
                return
            event = self._random.choice(waiting).popleft()
            self._deliver(event)
            if self._redeliver and self._random.random() < self._redeliver:
                self._deliver(self._random.choice(self._sent))
        raise AssertionError("the world does not come to rest")

    def tick(self, now: int) -> None:
        """Time reaches `now`: wake what is due, as a tick does for its partition."""
        for sid in sorted(s for s, at in self.wakes.items() if at <= now):
            self._apply(sid, wake(self.tickets[sid], now, RULES))
        self.run()

    def _deliver(self, event: InboxEvent | Claim) -> None:
        if isinstance(event, Claim):
            self.blocks[event.key], verdicts = handle_claim(self.blocks.get(event.key), event)
            self.send(verdicts)
            return
        self._apply(event.submission_id, handle(self.tickets.get(event.submission_id), event, RULES))

    def _apply(self, sid: str, handled: Handled | None) -> None:
        if handled is None:
            return
        self.tickets[sid] = handled.record
        self.wakes.pop(sid, None)
        if handled.wake_at is not None:
            self.wakes[sid] = handled.wake_at
        for out in handled.out:
            if isinstance(out, TicketState):
                self.states[out.ticket_id] = out
            elif hasattr(out, "ticket_id"):
                self.events.append(out)
            else:
                self.send([out])  # type: ignore[list-item]

    def root_of(self, sid: str) -> str:
        """Follow the pointers."""
        while self.tickets[sid].root != sid:
            sid = self.tickets[sid].root
        return sid

    def outcome(self) -> dict[str, tuple[str, str]]:
        """submission -> (ticket, state of that ticket), as published."""
        found = {}
        for record in self.tickets.values():
            for p in record.published:
                head = next(q for q in record.published if q.submission_id == p.ticket_id)
                found[p.submission_id] = (p.ticket_id, head.state)
        return found

    def repeated_event_ids(self) -> list[str]:
        """Event ids published more than once."""
        return [i for i, n in Counter(e.event_id for e in self.events).items() if n > 1]  # type: ignore[attr-defined]


def whole_file(events: Iterable[InboxEvent]) -> dict[str, tuple[str, str]]:
    """The same outcome by folding the whole file at once: blocks in legal order, one book for each component."""
    from streams.core.blocking import blocking_keys
    from streams.core.tickets import _note, _ruling

    books: dict[str, BookContents] = {}
    subs = {e.submission_id: e for e in events if isinstance(e, Submission)}
    parent = {s: s for s in subs}

    def find(x: str) -> str:
        while parent[x] != x:
            x = parent[x]
        return x

    for sid, s in subs.items():
        books[sid] = BookContents(members=(features_of(s),))
    for e in events:
        if isinstance(e, Submission):
            continue
        contents = _ruling(e) if type(e).__name__ == "Decided" else BookContents(notes=(_note(e),))  # type: ignore[arg-type]
        books[e.submission_id] = merge(books[e.submission_id], contents)
    blocks: dict[str, Block] = {}
    pairs = []
    weightless: set[str] = set()
    for s in subs.values():
        for k in blocking_keys(features_of(s), RULES.index):
            claim = Claim(
                event_id="", submission_id=s.submission_id, key=k.key, key_kind=k.kind, version=1,
                received_at=s.received_at, features=features_of(s),
            )  # fmt: skip
            blocks[k.key], verdicts = handle_claim(blocks.get(k.key), claim)
            pairs.extend(p for v in verdicts for p in v.pairs)
            weightless.update(v.submission_id for v in verdicts if v.weightless)
    for p in pairs:
        parent[find(p.b)] = find(p.a)
    for sid in weightless:
        books[sid] = merge(books[sid], BookContents(weightless=(sid,)))
    components: dict[str, BookContents] = {}
    for sid, book in books.items():
        components[find(sid)] = merge(components.get(find(sid), BookContents()), book)
    for p in pairs:
        components[find(p.a)] = merge(components[find(p.a)], BookContents(pairs=(p,)))
    found = {}
    for book in components.values():
        for ticket in fold(book).tickets:
            for m in sorted(ticket.members, key=order):
                found[m.submission_id] = (ticket.ticket_id, ticket.state)
    return found
