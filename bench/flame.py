"""Where the road's CPU goes: py-spy's samples of a stream worker under load, summed up and drawn as a flame graph.

Only threads that hold the interpreter are sampled: to py-spy, one that waits in C looks like one at work.
"""

from __future__ import annotations

import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import rivals
from bench.hub import Hub
from bench.road import Options, Round, Say
from schemas.errors import Stop

LOCK = rivals.HERE / "requirements-flame.lock"
SAMPLES_PER_S = 200
SHOWN = 25
_END_S = 60.0

WIDTH, ROW, MARGIN = 1200, 17, 24
_LEAST_SHARE = 0.002  # of all samples: what is narrower cannot be seen
_LETTER = 6.4  # a letter's width at the font's size

_FRAME = re.compile(r"(?P<function>.+) \((?P<file>[^()]+?)(?::\d+)?\)")
_ROOMS = {
    "schemas": "#8fb8de", "mappings": "#b8a5d9", "streams/core": "#e8a87c", "streams/steps": "#e8c07c",
    "streams/engine": "#9fd6a8", "santai": "#c9d67c", "observability": "#c9d67c",
}  # fmt: skip
_ELSEWHERE = "#d5d8dc"

Stack = tuple[str, ...]
"""Names of functions, the outermost first."""


@dataclass(slots=True)
class Node:
    """A function as called from one place: samples within it, and what it calls."""

    count: int = 0
    calls: dict[str, Node] = field(default_factory=dict)


def read_stacks(text: str) -> Counter[Stack]:
    """py-spy's raw format: a line a stack, frames separated by semicolons, the number of samples last."""
    stacks: Counter[Stack] = Counter()
    for line in text.splitlines():
        frames, _, count = line.rpartition(" ")
        stacks[tuple(_named(frame) for frame in frames.split(";"))] += int(count)
    return stacks


def tree(stacks: Mapping[Stack, int]) -> Node:
    """All stacks from their common root on."""
    root = Node()
    for stack, count in stacks.items():
        node = root
        node.count += count
        for name in stack:
            node = node.calls.setdefault(name, Node())
            node.count += count
    return root


def rooms(stacks: Mapping[Stack, int]) -> dict[str, float]:
    """Share of the samples by the room whose function was at work itself, the largest first."""
    total = sum(stacks.values())
    found: Counter[str] = Counter()
    for stack, count in stacks.items():
        found[room_of(stack[-1])] += count
    return {room: count / total for room, count in found.most_common()}


def towers(stacks: Mapping[Stack, int]) -> dict[str, float]:
    """Share of the samples with a function of ours anywhere in the stack, the largest first."""
    total = sum(stacks.values())
    found: Counter[str] = Counter()
    for stack, count in stacks.items():
        for name in {name for name in stack if room_of(name) in _ROOMS}:
            found[name] += count
    return {name: count / total for name, count in found.most_common()}


def room_of(name: str) -> str:
    """The room of ours, the package of others, or the file itself."""
    file = name.partition(" (")[2].rstrip(")")
    if file.startswith("<avro "):
        return "schemas"  # what its compiler made
    return next((room for room in _ROOMS if file.startswith(f"{room}/")), file.partition("/")[0] or "Python")


def draw(stacks: Mapping[Stack, int], title: str) -> str:
    """An SVG: callers below, what they call above; a box's width is its share of the samples."""
    root = tree(stacks)
    boxes = list(_boxes(root, 0, 0.0, max(1, root.count)))
    height = MARGIN * 2 + ROW * (1 + max((depth for depth, *_ in boxes), default=0))
    size = f'width="{WIDTH}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="monospace" font-size="11">',
        f'<rect {size} fill="#ffffff"/>',
        f'<text x="6" y="16" font-size="13">{escape(title)}</text>',
    ]
    lines += [_box(name, left, share, height - MARGIN / 2 - ROW * (depth + 1)) for depth, name, left, share in boxes]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _box(name: str, left: float, share: float, y: float) -> str:
    x, width = left * WIDTH, share * WIDTH
    letters = int((width - 4) / _LETTER)
    label = name if len(name) <= letters else f"{name[: letters - 1]}…" if letters > 3 else ""
    place = f'x="{x:.1f}" y="{y:.1f}" width="{max(0.5, width - 0.5):.1f}" height="{ROW - 1}"'
    written = f'<text x="{x + 3:.1f}" y="{y + 12:.1f}">{escape(label)}</text>' if label else ""
    colour = _ROOMS.get(room_of(name), _ELSEWHERE)
    return f'<g><title>{escape(name)}: {share:.1%}</title><rect {place} rx="1" fill="{colour}"/>{written}</g>'


def measure(hub: Hub, changes: int, seed: int, say: Say, raw: Path) -> dict[str, Any]:
    """A backlog of so many changes for one worker, watched from beginning to end. Stop when py-spy may not watch."""
    road = Round(hub, Options(changes=changes, rates=(), seed=seed), say)
    try:
        road.phase(1_000, None)
        with _watched(hub.worker_pids()[0], raw):
            road.phase(changes, None, "积压")
        counts = road.counts()
    finally:
        road.close()
    stacks = read_stacks(raw.read_text())
    return {"counts": counts, "samples": sum(stacks.values()), "stacks": stacks}


def show(console: Console, stacks: Mapping[Stack, int], path: Path) -> None:
    """Two tables: by room, and the widest towers."""
    for title, shares in (("在哪个房间", rooms(stacks)), ("最宽的塔(含其调用)", towers(stacks))):
        table = Table("名称", "份额", title=title)
        for name, share in list(shares.items())[:SHOWN]:
            table.add_row(name, f"{share:.1%}")
        console.print(table)
    console.print(f"火焰图:{path}", highlight=False)


def _boxes(node: Node, depth: int, left: float, total: int) -> Iterator[tuple[int, str, float, float]]:
    for name, call in sorted(node.calls.items()):
        share = call.count / total
        if share >= _LEAST_SHARE:
            yield depth, name, left, share
            yield from _boxes(call, depth + 1, left, total)
        left += share


def _named(frame: str) -> str:
    """Without the line: a function is one box, wherever in it the sample was taken."""
    found = _FRAME.fullmatch(frame)
    return f"{found['function']} ({found['file']})" if found else frame


@contextmanager
def _watched(pid: int, raw: Path) -> Iterator[None]:
    program = Path(rivals.python(LOCK)).parent / "py-spy"
    raw.unlink(missing_ok=True)
    command = [str(program), "record", "--pid", str(pid), "--rate", str(SAMPLES_PER_S), "--gil", "--format", "raw"]
    watcher = subprocess.Popen(
        [*command, "--output", str(raw)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        yield
    finally:
        watcher.send_signal(signal.SIGINT)
        said, _ = watcher.communicate(timeout=_END_S)
    if not raw.exists():
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        raise Stop(f"py-spy 没有取得样本(需要 root 或 ptrace 权限):{''.join(last)}")
