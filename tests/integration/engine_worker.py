"""The worker process of the engine's tests: a stateful tally and a stateless copy, told by one JSON argument.

tally: remembers the ids it saw under each key and tells each id once. copy: passes on what it gets.
Values that begin with b"poison" cannot be handled by either; b"boom" makes them fail without a reason given.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.errors import DeadLetter
from streams.engine.api import Outcome, Output, Record, StateReader
from streams.engine.app import build_app
from streams.engine.config import EngineConfig
from streams.engine.health import Progress
from streams.engine.worker import run_worker


def check(record: Record) -> bytes:
    """The record's value, unless it is poison."""
    if record.value is None:
        raise DeadLetter("tally", "no value")
    if record.value.startswith(b"poison"):
        raise DeadLetter("tally", "poison")
    if record.value.startswith(b"boom"):
        raise ValueError("boom about a person called Zhang San")
    return record.value


@dataclass
class Tally:
    """Dedup and state, as the road's stateful steps do it; keeps in memory how many keys each partition has."""

    topic: str
    out: str
    name: str = "tally"
    delay_s: float = 0.0
    keys: dict[int, set[bytes]] = field(default_factory=dict)
    seen: list[tuple[str, int]] = field(default_factory=list)

    def recovered(self, partition: int, items: Iterable[tuple[bytes, bytes]]) -> None:
        assert partition not in self.keys
        self.keys[partition] = {key for key, _ in items}
        self.seen.append(("recovered", partition))

    def revoked(self, partition: int) -> None:
        del self.keys[partition]
        self.seen.append(("revoked", partition))

    def process(self, partition: int, batch: Sequence[Record], state: StateReader) -> Outcome:
        if self.delay_s:
            time.sleep(self.delay_s)
        assert partition in self.keys, "a batch before recovered"
        outcome = Outcome()
        for record in batch:
            value = check(record)
            key = record.key or b""
            known = outcome.changes.get(key) or state.get(key) or b""
            ids = known.split(b",") if known else []
            if value not in ids:
                outcome.outputs.append(Output(self.out, key, value, [("from", b"tally")]))
                outcome.changes[key] = b",".join(sorted([*ids, value]))
        return outcome

    def applied(self, partition: int, outcome: Outcome) -> None:
        self.keys[partition].update(outcome.changes)


@dataclass
class Copy:
    """A stateless step over one or more topics."""

    topics: Sequence[str]
    out: str
    name: str = "copy"

    def process(self, batch: Sequence[Record]) -> list[Output]:
        return [Output(self.out, record.key, check(record)) for record in batch]


def config_of(told: dict[str, Any], **more: Any) -> EngineConfig:
    """The engine's settings of a test."""
    return EngineConfig(
        app_id=told["app"],
        bootstrap=told["bootstrap"],
        worker_id=told["worker"],
        datadir=Path(told["datadir"]),
        dlq_topic=told["dlq"],
        store=told.get("store", "rocksdb"),
        partitions=told.get("partitions", 4),
        session_timeout_s=told.get("session_timeout_s", 6.0),
        static_membership=told.get("static", True),
        patience_s=told.get("patience_s", 120.0),
        transaction_timeout_s=told.get("transaction_timeout_s", 60.0),
        **more,
    )


def build(told: dict[str, Any], **more: Any) -> Any:
    """The app: tally when told "in", copy when told "copy_in"."""
    stateful = [Tally(told["in"], told["out"], delay_s=told.get("delay_s", 0.0))] if "in" in told else []
    stateless = [Copy(told["copy_in"], told["copy_out"])] if "copy_in" in told else []
    return build_app(config_of(told, **more), stateful, stateless)


def replace_text(path: Path, text: str) -> None:
    """Whoever reads finds the text before or the new one, never a part."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(text)
    draft.replace(path)


def main() -> int:
    """Run until told to stop; says "ready" in a file once recovery is done."""
    told = json.loads(sys.argv[1])
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("streams.engine.recovery").setLevel(logging.INFO)

    async def say_ready() -> None:
        await asyncio.to_thread(Path(told["ready"]).touch)

    progress = Progress(stall_s=5.0)

    async def say_health() -> None:
        told_last = Path(told["ready"] + ".health")
        while True:
            snapshot = json.dumps(progress.snapshot(time.time()))
            await asyncio.to_thread(replace_text, told_last, snapshot)
            await asyncio.sleep(0.3)

    return run_worker(build(told, background=[say_ready, say_health], progress=progress))


if __name__ == "__main__":
    sys.exit(main())
