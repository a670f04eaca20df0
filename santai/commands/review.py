"""`santai review …`: what only a person can decide, and the decision."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from santai.commands.common import AsJson, console, print_json, settings

app = typer.Typer(help="人工研判:待核实的诉求、依据与裁定", no_args_is_help=True)

Number = Annotated[str, typer.Argument(help="编号(可写作 系统:编号)或诉求标识")]


@app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="连同已经裁定的")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="最多列出多少对")] = 200,
    as_json: AsJson = False,
) -> None:
    """待核实的诉求,等得最久的在前;有待核实的时退出码为 1。"""
    from santai.projector.reading import reading
    from santai.projector.reviews import waiting
    from santai.projector.store import existing_read_model
    from santai.review.desk import listed
    from santai.review.render import render_list
    from santai.services.parts import words_of

    given = settings()
    words = words_of(given)
    with reading(existing_read_model(given.read_model_url)) as connection:
        found = listed(connection, words, limit, decided=everything)
        total, _oldest = waiting(connection)
    if as_json:
        print_json({"open": total, "reviews": found})
    else:
        render_list(found, total, console)
    raise typer.Exit(1 if total else 0)


@app.command()
def show(a: Number, b: Number, as_json: AsJson = False) -> None:
    """两件诉求并列,以及比对的依据;个人信息已遮盖。"""
    from santai.projector.reading import reading
    from santai.projector.store import existing_read_model
    from santai.review.desk import shown
    from santai.review.render import render_pair
    from santai.services.parts import codec_of, words_of

    given = settings()
    engine = existing_read_model(given.read_model_url)
    with reading(engine) as connection:
        found = shown(connection, codec_of(given), a, b, words_of(given))
    if as_json:
        print_json(found)
    else:
        render_pair(found, console)


@app.command()
def decide(
    a: Number,
    b: Number,
    same: Annotated[bool, typer.Option("--same/--different", help="是同一件,还是不是")],
    by: Annotated[str, typer.Option("--by", help="裁定人账号")],
    reason: Annotated[str, typer.Option("--reason", help="裁定理由,不得有个人信息")],
    as_json: AsJson = False,
) -> None:
    """裁定两件是不是同一件:写入 Kafka 后才算数;以后的裁定可以改变以前的。"""
    from connectors.publish import Publisher
    from santai.projector.store import existing_read_model
    from santai.review.decide import Decider
    from santai.services.cluster import admin
    from santai.services.parts import codec_of

    given = settings()
    engine = existing_read_model(given.read_model_url)
    admin(given)  # an unreachable broker is said in one line
    with Publisher(given.clients(log_level=0)) as publisher:
        decider = Decider(engine, codec_of(given), given.topics, publisher)
        done = decider.decide(a, b, same=same, by=by, reason=reason, now=time.time_ns() // 1_000_000)
    if as_json:
        print_json(done.as_json())
    else:
        word = "同一件" if done.same else "不是同一件"
        console.print(f"{'此前已裁定' if done.already else '已裁定'}：{word}（{done.by}）", markup=False)
