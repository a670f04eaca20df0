"""Records written with another version of a schema: read by Avro's schema resolution, with fastavro.

A schema from the registry is somebody else's text. fastavro crashes on recursive schemas and lets five bytes of
`array<null>` claim a hundred million items, so such schemas are refused before any record is read with them.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from fastavro import schemaless_reader, schemaless_writer
from fastavro.schema import to_parsing_canonical_form

from schemas.catalog import parsed
from schemas.errors import Unreadable

Convert = Callable[[bytes], bytes]

MAX_DEPTH = 32
MAX_NODES = 10_000
_PRIMITIVES = frozenset(("boolean", "int", "long", "float", "double", "bytes", "string"))


def same(one: Any, other: Any) -> bool:
    """Whether both write the same bytes: equal in Avro's parsing canonical form."""
    return bool(to_parsing_canonical_form(one) == to_parsing_canonical_form(other))


def foreign(schema: Any) -> Any:
    """Somebody else's record schema, parsed. Raises Unreadable when it is no schema or a dangerous one."""
    try:
        _Guard().check(schema, "", 0)
        return parsed(schema)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = str(error) if isinstance(error, _Refused) else "不是合格的 Avro 模式"
        raise Unreadable(f"写入方的模式被拒绝:{reason}") from None


def converter(writer: Any, reader: Any) -> Convert:
    """From bytes of the writer's schema to bytes of ours (both parsed). What it returns raises Unreadable."""

    def convert(data: bytes) -> bytes:
        source = BytesIO(data)
        target = BytesIO()
        try:
            value = schemaless_reader(source, writer, reader)
            schemaless_writer(target, reader, value)
        except Exception as error:  # noqa: BLE001 - fastavro has no common base for what broken bytes and schemas raise
            raise Unreadable(f"无法按写入方的模式读取({type(error).__name__}),请检查模式的兼容性") from None
        if source.tell() != len(data):
            raise Unreadable("Avro 内容之后还有多余的字节")
        return target.getvalue()

    return convert


class _Refused(ValueError):
    """With a reason for the reader."""


class _Guard:
    """Walks a schema as written. Types that take no bytes are allowed only as branches of a union, which takes one:
    then the work is bounded by the size of the record."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self.done: set[str] = set()
        self.nodes = 0

    def check(self, node: Any, namespace: str, depth: int) -> None:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise _Refused(f"嵌套超过 {MAX_DEPTH} 层或超过 {MAX_NODES} 个节点")
        if isinstance(node, str):
            self.name(node, namespace)
        elif isinstance(node, list):
            if not node:
                raise _Refused("有空的联合类型")
            for branch in node:
                if branch != "null":
                    self.check(branch, namespace, depth + 1)
        else:
            self.composite(node, namespace, depth)

    def name(self, name: str, namespace: str) -> None:
        if name in _PRIMITIVES:
            return
        full = _full(name, namespace)
        if full in self.open:
            raise _Refused("自我嵌套")
        if full not in self.done:
            raise _Refused("有不占字节或未定义的类型")

    def composite(self, node: dict[str, Any], namespace: str, depth: int) -> None:
        kind = node["type"]
        if kind == "array":
            self.check(node["items"], namespace, depth + 1)
        elif kind == "map":
            self.check(node["values"], namespace, depth + 1)
        elif kind in ("record", "enum", "fixed"):
            self.definition(node, namespace, depth)
        else:
            self.check(kind, namespace, depth + 1)

    def definition(self, node: dict[str, Any], namespace: str, depth: int) -> None:
        full = _full(node["name"], node.get("namespace", namespace))
        if node["type"] == "fixed" and node["size"] < 1:
            raise _Refused("有不占字节的类型")
        if node["type"] == "record":
            if not node["fields"]:
                raise _Refused("有不占字节的类型")
            self.open.append(full)
            for field in node["fields"]:
                self.check(field["type"], full.rpartition(".")[0], depth + 1)
            self.open.pop()
        self.done.add(full)


def _full(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"
