"""Reads the YAML of mappings strictly: a key twice is an error, `01` stays text, `yes` stays a word, and every finding
can name its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from schemas.errors import Stop

Where = tuple[str | int, ...]


class _Strict(yaml.CSafeLoader):
    """YAML 1.2's idea of scalars, more or less: true, false, null, whole numbers; all else is text."""


_Strict.yaml_implicit_resolvers = {}
_Strict.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)$"), list("tf"))
_Strict.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:null|~|)$"), ["n", "~", ""])
_Strict.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?(?:0|[1-9]\d*)$"), list("-0123456789"))


def _mapping(loader: _Strict, node: yaml.MappingNode) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "键应为单个词", key_node.start_mark)
        key = str(key_node.value)
        if key in made:
            raise yaml.constructor.ConstructorError(None, None, f"键“{key}”重复", key_node.start_mark)
        made[key] = loader.construct_object(value_node, deep=True)
    return made


_Strict.add_constructor("tag:yaml.org,2002:map", _mapping)


@dataclass
class YamlFile:
    """One file: its data, and what was found wrong with it."""

    path: Path
    data: Any = None
    tree: yaml.Node | None = None
    findings: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> YamlFile:
        """The file's data; broken YAML becomes a finding. Stop if there is no such file."""
        file = cls(path)
        try:
            loader = _Strict(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise Stop(f"{path}: 无法读取（{type(error).__name__}），请检查文件是否存在且为 UTF-8") from None
        try:
            file.tree = loader.get_single_node()
            file.data = None if file.tree is None else loader.construct_document(file.tree)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            file.findings.append(f"{path}:{line}: YAML 有误：{error.problem}")
        except yaml.YAMLError:
            file.findings.append(f"{path}:1: YAML 有误：含有不允许的字符")
        return file

    def find(self, where: Where, message: str) -> None:
        """Note that something is wrong at a path of the data."""
        spot = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where).lstrip(".")
        self.findings.append(
            f"{self.path}:{self._line(where)}: {spot}：{message}" if spot else f"{self.path}: {message}"
        )

    def _line(self, where: Where) -> int:
        node, line = self.tree, 1
        for step in where:
            if isinstance(node, yaml.MappingNode):
                pair = next(((key, value) for key, value in node.value if key.value == str(step)), None)
                if pair is None:
                    break
                line, node = pair[0].start_mark.line + 1, pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.start_mark.line + 1
            else:
                break
        return line


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A suggestion to end a message with: the nearest known word, or all of them if there are few."""
    words: Sequence[str] = sorted(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"，是否想写“{near[0]}”？"
    return f"，可用：{'、'.join(words)}" if 0 < len(words) <= 20 else ""
