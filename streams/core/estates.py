"""Whose estate it is, and what of it: two wills of one person, or two inheritances, differ in no more than that."""

from __future__ import annotations

import re
from functools import lru_cache

from mappings.lexicon import lexicon
from schemas.events.book import Traits

_INHERITED, _ATTESTED = "family.inheritance", "notary."
_GONE = re.compile(r"\s{0,2}(?:的|去世|过世|病故|病逝|离世|走了|走后|没了|不在|死|留|名下|遗|生前|身故|亡故)")


def observe_estate(a: Traits, b: Traits, purposes: tuple[str | None, str | None]) -> str | None:
    """`estate_conflict` where both tell whose estate it is, or what of it, and nothing of that is the same."""
    if not all(any(c.startswith((_INHERITED, _ATTESTED)) for c in t.causes) for t in (a, b)):
        return None
    told = [_told(f"{purpose or ''} {t.words or ''}") for t, purpose in zip((a, b), purposes, strict=True)]
    apart = any(x and y and x.isdisjoint(y) for x, y in zip(*told, strict=True))
    return "estate_conflict" if apart else None


@lru_cache(maxsize=20_000)
def _told(words: str) -> tuple[frozenset[str], frozenset[str]]:
    """Who has died, and what is left or given."""
    table = lexicon()
    gone = (who for _, end, who in table.kin.spans(words) if _GONE.match(words, end))
    return frozenset(gone), frozenset(table.estates.find(words))
