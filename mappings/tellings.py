"""What a telling is most likely about: a naive Bayes model over its characters and pairs of characters.

Fitted when it is loaded, from tellings whose cause is known (`mappings/matching/tellings/<field>.tsv`, a line
`cause<TAB>telling`) and from the words of causes.yaml, each a short telling; another one in the same way from records
of which it is known what they want (`mappings/matching/asks/`). No weight is typed by hand and none is kept anywhere:
who wants a way of speaking understood adds a few lines of it.
Source: multinomial naive Bayes on presence, after McCallum and Nigam (1998), with equal priors.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, repeat
from operator import add
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.errors import Stop

NOTHING_TOLD = "none.call"
"""The code of calls that say that somebody calls, and not what about."""
_HAN = re.compile("[\u4e00-\u9fff]+")
_SMOOTHING = 0.1
_CHARS = 160  # who tells of a matter begins with it; longer ones cost more and say no more
_UNITS = 1_000  # to a natural logarithm: sums of whole numbers are the same in any order, on any machine
_NEVER = -(2**31)


class Telling(NamedTuple):
    """Something told, and the code of its cause."""

    code: str
    words: str


Counts = Counter[tuple[str, str]]
"""By part and cause, in how many tellings it stands."""


class Reading(NamedTuple):
    """The likeliest cause, and by how much (natural logarithm) it is likelier than the next one."""

    code: str
    margin: float


@dataclass(frozen=True, slots=True)
class Tellings:
    """The fitted model."""

    codes: tuple[str, ...]
    _of: Mapping[str, NDArray[np.intp]]  # by field, the places of its causes
    _rows: Mapping[str, int]  # by part, from 1
    _worth: NDArray[np.int16]  # by row and cause, how likely the part is told in it

    def read(self, words: str, field: str | None = None) -> Reading | None:
        """What words are about, among the causes of a field and nothing told, or among all; None if nothing in them was
        ever told."""
        rows = {*filter(None, map(self._rows.get, parts_of(words[:_CHARS])))}
        if not rows:
            return None
        sums = np.add.reduce(self._worth.take([*rows], axis=0), axis=0, dtype=np.int32)
        among = None if field is None else self._of[field]
        if among is not None:
            sums = sums[among]
        best = int(sums.argmax())
        most, sums[best] = int(sums[best]), _NEVER
        return Reading(self.codes[best if among is None else among[best]], (most - int(sums.max())) / _UNITS)


def parts_of(words: str) -> Iterator[str]:
    """Characters and pairs of neighbours, as often as they stand there.

    >>> list(parts_of("养老金"))
    ['养', '老', '金', '养老', '老金']
    """
    return chain(words, map(add, words, words[1:]))


def count(tellings: Iterable[Telling]) -> Counts:
    """In how many tellings of each cause each part stands, of those that are Chinese."""
    counts: Counts = Counter()
    for code, words in tellings:
        counts.update(zip(set(chain.from_iterable(map(parts_of, _HAN.findall(words)))), repeat(code)))
    return counts


def add_one_more(counts: Counts, code: str, told: Counts) -> None:
    """Count all that is told elsewhere as of one more cause, as far as it has parts in common: it says what does not
    tell one from another."""
    known = {part for part, _ in counts}
    for (part, _), n in told.items():
        if part in known:
            counts[part, code] += n


def fit(counts: Counts) -> Tellings:
    """The model of tellings that were counted; they are of two causes at least."""
    lengths: Counter[str] = Counter()
    for (_, code), n in counts.items():
        lengths[code] += n
    rows = {part: i for i, part in enumerate(dict.fromkeys(part for part, _ in counts), 1)}
    codes = tuple(sorted(lengths))
    at = {code: i for i, code in enumerate(codes)}
    totals = np.array([lengths[code] + _SMOOTHING * len(rows) for code in codes])
    worth = np.tile(_in_units(np.log(_SMOOTHING / totals)), (len(rows) + 1, 1))
    told_in = np.array([at[code] for _, code in counts])
    times = np.array(list(counts.values())) + _SMOOTHING
    worth[[rows[part] for part, _ in counts], told_in] = _in_units(np.log(times / totals[told_in]))
    return Tellings(codes, _by_field(codes), rows, worth)


def _in_units(logarithms: NDArray[np.float64]) -> NDArray[np.int16]:
    return np.rint(_UNITS * logarithms).astype(np.int16)


def _by_field(codes: tuple[str, ...]) -> dict[str, NDArray[np.intp]]:
    fields = [code.partition(".")[0] for code in codes]
    among = {field: [i for i, of in enumerate(fields) if of == field or codes[i] == NOTHING_TOLD] for field in fields}
    return {field: np.array(places, np.intp) for field, places in among.items()}


def load(folder: Path, codes: Container[str]) -> tuple[Telling, ...]:
    """All tellings of a folder. Raises Stop naming file and line of one that has no telling or none of the codes, or
    that stands under two."""
    found: dict[str, str] = {}
    for file in sorted(folder.glob("*.tsv")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("#"):
                continue
            name, _, words = line.partition("\t")
            code = f"{file.stem}.{name}"
            if code not in codes or not words.strip():
                raise Stop(
                    f"{file}:{number}: 应为“代码、制表符、说法”，没有“{code[:40]}”这一代码或没有说法：{line[:40]!r}"
                )
            if found.setdefault(words, code) != code:
                raise Stop(f"{file}:{number}: “{words[:40]}”既属于 {found[words]}，又属于 {code}")
    return tuple(Telling(code, words) for words, code in found.items())
