"""`santai run …`: the hub's processes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Annotated, Any

import typer

from santai.commands.common import settings
from schemas.errors import Stop

LogsAsJson = Annotated[bool, typer.Option("--json", help="日志每行一个 JSON 对象，同 SANTAI_LOG_JSON=true")]
app = typer.Typer(help="运行枢纽的一个进程", no_args_is_help=True)


@app.command()
def streams(as_json: LogsAsJson = False) -> None:
    """Faust 流处理:归一、工单、归并、分发。"""
    from santai.services.streams import run_streams

    _serve(run_streams, as_json, only="streams")


@app.command()
def connectors(as_json: LogsAsJson = False) -> None:
    """连接器:拉取各系统的变化,向各系统推送。"""
    from santai.services.connectors import run_connectors

    _serve(run_connectors, as_json, only="connectors")


@app.command()
def api(as_json: LogsAsJson = False) -> None:
    """HTTP 接口:接收推送,查询进度。"""
    from santai.services.api import run_api

    _serve(run_api, as_json)


@app.command()
def projector(as_json: LogsAsJson = False) -> None:
    """投影:工单事件写入读模型。"""
    from santai.services.projector import run_projector

    _serve(run_projector, as_json)


def _serve(run: Callable[[Any], int], as_json: bool, only: str = "") -> None:
    """`only`: the kind of process of which a worker id may have one at a time in a data folder."""
    from observability.logs import set_up
    from santai.services.alone import alone

    found = settings()
    found.make_data_dir()
    try:
        set_up(found.log_level, as_json=as_json or found.log_json)
    except ValueError:
        raise Stop(f"设置 SANTAI_LOG_LEVEL 不认识:{found.log_level};可用 DEBUG、INFO、WARNING、ERROR") from None
    with alone(found.data_dir, only, found.worker_id) if only else nullcontext():
        raise typer.Exit(run(found))
