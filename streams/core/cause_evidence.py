"""What two submissions are about, compared."""

from __future__ import annotations

from functools import lru_cache

from mappings.lexicon import lexicon
from schemas.events.book import Traits
from streams.core.causes import CONCLUDED, UNLISTED, group_of, may_be_one
from streams.core.names import pairs_of


def compare_causes(ta: Traits, tb: Traits, *, one_party: bool) -> str | None:
    """Equal where both are first of all about one thing; alike where one mentions the other's."""
    unsure = any(c.endswith(CONCLUDED) for c in (*ta.causes, *tb.causes))
    x, y = ([c.removesuffix(CONCLUDED) for c in t.causes] for t in (ta, tb))
    if not x or not y:
        return None
    if UNLISTED in x[0] or UNLISTED in y[0]:
        return "cause_equal" if _called_alike(ta, tb) else None
    common = [c for c in x if c in y]
    words = lexicon()
    if any("." in c for c in common):
        sure = frozenset(c for t in (ta, tb) for c in t.causes)
        return "cause_mentioned" if _aside(x, y, common, sure, one_party) else "cause_equal"
    if common:
        return "cause_alike" if words.whole.issuperset(common) else "cause_group"
    documents = group_of(x[0]) == "notary" == group_of(y[0])  # whatever else is mentioned, each is its own document
    if any((c, d) in words.alike or group_of(c) == group_of(d) in words.one for c in x for d in y):
        return "cause_alike"
    if any(("." not in c or "." not in d) and group_of(c) == group_of(d) for c in x for d in y):
        return "cause_group"
    unsure |= not all(any("." in c for c in z) for z in (x, y))  # 劳动争议, 邻里家庭纠纷: the name of a service
    mentioned = any("." in c and c in tb.mentions for c in x) or any("." in c and c in ta.mentions for c in y)
    return "cause_mentioned" if (mentioned or unsure) and not documents else "cause_conflict"


def _aside(x: list[str], y: list[str], common: list[str], sure: frozenset[str], one_party: bool) -> bool:
    """Whether what both name may be no more than a remark of one: who tells of a second matter against somebody tells
    of the first. Without an opponent in common it is one only where something else is told first."""
    if not one_party:
        return x[0] not in common and y[0] not in common
    more = [c for c in (*x, *y) if c not in common and "." in c and c in sure]
    if x[0] == y[0] and not any(group_of(c) == group_of(x[0]) for c in more):
        return False  # what each tells first; the rest is of another field, and no second claim
    return any(not any(may_be_one(c, d) for d in common) for c in more)


def _called_alike(ta: Traits, tb: Traits) -> bool:
    """Whether two records call a document or an appraisal by names that share more than what any such name has."""
    mine, yours = _name_parts(ta.mentions), _name_parts(tb.mentions)
    return any(p & yours.get(group, p & pairs_of(tb.words or "")) for group, p in mine.items()) or any(
        q & pairs_of(ta.words or "") for group, q in yours.items() if group not in mine
    )


@lru_cache(maxsize=20_000)
def _name_parts(codes: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """By family, the pairs of characters of all names."""
    found: dict[str, frozenset[str]] = {}
    for code in codes:
        group, listed, name = code.partition(UNLISTED)
        if listed:
            bare = lexicon().documents.sub(" ", name)
            found[group] = found.get(group, frozenset()) | pairs_of(bare)
    return found
