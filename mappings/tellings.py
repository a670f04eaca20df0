"""What a telling is most likely about: a naive Bayes model over its characters and pairs of characters.

Fitted when it is loaded, from tellings whose cause is known (`mappings/matching/tellings/<field>.tsv`, a line
`cause<TAB>telling`) and from the words of causes.yaml, each a short telling. No weight is typed by hand and none is
kept anywhere: who wants a way of speaking understood adds a few lines of it.
Source: multinomial naive Bayes on presence, after McCallum and Nigam (1998), with equal priors.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from schemas.errors import Stop

NOTHING_TOLD = "none"
"""The field of calls that say that somebody calls, and not what about: `none.tsv`, of which each is `none.call`."""
_HAN = re.compile("[\u4e00-\u9fff]+")
_SMOOTHING = 0.05
_CAUSES_MAX = 60  # of which a character that is told in more says too little for what it costs
_CHARS = 160  # who tells of a matter begins with it; longer ones cost more and say no more
_WORD_WEIGHT = 0.5  # of a single word beside a whole telling


class Telling(NamedTuple):
    """Something told, and the code of its cause."""

    code: str
    words: str


class Reading(NamedTuple):
    """The likeliest cause, and by how much (natural logarithm) it is likelier than the next one."""

    code: str
    margin: float


@dataclass(frozen=True, slots=True)
class Tellings:
    """The fitted model."""

    codes: tuple[str, ...]
    _bases: tuple[float, ...]  # by cause, what each part found costs that is not one of its own
    _parts: Mapping[str, tuple[tuple[int, float], ...]]  # by part, the causes it is told in, and what it is worth there

    _among: dict[frozenset[str], tuple[int, ...]] = field(default_factory=dict)  # by fields allowed, their causes

    def read(self, words: str, allowed: frozenset[str]) -> Reading | None:
        """What words are about, among causes of the fields allowed; None if nothing in them was ever told."""
        scores, known, worth_of = [0.0] * len(self.codes), 0, self._parts.get
        for part in parts_of(words[:_CHARS]):
            found = worth_of(part)
            if found:
                known += 1
                for code, worth in found:
                    scores[code] += worth
        at = self._among.get(allowed)
        if at is None:
            fields = enumerate(code.partition(".")[0] for code in self.codes)
            at = self._among[allowed] = tuple(i for i, field_of in fields if field_of in allowed)
        if not known or len(at) < 2:
            return None
        sums = [scores[i] + known * self._bases[i] for i in at]
        most = max(sums)
        best = sums.index(most)
        sums[best] = -math.inf
        return Reading(self.codes[at[best]], most - max(sums))


def parts_of(words: str) -> frozenset[str]:
    """Chinese characters and pairs of neighbours.

    >>> sorted(parts_of("养老金, 5"))
    ['养', '养老', '老', '老金', '金']
    """
    runs = _HAN.findall(words)
    return frozenset(run[i : i + n] for run in runs for n in (1, 2) for i in range(len(run) + 1 - n))


def fit(tellings: Iterable[Telling], single: Iterable[Telling]) -> Tellings:
    """The model of whole tellings and of single words."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    lengths: Counter[str] = Counter()
    for told, weight in ((tellings, 1.0), (single, _WORD_WEIGHT)):
        for code, words in told:
            parts = parts_of(words)
            lengths[code] += weight * len(parts)  # type: ignore[assignment]  # Counter[float] is not in the stubs
            for part in parts:
                counts[part][code] += weight  # type: ignore[assignment]
    codes = tuple(sorted(lengths))
    at = {code: i for i, code in enumerate(codes)}
    bases = tuple(-math.log(lengths[code] + _SMOOTHING * len(counts)) for code in codes)
    parts_worth = {
        part: tuple((at[code], math.log1p(n / _SMOOTHING)) for code, n in found.items())
        for part, found in counts.items()
        if len(found) <= _CAUSES_MAX
    }
    return Tellings(codes, bases, parts_worth)


def load(folder: Path, codes: Container[str]) -> tuple[Telling, ...]:
    """All tellings of a folder. Raises Stop naming file and line of one that has no telling or no known cause, or that
    stands under two causes."""
    found: dict[str, str] = {}
    for file in sorted(folder.glob("*.tsv")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("#"):
                continue
            cause, _, words = line.partition("\t")
            code = f"{file.stem}.{cause}"
            if (code not in codes and code != f"{NOTHING_TOLD}.call") or not words.strip():
                raise Stop(f"{file}:{number}: 应为“案由、制表符、说法”，案由须列在 causes.yaml：{line[:40]!r}")
            if found.setdefault(words, code) != code:
                raise Stop(f"{file}:{number}: “{words[:40]}”既属于 {found[words]}，又属于 {code}")
    return tuple(Telling(code, words) for words, code in found.items())
