"""What comparing knows of words, weights and limits: the files of `mappings/matching/`, read once and compiled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

import ahocorasick
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mappings import tellings
from mappings.tables import note_errors
from mappings.tellings import Telling, Tellings
from mappings.yamlfile import YamlFile
from schemas.errors import Stop

FOLDER = Path(__file__).parent / "matching"
OWN_WORDS = frozenset({"notary", "forensic"})
"""Service families with words of their own for what a matter is about."""
ASKED = ("reopen", "follow-up", "progress", "supplement", "complaint", "consultation")
"""What is wanted of a service that has a matter already, or wanted to be known of it."""
MATTER = "matter"
"""What somebody tells for the first time."""
_M = TypeVar("_M", bound=BaseModel)
_C = TypeVar("_C")
_TO = "赴去往"
"""Words before a place; 赴俄 must not be found in 赴俄罗斯."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Weight(_Strict):
    """log2 of how much likelier an observation is for one matter than for two."""

    weight: float
    why: str = Field(min_length=2)


class Limit(_Strict):
    """A bound of the rules."""

    value: int
    why: str = Field(min_length=2)


class WeightsFile(_Strict):
    """weights.yaml"""

    weights: dict[str, Weight]
    limits: dict[str, Limit]


class Group(_Strict):
    """A field of law, and words that say no more than that. `one`: why its causes are one matter with one opponent."""

    title: str
    words: tuple[str, ...]
    one: str | None = None


class Cause(_Strict):
    """What a matter may be about. `code` is group.cause. `each`: why two of one kind are not yet one matter."""

    code: str
    title: str
    why: str = Field(min_length=2)
    each: str | None = None
    words: tuple[str, ...]


class CausesFile(_Strict):
    """causes.yaml"""

    groups: dict[str, Group]
    none: tuple[str, ...]
    causes: tuple[Cause, ...]
    alike: tuple[tuple[str, str], ...]
    filed: tuple[tuple[str, str], ...]  # of those, the ones that are one thing under the name it is filed under
    serves: dict[str, tuple[str, ...]]


class WordList(_Strict):
    """Words of one meaning."""

    why: str = Field(min_length=2)
    words: tuple[str, ...]


class Told(_Strict):
    """Concepts that together mean a cause."""

    code: str
    of: tuple[str, ...] = Field(min_length=1)


class ConceptsFile(_Strict):
    """concepts.yaml"""

    concepts: dict[str, WordList]
    told: tuple[Told, ...]


class Codes(_Strict):
    """Words that stand for codes; `none` are words that only look like one of them."""

    why: str = Field(min_length=2)
    codes: dict[str, str]
    none: tuple[str, ...] = ()


class WordsFile(_Strict):
    """words.yaml"""

    places: Codes
    purposes: Codes
    asks: Codes
    renewed: Codes
    handling: WordList
    unhappy: WordList
    titles: WordList
    nobody: WordList
    boilerplate: WordList
    documents: WordList
    forms: WordList
    shops: WordList
    trades: WordList
    provinces: WordList
    cities: WordList
    group: WordList
    surnames: WordList
    not_names: WordList
    kin: Codes
    estates: Codes
    done_there: Codes
    things: Codes


class PartiesFile(_Strict):
    """parties.yaml"""

    generic: WordList
    offices: Codes
    schools: Codes


class Finder(Generic[_C]):
    """Finds the words of a list in a text, the longest first, without overlap."""

    def __init__(self, words: Mapping[str, _C | None]) -> None:
        self._automaton = ahocorasick.Automaton()
        for word, code in words.items():
            self._automaton.add_word(word, (len(word), code))
        self._automaton.make_automaton()

    def find(self, text: str) -> list[_C]:
        """Codes in order of their words, each once."""
        found = dict.fromkeys(code for _, (_, code) in self._automaton.iter_long(text))
        found.pop(None, None)
        return list(found)

    def spans(self, text: str) -> list[tuple[int, int, _C]]:
        """Where the words begin and end, and their codes."""
        found = self._automaton.iter_long(text)
        return [(end + 1 - length, end + 1, code) for end, (length, code) in found if code is not None]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All of it, compiled."""

    weights: Mapping[str, float]
    limits: Mapping[str, int]
    causes: Mapping[
        str | None, Finder[str]
    ]  # by service family, for those that have words of their own; None: all other
    tellings: Tellings  # what people's own words are most likely about
    asks: Tellings  # what they most likely want, as asks.<kind>
    concepts: Finder[tuple[str, ...]]  # by word, all that it may stand for
    told: tuple[tuple[str, frozenset[str]], ...]  # causes and the concepts that together mean them, fewest first
    alike: frozenset[tuple[str, str]]
    filed: frozenset[tuple[str, str]]  # of those, one thing and the name it is filed under
    serves: frozenset[tuple[str, str]]  # an appraisal and what it is made for, a cause or a group
    one: frozenset[str]  # groups of which the causes are alike
    whole: frozenset[str]  # those, and groups that are alike with each of their causes
    each: frozenset[str]  # causes of which each matter has a content of its own
    marks: Finder[tuple[str, str]]  # of (what, code): place, purpose, asks, stage, mood
    titles: tuple[str, ...]
    nobody: frozenset[str]
    generic: frozenset[str]
    offices: Mapping[str, str]  # what an office of the state is called to what it is called shortest, longest first
    schools: Mapping[str, str]  # how a school's short name ends, and how its full one does
    boilerplate: re.Pattern[str]  # what anybody writes
    documents: re.Pattern[str]  # what names of documents and appraisals have in common
    forms: tuple[str, ...]  # what a firm's registered name ends with
    endings: tuple[str, ...]  # those, and what people call it by, longest first
    trades: re.Pattern[str]
    provinces: tuple[str, ...]
    cities: frozenset[str]
    surnames: frozenset[str]
    not_names: tuple[str, ...]  # words that begin like a name
    kin: Finder[str]  # who it was that left an estate
    estates: Finder[str]  # what it consists of
    things: Finder[str]  # what one cause has several of: papers, goods
    done_there: Mapping[str, str]  # words that stand for a purpose only right after a place


@cache
def lexicon() -> Lexicon:
    """Compiled once for a process. Raises Stop naming file and line of what is wrong."""
    numbers, causes, words = _load("weights", WeightsFile), _load("causes", CausesFile), _load("words", WordsFile)
    concepts, parties = _load("concepts", ConceptsFile), _load("parties", PartiesFile)
    known = {c.code for c in causes.causes} | set(causes.groups)
    _known_codes(known, (code for pair in (*causes.alike, *causes.filed) for code in pair))
    _known_codes(known, (code for a, made_for in causes.serves.items() for code in (a, *made_for)))
    _known_codes(set(causes.groups), (c.code.partition(".")[0] for c in causes.causes))
    _known_codes(known, (told.code for told in concepts.told))
    _known_codes(set(concepts.concepts), (c for told in concepts.told for c in told.of), "concepts")
    return _compiled(numbers, causes, words, concepts, parties)


def finders(causes: CausesFile) -> dict[str | None, Finder[str]]:
    """Notarial matters and appraisals are told in everyday words, which elsewhere mean other things. Raises Stop where
    a word is given to two: the later one would win, and nobody would see it."""
    about: dict[str | None, dict[str, str | None]] = {None: dict.fromkeys(causes.none)}
    given: list[tuple[str | None, str, tuple[str, ...]]] = [(None, code, g.words) for code, g in causes.groups.items()]
    for cause in causes.causes:
        group = cause.code.partition(".")[0]
        given.append((group if group in OWN_WORDS else None, cause.code, cause.words))
    for family, code, words in given:
        known = about.setdefault(family, {})
        for word in words:
            if known.setdefault(word, code) != code:
                raise Stop(f"{FOLDER / 'causes'}.yaml: “{word}”既属于 {known[word]}，又属于 {code}")
    return {family: Finder(found) for family, found in about.items()}


def _tellings(causes: CausesFile) -> tuple[Tellings, Tellings]:
    """Of causes, and of what is wanted."""
    words = (Telling(c.code, word) for c in causes.causes for word in c.words)
    known = {c.code for c in causes.causes} | {tellings.NOTHING_TOLD}
    told = tellings.count((*tellings.load(FOLDER / "tellings", known), *words))
    asked = tellings.count(tellings.load(FOLDER / "asks", {f"asks.{kind}" for kind in (*ASKED, MATTER)}))
    tellings.add_one_more(asked, f"asks.{MATTER}", told)
    return tellings.fit(told), tellings.fit(asked)


def _concepts(file: ConceptsFile) -> Finder[tuple[str, ...]]:
    """A word may belong to several, and stands for what the words within it stand for: 摔下楼 is 摔 and 下楼."""
    found: dict[str, tuple[str, ...]] = {}
    for name, concept in file.concepts.items():
        for word in concept.words:
            found[word] = (*found.get(word, ()), name)
    parts = {w: [w[i:j] for i in range(len(w)) for j in range(i + 2, len(w) + 1)] for w in found}
    return Finder({w: tuple(dict.fromkeys(c for p in (w, *parts[w]) for c in found.get(p, ()))) for w in found})


def _compiled(
    numbers: WeightsFile, causes: CausesFile, words: WordsFile, concepts: ConceptsFile, parties: PartiesFile
) -> Lexicon:
    one = frozenset(code for code, group in causes.groups.items() if group.one)
    told, asked = _tellings(causes)
    return Lexicon(
        weights={code: w.weight for code, w in numbers.weights.items()},
        limits={name: limit.value for name, limit in numbers.limits.items()},
        causes=finders(causes),
        tellings=told,
        asks=asked,
        concepts=_concepts(concepts),
        told=tuple((told.code, frozenset(told.of)) for told in sorted(concepts.told, key=lambda told: len(told.of))),
        alike=frozenset((a, b) for pair in causes.alike for a, b in (pair, pair[::-1])),
        filed=frozenset((a, b) for pair in causes.filed for a, b in (pair, pair[::-1])),
        serves=frozenset((a, b) for a, made_for in causes.serves.items() for b in made_for),
        each=frozenset(c.code for c in causes.causes if c.each),
        one=one,
        whole=one.union(a for a, b in causes.alike if b.startswith(f"{a}.")),
        marks=Finder(_marks(words)),
        titles=words.titles.words,
        nobody=frozenset((*words.nobody.words, *words.titles.words)),
        generic=frozenset(parties.generic.words),
        offices=_offices(parties.offices),
        schools=parties.schools.codes,
        boilerplate=_any_of(words.boilerplate),
        documents=_any_of(words.documents),
        trades=_any_of(words.trades),
        forms=words.forms.words,
        endings=tuple(sorted((*words.forms.words, *words.shops.words), key=len, reverse=True)),
        provinces=words.provinces.words,
        cities=frozenset(words.cities.words),
        surnames=frozenset(words.surnames.words),
        not_names=words.not_names.words,
        kin=Finder(words.kin.codes),
        estates=Finder(words.estates.codes),
        things=Finder(words.things.codes),
        done_there=words.done_there.codes,
    )


def _offices(offices: Codes) -> dict[str, str]:
    called = {**{short: short for short in offices.codes.values()}, **offices.codes}
    return dict(sorted(called.items(), key=lambda item: -len(item[0])))


def _any_of(words: WordList) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(words.words, key=len, reverse=True))))


def _marks(words: WordsFile) -> dict[str, tuple[str, str] | None]:
    coded = {"place": words.places, "purpose": words.purposes, "asks": words.asks, "stage": words.renewed}
    found: dict[str, tuple[str, str] | None] = {}
    for what, codes in coded.items():
        found |= {word: (what, code) for word, code in codes.codes.items()} | dict.fromkeys(codes.none)
    found |= {
        f"{to}{word}": ("place", code) for word, code in words.places.codes.items() for to in _TO if word[0] != to
    }
    for mood in ("handling", "unhappy", "group"):
        found |= dict.fromkeys(getattr(words, mood).words, ("mood", mood))
    return found


def _known_codes(known: Iterable[str], used: Iterable[str], file: str = "causes") -> None:
    for code in used:
        if code not in known:
            raise Stop(f"{FOLDER / file}.yaml: 没有“{code}”")


def _load(name: str, model: type[_M]) -> _M:
    file = YamlFile.read(FOLDER / f"{name}.yaml")
    found: _M | None = None
    if not file.findings:
        try:
            found = model.model_validate(file.data)
        except ValidationError as error:
            note_errors(file, error, model)
    if file.findings or found is None:
        raise Stop(file.findings[0] if file.findings else f"{file.path}: 内容为空")
    return found
