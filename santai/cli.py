"""The command line. Exit 0: fine; 1: findings; 2: cannot be done as asked, said in one line."""

from __future__ import annotations

import logging
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from santai.commands import dlq, mapping, match, review, run, schema
from santai.commands.common import AsJson, console, print_json, settings
from schemas.errors import Retry, SantaiError, Stop

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(run.app, name="run")
app.add_typer(schema.app, name="schema")
app.add_typer(mapping.app, name="mapping")
app.add_typer(dlq.app, name="dlq")
app.add_typer(match.app, name="match")
app.add_typer(review.app, name="review")


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"santai {version('santai')}")
        raise typer.Exit


@app.callback()
def santai(
    _version: Annotated[
        bool, typer.Option("--version", help="显示版本", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """三台:一次接收、三台通行的公共法律服务集成枢纽"""


@app.command()
def up(as_json: AsJson = False) -> None:
    """启动本地平台(Kafka 与模式注册中心),建好主题,登记模式;可重复执行。"""
    from santai.platform.up import up as start
    from santai.services.cluster import create_topics, register_schemas
    from santai.services.parts import systems_of

    found = settings()
    found.make_data_dir()
    found.sealer()  # before anything is started: wrong keys are told at once, and the local ones made
    platform = start(found.platform_dir)
    systems = systems_of(found, connect=False)
    create_topics(found, systems)
    register_schemas(found, systems)
    places = {"broker": platform.bootstrap, "registry": platform.registry_url, "data": str(found.data_dir.resolve())}
    if as_json:
        print_json(places)
    else:
        console.print(f"Kafka      {places['broker']}\n注册中心   {places['registry']}\n数据目录   {places['data']}")


@app.command()
def down(as_json: AsJson = False) -> None:
    """停止本地平台;数据保留。"""
    from santai.platform.up import down as stop

    found = settings()
    stopped = stop(found.platform_dir)
    if as_json:
        print_json({"stopped": stopped, "data": str(found.data_dir.resolve())})


@app.command()
def trace(number: str, as_json: AsJson = False) -> None:
    """一件事跨系统的全部经过,以及为什么认作同一件事。"""
    from connectors.ledger import Ledger
    from connectors.store import existing_store
    from santai.projector.store import existing_read_model
    from santai.services.parts import words_of
    from santai.trace import render
    from santai.trace import trace as follow

    given = settings()
    store = existing_store(given.ledger_url)
    ledger = Ledger(store) if store is not None else None
    found = follow(existing_read_model(given.read_model_url), number, words_of(given), ledger)
    if as_json:
        print_json(found.as_json())
    else:
        render(found, console)


@app.command()
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="演示后全部保持运行,并给出各处地址")] = False,
    seed: Annotated[int, typer.Option(help="场景的随机种子")] = 20260301,
    submissions: Annotated[int, typer.Option(min=20, help="诉求件数")] = 360,
    workers: Annotated[int, typer.Option(min=1, max=4, help="流处理进程数")] = 1,
    chaos: Annotated[bool, typer.Option("--chaos", help="随机杀死并重启流处理进程")] = False,
    folder: Annotated[Path, typer.Option(help="数据目录,开始时清空")] = Path(".santai/demo"),
    as_json: AsJson = False,
) -> None:
    """一个小省的一天:真实的四个系统,同一件事多渠道反映,催办、评价、超期、坏消息、进程被杀。"""
    from santai.rehearsal.run import run_demo

    raise typer.Exit(
        run_demo(
            folder, keep=keep, seed=seed, submissions=submissions, workers=workers, chaos=chaos, as_json=as_json
        )
    )  # fmt: skip


def main() -> None:
    """Entry point: typed errors become one line and an exit code."""
    logging.captureWarnings(True)
    try:
        app()
    except (Retry, Stop) as e:
        print(f"santai: {e}", file=sys.stderr)
        sys.exit(2)
    except SantaiError as e:
        print(f"santai: {e}", file=sys.stderr)
        sys.exit(1)
