"""Whether two versions of a schema read each other's records (Avro 1.11, "Schema Resolution"), said in words.

Knows besides what is ours: `pii`, `indexed`, `plain` and `logicalType`, which Avro itself passes over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastavro.schema import parse_schema

from schemas.catalog import Schema

_WIDER = {"int": ("long", "float", "double"), "long": ("float", "double"), "float": ("double",)}
_TEXTUAL = {"string": ("bytes",), "bytes": ("string",)}


@dataclass(frozen=True, slots=True)
class Trouble:
    """One place where two versions do not go together; all texts are Chinese."""

    path: str  # field, as in person.name; empty for the record itself
    problem: str
    old: str
    new: str
    remedy: str


def compare(old: Schema, new: Schema, *, forward: bool) -> Iterator[Trouble]:
    """What keeps new programs from reading old records and, if `forward`, old programs from reading new ones."""
    was, now = parse_schema(old), parse_schema(new)  # copies in which every name is a full one
    yield from _Comparison(_names(was), _names(now), forward).type(was, now, "")


class _Comparison:
    def __init__(self, old_names: dict[str, Schema], new_names: dict[str, Schema], forward: bool) -> None:
        self.old_names = old_names
        self.new_names = new_names
        self.forward = forward
        self.seen: set[str] = set()  # a shared type is told of once, where it first occurs

    def type(self, old: Any, new: Any, path: str) -> Iterator[Trouble]:
        """Of two types at one place."""
        old, new = _resolved(old, self.old_names), _resolved(new, self.new_names)
        if isinstance(old, list) or isinstance(new, list):
            yield from self.union(old, new, path)
            return
        was, now = _kind(old), _kind(new)
        if was != now:
            yield from self.primitive(was, now, path)
        elif was == "record":
            yield from self.record(old, new, path)
        elif was == "array":
            yield from self.type(old["items"], new["items"], path + "[]")
        elif was == "map":
            yield from self.type(old["values"], new["values"], path + "{}")
        elif was == "enum":
            yield from self.enum(old, new, path)
        elif was == "fixed" and (old["size"], old["name"]) != (new["size"], new["name"]):
            yield Trouble(path, "的定长类型变了", _show(old), _show(new), "请保留原类型,另加新字段")
        if was == now and _logical(old) != _logical(new):
            yield Trouble(
                path,
                "的逻辑类型变了,同样的数会被读成别的意思",
                _logical(old) or "无",
                _logical(new) or "无",
                "请保留原逻辑类型,另加新字段",
            )

    def primitive(self, was: str, now: str, path: str) -> Iterator[Trouble]:
        """Of two kinds that differ: the one may be readable as the other."""
        remedy = "请保留原类型,另加一个有默认值的新字段"
        if not _readable(was, now):
            narrowed = was in _WIDER.get(now, ())
            yield Trouble(path, "的类型变窄了,旧记录读不出" if narrowed else "的类型变了", was, now, remedy)
        elif self.forward and not _readable(now, was):
            yield Trouble(path, "的类型变宽了,旧版程序读不了新记录", was, now, remedy)

    def union(self, old: Any, new: Any, path: str) -> Iterator[Trouble]:
        """Of unions, or a union and a plain type: branches matched by name."""
        olds = old if isinstance(old, list) else [old]
        news = new if isinstance(new, list) else [new]
        for branch in olds:
            match = _branch(branch, news, self.old_names, self.new_names)
            if match is None:
                what = "不再可为空,旧记录中的空值读不出" if branch == "null" else "少了一种类型,旧记录读不出"
                yield Trouble(path, what, _show(old), _show(new), "请把去掉的类型加回来")
            else:
                yield from self.type(branch, match, path)
        if not self.forward:
            return
        for branch in news:
            if _branch(branch, olds, self.new_names, self.old_names) is None:
                what = "变为可空,旧版程序读不了空值" if branch == "null" else "多了一种类型,旧版程序读不了"
                yield Trouble(path, what, _show(old), _show(new), "请保留原类型,另加一个有默认值的新字段")

    def enum(self, old: Schema, new: Schema, path: str) -> Iterator[Trouble]:
        """Of enumerations: an unknown symbol is readable only where there is a default."""
        gone = [symbol for symbol in old["symbols"] if symbol not in new["symbols"]]
        if gone and "default" not in new:
            yield Trouble(path, "去掉了枚举值,旧记录读不出", "、".join(gone), "无", "请把去掉的枚举值加回来")
        come = [symbol for symbol in new["symbols"] if symbol not in old["symbols"]]
        if come and self.forward and "default" not in old:
            yield Trouble(path, "增加了枚举值,旧版程序不认识", "无", "、".join(come), "请改用字符串,或另加新字段")

    def record(self, old: Schema, new: Schema, path: str) -> Iterator[Trouble]:
        """Of records: name, then field by field."""
        if old["name"] != new["name"]:
            yield Trouble(path, "改了名,读不出", old["name"], new["name"], "请恢复原名")
            return
        if old["name"] in self.seen:
            return
        self.seen.add(old["name"])
        olds = {field["name"]: field for field in old["fields"]}
        news = {field["name"]: field for field in new["fields"]}
        prefix = path + "." if path else ""
        for name, field in olds.items():
            here = prefix + name
            if name in news:
                yield from _tags(field, news[name], here)
                yield from self.type(field["type"], news[name]["type"], here)
            elif self.forward and "default" not in field:
                yield Trouble(
                    here, "被删除,而它没有默认值,旧版程序读不了新记录", _show(field["type"]), "无", "请保留此字段"
                )
        for name, field in news.items():
            if name not in olds and "default" not in field:
                yield Trouble(
                    prefix + name, "是新增的,却没有默认值,旧记录读不出", "无", _show(field["type"]), "请给它默认值"
                )


def _tags(old: Schema, new: Schema, path: str) -> Iterator[Trouble]:
    """What our own attributes say: sealing, the index's kind, what is in the box."""
    if "pii" in old and "pii" not in new:
        yield Trouble(path, "去掉了个人信息标记 pii,内容将以明文写出", old["pii"], "无", "请恢复标记")
    elif "pii" in old and old.get("indexed") and (old["pii"], True) != (new["pii"], new.get("indexed")):
        yield Trouble(
            path,
            "的索引种类变了,新旧记录的索引不再相等",
            f"{old['pii']} 有索引",
            f"{new['pii']} {'有' if new.get('indexed') else '无'}索引",
            "请恢复 pii 与 indexed",
        )
    if "pii" in old and old.get("plain") != new.get("plain"):
        yield Trouble(
            path, "的封存内容变了格式,旧记录读不出", old.get("plain", "文本"), new.get("plain", "文本"), "请恢复 plain"
        )


def _readable(writer: str, reader: str) -> bool:
    return reader == writer or reader in _WIDER.get(writer, ()) or reader in _TEXTUAL.get(writer, ())


def _branch(branch: Any, others: list[Any], names: dict[str, Schema], other_names: dict[str, Schema]) -> Any:
    """The branch among the others that a value of this branch is read as, or None."""
    mine = _resolved(branch, names)
    candidates = [(other, _resolved(other, other_names)) for other in others]
    for other, theirs in candidates:
        if _kind(theirs) == _kind(mine) and (not _is_named(mine) or theirs["name"] == mine["name"]):
            return other
    return next(
        (other for other, theirs in candidates if _readable(_kind(mine), _kind(theirs)) and not _is_named(mine)), None
    )


def _names(node: Any) -> dict[str, Schema]:
    """All named types defined in a parsed schema."""
    found: dict[str, Schema] = {}
    stack = [node]
    while stack:
        here = stack.pop()
        if isinstance(here, list):
            stack += here
        elif isinstance(here, dict):
            if _is_named(here):
                found[here["name"]] = here
            stack += [field["type"] for field in here.get("fields", ())]
            stack += [here[key] for key in ("items", "values") if key in here]
    return found


def _resolved(schema: Any, names: dict[str, Schema]) -> Any:
    return names.get(schema, schema) if isinstance(schema, str) else schema


def _is_named(schema: Any) -> bool:
    return isinstance(schema, dict) and schema["type"] in ("record", "enum", "fixed")


def _kind(schema: Any) -> str:
    return schema if isinstance(schema, str) else str(schema["type"])


def _logical(schema: Any) -> str | None:
    return schema.get("logicalType") if isinstance(schema, dict) else None


def _show(schema: Any) -> str:
    """A type in one word, for the reader of a finding."""
    if isinstance(schema, list):
        return " 或 ".join(map(_show, schema))
    return str(schema["name"]) if _is_named(schema) else _kind(schema)
