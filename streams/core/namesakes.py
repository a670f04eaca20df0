"""Which of the many who share a name are worth comparing. Pure.

A name and a county tie more and more strangers as a hub grows, and a comparison is dear; but without a phone or a
number in common it takes something told by both for anything to come of it. What is left out here would come out as
nothing.
"""

from __future__ import annotations

from mappings.lexicon import lexicon
from schemas.events.book import Features, Traits
from streams.core.causes import CONCLUDED, UNLISTED, group_of, may_be_one
from streams.core.compare import FOLLOW_UP_KINDS, asks
from streams.core.evidence import DAY_MS, phone_near
from streams.core.traits import known


def worth_comparing(a: Features, b: Features) -> bool:
    """Whether two of one name may be one person, and tell of one matter: not of another valid ID number, not long ago,
    and not about two things that have nothing in common."""
    mine, yours = a.person.id_number, b.person.id_number
    if mine and yours and mine != yours:
        return False
    if abs(a.received_at - b.received_at) > lexicon().limits["days_review_max"] * DAY_MS:
        return False
    return _tied(a, b) or not _of_two_things(known(a), known(b))


def _tied(a: Features, b: Features) -> bool:
    """Whether anything but the name may tie them that has no block of its own, where they meet anyway: an ID number or
    a phone with a slip, a call about a matter."""
    if a.person.id_typed or b.person.id_typed or phone_near(a.person.phone, b.person.phone):
        return True
    return asks(a) in FOLLOW_UP_KINDS or asks(b) in FOLLOW_UP_KINDS


def _of_two_things(a: Traits, b: Traits) -> bool:
    """Whether each says by its name what it is about, of two fields of law that are never told of one matter; and no
    day and nobody is named by both."""
    if not (_named(a) and _named(b)) or any(day in b.days for day in a.days):
        return False
    if any(group_of(c) == group_of(d) or may_be_one(c, d) for c in a.causes for d in b.causes):
        return False
    return not (_names_party_of(a, b) or _names_party_of(b, a))


def _named(t: Traits) -> bool:
    return bool(t.causes) and all("." in c and UNLISTED not in c and not c.endswith(CONCLUDED) for c in t.causes)


def _names_party_of(a: Traits, b: Traits) -> bool:
    words = b.words or ""
    return any(p in words or p == b.party for p in (a.party, *a.parties) if p)
