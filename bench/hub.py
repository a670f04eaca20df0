"""The hub's stream workers on a local platform, as children that are watched from outside."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from confluent_kafka.admin import NewTopic
from prometheus_client.parser import text_string_to_metric_families

from mappings.systems import System
from santai.platform.process import Process
from santai.platform.up import LocalPlatform
from santai.services.cluster import admin, register_schemas
from santai.services.parts import codec_of, systems_of
from santai.services.whereabouts import whereabouts
from santai.settings import Settings, load_settings
from schemas.codec import Codec
from schemas.errors import Stop
from streams.topology import APP_ID, topic_specs

READY_S = 60.0
STOP_S = 30.0
_POLL_S = 0.1
_TOPIC_S = 30.0


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds used so far, and what is resident now, in bytes."""

    cpu_s: float
    resident: int


def usage(pids: list[int]) -> Usage:
    """Of processes that run."""
    cpu, resident = 0.0, 0
    for pid in pids:
        process = psutil.Process(pid)
        times = process.cpu_times()
        cpu += times.user + times.system
        resident += process.memory_info().rss
    return Usage(cpu, resident)


@dataclass(slots=True)
class Hub:
    """One round's hub: topics of its own prefix, empty state, so many workers. Close it."""

    platform: LocalPlatform
    folder: Path
    prefix: str
    workers: int
    settings: Settings = field(init=False)
    systems: dict[str, System] = field(init=False)
    codec: Codec = field(init=False)
    _processes: dict[str, Process] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settings = load_settings(
            data_dir=self.folder.resolve(), broker=self.platform.bootstrap, registry=self.platform.registry_url,
            prefix=self.prefix, tick_seconds=0,
        )  # fmt: skip
        self.systems = systems_of(self.settings, connect=False)
        self.codec = codec_of(self.settings)

    @property
    def group(self) -> str:
        """The workers' consumer group."""
        return f"{self.prefix}-{APP_ID}"

    def open(self) -> None:
        """Make ready and start; returns once each worker serves its metrics."""
        self.prepare()
        self.start()

    def prepare(self) -> None:
        """Make topics, register schemas. Topics bear the broker's time (LogAppendTime), so that times are of one clock
        and nobody's own."""
        specs = topic_specs(self.settings.topics, self.systems, self.settings.partitions)
        stamped = {"message.timestamp.type": "LogAppendTime"}
        new = [NewTopic(s.name, s.partitions, 1, config={**s.config, **stamped}) for s in specs]
        self.create(new)
        register_schemas(self.settings, self.systems)

    def start(self) -> None:
        """Start the workers; returns once each serves its metrics."""
        for n in range(1, self.workers + 1):
            name, own = f"streams-{n}", {"SANTAI_WORKER_ID": str(n)}
            self._processes[name] = self._spawn(name, ["-m", "santai", "run", "streams"], own)
        until = time.monotonic() + READY_S
        for name, process in self._processes.items():
            while self._url(name) is None:
                if process.wait(_POLL_S) or time.monotonic() > until:
                    raise Stop(f"{name} 没有启动,见 {self._log(name)}")

    def create(self, topics: list[NewTopic]) -> None:
        """Make topics; returns once they are there."""
        client = admin(self.settings)  # its answers end with it
        for made in client.create_topics(topics).values():
            made.result(_TOPIC_S)

    def run(self, name: str, arguments: list[str]) -> Path:
        """Another Python program under the same settings, until it ends; where its output is."""
        process = self._spawn(name, arguments, {})
        while not process.wait(1.0):
            pass
        return self._log(name)

    def worker_usage(self) -> Usage:
        """All workers together. Stop when one has ended."""
        return usage(self.worker_pids())

    def worker_pids(self) -> list[int]:
        """Of all workers. Stop when one has ended."""
        self.check()
        return [process.identity.pid for process in self._processes.values()]

    def broker_usage(self) -> Usage:
        """The broker."""
        self.check()
        return usage([pid for pid in (self.platform.kafka.pid,) if pid])

    def metrics(self) -> dict[tuple[str, str], float]:
        """(sample, value of its only label, or "") → value, summed over the workers."""
        found: dict[tuple[str, str], float] = {}
        for name in self._processes:
            url = self._url(name)
            try:
                page = httpx.get(f"{url}/metrics", timeout=10, trust_env=False).raise_for_status().text
            except httpx.TransportError as error:
                self.check()
                raise Stop(f"{name} 的 /metrics 没有答复({type(error).__name__}),见 {self._log(name)}") from None
            for family in text_string_to_metric_families(page):
                for sample in family.samples:
                    if len(sample.labels) <= 1:
                        key = sample.name, next(iter(sample.labels.values()), "")
                        found[key] = found.get(key, 0.0) + sample.value
        return found

    def check(self) -> None:
        """Stop, naming the log, when the broker or a worker has ended."""
        if self.platform.kafka.pid is None:
            raise Stop(f"Kafka 已结束,见 {self.platform.kafka.log}")
        for name, process in self._processes.items():
            if not process.alive:
                last = self._log(name).read_text(errors="replace").strip().splitlines()[-1:]
                raise Stop(f"{name} 已结束,见 {self._log(name)}:{''.join(last)}")

    def close(self) -> None:
        """Stop the workers."""
        for process in self._processes.values():
            process.stop(STOP_S)
        self._processes.clear()

    def _spawn(self, name: str, arguments: list[str], extra: dict[str, str]) -> Process:
        environment = {
            "SANTAI_DATA_DIR": str(self.settings.data_dir),
            "SANTAI_BROKER": self.platform.bootstrap,
            "SANTAI_REGISTRY": self.platform.registry_url,
            "SANTAI_PREFIX": self.prefix,
            "SANTAI_TICK_SECONDS": "0",
            **extra,
        }
        return Process.spawn([sys.executable, *arguments], self._log(name), env=environment)

    def _url(self, name: str) -> str | None:
        pid = self._processes[name].identity.pid
        return next((w.url for w in whereabouts(self.settings.data_dir) if w.pid == pid), None)

    def _log(self, name: str) -> Path:
        return self.folder / "log" / f"{name}.log"
