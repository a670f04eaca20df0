"""Who is compared: this matcher, the naive keys, what is off the shelf. Each makes tickets of a corpus."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psutil

from bench import rivals
from bench.matching.rivals.flat import records
from bench.matching.score import Placed
from schemas.errors import Stop

_ERRORS = 3
"""Lines of a failed program that are told."""
_LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a run. `variants`: by name, since a probability leaves open where to cut."""

    variants: dict[str, dict[str, Placed]]
    seconds: float
    cpu_seconds: float
    memory_mb: float  # at most resident
    empty_mb: float = 0.0  # of the same program on an empty file, where that was tried


def ours(corpus: Path) -> Made:
    """`santai match evaluate`, as anybody runs it."""
    command = [sys.executable, "-m", "santai", "match", "evaluate", "--json"]
    with tempfile.TemporaryFile() as out:
        seconds, cpu, memory = _measured([*command, str(corpus)], out.fileno())
        _, _, empty = _measured([*command, os.devnull], subprocess.DEVNULL)
        out.seek(0)
        lines = map(orjson.loads, out)
        placed = {
            line["submission_id"]: Placed(line["ticket_id"], line["relation"], line.get("to"), line.get("link_kind"))
            for line in lines
            if "submission_id" in line
        }
    return Made({"": placed}, seconds, cpu, memory, empty)


def naive(*columns: str) -> Callable[[Path], Made]:
    """Who has all these columns alike is in one ticket."""

    def run(corpus: Path) -> Made:
        start, cpu = time.perf_counter(), time.process_time()
        first: dict[tuple[str, ...], str] = {}
        placed = {}
        for row in records(corpus):
            key = tuple(row[column] for column in columns)
            ticket = first.setdefault(key, row["unique_id"]) if all(key) else row["unique_id"]
            placed[row["unique_id"]] = Placed(ticket)
        return Made({"": placed}, time.perf_counter() - start, time.process_time() - cpu, 0.0)

    return run


def off_the_shelf(program: str) -> Callable[[Path], Made]:
    """A program of `rivals`; its pairs are cut at several probabilities and closed transitively."""

    def run(corpus: Path) -> Made:
        with tempfile.TemporaryDirectory() as folder:
            pairs = Path(folder) / "pairs.jsonl"
            python = rivals.python(rivals.MATCHING_LOCK)
            command = [python, "-m", f"bench.matching.rivals.{program}", str(corpus), str(pairs)]
            seconds, cpu, memory = _measured(command, subprocess.DEVNULL)
            found = [(told["a"], told["b"], told["p"]) for told in map(orjson.loads, pairs.read_bytes().splitlines())]
        everyone = [row["unique_id"] for row in records(corpus)]
        cuts = {f"p≥{cut}": _closed(everyone, ((a, b) for a, b, p in found if p >= cut)) for cut in CUTS}
        return Made(cuts, seconds, cpu, memory)

    return run


CUTS = (0.5, 0.9, 0.99, 0.999, 0.9999)

MATCHERS: Mapping[str, Callable[[Path], Made]] = {
    "santai": ours,
    "splink": off_the_shelf("with_splink"),
    "recordlinkage": off_the_shelf("with_recordlinkage"),
    "id+family": naive("id_number", "family"),
    "phone+family": naive("phone", "family"),
    "name+family+region": naive("name", "family", "region"),
}


def _closed(everyone: Iterable[str], pairs: Iterator[tuple[str, str]]) -> dict[str, Placed]:
    root = {sid: sid for sid in everyone}

    def find(sid: str) -> str:
        while root[sid] != sid:
            root[sid] = sid = root[root[sid]]
        return sid

    for a, b in pairs:
        root[find(a)] = find(b)
    return {sid: Placed(find(sid)) for sid in root}


def _measured(command: list[str], out: int) -> tuple[float, float, float]:
    """(seconds, CPU seconds, resident MB at most) of a program that must end well; Stop when it does not.

    The kernel's own maximum would be that of this process, from which the other one is born: so it is looked at.
    """
    start, memory = time.perf_counter(), 0
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)
        ended, seen = os.pidfd_open(process.pid), psutil.Process(process.pid)
        try:
            while not select.select([ended], [], [], _LOOK_S)[0]:
                memory = max(memory, seen.memory_info().rss)
        finally:
            os.close(ended)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            tail = " / ".join(errors.read().decode(errors="replace").strip().splitlines()[-_ERRORS:])
            raise Stop(f"{' '.join(command[1:4])} 以 {process.returncode} 结束:{tail}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, memory / 2**20


def best(scores: Mapping[str, Mapping[str, Any]]) -> str:
    """The variant with the highest F1: chosen with the truth in hand, to a rival's advantage."""

    def f1(found: Mapping[str, Any]) -> float:
        precision, recall = found["precision"], found["recall"]
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    return max(scores, key=lambda name: f1(scores[name]))
