"""Routing rules: data of `routing.yaml`, checked when loaded."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from mappings.validation import reason_of
from mappings.vocabulary import Family
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


FILE = "routing.yaml"
"""Its name; it stands beside the folder of the systems, as the code tables do."""


def load_routing(path: Path) -> Routing:
    """The rules of a file. Raises Stop naming the file and what is wrong in it."""
    try:
        return Routing.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise Stop(f"没有路由规则 {path}：它与 systems、codes 两个目录放在一处") from None
    except ValidationError as e:
        first = e.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "全部"
        raise Stop(f"路由规则 {path} 的 {where} 不合格：{reason_of(first)}") from None
    except (OSError, yaml.YAMLError) as e:
        raise Stop(f"路由规则 {path} 无法读取：{e}") from e


def lint_routing(path: Path, systems: Collection[str]) -> list[str]:
    """What is wrong with the rules of a file: also systems that have no mapping, and so would never be told."""
    try:
        rules = load_routing(path)
    except Stop as e:
        return [str(e)]
    named = {f"everyone.{n}.system": rule.system for n, rule in enumerate(rules.everyone)}
    named |= {f"handlers.{family}": system for family, system in rules.handlers.items()}
    families = {f"handlers.{family}": family for family in rules.handlers}
    for n, rule in enumerate(rules.everyone):
        families |= {f"everyone.{n}.families.{family}": family for family in sorted(rule.families)}
    known = frozenset(map(str, Family))
    findings = [f"{path}: {at}: 没有系统“{name}”的映射文件" for at, name in named.items() if name not in systems]
    return findings + [f"{path}: {at}: 没有业务类别“{name}”" for at, name in families.items() if name not in known]
