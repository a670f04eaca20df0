"""Whether two submissions are against one and the same: as their fields name the other side, and as their texts do."""

from __future__ import annotations

from schemas.events.book import Features, Traits
from schemas.events.common import Counterparty
from streams.core import firms, names, offices, parties
from streams.core.evidence import CERTAIN, LIKELY, Evidence
from streams.core.opponents import one_named, others_named

AGREE = frozenset({"counterparty_equal", "counterparty_mentioned", "counterparty_short", "counterparty_told"})
UNNAMED = frozenset({None, "counterparty_unsaid"})
_TELLS_MIN = 30  # characters of title and text


def compare_parties(a: Features, b: Features, ta: Traits, tb: Traits, e: Evidence) -> str | None:
    """The code of what the two say of the other side, which depends on how sure the person is; None: nothing."""
    party = _party(a, b, ta, tb)
    if party == "counterparty_near" and "hotline" in (a.channel, b.channel) and _heard(ta.party, tb.party):
        return "counterparty_heard"  # a name that was told over the phone
    if party in UNNAMED and e.person >= LIKELY and others_named(a, b):
        return "counterparty_other"
    if party in UNNAMED and e.person == CERTAIN and one_named(a, b):
        return "counterparty_told"
    return party


def _party(a: Features, b: Features, ta: Traits, tb: Traits) -> str | None:
    x, y = a.counterparty, b.counterparty
    if x and y and x.id_number and y.id_number:
        return "counterparty_equal" if x.id_number == y.id_number else "counterparty_conflict"
    p, q = ta.party, tb.party
    if p and q:
        found = parties.relation(p, q, ta.firm or tb.firm)
        if found == parties.SHORT and x and y:
            found = parties.short_or_another(x.name or "", y.name or "")
        if found in (parties.EQUAL, parties.SHORT) and x and y and parties.of_two_cities(x.name or "", y.name or ""):
            found = parties.NEAR
        if found in (parties.NEAR, parties.THIN) and _same_phone(x, y):
            return "counterparty_equal"
        if found != parties.THIN:
            return f"counterparty_{found}"
        p, q = (None if names.thin(n) or offices.bare(n) else n for n in (p, q))  # 老王, 村里: as good as not named
    if _same_phone(x, y):
        return "counterparty_equal"
    if p or q:
        said = parties.mentioned(p, tb.words or "") if p else None
        if q:
            said = parties.mentioned(q, ta.words or "") or said
        if said:
            return "counterparty_mentioned" if said == parties.EQUAL else "counterparty_near"
    mine = (p, *ta.parties) if p else ta.parties
    yours = (q, *tb.parties) if q else tb.parties
    if any(firms.cut_alike(m, n) or _misheard(m, n) for m in mine for n in yours):
        return "counterparty_told"
    if _names_it(mine, tb) or _names_it(yours, ta):
        return "counterparty_told"
    if mine and yours:
        alike = any(_firms_alike(m, n) for m in mine for n in yours)
        if not alike and any(firms.perhaps_one(m, n) or _perhaps_called(m, n) for m in mine for n in yours):
            return None
        return "counterparty_near" if alike else "counterparty_other"
    unsaid = (p and _has_text(tb)) or (q and _has_text(ta))
    return "counterparty_unsaid" if unsaid else None


def _heard(p: str | None, q: str | None) -> bool:
    return not (p and q) or parties.heard_alike(p, q)


def _firms_alike(p: str, q: str) -> bool:
    return all(map(parties.is_organisation, (p, q))) and parties.relation(p, q, True) != parties.CONFLICT


def _misheard(p: str, q: str) -> bool:
    """Whether two people's names are one: what is told of a person may be misheard."""
    return not any(map(parties.is_organisation, (p, q))) and parties.relation(p, q) == parties.EQUAL


def _perhaps_called(p: str, q: str) -> bool:
    """Whether one is called by no more than a surname, 老吴, which may be the other's."""
    return (names.thin(p) or names.thin(q)) and names.relation(p, q) != names.CONFLICT


def _names_it(told: tuple[str, ...], t: Traits) -> bool:
    """Whether a text names, as people shorten it, the firm that the other one names in full."""
    words = t.words or ""
    return any(parties.is_organisation(p) and parties.mentioned(p, words) == parties.EQUAL for p in told)


def _has_text(t: Traits) -> bool:
    """Whether it tells enough for the other side to be named, had it been known."""
    return len(t.words or "") >= _TELLS_MIN


def _same_phone(x: Counterparty | None, y: Counterparty | None) -> bool:
    return x is not None and y is not None and bool(x.phone) and x.phone == y.phone
