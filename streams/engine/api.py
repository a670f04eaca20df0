"""What the engine asks of a step of the road, and gives to it: plain records in, outputs and state changes out.

A step is pure over (batch, state): no Kafka, no clock, no I/O. The engine reads, writes, commits, counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class Record(NamedTuple):
    """One record as it came from the broker. A tuple: one is made of every record there is, and nothing is cheaper."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class Output(NamedTuple):
    """One record to be written. Without a partition the key decides (murmur2, as Java's default partitioner)."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, bytes]] = ()
    partition: int | None = None


class StateReader(Protocol):
    """The partition's keys as they stood when the batch began."""

    def get(self, key: bytes) -> bytes | None:
        """The value last stored for the key, or None."""


@dataclass(slots=True)
class Outcome:
    """What a stateful step made of one batch. Changes and outputs become durable together or not at all. Keys are never
    deleted: an emptied one keeps a value that says so."""

    outputs: list[Output] = field(default_factory=list)
    changes: dict[bytes, bytes] = field(default_factory=dict)


class StatelessStep(Protocol):
    """A function over batches: repeats are removed downstream."""

    name: str
    topics: Sequence[str]

    def process(self, batch: Sequence[Record]) -> list[Output]:
        """Outputs of the batch. Raises DeadLetter when a record cannot be handled: the engine then finds it,
        by handing over the records one by one, writes it to the DLQ and goes on with the rest."""


class StatefulStep(Protocol):
    """A single writer for each partition, over one input topic and one table."""

    name: str
    topic: str

    def recovered(self, partition: int, items: Iterable[tuple[bytes, bytes]]) -> None:
        """The partition is this worker's now and its table is complete: rebuild what is kept in memory from it.
        Called before the partition's first batch. When a rebalance finds the table ahead of what the step was told,
        revoked and recovered are called again, in this order."""

    def revoked(self, partition: int) -> None:
        """The partition is no longer this worker's: forget what is kept in memory for it."""

    def process(self, partition: int, batch: Sequence[Record], state: StateReader) -> Outcome:
        """Outputs and changed keys of the batch. Must not change what it keeps in memory: the batch may be dropped.
        Raises DeadLetter as a stateless step does."""

    def applied(self, partition: int, outcome: Outcome) -> None:
        """The outcome is durable and stored: now memory may follow. Called for every batch that took effect, also when
        nothing changed."""
