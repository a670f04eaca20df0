"""Is the worker getting on? Pure bookkeeping: every time is handed in, in seconds since the epoch.

A group's offsets cannot say it: a transactionally written topic ends in control records nobody processes. So a
partition's lag is the age of its oldest unprocessed *record*, and health is "records wait, yet nothing is done".
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

TopicPartition = tuple[str, int]


@dataclass(slots=True)
class _Partition:
    assigned_at: float
    done_at: float | None = None
    next_offset: int | None = None
    """First offset not yet handed to a step."""
    end: int | None = None
    """First offset a reader of committed records cannot have yet."""
    behind_since: float | None = None
    """Since when records are known to wait that were not fetched: their age is at least this."""
    in_flight: deque[tuple[int, float, float]] = field(default_factory=deque)
    """(next offset, time of the oldest record, time of arrival) of each batch handed over and not done."""

    def waiting_since(self) -> float | None:
        """When what is waiting now began to wait for this worker."""
        if self.in_flight:
            return self.in_flight[0][2]
        return self.behind_since

    def oldest(self) -> float | None:
        """Time of the oldest unprocessed record."""
        return self.in_flight[0][1] if self.in_flight else self.behind_since


class Progress:
    """What each assigned partition has done and what waits in it. Not thread-safe for writers; readers may be other
    threads (snapshot and healthy only read)."""

    def __init__(self, stall_s: float = 10.0) -> None:
        self.stall_s = stall_s
        self._partitions: dict[TopicPartition, _Partition] = {}
        self._heard_at: float | None = None

    def assigned(self, partitions: Iterable[TopicPartition], now: float) -> None:
        """These source partitions, and no others, are this worker's now; nothing of them is in flight."""
        kept = {}
        for tp in partitions:
            old = self._partitions.get(tp)
            kept[tp] = fresh = _Partition(assigned_at=now)
            if old is not None:
                fresh.done_at, fresh.end, fresh.behind_since = old.done_at, old.end, old.waiting_since()
        self._partitions = kept

    def delivered(self, tp: TopicPartition, next_offset: int, oldest: float, now: float) -> None:
        """A batch that ends before next_offset was handed to a step."""
        if (state := self._partitions.get(tp)) is not None:
            state.in_flight.append((next_offset, oldest, now))
            state.next_offset = next_offset
            self._settle(state, now)

    def done(self, tp: TopicPartition, next_offset: int, now: float) -> None:
        """Everything before next_offset has taken effect."""
        if (state := self._partitions.get(tp)) is not None:
            while state.in_flight and state.in_flight[0][0] <= next_offset:
                state.in_flight.popleft()
            state.done_at = now

    def asked(self, now: float) -> None:
        """The broker is asked where partitions end: from the first time on its silence counts."""
        if self._heard_at is None:
            self._heard_at = now

    def looked(self, ends: Mapping[TopicPartition, int], positions: Mapping[TopicPartition, int], now: float) -> None:
        """The broker answered: where each partition ends, and up to where this worker has read."""
        self._heard_at = now
        for tp, end in ends.items():
            if (state := self._partitions.get(tp)) is not None:
                state.end = end
                if (position := positions.get(tp)) is not None:
                    state.next_offset = position
                self._settle(state, now)

    def lag_seconds(self, now: float) -> dict[str, float]:
        """Topic -> age of its oldest unprocessed record, 0 when nothing waits."""
        lags: dict[str, float] = {}
        for (topic, _), state in list(self._partitions.items()):
            oldest = state.oldest()
            age = 0.0 if oldest is None else max(0.0, now - oldest)
            lags[topic] = max(lags.get(topic, 0.0), age)
        return lags

    def healthy(self, now: float) -> bool:
        """False when a partition has waiting records and has done nothing for stall_s, or the broker has not
        answered for as long."""
        return not self._stalled(now) and not self._blind(now)

    def stalled_seconds(self, now: float) -> dict[TopicPartition, float]:
        """For each partition: since when nothing was done while records wait; 0 while it moves or nothing waits."""
        found = {}
        for tp, state in list(self._partitions.items()):
            since = state.waiting_since()
            found[tp] = 0.0 if since is None else max(0.0, now - max(since, state.done_at or since))
        return found

    def snapshot(self, now: float) -> dict[str, object]:
        """For /healthz: JSON-able, coordinates and seconds only."""
        stalled = set(self._stalled(now))
        return {
            "healthy": self.healthy(now),
            "broker_silent_s": None if self._heard_at is None else round(max(0.0, now - self._heard_at), 1),
            "lag_s": {topic: round(age, 1) for topic, age in sorted(self.lag_seconds(now).items())},
            "partitions": [
                {
                    "topic": topic,
                    "partition": partition,
                    "stalled": (topic, partition) in stalled,
                    "in_flight_batches": len(state.in_flight),
                    "next_offset": state.next_offset,
                    "end_offset": state.end,
                    "since_progress_s": None if state.done_at is None else round(max(0.0, now - state.done_at), 1),
                }
                for (topic, partition), state in sorted(self._partitions.items())
            ],
        }

    def _settle(self, state: _Partition, now: float) -> None:
        behind = state.end is not None and (state.next_offset is None or state.next_offset < state.end)
        if not behind:
            state.behind_since = None
        elif state.behind_since is None:
            state.behind_since = now

    def _stalled(self, now: float) -> list[TopicPartition]:
        return [tp for tp, seconds in self.stalled_seconds(now).items() if seconds > self.stall_s]

    def _blind(self, now: float) -> bool:
        return bool(self._partitions) and self._heard_at is not None and now - self._heard_at > self.stall_s
