"""Routing rules: data of `routing.yaml`, checked when loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.errors import Stop


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Everyone(_Strict):
    """A platform that hears of every ticket of some families."""

    system: str
    families: frozenset[str]


class Routing(_Strict):
    """Who must be told of what."""

    version: int
    everyone: tuple[Everyone, ...]
    handlers: dict[str, str]
    tell: dict[str, str | dict[str, str]]
    warn_from: Literal["near", "yellow", "red"]
    keep_to_themselves: frozenset[str]


def load_routing(path: Path) -> Routing:
    """The rules of a file. Raises Stop naming the file and what is wrong in it."""
    try:
        return Routing.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as e:
        raise Stop(f"路由规则 {path} 无法读取：{e}") from e
