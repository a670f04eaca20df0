"""Books: what a component knows, merged by union, so that it may come twice and in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from schemas.events.book import BookContents, Features, Known, Note, Published, Ruling, Telling
from schemas.events.common import Acquaintance, Pair
from streams.core.compare import order

_T = TypeVar("_T")
_STRENGTH = {"SAME": 3, "LINK": 2, "REVIEW": 1}


def merge(a: BookContents, b: BookContents) -> BookContents:
    """The union of two books. Commutative, associative and idempotent: where both speak of one thing, the newer
    version, the stronger evidence, the later ruling, the higher revision stays."""
    return BookContents(
        members=tuple(sorted(_union(a.members, b.members, _member_id, _newer_member), key=order)),
        pairs=tuple(sorted(_union(a.pairs, b.pairs, pair_key, _better_pair), key=pair_key)),
        notes=tuple(sorted(_union(a.notes, b.notes, _note_id, _told_note), key=note_order)),
        rulings=tuple(sorted(_union(a.rulings, b.rulings, _ruling_key, _later_ruling), key=_ruling_key)),
        weightless=_both(a.weightless, b.weightless),
        shared=_both(a.shared, b.shared),
        published=tuple(sorted(_union(a.published, b.published, _member_id, _higher), key=_member_id)),
        tellings=tuple(sorted(_union(a.tellings, b.tellings, _telling_key, _either), key=_telling_key)),
        acquainted=tuple(sorted(_union(a.acquainted, b.acquainted, _two, _later_said), key=_two)),
        known=tuple(sorted(_union(a.known, b.known, _known_key, _later_known), key=_known_key)),
    )


def _both(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*a, *b}))


def _union(
    a: tuple[_T, ...], b: tuple[_T, ...], key: Callable[[_T], Any], pick: Callable[[_T, _T], _T]
) -> Iterable[_T]:
    if not b:
        return a
    found = {key(x): x for x in a}
    for x in b:
        k = key(x)
        found[k] = pick(found[k], x) if k in found else x
    return found.values()


def _member_id(x: Features | Published) -> str:
    return x.submission_id


def _note_id(n: Note) -> str:
    return n.event_id


def note_order(n: Note) -> tuple[int, str]:
    """Notes in order of time; ties by id, so that every run agrees."""
    return n.at, n.event_id


def pair_key(p: Pair) -> tuple[str, str]:
    """A pair is named by its two submissions, the earlier first."""
    return p.a, p.b


def _ruling_key(r: Ruling) -> tuple[str, str]:
    return (r.a, r.b) if r.a < r.b else (r.b, r.a)


def _telling_key(t: Telling) -> tuple[str, str]:
    return t.push_id, t.result


def _two(x: Acquaintance) -> tuple[str, str]:
    return x.earlier, x.later


def _later_said(x: Acquaintance, y: Acquaintance) -> Acquaintance:
    return max(x, y, key=lambda a: (a.revision, a.said))


def _known_key(k: Known) -> tuple[str, str]:
    return k.submission_id, k.about.submission_id


def _later_known(x: Known, y: Known) -> Known:
    return max(x, y, key=lambda k: (k.revision, repr(k)))


def _either(x: Telling, y: Telling) -> Telling:
    return max(x, y, key=repr)


def _newer_member(x: Features, y: Features) -> Features:
    return max(x, y, key=lambda f: (f.version, repr(f)))


def _better_pair(x: Pair, y: Pair) -> Pair:
    return max(x, y, key=lambda p: (p.version, _STRENGTH[p.relation], p.score, p.reasons))


def _told_note(x: Note, y: Note) -> Note:
    return x if x.note is None else y  # the text is dropped once it was published


def _later_ruling(x: Ruling, y: Ruling) -> Ruling:
    return max(x, y, key=lambda r: (r.at, r.same, r.by, r.reason))


def _higher(x: Published, y: Published) -> Published:
    return max(x, y, key=lambda p: (p.revision, repr(p)))
