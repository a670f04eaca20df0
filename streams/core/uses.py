"""What a document is for and what it is of, and which of several things one cause is about: of one person and one kind,
two documents, two houses, two faulty goods differ in no more than that."""

from __future__ import annotations

import re

from rapidfuzz.fuzz import ratio

from mappings.lexicon import lexicon
from schemas.events.book import Features, Traits
from streams.core.estates import observe_estate
from streams.core.evidence import Evidence
from streams.core.sites import sites_agree
from streams.core.traits import overlap, purpose_alone

_YEAR = re.compile(r"(20\d\d)\s?年度")
_ANY = ".any"
"""Ends a purpose that does not say which of several: 养老金, from here or from abroad."""
_NO_USE = frozenset({
    ("notary.inheritance", "inherit"), ("notary.inheritance", "estate"), ("notary.inheritance", "bank"),
    ("notary.power", "work"),
})  # fmt: skip
"""What is of what estate, and no use: who inherits a house and savings asks for one document. And why somebody cannot
come himself."""
_USE_CHARS = 200
_OF_SEVERAL = {
    "notary.": "paper",
    "notary.degree": "level",
    "notary.identity": "id",
    "injury.product": "goods",
    "consumer.": "goods",
    "contract.sale": "goods",
    "house.sale": "home",
    "family.custody": "child",
}
"""Causes, and what of `things` they may be about."""


def observe_use(a: Features, b: Features, ta: Traits, tb: Traits, e: Evidence, *, notary: bool) -> None:
    """Place, purpose, estate, site and thing, as far as both tell of them. A conflict contradicts."""
    found = _used(a, b, ta, tb) if notary else []
    if not {"cause_equal", "cause_alike"}.isdisjoint(e.reasons) and _of_two_things(a, b, ta, tb):
        found.append("thing_other")
    estate = observe_estate(ta, tb, (a.purpose, b.purpose))
    site = sites_agree(ta.sites, tb.sites) if notary else None
    of_one_thing = site or (estate == "estate_equal" and e.days <= lexicon().limits["days_topic"])
    if of_one_thing and "purpose_unclear" in found:
        found.remove("purpose_unclear")  # of one house, for one person, whatever words it is for
    if estate:
        found.append(estate)
    if site is not None:
        found.append("site_equal" if site else "site_conflict")
    e.reasons.extend(found)
    if not {"place_conflict", "purpose_conflict", "site_conflict"}.isdisjoint(found):
        e.contradiction = True


def _used(a: Features, b: Features, ta: Traits, tb: Traits) -> list[str]:
    """Where and for what a document is to be used: another place or purpose is another document."""
    found = []
    place = overlap(ta.places, tb.places)
    if place is not None:
        found.append("place_equal" if place else "place_conflict")
    mine, yours = _purposes(ta), _purposes(tb)
    purpose = True if a.purpose and a.purpose == b.purpose else overlap(mine, yours)
    if purpose is False and overlap(_wider(mine), _wider(yours)):
        purpose = any(p.endswith(_ANY) for p in (*mine, *yours)) or None
        if purpose is None:
            found.append("purpose_unclear")  # 移民 and 定居: filed apart, and said for one another
    elif purpose is None and a.purpose and b.purpose:
        x, y = purpose_alone(a.purpose), purpose_alone(b.purpose)
        alike = (x in y or y in x or ratio(x, y) >= lexicon().limits["text_similar_percent"]) if x and y else None
        if alike is False:
            found.append("purpose_unclear")  # one of them is said in words nobody listed
        else:
            purpose = alike
    elif purpose is None and (_unknown_use(a, ta, tb) or _unknown_use(b, tb, ta)):
        found.append("purpose_unclear")
    if overlap(_years(a, ta), _years(b, tb)) is False:
        purpose = False
    if purpose is not None:
        found.append("purpose_equal" if purpose else "purpose_conflict")
    return found


def _purposes(t: Traits) -> tuple[str, ...]:
    told = tuple(p for p in t.purposes if not any((c, p) in _NO_USE for c in t.causes))
    wider = _wider(told)
    return tuple(p for p, w in zip(told, wider, strict=True) if not p.endswith(_ANY) or wider.count(w) == 1)


def _years(f: Features, t: Traits) -> tuple[str, ...]:
    """The years that a document is for: whoever draws a pension proves each year that he lives."""
    return tuple(_YEAR.findall(f"{f.purpose or ''} {t.words or ''}"))


def _wider(purposes: tuple[str, ...]) -> tuple[str, ...]:
    """What they are when told loosely: family of family.visit."""
    return tuple(p.partition(".")[0] for p in purposes)


def _of_two_things(a: Features, b: Features, ta: Traits, tb: Traits) -> bool:
    """Whether both tell which of several they are about, and it is not the same: papers and their levels, goods, what
    a seller of homes owes. An item is the name of a service, and says nothing of it."""
    causes = (*ta.causes, *tb.causes)
    kinds = {kind for cause, kind in _OF_SEVERAL.items() if any(c.startswith(cause) for c in causes)}
    told = [lexicon().things.find(_said(f, t)) for f, t in ((a, ta), (b, tb))] if kinds else []
    for kind in kinds:
        mine, yours = (tuple(w for w in of if w.startswith(f"{kind}.")) for of in told)
        if overlap(mine, yours) is False:
            return True
    return False


def _said(f: Features, t: Traits) -> str:
    """Purpose, title and text."""
    return f"{(f.purpose or '')[:_USE_CHARS]} {(t.words or '').removeprefix(f.item or '')}"


def _unknown_use(f: Features, t: Traits, other: Traits) -> bool:
    """Whether one names a use in words nobody listed, and the other one tells of another, and not of that."""
    if not f.purpose or t.purposes or not other.purposes:
        return False
    use = purpose_alone(f.purpose)
    return bool(use) and use not in (other.words or "")
