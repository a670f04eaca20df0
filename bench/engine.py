"""Engines side by side: the same records through each, one after the other, measured from outside."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.arena import Arena, Written
from bench.contenders import CONTENDERS, Contender
from bench.engines.event import persons
from bench.gauge import Gauge
from santai.platform.process import Process
from schemas.errors import Stop

LOOK_S = 0.25
QUIET_S = 2.0
"""Nothing more has come for so long: count."""
PATIENCE_S = 90.0
"""For the first record, and for each one after another."""
STOP_S = 30.0
_SHARE_MIN = 1000

Say = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured."""

    messages: int = 1_000_000
    rounds: int = 3
    engines: tuple[str, ...] = tuple(CONTENDERS)
    warm_up: float = 0.3  # share of the records that is not counted

    def count(self, name: str) -> int:
        """Records that the engine is given."""
        contender = CONTENDERS[name]
        return min(self.messages, max(_SHARE_MIN, int(self.messages * contender.share)))


@dataclass(frozen=True, slots=True)
class Measured:
    """One engine in one round."""

    messages: int
    """Counted: those after the warm-up."""
    seconds: float
    messages_per_s: float
    cpu_us_per_message: float
    broker_cpu_us_per_message: float
    rss_mb: float
    other_load_cores: float
    start_s: float
    """Until the first record was out."""
    repeated: int


class Race:
    """All rounds."""

    def __init__(self, arena: Arena, broker_pid: int, folder: Path, options: Options, say: Say) -> None:
        self._arena = arena
        self._broker_pid = broker_pid
        self._folder = folder
        self._options = options
        self._say = say

    def run(self) -> list[dict[str, dict[str, Any]]]:
        """For each round: engine → what was measured. Stop when an engine lost a record or did not get on."""
        options = self._options
        for count in sorted({options.count(name) for name in options.engines}):
            self._arena.fill(count, lambda done: self._say("写入记录", done))
        rounds: list[dict[str, dict[str, Any]]] = []
        for n in range(1, options.rounds + 1):
            found: dict[str, dict[str, Any]] = {}
            for place, name in enumerate(options.engines):
                self._say(f"第 {n}/{options.rounds} 轮 {name}", place / len(options.engines))
                found[name] = asdict(self._one(name, n))
            rounds.append(found)
        return rounds

    def _one(self, name: str, n: int) -> Measured:
        contender, count = CONTENDERS[name], self._options.count(name)
        task = self._arena.task(f"{name}-{n}", count)
        log = self._folder / "log" / f"{name}-{n}.log"
        began = time.time()
        process = Process.spawn(contender.command(task), log)
        gauge = Gauge(process.identity.pid, self._broker_pid)
        try:
            written = self._until_done(name, process, gauge, task, count, log)
        finally:
            process.stop(STOP_S)
        self._check(name, contender, task, written, count)
        self._arena.clear(task)
        return self._figures(written, gauge, began)

    def _until_done(self, name: str, process: Process, gauge: Gauge, task: Any, count: int, log: Path) -> Written:
        """Watch until all is out. Its own reading begins when all seems to be out, so that it does not disturb."""
        end, counted, changed = 0, 0, time.monotonic()
        while True:
            gauge.look()
            now = time.monotonic()
            if (found := self._arena.written(task.sink)) != end:
                end, changed = found, now
            if end >= count and end != counted and now - changed > QUIET_S:
                written = self._arena.outputs(task, count)
                if not written.missing:
                    return written
                counted = end  # control records were among them: more must come
            if now - changed > PATIENCE_S:
                raise Stop(f"{name} 在 {PATIENCE_S:.0f} 秒内没有再写出记录({end}/{count}),见 {log}")
            if process.wait(LOOK_S):
                raise Stop(f"{name} 已结束({end}/{count}),见 {log}")

    def _check(self, name: str, contender: Contender, task: Any, written: Written, count: int) -> None:
        """What came out lies where it belongs, and who it is about is known. Called once the engine has ended."""
        wrong: dict[str, int] = {}
        if written.misplaced:
            wrong["错分区"] = written.misplaced
        if written.repeated and not contender.repeats:
            wrong["重复"] = written.repeated
        if dead := self._arena.dead_letters(task):
            wrong["死信"] = dead
        if contender.changelog and (known := self._arena.known_persons(task)) != persons(count):
            wrong["状态中的人数"] = known
        if wrong:
            raise Stop(f"{name} 的结果不对:{wrong},应有 {count} 条、{persons(count)} 人")

    def _figures(self, written: Written, gauge: Gauge, began: float) -> Measured:
        times = sorted(written.times)
        skipped = int(len(times) * self._options.warm_up)
        first, last = times[skipped] / 1000, times[-1] / 1000
        counted = len(times) - skipped - 1
        seconds = max(last - first, 0.001)  # the broker's clock tells milliseconds
        tree, broker, others = gauge.between(first, last)
        return Measured(
            messages=counted,
            seconds=seconds,
            messages_per_s=counted / seconds,
            cpu_us_per_message=1e6 * tree / counted,
            broker_cpu_us_per_message=1e6 * broker / counted,
            rss_mb=gauge.resident / 1e6,
            other_load_cores=others / seconds,
            start_s=times[0] / 1000 - began,
            repeated=written.repeated,
        )
