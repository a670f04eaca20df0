"""CPU and memory of a process tree over time, seen from outside."""

from __future__ import annotations

import bisect
import os
import time
from dataclasses import dataclass, field
from itertools import pairwise

import psutil


@dataclass(slots=True)
class Gauge:
    """Looks at a process and all it started; and, to know what else ran, at the broker and the machine."""

    pid: int
    broker: int
    resident: int = 0
    """Bytes, the most that was seen of all together."""
    _at: list[float] = field(default_factory=list)
    _tree: list[float] = field(default_factory=list)
    _broker: list[float] = field(default_factory=list)
    _others: list[float] = field(default_factory=list)
    _used: dict[int, float] = field(default_factory=dict)

    def look(self) -> None:
        """Note what is used by now."""
        resident = 0
        for process in _tree(self.pid):
            try:
                times, memory = process.cpu_times(), process.memory_info().rss
            except psutil.NoSuchProcess:
                continue  # what it used is kept
            self._used[process.pid] = times.user + times.system
            resident += memory
        self.resident = max(self.resident, resident)
        machine = psutil.cpu_times()
        busy = sum(machine) - machine.idle - getattr(machine, "iowait", 0.0) - machine.guest
        tree, broker = sum(self._used.values()), _cpu(self.broker)
        self._at.append(time.time())
        self._tree.append(tree)
        self._broker.append(broker)
        self._others.append(busy - tree - broker - _cpu(os.getpid()))

    def between(self, began: float, ended: float) -> tuple[float, float, float]:
        """CPU seconds of the tree, of the broker, and of what is neither these nor this process; seconds since the
        epoch. Between two looks use is taken as even."""
        tree, broker, others = (
            _value(self._at, line, ended) - _value(self._at, line, began)
            for line in (self._tree, self._broker, self._others)
        )
        return tree, broker, max(0.0, others)


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _value(at: list[float], line: list[float], when: float) -> float:
    """On the line through the looks; before the first and after the last it is level."""
    index = bisect.bisect(at, when)
    if index == 0:
        return line[0]
    if index == len(at):
        return line[-1]
    (t0, t1), (v0, v1) = next(pairwise(at[index - 1 : index + 1])), next(pairwise(line[index - 1 : index + 1]))
    return v0 + (v1 - v0) * (when - t0) / (t1 - t0)
