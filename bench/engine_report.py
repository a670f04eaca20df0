"""The engines' figures: medians, a table, a file, a plot."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import rivals
from bench.contenders import CONTENDERS
from bench.engine import Options
from bench.report import machine, medians, show_machine
from schemas.errors import Stop

FIGURES = ("messages_per_s", "cpu_us_per_message", "rss_mb")
_GOALS = (
    ("每条 CPU", "kafka-streams", "cpu_us_per_message", "不高于 1.3"),
    ("条/秒", "quix", "messages_per_s", "不低于 2"),
    ("条/秒", "bytewax", "messages_per_s", "不低于 2"),
    ("条/秒", "faust", "messages_per_s", "不低于 20"),
)


def result(options: Options, rounds: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """All that is kept: medians by engine, where and with what it was measured, and each round."""
    middle = medians(rounds)
    return {
        "engines": {name: {figure: found[figure] for figure in FIGURES} for name, found in middle.items()},
        "options": {"messages": options.messages, "rounds": options.rounds, "warm_up": options.warm_up},
        "machine": {**machine(), **rivals.versions()},
        "median": middle,
        "rounds": rounds,
    }


def show(console: Console, found: dict[str, Any]) -> None:
    """A table a person can read."""
    table = Table("引擎", "条/秒", "CPU µs/条", "内存 MB", "各轮 条/秒、CPU", title="去重与状态:同样的记录,同一台机器")
    for name, middle in found["median"].items():
        each = [one[name] for one in found["rounds"]]
        table.add_row(
            CONTENDERS[name].title,
            f"{middle['messages_per_s']:,.0f}",
            f"{middle['cpu_us_per_message']:.1f}",
            f"{middle['rss_mb']:.0f}",
            "  ".join(f"{one['messages_per_s']:,.0f} {one['cpu_us_per_message']:.1f}" for one in each),
        )
    console.print(table)
    options, engines = found["options"], found["engines"]
    console.print(
        f"各 {options['rounds']} 轮取中位数,引擎逐轮轮换;前 {options['warm_up']:.0%} 的记录为预热,不计入;"
        "速度按输出主题的入库时间;CPU 与内存为进程树,CPU 自计入的首条到末条输出;Faust 较慢,所给记录较少;"
        "每轮核对输出的条数、分区与状态中的人数",
        style="dim",
        highlight=False,
    )
    busy = [one["other_load_cores"] for measured in found["rounds"] for one in measured.values()]
    console.print(f"别的程序占用 {min(busy):.2f} 至 {max(busy):.2f} 核", highlight=False)
    for title, other, figure, goal in _GOALS:
        if "santai" in engines and other in engines:
            times = engines["santai"][figure] / engines[other][figure]
            console.print(f"三台的{title} 是 {other} 的 {times:.2f} 倍(目标:{goal} 倍)", highlight=False)
    show_machine(console, found["machine"])


def plot(source: Path, into: Path) -> None:
    """Draw the figures of a file as SVG. Stop when it fails."""
    command = [rivals.python(), "-m", "bench.engines.plot", str(source), str(into)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Stop(f"没有画成图:{done.stderr.strip().splitlines()[-1]}")


def write(found: dict[str, Any], path: Path) -> None:
    """As JSON."""
    path.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
