"""What the number of open tickets costs: recovery, memory, disk, and the speed of what comes next."""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import NewTopic
from rich.console import Console
from rich.table import Table

from bench import road
from bench.hub import Hub
from bench.road import Round, Say
from bench.stock import Stock
from santai.platform.up import LocalPlatform
from schemas.errors import Stop
from streams.engine.app import changelog_topic
from streams.engine.partitioner import partition_of
from streams.topology import BLOCKS_TABLE, TICKETS_TABLE

BYTES_PER_TICKET = 16 << 10
"""Disk that a ticket takes at most in the changelogs and the tables together, to refuse what has no room."""
FIRST_CHANGES = 200
_FLUSH_S = 300.0
_SAY_EVERY = 50_000


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured."""

    tickets: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    changes: int = 8_000
    seed: int = 20260301


def measure(platform: LocalPlatform, folder: Path, options: Options, say: Say) -> dict[str, Any]:
    """One hub after another, each with more open tickets than the one before."""
    sizes = []
    for n, tickets in enumerate(options.tickets):
        room = shutil.disk_usage(folder).free
        if room < tickets * BYTES_PER_TICKET:
            raise Stop(f"{tickets:,} 件约需 {tickets * BYTES_PER_TICKET >> 30} GB 磁盘,只剩 {room >> 30} GB")

        def told(what: str, done: float, tickets: int = tickets) -> None:
            say(f"{tickets:,} 件 {what}", done)

        hub = Hub(platform, folder / f"growth-{n}", f"growth{n}", 1)
        try:
            sizes.append(_one(hub, tickets, options, told))
        finally:
            hub.close()
            shutil.rmtree(hub.folder, ignore_errors=True)
    return {"options": asdict(options), "sizes": sizes}


def _one(hub: Hub, tickets: int, options: Options, say: Say) -> dict[str, Any]:
    hub.prepare()
    stored = _preload(hub, tickets, options.seed, say)
    load = Round(hub, road.Options(seed=options.seed + 1), say)
    try:
        say("恢复", 0.0)
        began = time.monotonic()
        hub.start()
        load.phase(FIRST_CHANGES, None, "恢复")
        recovery_s = time.monotonic() - began
        sent, found, spent = load.phase(options.changes, None, "积压")
        seconds = (max(found.last_event, found.last_delivery) - found.first_intake) / 1000
        counts = load.counts()
    finally:
        load.close()
    if not counts["agree"]:
        raise Stop(f"进出不符:{counts}")
    return {
        "tickets": tickets,
        **stored,
        "recovery_seconds": recovery_s,
        "disk_bytes": sum(path.stat().st_size for path in hub.folder.rglob("*") if path.is_file()),
        "resident_bytes": spent.resident,
        "submissions_per_second": sent.submissions / seconds,
        "worker_cpu_seconds_per_1000_submissions": 1000 * spent.worker / sent.submissions,
        "other_load_cores": spent.others,
    }


def _preload(hub: Hub, tickets: int, seed: int, say: Say) -> dict[str, int]:
    """Changelogs as if so many submissions had been worked through: the worker that starts has lost its store."""
    settings = hub.settings
    changelogs = {table: changelog_topic(hub.group, table) for table in (TICKETS_TABLE, BLOCKS_TABLE)}
    compacted = {"cleanup.policy": "compact"}
    hub.create([NewTopic(name, settings.partitions, 1, config=compacted) for name in changelogs.values()])
    stock = Stock(hub.systems, settings.sealer(), seed)
    producer = Producer(
        settings.clients(**{
            "acks": "all", "enable.idempotence": True, "compression.type": "lz4", "linger.ms": 20,
            "queue.buffering.max.messages": 200_000, "log_level": 3,
        })
    )  # fmt: skip
    copies = -(-tickets // stock.submissions)
    records = n_bytes = 0
    for table, key, value in stock.copies(copies):
        while True:
            try:
                producer.produce(changelogs[table], value, key, partition=partition_of(key, settings.partitions))
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
        records += 1
        n_bytes += len(key) + len(value)
        if records % _SAY_EVERY == 0:
            say("预置状态", min(1.0, records / (copies * len(stock))))
    if producer.flush(_FLUSH_S):
        raise Stop("Kafka 没有收下全部预置的状态")
    return {"preloaded": copies * stock.submissions, "changelog_records": records, "changelog_bytes": n_bytes}


def show(console: Console, result: dict[str, Any]) -> None:
    """A line for each size."""
    table = Table(
        "未结办件", "恢复 s", "常驻 MB", "磁盘 MB", "状态 字节/件", "诉求/秒", "CPU 秒/千件", "与最小规模之比",
        title="办件数增长的代价",
    )  # fmt: skip
    first = result["sizes"][0]
    for one in result["sizes"]:
        cpu = one["worker_cpu_seconds_per_1000_submissions"]
        table.add_row(
            f"{one['preloaded']:,}",
            f"{one['recovery_seconds']:.0f}",
            f"{one['resident_bytes'] / 2**20:,.0f}",
            f"{one['disk_bytes'] / 2**20:,.0f}",
            f"{one['changelog_bytes'] / one['preloaded']:,.0f}",
            f"{one['submissions_per_second']:,.0f}",
            f"{cpu:.2f}",
            f"{cpu / first['worker_cpu_seconds_per_1000_submissions']:.2f}",
        )
    console.print(table)
    console.print("恢复:从启动(本地状态已失)到处理完最先的变更;旁人占用的核 " + ", ".join(
        f"{one['other_load_cores']:.2f}" for one in result["sizes"]))  # fmt: skip
