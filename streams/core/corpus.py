"""A whole file in memory: the same blocks, comparing and fold as the streams, with nothing in between.

What comes of it does not depend on the order of arrival, as on the road. Memory is bounded by submission: a key holds
the submission's place alone until a second one comes, and a weightless phone holds nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from mappings.lexicon import lexicon
from schemas.events.book import BookContents, Features, Note, Ruling
from schemas.events.common import Pair
from streams.core.blocking import NAMES, PHONE, WEAK, blocking_keys
from streams.core.blocks import entries_max, pairs_of, people_behind, people_max
from streams.core.book import merge, note_order, pair_key
from streams.core.compare import order
from streams.core.component import NEW_APPLICATION, Component, Link, fold
from streams.core.evidence import DAY_MS
from streams.core.same import LINK, REVIEW, SAME

NEW = "NEW"
_LOST = -1  # in place of a block: a phone that lost its weight


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one submission is at the end."""

    submission_id: str
    ticket_id: str
    relation: str  # NEW, SAME, LINK, REVIEW
    to: str | None = None
    link_kind: str | None = None
    reasons: tuple[str, ...] = ()


class Corpus:
    """Takes what comes in order of arrival; says at the end what became of it."""

    def __init__(self) -> None:
        self._features: list[Features] = []
        self._places: dict[str, int] = {}
        self._blocks: dict[str, int | list[int]] = {}
        self._pairs: dict[int, dict[int, Pair]] = {}  # later place of the two -> the other -> best pair
        self._weightless: set[int] = set()
        self._shared: set[int] = set()
        self._notes: dict[str, list[Note]] = defaultdict(list)
        self._rulings: dict[str, list[Ruling]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._features)

    def submission(self, f: Features) -> None:
        """A submission, or a newer version of one; an older or equal one says nothing."""
        place = self._places.get(f.submission_id)
        if place is None:
            place = self._places[f.submission_id] = len(self._features)
            self._features.append(f)
        else:
            was = self._features[place]
            if f.version <= was.version:
                return
            f = replace(f, received_at=was.received_at)  # the first receipt counts
            self._features[place] = f
        seen: set[int] = set()
        for kind, key in sorted(blocking_keys(f, _as_it_is), key=_phones_first):
            self._lay(place, f, kind, key, seen)

    def note(self, note: Note) -> None:
        """Something that happened to a submission; it may come before it."""
        self._notes[note.submission_id].append(note)

    def ruling(self, ruling: Ruling) -> None:
        """A clerk's word."""
        self._rulings[ruling.a].append(ruling)

    def pair(self, a: str, b: str) -> Pair | None:
        """What was found between two submissions, before they were folded into tickets."""
        x, y = self._places.get(a), self._places.get(b)
        return None if x is None or y is None else self._pairs.get(max(x, y), {}).get(min(x, y))

    def features(self, submission_id: str) -> Features | None:
        """The newest version of a submission."""
        place = self._places.get(submission_id)
        return None if place is None else self._features[place]

    def _lay(self, place: int, f: Features, kind: str, key: str, seen: set[int]) -> None:
        block = self._blocks.get(key)
        if block is None:
            self._blocks[key] = place
            return
        if block == _LOST:
            self._weightless.add(place)
            return
        block = [block] if isinstance(block, int) else block
        if kind in NAMES:
            block = self._recent(block, f)
        others = [i for i in block if i != place]
        if kind == PHONE:
            people = people_behind([f, *(self._features[i] for i in others)])
            if people > people_max() or len(others) >= entries_max(kind):
                self._weightless.update((place, *others))
                self._blocks[key] = _LOST
                return
            if people > 1:
                self._shared.update((place, *others))
        self._meet(place, f, kind, others, seen)
        if len(others) == len(block):
            block = [*block[1:], place] if len(block) >= entries_max(kind) else [*block, place]
        self._blocks[key] = block if len(block) > 1 else block[0]  # most blocks are of one, and cost no list

    def _recent(self, block: list[int], f: Features) -> list[int]:
        """Without namesakes of long ago: nobody is compared with them any more."""
        since = f.received_at - 2 * lexicon().limits["days_review_max"] * DAY_MS
        return [i for i in block if self._features[i].received_at >= since]

    def _meet(self, place: int, f: Features, kind: str, others: list[int], seen: set[int]) -> None:
        new = [i for i in others if i not in seen]
        seen.update(new)
        shared = place in self._shared
        for pair in pairs_of(f, (self._features[i] for i in new), kind=kind, shared=shared):
            other = self._places[pair.a if pair.b == f.submission_id else pair.b]
            self._pairs.setdefault(max(place, other), {})[min(place, other)] = pair

    def placements(self) -> Iterator[Placement]:
        """One for each submission, in the order of their arrival."""
        home = self._components()
        groups: dict[int, list[int]] = defaultdict(list)
        for place, root in enumerate(home):
            if root >= 0:
                groups[root].append(place)
        decided: dict[int, Placement] = {}
        for places in groups.values():
            for found in _placed(fold(self._book(places))):
                decided[self._places[found.submission_id]] = found
        for place, f in enumerate(self._features):
            yield decided.get(place) or Placement(f.submission_id, f.submission_id, NEW)

    def _components(self) -> list[int]:
        """The root of each place's component; -1 where there is nobody else in it."""
        parent = list(range(len(self._features)))

        def root(i: int) -> int:
            while parent[i] != i:
                parent[i] = i = parent[parent[i]]
            return i

        ties = [(late, early) for late, found in self._pairs.items() for early in found]
        for said in self._rulings.values():
            ties.extend((self._places[r.a], self._places[r.b]) for r in said if r.same and self._know(r))
        tied: set[int] = set()
        for a, b in ties:
            tied.update((a, b))
            parent[root(a)] = root(b)
        return [root(i) if i in tied else -1 for i in range(len(parent))]

    def _know(self, r: Ruling) -> bool:
        return r.a in self._places and r.b in self._places

    def _book(self, places: list[int]) -> BookContents:
        members = sorted((self._features[i] for i in places), key=order)
        ids = {m.submission_id for m in members}
        pairs = [p for i in places for p in self._pairs.get(i, {}).values()]
        notes = [n for sid in ids for n in self._notes.get(sid, ())]
        book = BookContents(
            members=tuple(members),
            pairs=tuple(sorted(pairs, key=pair_key)),
            notes=tuple(sorted(notes, key=note_order)),
            weightless=tuple(self._features[i].submission_id for i in places if i in self._weightless),
            shared=tuple(self._features[i].submission_id for i in places if i in self._shared),
        )
        for r in (r for sid in ids for r in self._rulings.get(sid, ()) if r.b in ids):
            book = merge(book, BookContents(rulings=(r,)))
        return book


def _placed(component: Component) -> Iterator[Placement]:
    links: dict[str, list[Link]] = defaultdict(list)
    for link in component.links:
        links[link.submission_id].append(link)
    for ticket in component.tickets:
        for member in ticket.members:
            sid, via = member.submission_id, ticket.via[member.submission_id]
            if member is ticket.head:
                yield _headed(sid, links.get(sid, []))
            else:
                to, reasons = (via.a, via.reasons) if via else (ticket.ticket_id, ("ruling",))
                yield Placement(sid, ticket.ticket_id, SAME, to, None, reasons)


def _headed(sid: str, links: list[Link]) -> Placement:
    """What heads a ticket of its own: linked, asked about, or new, as an application after one that has ended is."""
    said = [x for x in links if x.kind not in (NEW_APPLICATION, "review")]
    asked = [x for x in links if x.kind == "review"]
    if said:
        return Placement(sid, sid, LINK, said[0].to_submission, said[0].kind, said[0].reasons)
    if asked:
        return Placement(sid, sid, REVIEW, asked[0].to_submission, None, asked[0].reasons)
    return Placement(sid, sid, NEW, None, None, ("new_application",) if links else ())


def _phones_first(key: tuple[str, str]) -> tuple[bool, bool]:
    """A phone says most in its own block; the weakest kinds come last, when most pairs are known."""
    return key[0] != PHONE, key[0] in WEAK


def _as_it_is(_kind: str, value: str) -> str:
    return value
