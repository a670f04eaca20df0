"""Medians of the rounds, the machine, and how it is shown."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from importlib.metadata import version
from statistics import median
from typing import Any

import confluent_kafka
import psutil
from rich.console import Console
from rich.table import Table

from santai.platform.jars import POM

_LIBRARIES = ("faust-streaming", "aiokafka", "confluent-kafka", "fastavro", "cryptography", "rocksdict")


def medians(rounds: Sequence[Any]) -> Any:
    """Of every number in equally shaped results; a number that some rounds lack is the median of the others."""
    first = rounds[0]
    if isinstance(first, dict):
        keys = list(dict.fromkeys(key for found in rounds for key in found))
        return {key: medians([found[key] for found in rounds if key in found]) for key in keys}
    return median(rounds)


def machine() -> dict[str, Any]:
    """Where and with what it was measured."""
    kafka = re.search(r"<kafka\.version>(.*?)<", POM.read_text())
    return {
        "cpu": _cpu_name(),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "kafka": kafka.group(1) if kafka else "",
        "librdkafka": confluent_kafka.libversion()[0],
        **{name: version(name) for name in _LIBRARIES},
    }


def show(console: Console, result: dict[str, Any]) -> None:
    """The medians in tables a person can read."""
    middle, options = result["median"], result["options"]
    road, floor = middle["throughput"], middle["floor"]
    table = Table("指标", "中位数", "各轮", title=f"整条路,{options['workers']} 个流处理进程")
    for title, key, digits in (
        ("诉求/秒", "submissions_per_second", 0),
        ("原始变更/秒", "changes_per_second", 0),
        ("流处理 CPU 秒/千件诉求", "worker_cpu_seconds_per_1000_submissions", 2),
        ("Kafka CPU 秒/千件诉求", "broker_cpu_seconds_per_1000_submissions", 2),
        ("流处理常驻内存 MB", "worker_resident_mb", 0),
        ("旁人占用的核", "other_load_cores", 2),
    ):
        each = "  ".join(f"{found['throughput'][key]:,.{digits}f}" for found in result["rounds"])
        table.add_row(title, f"{road[key]:,.{digits}f}", each)
    console.print(table)
    _show_latency(console, middle["latency"])
    _show_steps(console, road["steps"], result["steps_alone"], road["submissions"])
    each = "  ".join(f"{topic} {n:.2f}" for topic, n in road["records_per_submission"].items())
    total = sum(road["records_per_submission"].values())
    console.print(f"每件诉求 {total:.1f} 条 Kafka 记录:{each}", highlight=False)
    console.print(
        f"对照,裸循环(解码、字典、一条输出):{floor['changes_per_second']:,.0f} 条变更/秒,"
        f"每千条 CPU {floor['cpu_seconds_per_1000_changes']:.3f} 秒;整条路每条变更用其 CPU 的 "
        f"{result['ratio']['cpu_per_change']:.1f} 倍,速度为其 1/{result['ratio']['speed']:.1f}",
        highlight=False,
    )
    show_machine(console, result["machine"])
    for n, found in enumerate(result["rounds"], 1):
        if not found["counts"]["agree"]:
            console.print(f"第 {n} 轮数目不符:{found['counts']}", style="red", markup=False)


def show_machine(console: Console, here: dict[str, Any]) -> None:
    """Where and with what it was measured, in one line."""
    plain = ("cpu", "cores", "memory_gb", "system", "python", "kafka")
    console.print(
        f"{here['cpu']},{here['cores']} 核,{here['memory_gb']} GB;Python {here['python']},Kafka {here['kafka']},"
        + ",".join(f"{name} {found}" for name, found in here.items() if name not in plain),
        highlight=False,
    )


def _show_latency(console: Console, latency: dict[str, Any]) -> None:
    if not latency:
        return
    table = Table("变更/秒", "到", "p50 ms", "p99 ms", "p99.9 ms", "流处理占核", title="进入 Kafka 到结果进入 Kafka")
    for rate, found in latency.items():
        for name, key in (("办件事件", "ticket_ms"), ("推送", "delivery_ms")):
            spread = found[key]
            each = [f"{spread[share]:,.0f}" for share in ("p50", "p99", "p999")]
            table.add_row(rate, name, *each, f"{found['worker_cores']:.2f}")
    console.print(table)


def _show_steps(console: Console, steps: dict[str, Any], alone: dict[str, Any], submissions: float) -> None:
    table = Table("步骤", "记录/诉求", "记录/批", "批内耗时 µs/诉求", "步骤自身 CPU µs/诉求", title="各步骤")
    for name, found in steps.items():
        table.add_row(
            name,
            f"{found['records'] / submissions:.2f}",
            f"{found['records'] / max(1, found['batches']):.0f}",
            f"{1e6 * found['seconds'] / submissions:,.0f}",
            f"{alone[name]['cpu_us_per_submission']:,.0f}",
        )
    console.print(table)
    console.print("批内耗时含等候 Kafka 和其他分区;自身 CPU 另在内存中测得,不含引擎与 Kafka", style="dim")


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
