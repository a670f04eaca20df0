"""`santai match …`: what the matching core makes of a file. Needs no broker."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from santai.commands.common import AsJson, console, print_json
from schemas.errors import Stop

app = typer.Typer(help="归并:对文件试算、解释", no_args_is_help=True)


@app.command()
def evaluate(
    file: Annotated[Path, typer.Argument(help="诉求、状态与裁定,每行一个 JSON")],
    truth: Annotated[Path | None, typer.Option(help="真值:每行 submission_id 与 matter")] = None,
    as_json: AsJson = False,
) -> None:
    """整个文件经同一归并核心,不经 Kafka;--json 每件诉求输出一行,有真值时末行为质量(type 为 quality)。"""
    from santai.matching.evaluate import as_lines
    from santai.matching.evaluate import evaluate as run_over
    from santai.matching.quality import judge, read_truth
    from santai.words import Words

    words = Words.load()
    known = read_truth(truth) if truth else None
    run = run_over(file)
    complaint = run.complaint()
    if complaint:
        typer.echo(f"{file}: {complaint}", err=True)
    quality = judge(run, known, words) if known is not None else None
    if as_json:
        for chunk in as_lines(run.placements, words):
            sys.stdout.buffer.write(chunk)
        if quality is not None:
            import orjson

            sys.stdout.buffer.write(orjson.dumps({"type": "quality", **quality}, option=orjson.OPT_APPEND_NEWLINE))
        sys.stdout.buffer.flush()
        return
    _tell(run.summary(), quality)


@app.command()
def explain(
    a: str,
    b: str,
    file: Annotated[Path, typer.Option("--file", help="两件所在的文件")],
    as_json: AsJson = False,
) -> None:
    """两件诉求之间的依据:各说明什么、多大分量、结论,以及最后各在哪一件。"""
    from santai.matching.explain import explain as look
    from santai.matching.explain import render
    from santai.words import Words

    found = look(file, a, b, Words.load())
    if found is None:
        raise Stop(f"{file}: 文件中没有这两件诉求,请核对编号")
    if as_json:
        print_json(found)
    else:
        render(found, console)


_TITLES = {
    "submissions": "诉求", "NEW": "新件", "SAME": "同一件", "LINK": "关联", "REVIEW": "待核实",
    "lines_bad": "不能识别的行", "seconds": "用时(秒)", "submissions_per_second": "每秒件数",
}  # fmt: skip


def _tell(summary: dict[str, Any], quality: dict[str, Any] | None) -> None:
    for name, value in summary.items():
        console.print(f"{_TITLES[name]:　<10}{value}", markup=False, highlight=False)
    if quality is None:
        return
    for name, title in (
        ("pairs", "应合的对数"), ("merged", "合并的对数"), ("precision", "准确率"), ("recall", "召回率"),
        ("recall_with_review", "含待核实召回率"), ("review_share", "待核实占比"),
    ):  # fmt: skip
        console.print(f"{title:　<10}{quality[name]}", markup=False, highlight=False)
    for systems, share in quality["recall_by_systems"].items():
        console.print(f"  {systems}  {share}", markup=False, highlight=False)
    for kind, share in quality["links"].items():
        console.print(f"  关联 {kind}  {share}", markup=False, highlight=False)
    for w in quality["wrong"]:
        console.print(f"误合 {w['a']} {w['b']}:{'；'.join(w['reasons'])}", markup=False, highlight=False)
