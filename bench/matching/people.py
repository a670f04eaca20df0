"""Invented people: names as common as real ones, well-formed ID numbers and phones that nobody else in the corpus has.

ID numbers and phones are drawn as a permutation of all possible ones, so that none comes twice by accident without a
set of those used having to be kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from bench.matching.draw import Draw, Weighted
from bench.matching.words import Common, Words

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_BIRTHS = [
    (date(1938, 1, 1) + timedelta(days=n)).isoformat().replace("-", "") for n in range(25_000)
]  # to the year 2006
_SEQUENCES = [n for n in range(1, 997) if n % 4 < 2]
"""Of the last three digits; two on from each is left free for a neighbour of the same sex."""
_PREFIXES = [
    f"1{n}"
    for n in (*range(30, 40), 45, 47, *range(50, 54), *range(55, 60), 66, *range(75, 79), *range(80, 90), 98, 99)
]
_STEP = 2**31 - 1  # a prime, so prime to the number of possibilities


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as they truly are."""

    name: str
    id_number: str
    phone: str
    region: str  # 6 digits, where they live
    male: bool
    legal: bool = False  # a firm, with its credit code for an ID number

    @property
    def birth(self) -> str:
        """yyyymmdd"""
        return self.id_number[6:14]


def with_check(first17: str) -> str:
    """The whole number of GB 11643."""
    return first17 + _CHECK[sum(w * int(d) for w, d in zip(_WEIGHTS, first17, strict=True)) % 11]


class People:
    """Draws people. Two of them share a name as often as in life, and nothing else."""

    def __init__(self, draw: Draw, words: Words, common: Common) -> None:
        self._draw = draw
        self._common = common
        self._regions = list(words.regions)
        self._surnames = Weighted(common.surnames)
        self._ids = len(self._regions) * len(_BIRTHS) * len(_SEQUENCES)
        self._phones = len(_PREFIXES) * 10**8
        self._next = draw.below(10**6)
        self._next_phone = draw.below(10**6)

    def person(self, *, region: str | None = None, surname: str | None = None, like: Person | None = None) -> Person:
        """A new person; `like` another: same name, same region, another birth date."""
        body, male = self._body()
        while like is not None and body[6:14] == like.birth:
            body, male = self._body()
        name = like.name if like else self.name(male, surname)
        where = like.region if like else region or self._draw.pick(self._regions)
        return Person(name, with_check(body), self.phone(), where, male)

    def relative(self, of: Person, *, sex: bool | None = None) -> Person:
        """Of the same household: the same phone and region, a name of its own; a sibling has the same surname."""
        while True:
            body, male = self._body()
            if sex is not None and male != sex:
                continue
            name = self.name(male, self.surname_of(of.name) if sex is None else None)
            if name[-1] != of.name[-1] and name != of.name:
                return Person(name, with_check(body), of.phone, of.region, male)

    def twin(self, of: Person) -> Person:
        """Born the same day in the same place: the next ID number but one, a name that differs in one character."""
        body = of.id_number[:14] + f"{int(of.id_number[14:17]) + 2:03}"
        surname = self.surname_of(of.name)
        shared = of.name[len(surname)] if len(of.name) - len(surname) > 1 else ""
        while True:
            given = self._draw.pick(self._common.male if of.male else self._common.female)
            name = surname + shared + given[-1]
            if given[-1] not in of.name:
                return replace(of, name=name, id_number=with_check(body))

    def phone(self) -> str:
        """A mobile number nobody has."""
        self._next_phone += 1
        n = self._next_phone * _STEP % self._phones
        return _PREFIXES[n % len(_PREFIXES)] + f"{n // len(_PREFIXES):08}"

    def name(self, male: bool, surname: str | None = None) -> str:
        """A name as frequent as it is among people."""
        draw, common = self._draw, self._common
        chance = draw.random()
        if surname is None and chance < 0.08:
            return draw.pick(common.common_names)
        if surname is None and chance < 0.095:
            return draw.pick(common.minority)
        surname = surname or draw.weighted(self._surnames)
        given = draw.pick(common.male if male else common.female)
        if chance > 0.985:
            given = given[:-1] + draw.pick(common.rare)
        elif chance > 0.6 and len(given) == 1:
            given += draw.pick(common.male if male else common.female)[-1]
        return surname + given

    def surname_of(self, name: str) -> str:
        """The surname, of one or two characters."""
        return name[:2] if name[:2] in self._common.surnames else name[:1]

    def _body(self) -> tuple[str, bool]:
        self._next += 1
        n = self._next * _STEP % self._ids
        n, sequence = divmod(n, len(_SEQUENCES))
        n, birth = divmod(n, len(_BIRTHS))
        number = _SEQUENCES[sequence]
        return f"{self._regions[n]}{_BIRTHS[birth]}{number:03}", number % 2 == 1
