"""The words two submissions are told in: how many they share, names and what anybody writes left out; how alike."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.fuzz import ratio

from mappings.lexicon import lexicon
from schemas.events.book import Features
from streams.core import parties
from streams.core.evidence import Evidence
from streams.core.traits import known

_HAN = re.compile(r"[\u4e00-\u9fff]{2,}")
_BARE_MAX = 3  # pairs of characters that are left of a bare record


def shared_words(a: Features, b: Features) -> int:
    """How many pairs of characters both texts have that are no name, no cause and not what anybody writes: what a
    matter is about, where the lexicon does not know the words."""
    return len(_content(a) & _content(b))


def tells(f: Features) -> bool:
    """Whether a record tells anything beside who asks for which service."""
    return len(_content(f)) > _BARE_MAX


def _content(f: Features) -> frozenset[str]:
    t = known(f)
    party = f.counterparty.name if f.counterparty else None
    return _own_words(t.words or "", (f.person.name, party, t.party, *t.parties, f.item))


@lru_cache(maxsize=20_000)
def _own_words(words: str, named: tuple[str | None, ...]) -> frozenset[str]:
    known_words = lexicon()
    bare = parties.nameless(words, *named)
    for finder in known_words.causes.values():
        for start, end, _ in reversed(finder.spans(bare)):
            bare = f"{bare[:start]} {bare[end:]}"
    bare = known_words.boilerplate.sub(" ", bare.replace("某", " "))
    return frozenset(run[i : i + 2] for run in _HAN.findall(bare) for i in range(len(run) - 1))


def observe_texts(a: Features, b: Features, e: Evidence) -> bool:
    """Whether the texts are alike; adds the reason."""
    x, y, limits = known(a).words, known(b).words, lexicon().limits
    if not x or not y:
        return False
    alike = ratio(x, y, score_cutoff=limits["text_similar_percent"])
    if alike >= limits["text_close_percent"]:
        e.reasons.append("text_close")
    elif alike > 0:
        e.reasons.append("text_similar")
    return alike > 0
