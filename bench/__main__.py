"""`python -m bench road`, `growth`, `engine`, `flame`: measure on a platform of their own, and leave nothing running.

`corpus` writes labelled corpora, `matching` compares what matchers make of them.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench import engine_report
from bench import flame as flaming
from bench import growth as growing
from bench.arena import Arena
from bench.contenders import CONTENDERS
from bench.engine import Options as EngineOptions
from bench.engine import Race
from bench.growth import Options as GrowthOptions
from bench.hub import Hub
from bench.load import CHANGES_MAX
from bench.matching import cli as matching
from bench.report import machine, medians, show
from bench.road import Options, Round, Say, steps_alone
from santai.platform.kafka import Kafka
from santai.platform.lock import locked
from santai.platform.up import LocalPlatform
from schemas.errors import SantaiError, Stop

FOLDER = Path(".santai/bench")

app = typer.Typer(help="性能测量", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def bench() -> None:
    """性能测量。"""


app.command()(matching.corpus)
app.command()(matching.matching)


@app.command()
def road(
    changes: Annotated[int, typer.Option(help="积压的原始变更条数")] = 20_000,
    workers: Annotated[int, typer.Option(min=1, help="流处理进程数")] = 1,
    rounds: Annotated[int, typer.Option(min=1, help="轮数,取中位数")] = 3,
    rates: Annotated[str, typer.Option(help="测延迟时每秒的变更条数,逗号分隔;空则不测")] = "50,200",
    seconds: Annotated[float, typer.Option(help="每种速率测多少秒")] = 20.0,
    warm_up: Annotated[int, typer.Option(min=1, help="预热的变更条数,不计入")] = 1_000,
    follow_up: Annotated[bool, typer.Option(help="诉求之后的状态、催办、评价也发")] = True,
    seed: int = 20260301,
    as_json: Annotated[bool, typer.Option("--json", help=f"结果另写入 {FOLDER}/road.json 并打印")] = False,
    folder: Annotated[Path, typer.Option(help="数据目录")] = FOLDER,
) -> None:
    """整条路:每秒诉求数、CPU、内存、延迟,与裸循环对照。"""
    paces = tuple(int(rate) for rate in rates.split(",") if rate.strip())
    options = Options(changes, workers, rounds, paces, seconds, warm_up, follow_up, seed)
    if options.drawn > CHANGES_MAX:
        raise Stop(f"每轮共 {options.drawn} 条变更,最多 {CHANGES_MAX} 条:请减小 --changes、--rates 或 --seconds")
    console = Console(stderr=as_json)
    result = _measured(options, folder, console)
    if as_json:
        (folder / "road.json").write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n")
        print(json.dumps(result, ensure_ascii=False))
    show(console, result)
    raise typer.Exit(0 if all(found["counts"]["agree"] for found in result["rounds"]) else 1)


@app.command()
def growth(
    tickets: Annotated[str, typer.Option(help="未结办件数,逗号分隔")] = "10000,100000,1000000",
    changes: Annotated[int, typer.Option(min=100, help="其后再来的原始变更条数")] = 8_000,
    seed: int = 20260301,
    as_json: Annotated[bool, typer.Option("--json", help="结果另打印为 JSON")] = False,
    folder: Annotated[Path, typer.Option(help="数据目录,结果写入其中的 growth.json")] = FOLDER,
) -> None:
    """办件越积越多时:丢失本地状态后的恢复、内存、磁盘,以及后来者的速度。状态预先写入变更日志。"""
    options = GrowthOptions(tuple(int(size) for size in tickets.split(",") if size.strip()), changes, seed)
    console = Console(stderr=as_json)
    data = folder / "growth-run"
    with _alone(folder), _bar(console) as say:
        shutil.rmtree(data, ignore_errors=True)
        say("启动 Kafka 与模式注册中心", 0.0)
        with LocalPlatform(data / "platform") as platform:
            result = {"machine": machine(), **growing.measure(platform, data, options, say)}
        shutil.rmtree(data)  # kept, for its logs, when something failed
    (folder / "growth.json").write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n")
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    growing.show(console, result)


@app.command()
def engine(
    messages: Annotated[int, typer.Option(min=1000, max=50_000_000, help="每个引擎每轮的记录数")] = 1_000_000,
    rounds: Annotated[int, typer.Option(min=1, help="轮数,取中位数")] = 3,
    engines: Annotated[str, typer.Option(help="比哪些引擎,逗号分隔")] = ",".join(CONTENDERS),
    warm_up: Annotated[float, typer.Option(min=0.0, max=0.9, help="每轮开头不计入的份额")] = 0.3,
    plot: Annotated[Path | None, typer.Option(help="另画成图(SVG)")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="结果另打印为 JSON")] = False,
    folder: Annotated[Path, typer.Option(help="数据目录,结果写入其中的 engine.json")] = FOLDER,
) -> None:
    """流处理引擎:同一条"去重与状态"流水线,与 Faust、Quix Streams、Bytewax、Kafka Streams、裸循环并排。"""
    names = tuple(name.strip() for name in engines.split(",") if name.strip())
    if not names or (unknown := sorted(set(names) - set(CONTENDERS))):
        raise Stop(f"没有这样的引擎:{','.join(unknown) if names else engines!r};可选 {','.join(CONTENDERS)}")
    options = EngineOptions(messages, rounds, names, warm_up)
    console = Console(stderr=as_json)
    data, path = folder / "engine-run", folder / "engine.json"
    with _alone(folder), _bar(console) as say:
        shutil.rmtree(data, ignore_errors=True)
        say("启动 Kafka", 0.0)
        kafka = Kafka(data / "platform")
        kafka.start()
        try:
            found = Race(Arena(kafka, data), kafka.pid or 0, data, options, say).run()
        finally:
            kafka.stop()
        shutil.rmtree(data)  # kept, for its logs, when something failed
    result = engine_report.result(options, found)
    engine_report.write(result, path)
    if plot is not None:
        engine_report.plot(path, plot)
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    engine_report.show(console, result)


@app.command()
def flame(
    changes: Annotated[int, typer.Option(min=100, help="积压的原始变更条数")] = 20_000,
    seed: int = 20260301,
    plot: Annotated[Path | None, typer.Option(help="火焰图(SVG)另存于此")] = None,
    folder: Annotated[Path, typer.Option(help="数据目录,结果写入其中的 flame.svg,样本写入 flame.txt")] = FOLDER,
) -> None:
    """整条路的 CPU 用在哪里:流处理进程在积压下的火焰图(py-spy)。"""
    console = Console()
    data = folder / "flame-run"
    with _alone(folder), _bar(console) as say:
        shutil.rmtree(data, ignore_errors=True)
        say("启动 Kafka 与模式注册中心", 0.0)
        with LocalPlatform(data / "platform") as platform:
            hub = Hub(platform, data / "hub", "flame", 1)
            try:
                hub.open()
                found = flaming.measure(hub, changes, seed, say, folder / "flame.txt")
            finally:
                hub.close()
        shutil.rmtree(data)  # kept, for its logs, when something failed
    path = folder / "flame.svg" if plot is None else plot
    path.write_text(flaming.draw(found["stacks"], f"santai run streams: {found['samples']} samples"))
    flaming.show(console, found["stacks"], path)
    raise typer.Exit(0 if found["counts"]["agree"] else 1)


def _measured(options: Options, folder: Path, console: Console) -> dict[str, Any]:
    data = folder / "run"
    rounds = []
    with _alone(folder), _bar(console) as say:
        shutil.rmtree(data, ignore_errors=True)
        say("启动 Kafka 与模式注册中心", 0.0)
        with LocalPlatform(data / "platform") as platform:
            for n in range(1, options.rounds + 1):

                def told(what: str, done: float, n: int = n) -> None:
                    say(f"第 {n}/{options.rounds} 轮 {what}", done)

                hub = Hub(platform, data / f"round-{n}", f"bench{n}", options.workers)
                try:
                    told("启动流处理", 0.0)
                    hub.open()
                    rounds.append(Round(hub, options, told).run())
                finally:
                    hub.close()
            say("各步骤自身", 0.0)
            alone = steps_alone(options, hub)
        shutil.rmtree(data)  # kept, for its logs, when something failed
    middle = medians([{key: found[key] for key in ("throughput", "latency", "floor")} for found in rounds])
    whole, floor = middle["throughput"], middle["floor"]
    per_change = whole["worker_cpu_seconds_per_1000_submissions"] * whole["submissions"] / whole["changes"]
    return {
        "options": asdict(options),
        "machine": machine(),
        "median": middle,
        "ratio": {
            "speed": floor["changes_per_second"] / whole["changes_per_second"],
            "cpu_per_change": per_change / floor["cpu_seconds_per_1000_changes"],
        },
        "steps_alone": alone,
        "rounds": rounds,
    }


def _alone(folder: Path) -> AbstractContextManager[None]:
    """Stop when another run uses the folder."""
    return locked(folder / "lock", taken=f"{folder} 正被另一次测量使用:请等它结束,或用 --folder 另指目录")


@contextmanager
def _bar(console: Console) -> Iterator[Say]:
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("准备", total=1.0)
        yield lambda what, done: progress.update(task, description=what, completed=done)


def main() -> None:
    """Exit 0: measured; 1: what came out does not agree with what went in; 2: could not be done, said in one line."""
    try:
        app()
    except SantaiError as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
