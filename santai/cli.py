"""The command line. Exit 0: fine; 1: findings; 2: cannot be done as asked, said in one line."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from schemas.errors import Retry, SantaiError, Stop

app = typer.Typer(
    help="三台:一次接收、三台通行的公共法律服务集成枢纽",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
run_app = typer.Typer(help="运行枢纽的一个进程", no_args_is_help=True)
schema_app = typer.Typer(help="事件模式:检查与登记", no_args_is_help=True)
dlq_app = typer.Typer(help="死信:列出、查看、重投", no_args_is_help=True)
app.add_typer(run_app, name="run")
app.add_typer(schema_app, name="schema")
app.add_typer(dlq_app, name="dlq")

AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出")]
console = Console()


def _settings(**given: Any) -> Any:
    from santai.settings import load_settings

    return load_settings(**given)


@app.command()
def up(as_json: AsJson = False) -> None:
    """启动本地平台(Kafka 与模式注册中心),建好主题,登记模式;可重复执行。"""
    from santai.platform.up import up as start
    from santai.services.cluster import create_topics, register_schemas
    from santai.services.parts import systems_of

    settings = _settings()
    platform = start(settings.platform_dir)
    settings.sealer()
    systems = systems_of(settings, connect=False)
    create_topics(settings, systems)
    register_schemas(settings, systems)
    found = {"broker": platform.bootstrap, "registry": platform.registry_url, "data": str(settings.platform_dir)}
    if as_json:
        print(json.dumps(found))
    else:
        console.print(f"Kafka      {found['broker']}\n注册中心   {found['registry']}\n数据目录   {found['data']}")


@app.command()
def down() -> None:
    """停止本地平台;数据保留。"""
    from santai.platform.up import down as stop

    stop(_settings().platform_dir)


@run_app.command("streams")
def run_streams() -> None:
    """Faust 流处理:归一、工单、归并、分发。"""
    from santai.services.streams import run_streams as run

    _serve(run)


@run_app.command("connectors")
def run_connectors() -> None:
    """连接器:拉取各系统的变化,向各系统推送。"""
    from santai.services.connectors import run_connectors as run

    _serve(run)


@run_app.command("api")
def run_api() -> None:
    """HTTP 接口:接收推送,查询进度。"""
    from santai.services.api import run_api as run

    _serve(run)


@run_app.command("projector")
def run_projector() -> None:
    """投影:工单事件写入读模型。"""
    from santai.services.projector import run_projector as run

    _serve(run)


def _serve(run: Callable[[Any], int]) -> None:
    from observability.logs import set_up

    settings = _settings()
    try:
        set_up(settings.log_level, as_json=settings.log_json)
    except ValueError:
        raise Stop(f"设置 SANTAI_LOG_LEVEL 不认识:{settings.log_level}") from None
    raise typer.Exit(run(settings))


@schema_app.command("check")
def schema_check(as_json: AsJson = False) -> None:
    """检查模式能否登记:不兼容之处逐条说明。"""
    from santai.services.parts import systems_of
    from schemas.catalog import subjects
    from schemas.check import check
    from schemas.registry import RegistrySchemaIds

    settings = _settings()
    with RegistrySchemaIds(settings.registry_url()) as registry:
        names = tuple(systems_of(settings, connect=False))
        findings = check(subjects(settings.topics, names), lambda name: registry.versions(name))
    if as_json:
        print(json.dumps([str(f) for f in findings], ensure_ascii=False))
    else:
        for finding in findings:
            console.print(str(finding), markup=False)
        console.print(f"{len(findings)} 处不兼容" if findings else "全部兼容")
    raise typer.Exit(1 if findings else 0)


@schema_app.command("register")
def schema_register(as_json: AsJson = False) -> None:
    """登记模式;不兼容的拒绝并说明原因。"""
    from santai.services.cluster import register_schemas
    from santai.services.parts import systems_of

    settings = _settings()
    done = register_schemas(settings, systems_of(settings, connect=False))
    fresh = [r.subject for r in done if r.fresh]
    if as_json:
        print(json.dumps({"subjects": len(done), "fresh": fresh}, ensure_ascii=False))
    else:
        console.print(f"共 {len(done)} 个主题模式,新登记 {len(fresh)} 个")


@app.command()
def trace(number: str, as_json: AsJson = False) -> None:
    """一件事跨系统的全部经过,以及为什么认作同一件事。"""
    from santai.projector.store import open_read_model
    from santai.trace import render
    from santai.trace import trace as follow

    found = follow(open_read_model(_settings().read_model_url), number)
    if as_json:
        print(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
    else:
        render(found, console)


@app.command()
def demo(
    keep: Annotated[bool, typer.Option("--keep", help="演示后全部保持运行,并给出各处地址")] = False,
    seed: Annotated[int, typer.Option(help="场景的随机种子")] = 20260301,
    submissions: Annotated[int, typer.Option(help="诉求件数")] = 360,
    workers: Annotated[int, typer.Option(help="流处理进程数")] = 1,
    chaos: Annotated[bool, typer.Option("--chaos", help="随机杀死并重启流处理进程")] = False,
    as_json: AsJson = False,
) -> None:
    """一个小省的一天:真实的四个系统,同一件事多渠道反映,催办、评价、超期、坏消息、进程被杀。"""
    from santai.rehearsal.run import run_demo

    raise typer.Exit(
        run_demo(
            Path(".santai/demo"), keep=keep, seed=seed, submissions=submissions, workers=workers, chaos=chaos,
            as_json=as_json,
        )
    )  # fmt: skip


def main() -> None:
    """Entry point: typed errors become one line and an exit code."""
    logging.captureWarnings(True)
    try:
        app(standalone_mode=True)
    except (Retry, Stop) as e:
        print(f"santai: {e}", file=sys.stderr)
        sys.exit(2)
    except SantaiError as e:
        print(f"santai: {e}", file=sys.stderr)
        sys.exit(1)
