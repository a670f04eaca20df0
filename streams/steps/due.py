"""Which tickets time alone will change, by partition: an index in memory, never a scan of the table."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator


class DueIndex:
    """(when, key), earliest first. Entries that were replaced stay in the heap until they come up."""

    def __init__(self, items: Iterable[tuple[bytes, int]] = ()) -> None:
        self._at: dict[bytes, int] = {key: at for key, at in items if at}
        self._heap = [(at, key) for key, at in self._at.items()]
        heapq.heapify(self._heap)

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
            self._at.pop(key, None)
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)

    def due(self, now: int) -> Iterator[bytes]:
        """Keys due at or before `now`, without changing the index: only the part of the heap that is due is walked."""
        stack = [0]
        while stack:
            i = stack.pop()
            if i < len(self._heap) and self._heap[i][0] <= now:
                at, key = self._heap[i]
                if self._at.get(key) == at:
                    yield key
                stack += (2 * i + 1, 2 * i + 2)
