"""The queue and one pair, for people at a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_ROWS = (
    ("来源", "system_title"), ("编号", "number"), ("登记时间", "received_at"), ("服务类别", "family_title"),
    ("诉求类型", "kind_title"), ("状态", "state_title"),
)  # fmt: skip
_PERSON = (("姓名", "name"), ("证件号码", "id_number"), ("电话", "phone"), ("地区", "region"))


def render_list(found: Sequence[Mapping[str, Any]], total: int, console: Console) -> None:
    """The queue."""
    if not found:
        console.print("没有待核实的诉求。")
        return
    table = Table("自", "先到", "后到", "依据", "裁定", box=None, pad_edge=False, header_style="bold")
    for q in found:
        why = "；".join(r["reason"] for r in q["reasons"])
        table.add_row(*map(escape, (q["since"], _short(q["a"]), _short(q["b"]), why, _word(q["decision"]))))
    console.print(table)
    console.print(f"待核实共 {total} 对")


def render_pair(found: Mapping[str, Any], console: Console) -> None:
    """Two side by side, the evidence, and what was decided."""
    table = Table("", "甲", "乙", box=None, pad_edge=False, header_style="bold")
    sides = (found["a"], found["b"])
    for title, key in _ROWS:
        table.add_row(title, *(escape(str(side[key] or "")) for side in sides))
    for title, key in _PERSON:
        table.add_row(title, *(escape(str((side["person"] or {}).get(key) or "")) for side in sides))
    console.print(table)
    console.print("[bold]依据[/bold]" if found["evidence"] else "没有比对出可以说明的依据")
    for e in found["evidence"]:
        weight = f"{e['weight']:+6.1f}  " if e["weight"] is not None else ""
        console.print(f"{weight}{e['reason']}", markup=False, highlight=False)
    console.print("现为同一件" if found["together"] else "现为两件")
    if found["decision"]:
        console.print(f"裁定：{_word(found['decision'])}，理由：{found['decision']['reason']}", markup=False)


def _short(name: Mapping[str, Any]) -> str:
    return f"{name['system_title']} {name['number']}"


def _word(decision: Mapping[str, Any] | None) -> str:
    if decision is None:
        return ""
    return f"{'同一件' if decision['same'] else '不是同一件'}（{decision['by']}，{decision['at']}）"
