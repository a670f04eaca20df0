"""A partition batch on its way through a step, and the bound on how much of it there may be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from streams.engine.api import Record

TopicPartition = tuple[str, int]

RECORD_OVERHEAD_BYTES = 500
"""What one fetched record costs in memory beside its key and value (object, headers, ids), roughly."""

BATCHES_PER_PARTITION = 2
"""One in the works and one ready. More would only be smaller: what waits at the broker joins the next batch."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Batch:
    """Records of one partition, fetched together: the value of one Faust message."""

    records: Sequence[Any]
    """aiokafka.ConsumerRecord, in the order of their offsets."""
    epoch: int
    """Which uninterrupted flow of the consumer it came in: a batch not begun when the flow stops is dropped."""
    assignment: int
    """Which assignment it came in: a batch that ends under another one changes nothing here."""
    n_bytes: int

    def __repr__(self) -> str:
        return f"<Batch of {len(self.records)}>"

    def unwrap(self) -> list[Record]:
        """The records as steps know them."""
        return [Record(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, r.headers) for r in self.records]


def size_of(records: Sequence[Any]) -> int:
    """Bytes that the records hold in memory, roughly."""
    return sum(RECORD_OVERHEAD_BYTES + max(0, r.serialized_key_size) + max(0, r.serialized_value_size) for r in records)


class InFlight:
    """How much has been handed over and is not done. Bounded: a partition without room is not fetched from."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._total = 0
        self._batches: dict[TopicPartition, dict[int, int]] = defaultdict(dict)

    def add(self, tp: TopicPartition, last_offset: int, n_bytes: int) -> None:
        """A batch was handed over."""
        self._batches[tp][last_offset] = n_bytes
        self._total += n_bytes

    def remove(self, tp: TopicPartition, last_offset: int) -> None:
        """The batch is done or dropped; unknown ones (of a flow that ended) are ignored."""
        self._total -= self._batches[tp].pop(last_offset, 0)

    def clear(self) -> None:
        """Everything was dropped."""
        self._batches.clear()
        self._total = 0

    def has_room(self, tp: TopicPartition) -> bool:
        """Whether the partition may be given another batch."""
        batches = len(self._batches[tp])
        return batches == 0 or (batches < BATCHES_PER_PARTITION and self._total < self._limit)

    def idle(self, tp: TopicPartition) -> bool:
        """Whether all that was handed over of the partition is done."""
        return not self._batches[tp]
