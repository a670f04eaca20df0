"""What the commands share."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console

if TYPE_CHECKING:
    from santai.settings import Settings

_UNLIMITED = 1_000_000  # columns: what another program or a file gets is neither cut nor wrapped
AsJson = Annotated[bool, typer.Option("--json", help="以 JSON 输出")]
console = Console(width=None if sys.stdout.isatty() else _UNLIMITED)


def settings() -> Settings:
    """From the environment."""
    from santai.settings import load_settings

    return load_settings()


def print_json(found: Any) -> None:
    """For programs: one JSON document on standard output."""
    print(json.dumps(found, ensure_ascii=False, indent=2))


def report(findings: Sequence[str], some: str, none: str, *, as_json: bool) -> NoReturn:
    """Tell findings, one a line and how many of them, and end: exit 1 when there are any."""
    if as_json:
        print_json(findings)
    else:
        for finding in findings:
            console.print(finding, markup=False)
        console.print(f"{len(findings)} {some}" if findings else none)
    raise typer.Exit(1 if findings else 0)
