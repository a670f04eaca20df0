"""Seeded choices, cheap enough to make dozens of for each submission."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


class Weighted(Generic[T]):
    """Values with weights, made ready for drawing."""

    __slots__ = ("_last", "_sums", "_total", "values")

    def __init__(self, weights: Mapping[T, float]) -> None:
        self.values = [value for value, weight in weights.items() if weight > 0]
        self._sums = list(accumulate(weights[value] for value in self.values))
        self._total = self._sums[-1]
        self._last = len(self.values) - 1

    def at(self, share: float) -> T:
        """The value at this share (0 to below 1) of the total weight."""
        return self.values[min(bisect(self._sums, share * self._total), self._last)]


class Draw:
    """One stream of choices; the same seed, the same stream."""

    __slots__ = ("_bits", "random")

    def __init__(self, seed: int | str) -> None:
        source = random.Random(seed)
        self.random = source.random
        self._bits = source.getrandbits

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return self.random() < share

    def below(self, n: int) -> int:
        """0 to n - 1."""
        return int(self.random() * n)

    def between(self, low: int, high: int) -> int:
        """Low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, values: Sequence[T]) -> T:
        """One of them."""
        return values[int(self.random() * len(values))]

    def two(self, values: Sequence[T]) -> tuple[T, T]:
        """Two at different places; ValueError when there are fewer."""
        if len(values) < 2:
            raise ValueError("fewer than two values")
        first = int(self.random() * len(values))
        second = (first + 1 + int(self.random() * (len(values) - 1))) % len(values)
        return values[first], values[second]

    def weighted(self, table: Weighted[T]) -> T:
        """One by its weight."""
        return table.at(self.random())

    def uid(self) -> str:
        """An id that tells nothing of order or kinship."""
        h = f"{self._bits(128):032x}"
        return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
