"""The whole road, measured from outside: changes go onto the intake topics, ticket events and deliveries are read."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import psutil
from confluent_kafka import Producer
from confluent_kafka.admin import NewTopic

from bench.floor import output_topic
from bench.hub import Hub, usage
from bench.load import Load, Province, raw_changes
from bench.records import Found, Records, percentile
from bench.steps import Walk
from schemas.errors import Stop
from schemas.headers import headers

PATIENCE_S = 900.0
"""How long the workers may take for a phase."""
_POLL_S = 0.2
_FLUSH_S = 60.0
_PERCENTILES = {"p50": 0.5, "p99": 0.99, "p999": 0.999}

Say = Callable[[str, float], None]
"""(what is being done, share done from 0 to 1) -> None"""


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured."""

    changes: int = 20_000
    workers: int = 1
    rounds: int = 3
    rates: tuple[int, ...] = (50, 200)  # changes a second
    rate_seconds: float = 20.0
    warm_up: int = 1_000
    follow_up: bool = True
    seed: int = 20260301

    @property
    def drawn(self) -> int:
        """Changes in one round."""
        return self.warm_up + self.changes + sum(int(rate * self.rate_seconds) for rate in self.rates)


@dataclass(frozen=True, slots=True)
class _Raw:
    topic: str
    key: bytes
    value: bytes
    head: list[tuple[str, bytes]]


@dataclass(slots=True)
class _Counts:
    """Sent and found, over all phases of a round."""

    sent: int = 0
    submissions: int = 0
    matters: int = 0
    placed: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    merged: set[str] = field(default_factory=set)
    intake: int = 0
    dlq: int = 0

    def add(self, load: Load, found: Found) -> None:
        self.sent += len(load.changes)
        self.submissions += load.submissions
        self.matters += load.matters
        self.placed |= found.placed
        self.opened |= found.opened
        self.merged |= found.merged
        self.intake += sum(n for topic, n in found.records.items() if topic.startswith("intake."))
        self.dlq += found.records.get("dlq", 0)

    def result(self) -> dict[str, Any]:
        """Agreement in numbers."""
        tickets = len(self.opened - self.merged)
        agree = (self.intake, len(self.placed), tickets, self.dlq) == (self.sent, self.submissions, self.matters, 0)
        return {
            "agree": agree,
            "changes": {"sent": self.sent, "found": self.intake},
            "submissions": {"sent": self.submissions, "found": len(self.placed)},
            "tickets": {"planned": self.matters, "found": tickets, "opened_then_merged": len(self.merged)},
            "dlq": self.dlq,
        }


class Round:
    """One hub from empty topics: warm-up, backlog, paced, floor."""

    def __init__(self, hub: Hub, options: Options, say: Say) -> None:
        self._hub = hub
        self._options = options
        self._say = say
        self._province = Province(options.seed, follow_up=options.follow_up)
        self._records = Records(hub)
        self._counts = _Counts()

    def run(self) -> dict[str, Any]:
        """All of it; the figures of this round."""
        try:
            self._say("预热", 0.0)
            self.phase(self._options.warm_up, None)
            result = {"throughput": self._throughput()}
            result["latency"] = {str(rate): self._latency(rate) for rate in self._options.rates}
            result["counts"] = self.counts()
            result["floor"] = self._floor()
            return result
        finally:
            self.close()

    def counts(self) -> dict[str, Any]:
        """Whether what came out agrees with what went in, so far."""
        return self._counts.result()

    def close(self) -> None:
        """Let go of the broker."""
        self._records.close()

    def _throughput(self) -> dict[str, Any]:
        """A backlog arrives at once at a worker that runs."""
        before, hub = self._hub.metrics(), self._hub
        load, found, spent = self.phase(self._options.changes, None, "积压")
        after = hub.metrics()
        end = max(found.last_event, found.last_delivery)
        seconds = (end - found.first_intake) / 1000
        thousands = load.submissions / 1000
        return {
            "changes": len(load.changes),
            "submissions": load.submissions,
            "seconds": seconds,
            "changes_per_second": len(load.changes) / seconds,
            "submissions_per_second": load.submissions / seconds,
            "worker_cpu_seconds_per_1000_submissions": spent.worker / thousands,
            "broker_cpu_seconds_per_1000_submissions": spent.broker / thousands,
            "worker_resident_mb": spent.resident / 2**20,
            "worker_cores": spent.worker / spent.seconds,
            "other_load_cores": spent.others,
            "records_per_submission": {k: n / load.submissions for k, n in sorted(found.records.items())},
            "bytes_per_submission": {k: n / load.submissions for k, n in sorted(found.bytes.items())},
            "steps": _by_step(before, after),
        }

    def _latency(self, rate: int) -> dict[str, Any]:
        """So many changes a second, evenly."""
        _, found, spent = self.phase(int(rate * self._options.rate_seconds), rate, f"每秒 {rate} 条")
        return {
            "ticket_ms": _spread(found.ticket_ms),
            "delivery_ms": _spread(found.delivery_ms),
            "worker_cores": spent.worker / spent.seconds,
            "other_load_cores": spent.others,
        }

    def _floor(self) -> dict[str, Any]:
        """The bare loop over all changes of the round."""
        self._say("对照:裸循环", 0.0)
        self._hub.create([NewTopic(output_topic(self._hub.prefix), self._hub.settings.partitions, 1)])
        path = self._hub.folder / "floor.json"
        log = self._hub.run("floor", ["-m", "bench.floor", str(path)])
        if not path.exists():
            raise Stop(f"裸循环失败,见 {log}")
        found = json.loads(path.read_text())
        return {
            "changes": found["records"],
            "changes_per_second": found["records"] / found["seconds"],
            "cpu_seconds_per_1000_changes": 1000 * found["cpu_seconds"] / found["records"],
            "resident_mb": found["resident_bytes"] / 2**20,
        }

    def phase(self, changes: int, rate: int | None, what: str = "预热") -> tuple[Load, Found, Spent]:
        """So many changes at once, or at a rate a second, until all that comes of them is there and committed."""
        load = self._province.load(changes)
        raws = self._sealed(load)
        meter = _Meter(self._hub)
        self._send(raws, rate, what)
        until = time.monotonic() + PATIENCE_S
        placed = _decided(self._hub.metrics())
        while not self._records.drained():
            meter.look()
            if time.monotonic() > until:
                raise Stop(f"{what}:{PATIENCE_S:.0f} 秒内没有处理完")
            if rate is None:
                self._say(what, min(1.0, (_decided(self._hub.metrics()) - placed) / load.submissions))
            time.sleep(_POLL_S)
        spent = meter.spent()
        found = self._records.read()
        self._counts.add(load, found)
        return load, found, spent

    def _sealed(self, load: Load) -> list[_Raw]:
        topics, codec = self._hub.settings.topics, self._hub.codec
        return [
            _Raw(
                topic := topics.intake(c.system),
                c.source_key.encode(),
                codec.encode(topic, c),
                headers(c, "/santai/bench"),
            )
            for c in raw_changes(load, self._hub.systems)
        ]

    def _send(self, raws: list[_Raw], rate: int | None, what: str) -> None:
        producer = Producer(
            self._hub.settings.clients(**{
                "acks": "all", "enable.idempotence": True, "partitioner": "murmur2_random", "compression.type": "lz4",
                "linger.ms": 0 if rate else 5, "queue.buffering.max.messages": 1_000_000, "log_level": 3,
            })
        )  # fmt: skip
        began = time.monotonic()
        for n, raw in enumerate(raws):
            if rate:
                if (early := began + n / rate - time.monotonic()) > 0:
                    time.sleep(early)
                if n % rate == 0:
                    self._say(what, n / len(raws))
            producer.produce(raw.topic, raw.value, raw.key, headers=raw.head)
            producer.poll(0)
            if rate and n == 0:
                # Connecting takes as long as several changes: they would all come at once.
                producer.flush(_FLUSH_S)
                began = time.monotonic()
        if producer.flush(_FLUSH_S):
            raise Stop("Kafka 没有收下全部原始变更")


@dataclass(frozen=True, slots=True)
class Spent:
    """What a phase took."""

    seconds: float
    worker: float  # CPU seconds
    broker: float
    others: float  # cores busy with what is neither worker, broker nor this process
    resident: int  # bytes, the most that was seen


class _Meter:
    """What the processes use from now on."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._began = time.monotonic()
        self._before = self._now()
        self._resident = 0

    def look(self) -> None:
        """Take note of memory."""
        self._resident = max(self._resident, self._hub.worker_usage().resident)

    def spent(self) -> Spent:
        """Since the beginning."""
        self.look()
        seconds = time.monotonic() - self._began
        worker, broker, own, machine = (after - before for before, after in zip(self._before, self._now(), strict=True))
        return Spent(seconds, worker, broker, max(0.0, (machine - worker - broker - own) / seconds), self._resident)

    def _now(self) -> tuple[float, float, float, float]:
        machine = psutil.cpu_times()
        busy = sum(machine) - machine.idle - getattr(machine, "iowait", 0.0) - machine.guest
        return self._hub.worker_usage().cpu_s, self._hub.broker_usage().cpu_s, usage([os.getpid()]).cpu_s, busy


def steps_alone(options: Options, hub: Hub) -> dict[str, Any]:
    """CPU of each step in this process, without Kafka and engine: the least the road could take."""
    load = Province(options.seed, follow_up=options.follow_up).load(min(options.changes, 5_000))
    walk = Walk(hub.systems)
    walk.run(raw_changes(load, hub.systems))
    return {
        name: {**asdict(cost), "cpu_us_per_submission": 1e6 * cost.cpu_s / load.submissions}
        for name, cost in walk.costs.items()
    }


def _spread(values: Iterable[int]) -> dict[str, float]:
    found = list(values)
    return {"n": float(len(found)), **{name: percentile(found, share) for name, share in _PERCENTILES.items()}}


def _decided(metrics: dict[tuple[str, str], float]) -> float:
    return sum(metrics.get(("santai_match_decisions_total", how), 0.0) for how in ("distinct", "same"))


def _by_step(before: dict[tuple[str, str], float], after: dict[tuple[str, str], float]) -> dict[str, dict[str, float]]:
    """From /metrics: time a batch was in the works (waiting for the broker included), records, batches."""
    names = {
        "seconds": "santai_batch_seconds_sum", "records": "santai_batch_records_sum",
        "batches": "santai_batch_records_count",
    }  # fmt: skip
    steps = sorted(step for name, step in after if name == names["seconds"])
    return {
        step: {what: after[name, step] - before.get((name, step), 0.0) for what, name in names.items()}
        for step in steps
    }
