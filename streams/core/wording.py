"""The words two submissions are told in: how many they share, names and what anybody writes left out; how alike."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from rapidfuzz.fuzz import ratio

from mappings.lexicon import lexicon
from schemas.events.book import Features
from streams.core import firms, parties
from streams.core.evidence import Evidence
from streams.core.names import pairs_of
from streams.core.opponents import people_in
from streams.core.traits import known

_HAN = re.compile(r"[\u4e00-\u9fff]{2,}")
_CLAUSE = re.compile(r"[^\s,，。;；:：!！?？、~【】\[\]]+")
_BETWEEN = re.compile("[的了我你他她您们就都也还又再是有在这那着吗呢吧啊个一与和及]")
"""Characters that tell nothing and stand in every sentence."""
_COUNTED = re.compile(r"(?<![\d.])\d{1,3}(?:个月|[年天日亩次针人岁户层平])", re.ASCII)
"""How many of something there are: 3个月, 12亩."""
_BARE_MAX = 3  # pairs of characters that are left of a bare record
_FORMULA_MAX = 8  # characters of a form's clause; what is longer was copied from one record into the other
_RUN_MAX = 2  # pairs of one run that count: a place or a name is one thing, however long
_SOMEBODY = "某"

Clauses = tuple[tuple[str | None, frozenset[str]], ...]
"""The pairs of characters of each clause, and the clause itself if it is one that anybody could have written."""


def shared_words(a: Features, b: Features) -> int:
    """How much both texts have that is no name, no cause and not what anybody writes, in pairs of characters: what a
    matter is about, where the lexicon does not know the words. A short clause that both have to the character and that
    names nobody and no number is a form's (见字如面, 此致敬礼)."""
    mine, yours = _content(a), _content(b)
    formulas = {c for c, _ in mine if c} & {c for c, _ in yours if c}
    return _weighed(_all(mine, formulas) & _all(yours, formulas))


def tells(f: Features, more_than: int = _BARE_MAX) -> bool:
    """Whether a record tells anything beside who asks for which service, in more than so many pairs of characters."""
    return len(_all(_content(f), set())) > more_than


def _all(clauses: Clauses, without: set[str]) -> frozenset[str]:
    return frozenset().union(*(pairs for clause, pairs in clauses if clause not in without))


def _weighed(pairs: frozenset[str]) -> int:
    """How many there are, of those that overlap no more than a few; a number of something is one."""
    counted = sum(1 for p in pairs if p[0].isdecimal())
    pairs = frozenset(p for p in pairs if not p[0].isdecimal())
    heads = {p[0]: p for p in sorted(pairs, reverse=True)}
    left, count = set(pairs), 0
    tails = {p[1] for p in pairs}
    for start in sorted(pairs, key=lambda p: (p[0] in tails, p)):
        run, pair = 0, start
        while pair in left:
            left.discard(pair)
            run += 1
            pair = heads.get(pair[1], "")
        count += min(run, _RUN_MAX)
    return count + counted


def _content(f: Features) -> Clauses:
    t = known(f)
    party = f.counterparty.name if f.counterparty else None
    brand = parties.brand(t.party)[0] if t.party and t.firm else None
    words = t.words or ""
    return _own_words(words, (f.person.name, party, t.party, *t.parties, *people_in(words), f.item, brand))


@lru_cache(maxsize=20_000)
def _own_words(words: str, named: tuple[str | None, ...]) -> Clauses:
    """The text by clauses, without names, causes and what anybody writes."""
    known_words = lexicon()
    bare = firms.nameless(words, *named)
    for finder in known_words.causes.values():
        for start, end, _ in reversed(finder.spans(bare)):
            bare = f"{bare[:start]}\0{bare[end:]}"
    return tuple(_clause(clause) for clause in _CLAUSE.findall(bare))


def _clause(clause: str) -> tuple[str | None, frozenset[str]]:
    anybodys = (
        len(clause) <= _FORMULA_MAX
        and _SOMEBODY not in clause
        and "\0" not in clause
        and not any(c.isdecimal() for c in clause)
    )
    bare = _BETWEEN.sub(" ", _nothing_told().sub(" ", clause.replace(_SOMEBODY, " ")))
    return clause if anybodys else None, pairs_of(bare) | frozenset(_COUNTED.findall(clause))


@cache
def _nothing_told() -> re.Pattern[str]:
    """What anybody writes, and the cities that firms and people are from."""
    words = lexicon()
    return re.compile(f"{words.boilerplate.pattern}|{'|'.join((*words.cities, *words.provinces))}")


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
