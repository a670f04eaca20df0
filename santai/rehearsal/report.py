"""What the demo counts beside the comparison, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from connectors.ledger import Ledger
from connectors.store import open_store
from demo.scenario.compare import Comparison
from demo.scenario.plan import Plan
from santai.dlq import Dlq
from santai.projector.schema import ALERTS, STORY
from santai.projector.store import open_read_model
from santai.services.parts import words_of
from santai.settings import Settings
from santai.trace import render, trace
from schemas.errors import SantaiError

DEAD_LETTERS = 2
"""One message that did not map, one record nobody can read."""


@dataclass(slots=True)
class Tally:
    """What was found."""

    tickets: int
    alerts: int
    confirmed: int
    opened_then_merged: int
    dlq: int
    deliveries: dict[tuple[str, str], int]
    alerts_by_stage: dict[str, int]
    differences: list[str] = field(default_factory=list)


def tally(settings: Settings, compared: Comparison) -> Tally:
    """Counts from the read model, the ledger and the DLQ."""
    read = open_read_model(settings.read_model_url)
    store = open_store(settings.ledger_url)
    try:
        with read.connect() as connection:
            merged = select(func.count()).select_from(STORY).where(STORY.c.type == "TicketStateChanged")
            merged = merged.where(STORY.c.detail.contains('"MERGED"'))
            stages = select(ALERTS.c.stage, func.count()).group_by(ALERTS.c.stage)
            by_stage = {row[0]: int(row[1]) for row in connection.execute(stages)}
            opened_then_merged = int(connection.scalar(merged) or 0)
        return Tally(
            tickets=len(compared.tickets),
            alerts=sum(by_stage.values()),
            confirmed=compared.confirmed,
            opened_then_merged=opened_then_merged,
            dlq=Dlq(settings.clients(), settings.topics, read).count(),
            deliveries=Ledger(store).counts(),
            alerts_by_stage=by_stage,
        )
    finally:
        read.dispose()
        store.dispose()


def differences(plan: Plan, found: Tally) -> list[str]:
    """What the counts say beyond the matters themselves."""
    lines = []
    if found.tickets != len(plan.matters):
        lines.append(f"办件应为 {len(plan.matters)} 件,实为 {found.tickets} 件")
    if found.opened_then_merged != plan.opened_then_merged:
        lines.append(f"立件后并入的应为 {plan.opened_then_merged} 件,实为 {found.opened_then_merged} 件")
    if found.dlq != DEAD_LETTERS:
        lines.append(f"死信应为 {DEAD_LETTERS} 条,实为 {found.dlq} 条")
    open_pushes = sum(n for (_, status), n in found.deliveries.items() if status not in ("done", "refused"))
    if open_pushes:
        lines.append(f"还有 {open_pushes} 条推送没有结果")
    return lines


def show(console: Console, summary: dict[str, Any], settings: Settings, number: str) -> None:
    """The day in a table, one ticket's trace, and the differences."""
    table = Table("系统", "诉求", "推送成功", "拒收", "未完成", title="一次接收、三台通行:一个小省的一天")
    for system, n in sorted(summary["submissions_by_system"].items()):
        pushes = summary["deliveries_by_system"][system]
        left = sum(v for k, v in pushes.items() if k not in ("done", "refused"))
        table.add_row(system, str(n), str(pushes.get("done", 0)), str(pushes.get("refused", 0)), str(left))
    console.print(table)
    console.print(
        f"诉求 {summary['submissions']} 件 → 办件 {summary['tickets']} 件,吸收重复 {summary['absorbed']} 件"
        f"(立件后并入 {summary['opened_then_merged']} 件);预警 {summary['alerts']} 条 {summary['alerts_by_stage']},"
        f"死信 {summary['dlq']} 条,催办 {summary['urges']} 次,评价 {summary['ratings']} 次,"
        f"退回的本中枢写入 {summary['echoes']} 条;最终状态回执 {summary['confirmed_final_states']} 份;"
        f"流处理进程被杀 {summary['kills']} 次;用时 {summary['seconds']} 秒",
        highlight=False,
    )
    read = open_read_model(settings.read_model_url)
    try:
        render(trace(read, number, words_of(settings)), console)
    except SantaiError as e:
        console.print(f"{number} 的经过无法显示:{e}", markup=False)
    finally:
        read.dispose()
    for line in summary["differences"][:40]:
        console.print(f"不符 {line}", markup=False, style="red")
    console.print("与计划完全一致" if summary["ok"] else f"与计划有 {len(summary['differences'])} 处不符", style="bold")
