"""Which tickets time alone will change, by partition: an index in memory, never a scan of the table."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

_SLACK = 1024  # entries that may lie in the heap beyond twice the live ones before it is built anew


class DueIndex:
    """(when, key), earliest first. Entries that were replaced stay in the heap until they come up or are too many."""

    def __init__(self, items: Iterable[tuple[bytes, int]] = ()) -> None:
        self._at: dict[bytes, int] = {key: at for key, at in items if at}
        self._heap: list[tuple[int, bytes]] = []
        self._rebuild()

    def __len__(self) -> int:
        return len(self._at)

    def set(self, key: bytes, at: int) -> None:
        """The key is due at `at` (ms); 0: never."""
        if self._at.get(key, 0) == at:
            return
        if at:
            self._at[key] = at
            heapq.heappush(self._heap, (at, key))
        else:
            del self._at[key]
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        if len(self._heap) > 2 * len(self._at) + _SLACK:
            self._rebuild()

    def due(self, now: int) -> Iterator[bytes]:
        """Each key due at or before `now`, once, without changing the index: only what is due of the heap is walked."""
        found = set()
        stack = [0]
        while stack:
            i = stack.pop()
            if i < len(self._heap) and self._heap[i][0] <= now:
                at, key = self._heap[i]
                if self._at.get(key) == at and key not in found:
                    found.add(key)
                    yield key
                stack += (2 * i + 1, 2 * i + 2)

    def _rebuild(self) -> None:
        self._heap = [(at, key) for key, at in self._at.items()]
        heapq.heapify(self._heap)
