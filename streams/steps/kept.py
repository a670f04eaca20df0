"""Table records that were opened or sealed lately, so that the next batch need not open them again."""

from __future__ import annotations

from typing import Generic, TypeVar

KEPT_MAX = 4096
"""A ticket's record is touched again within moments (its claims, its verdicts, its first states), or much later."""

T = TypeVar("T")


class Kept(Generic[T]):
    """The record of a table value, as long as the value is the same: what a rolled back batch left is never found.

    Holds the last `at_most` that were put here, of all partitions together. Records must not be changed by those they
    are given to.
    """

    def __init__(self, at_most: int = KEPT_MAX) -> None:
        self._at_most = at_most
        self._found: dict[tuple[int, bytes], tuple[bytes, T]] = {}

    def __len__(self) -> int:
        return len(self._found)

    def get(self, partition: int, key: bytes, value: bytes) -> T | None:
        """The record, if the key had just this value when it was put here."""
        place = partition, key
        found = self._found.get(place)
        return found[1] if found is not None and found[0] == value else None

    def put(self, partition: int, key: bytes, value: bytes, record: T) -> None:
        """Keep the record of a value; the one that was put longest ago goes."""
        place = partition, key
        self._found.pop(place, None)
        self._found[place] = value, record
        if len(self._found) > self._at_most:
            del self._found[next(iter(self._found))]

    def forget(self, partition: int) -> None:
        """All of a partition that now is another worker's."""
        self._found = {place: kept for place, kept in self._found.items() if place[0] != partition}
