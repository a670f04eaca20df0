"""What an engine is told when it is built."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from observability.outage import LIBRDKAFKA
from streams.engine.health import Progress

VALUE_BYTES_MAX = 1_000_000
"""Of an output or a key's state; what else a record has (key, headers) finds room up to RECORD_BYTES_MAX."""
RECORD_BYTES_MAX = 1_048_000
"""Of a record as it is written; the broker's own bound is 1,048,588 with its framing. More than librdkafka's default: a
record as large as others may write must fit with the headers of a dead letter."""


class OnBatch(Protocol):
    """Told after every batch that took effect, on the event loop: must return at once."""

    def __call__(self, step: str, topic: str, partition: int, n_records: int, n_dead: int, seconds: float) -> None: ...


@dataclass(frozen=True, kw_only=True)
class EngineConfig:
    """Everything a worker needs; times in seconds, sizes in bytes."""

    app_id: str
    """Consumer group, prefix of changelog topics and of transactional ids: never changes once data exists."""
    bootstrap: str
    """host:port[,host:port]"""
    worker_id: str
    """Unique among workers, the same after a restart."""
    datadir: Path
    """State of all workers lives below it, each in a folder of its own."""
    dlq_topic: str
    store: Literal["rocksdb", "memory"] = "rocksdb"
    partitions: int = 4
    """Of every stateful step's input topic and changelog."""
    replication: int = 1
    """Of changelog topics that the engine has to create."""
    client: Mapping[str, str] = field(default_factory=dict)
    """security.protocol, sasl.*, ssl.ca.location as librdkafka spells them; other keys go to producers only."""
    session_timeout_s: float = 10.0
    """A worker silent for so long loses its partitions."""
    static_membership: bool = True
    """A worker that comes back within the session timeout keeps its partitions; one that leaves keeps them as long."""
    max_batch_records: int = 2000
    in_flight_bytes: int = 64 << 20
    """Of records handed to steps and not yet done, over all partitions; one batch a partition is always let in."""
    transaction_timeout_s: float = 60.0
    """The broker aborts an open transaction after so long: the outage a batch survives without being done again."""
    patience_s: float = 300.0
    """How long one write is tried again before the worker gives up and ends."""
    commit_interval_s: float = 1.0
    progress: Progress = field(default_factory=Progress)
    """Kept up to date by the engine, to be read by /healthz."""
    on_batch: OnBatch | None = None
    on_lag: Callable[[Mapping[str, float]], None] | None = None
    """Told about every second: topic -> age in seconds of the oldest unprocessed record."""
    background: Sequence[Callable[[], Awaitable[None]]] = ()
    """Coroutines to run beside the steps once the worker is ready; one that raises ends the worker."""

    @property
    def workdir(self) -> Path:
        """This worker's own folder: two workers never share a store."""
        return self.datadir / self.worker_id

    @property
    def security(self) -> dict[str, str]:
        """What of `client` every client needs to be let in."""
        return {key: value for key, value in self.client.items() if key.startswith(("security.", "sasl.", "ssl."))}

    def producer(self, **extra: object) -> dict[str, object]:
        """Settings every producer of the engine shares. The partitioner agrees with Java's and aiokafka's; librdkafka's
        own does not."""
        return {
            "bootstrap.servers": self.bootstrap,
            "logger": LIBRDKAFKA,
            "client.id": f"{self.app_id}-{self.worker_id}",
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "compression.type": "lz4",
            # One request for each partition of a transaction, as far as the broker takes it: while an idempotent
            # producer waits with more than that, its thread spins (4,000 wake-ups a transaction).
            "batch.size": 1_000_000,
            "message.max.bytes": RECORD_BYTES_MAX,
            # Costs no time, for every write ends in a flush; less would send a part before the rest is there.
            "linger.ms": 100,
            **self.client,
            **extra,
        }
