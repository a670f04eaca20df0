"""The commands of `script/bench` on matching."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bench import rivals
from bench.matching.corpus import MIXTURES, Recipe, write
from bench.matching.matchers import MATCHERS, best
from bench.matching.report import show
from bench.matching.score import read_truth, score
from bench.matching.words import styles
from bench.report import machine
from schemas.errors import Stop

FOLDER = Path(".santai/bench")
CORPORA = FOLDER / "corpora"
_WIDTH = 150
"""Columns of what is printed to a file."""


def corpus(
    folder: Annotated[Path, typer.Argument(help="写到哪个目录")] = CORPORA,
    seed: Annotated[int, typer.Option(help="随机种子")] = 1,
    style: Annotated[str, typer.Option(help=f"措辞:{'、'.join(styles())}")] = "clerk",
    mixture: Annotated[str, typer.Option(help=f"构成:{'、'.join(MIXTURES)}")] = "usual",
    size: Annotated[int, typer.Option(min=1, help="诉求条数,最后一个场景写完为止")] = 10_000,
    days: Annotated[int, typer.Option(min=1, help="场景开始时间分布的天数")] = 365,
    shuffled: Annotated[int, typer.Option(min=0, help="到达先后打乱多少秒以内;内容不变")] = 0,
) -> None:
    """带标注的重复识别语料,同样的参数得到同样的字节。"""
    _known("措辞", [style], styles())
    _known("构成", [mixture], MIXTURES)
    path = write(Recipe(seed, style, mixture, size, days, shuffled), folder)
    Console().print(str(path), markup=False, highlight=False, soft_wrap=True)


def matching(
    seeds: Annotated[str, typer.Option(help="随机种子,逗号分隔")] = "101,102",
    style: Annotated[str, typer.Option(help=f"措辞,逗号分隔:{'、'.join(styles())}")] = ",".join(styles()),
    mixture: Annotated[str, typer.Option(help=f"构成,逗号分隔:{'、'.join(MIXTURES)}")] = "usual",
    size: Annotated[int, typer.Option(min=1, help="每份语料的诉求条数")] = 10_000,
    days: Annotated[int, typer.Option(min=1, help="场景开始时间分布的天数")] = 365,
    matchers: Annotated[str, typer.Option(help=f"逗号分隔:{'、'.join(MATCHERS)}")] = ",".join(MATCHERS),
    shuffled: Annotated[int, typer.Option(min=0, help="另将到达先后打乱这么多秒以内再试,比较工单")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="结果也打印为 JSON")] = False,
    folder: Annotated[Path, typer.Option(help="数据目录")] = FOLDER,
) -> None:
    """重复识别的质量与速度,与 Splink、recordlinkage 和朴素键对照;结果写入 matching.json。"""
    chosen, wordings, mixtures = matchers.split(","), style.split(","), mixture.split(",")
    _known("对照", chosen, MATCHERS)
    _known("措辞", wordings, styles())
    _known("构成", mixtures, MIXTURES)
    console = Console(stderr=as_json)
    if not console.is_terminal:
        console.width = _WIDTH
    result: dict[str, Any] = {
        "machine": {**machine(), **rivals.locked(rivals.MATCHING_LOCK)},
        "corpora": [],
    }
    for seed, one, mix in product((int(seed) for seed in seeds.split(",")), wordings, mixtures):
        recipe = Recipe(seed, one, mix, size, days)
        found = _compared(recipe, chosen, folder / "corpora", shuffled)
        result["corpora"].append(found)
        show(console, found)
    (folder / "matching.json").write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n")
    if as_json:
        print(json.dumps(result, ensure_ascii=False))


def _compared(recipe: Recipe, chosen: list[str], folder: Path, shuffled: int) -> dict[str, Any]:
    """Every matcher on one corpus, which is written anew."""
    path = write(recipe, folder)
    truth = read_truth(path)
    found: dict[str, Any] = {"recipe": asdict(recipe), "matchers": {}}
    for name in chosen:
        made = MATCHERS[name](path)
        scores = {variant: score(truth, placed) for variant, placed in made.variants.items()}
        cut = best(scores)
        measured: dict[str, Any] = {
            "seconds": made.seconds,
            "submissions_per_second": len(truth.matter) / made.seconds,
            "cpu_seconds": made.cpu_seconds,
            "memory_mb": made.memory_mb,
            "state_bytes_per_submission": (made.memory_mb - made.empty_mb) * 2**20 / len(truth.matter),
        }
        if name == "santai" and shuffled:
            mixed = write(Recipe(**{**asdict(recipe), "shuffled": shuffled}), folder)
            again = MATCHERS[name](mixed).variants[""]
            tickets = {sid: p.ticket for sid, p in made.variants[""].items()}
            measured["moved_when_shuffled"] = sum(1 for sid, p in again.items() if tickets.get(sid) != p.ticket)
        found["matchers"][name] = {**measured, "cut": cut, **scores[cut]}
        if len(scores) > 1:
            kept = ("precision", "recall", "wrong")
            found["matchers"][name]["cuts"] = {v: {key: s[key] for key in kept} for v, s in scores.items()}
    return found


def _known(what: str, asked: list[str], there: Any) -> None:
    for name in asked:
        if name not in there:
            raise Stop(f"没有{what} {name}:可选 {'、'.join(there)}")
