"""The comparison in tables a person can read."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table


def show(console: Console, found: dict[str, Any]) -> None:
    """One corpus: all matchers; then this one by case and by pair of systems, where it was among them."""
    recipe = found["recipe"]
    title = f"语料:种子 {recipe['seed']},措辞 {recipe['style']},构成 {recipe['mixture']}"
    table = _table("方法", "准确率", "误合对", "召回率", "含待核实", "关联", "待核实", "诉求/秒", "内存 MB")
    console.print(title, highlight=False)
    for name, row in found["matchers"].items():
        own = name == "santai"
        table.add_row(
            f"{name} {row['cut']}".strip(),
            f"{row['precision']:.5f}",
            f"{row['wrong']:,}",
            f"{row['recall']:.4f}",
            f"{row['recall_with_review']:.4f}" if own else "–",
            f"{row['links']['recall']:.3f}" if own else "–",
            f"{row['review_share']:.3f}" if own else "–",
            f"{row['submissions_per_second']:,.0f}",
            f"{row['memory_mb']:,.0f}" if row["memory_mb"] else "–",
        )
    console.print(table)
    if "santai" in found["matchers"]:
        _show_own(console, found["matchers"])


def _show_own(console: Console, matchers: dict[str, Any]) -> None:
    row = matchers["santai"]
    others = [name for name in matchers if name != "santai"]
    table = _table("情形", "诉求", "应合对", "召回", "应关联", "关联到", "误合", *[f"{name} 误合" for name in others])
    for case, found in row["by_case"].items():
        links = row["links"]["by_case"].get(case, {})
        table.add_row(
            case,
            f"{found.get('submissions', 0):,}",
            f"{found.get('pairs', 0):,}",
            f"{found.get('found', 0) / found['pairs']:.3f}" if found.get("pairs") else "–",
            str(links.get("expected", "–")),
            f"{links['found'] / links['expected']:.3f}" if links else "–",
            str(found.get("wrong", 0)),
            *[str(matchers[name]["by_case"].get(case, {}).get("wrong", 0)) for name in others],
        )
    console.print(table)
    pairs = sorted(row["by_systems"].items(), key=lambda item: -item[1]["pairs"])
    told = "  ".join(f"{systems} {found['found'] / found['pairs']:.3f}({found['pairs']})" for systems, found in pairs)
    console.print(f"按系统对的召回率:{told}", highlight=False)
    shuffled = row.get("moved_when_shuffled")
    extra = "" if shuffled is None else f";打乱到达先后后换了工单的诉求 {shuffled} 件"
    console.print(
        f"不该显示的关联或待核实 {row['disclosed']} 处;未要求的关联 {sum(row['links']['unasked'].values())} 处;"
        f"进程内存每件诉求增 {row['state_bytes_per_submission']:,.0f} 字节{extra}",
        highlight=False,
    )


def _table(*columns: str) -> Table:
    """Wide enough for its words, whatever the terminal."""
    table = Table()
    for n, column in enumerate(columns):
        table.add_column(column, no_wrap=n == 0, overflow="fold", justify="left" if n == 0 else "right")
    return table
