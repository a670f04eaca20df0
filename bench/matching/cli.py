"""The commands of `script/bench` on matching."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.matching.corpus import MIXTURES, Recipe, write
from bench.matching.words import styles
from schemas.errors import Stop

FOLDER = Path(".santai/bench/corpora")


def corpus(
    folder: Annotated[Path, typer.Argument(help="写到哪个目录")] = FOLDER,
    seed: Annotated[int, typer.Option(help="随机种子")] = 1,
    style: Annotated[str, typer.Option(help=f"措辞:{'、'.join(styles())}")] = "clerk",
    mixture: Annotated[str, typer.Option(help=f"构成:{'、'.join(MIXTURES)}")] = "usual",
    size: Annotated[int, typer.Option(min=1, help="诉求条数,最后一个场景写完为止")] = 10_000,
    days: Annotated[int, typer.Option(min=1, help="场景开始时间分布的天数")] = 365,
) -> None:
    """带标注的重复识别语料,同样的参数得到同样的字节。"""
    if style not in styles():
        raise Stop(f"没有措辞 {style}:可选 {'、'.join(styles())}")
    if mixture not in MIXTURES:
        raise Stop(f"没有构成 {mixture}:可选 {'、'.join(MIXTURES)}")
    path = write(Recipe(seed, style, mixture, size, days), folder)
    Console().print(str(path), markup=False, highlight=False, soft_wrap=True)
