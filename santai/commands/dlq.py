"""`santai dlq …`: dead letters, seen and sent back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from santai.commands.common import AsJson, console, print_json, settings
from schemas.errors import Stop

if TYPE_CHECKING:
    from santai.dlq import Dlq

app = typer.Typer(help="死信:列出、查看、送回", no_args_is_help=True)


def _dlq() -> Dlq:
    from santai.dlq import Dlq
    from santai.projector.store import open_read_model
    from santai.services.parts import sqlite_folder

    found = settings()
    sqlite_folder(found.read_model_url)
    return Dlq(found.clients(log_level=0), found.topics, open_read_model(found.read_model_url))


@app.command()
def ls(as_json: AsJson = False) -> None:
    """按原因归类列出;有待处理的时退出码为 1。"""
    from santai.dead_letters import render_ls

    troubles = _dlq().ls()
    if as_json:
        print_json([t.as_json() for t in troubles])
    else:
        render_ls(troubles, console)
    raise typer.Exit(1 if any(t.open for t in troubles) else 0)


@app.command()
def show(offset: int, as_json: AsJson = False) -> None:
    """一条死信:来自哪里,错在哪里;内容不显示。"""
    from santai.dead_letters import render_dead

    dead = _dlq().show(offset)
    if dead is None:
        raise Stop(f"死信队列中没有位置 {offset} 的记录,可用 santai dlq ls 查看")
    if as_json:
        print_json(dead.as_json())
    else:
        render_dead(dead, console)


@app.command()
def redrive(
    offsets: list[int],
    again: Annotated[bool, typer.Option("--again", help="上次送回没有得到答复的,再送一次")] = False,
    as_json: AsJson = False,
) -> None:
    """把修好原因的死信原样送回来源主题,每条只送一次;有没送成的退出码为 1。"""
    told = _dlq().redrive(offsets, again=again)
    if as_json:
        print_json([asdict(t) for t in told])
    else:
        for t in told:
            console.print(f"{t.offset}:{t.refusal or '已送回 ' + t.topic}", markup=False)
    raise typer.Exit(1 if any(t.refusal for t in told) else 0)
