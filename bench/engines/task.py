"""What a program of one run is told: one JSON argument."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass

PRODUCER = {
    "acks": "all",
    "enable.idempotence": True,
    "compression.type": "lz4",
    "batch.size": 1_000_000,  # with less, an idempotent librdkafka producer spins while more than that waits
    "linger.ms": 100,
    "queue.buffering.max.messages": 500_000,
    "partitioner": "murmur2_random",
}
"""What every engine on librdkafka is given."""
CONSUMER = {"fetch.message.max.bytes": 4 << 20, "queued.min.messages": 20_000, "check.crcs": False}


@dataclass(frozen=True, slots=True)
class Task:
    """Topics exist, but for changelogs that an engine makes itself."""

    bootstrap: str
    source: str
    sink: str
    dlq: str
    group: str
    """Consumer group, and the beginning of every further name."""
    changelog: str
    """For the loop that has no engine to name it."""
    folder: str
    """Empty, for state that lasts."""
    partitions: int

    def argument(self) -> str:
        """For the command line."""
        return json.dumps(asdict(self))


def told() -> Task:
    """The task this process was started with."""
    return Task(**json.loads(sys.argv[1]))
