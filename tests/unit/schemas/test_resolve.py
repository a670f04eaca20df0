"""Schemas of others that would crash, fill the memory or never end are refused before a record is read."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.catalog import catalog
from schemas.errors import Unreadable
from schemas.resolve import MAX_DEPTH, foreign, same


def record(*fields: Any, name: str = "R") -> dict[str, Any]:
    return {
        "type": "record",
        "name": name,
        "fields": [{"name": f"f{k}", "type": kind} for k, kind in enumerate(fields)],
    }


def nested(depth: int) -> Any:
    kind: Any = "int"
    for _ in range(depth):
        kind = {"type": "array", "items": kind}
    return kind


def doubling(levels: int) -> Any:
    """Each record holds the one before twice; at the bottom nothing is left to read."""
    kind: Any = record("null", name="R0")
    for level in range(1, levels):
        kind = record(kind, f"R{level - 1}", name=f"R{level}")
    return kind


@pytest.mark.parametrize(
    "schema",
    [
        record({"type": "array", "items": "null"}),
        record({"type": "array", "items": record(name="Empty")}),
        record({"type": "map", "values": "null"}),
        record({"type": "array", "items": {"type": "fixed", "name": "F", "size": 0}}),
        record({"type": "array", "items": record("null", name="OnlyNull")}),
        record({"type": "array", "items": {"type": "null"}}),
        record("null"),
        record("R"),
        record(["null", "R"]),
        record({"type": "array", "items": "R"}),
        record({"type": "map", "values": record(["null", "R"], name="Inner")}),
        record("Undefined"),
        record([]),
        record(nested(MAX_DEPTH + 1)),
        record(nested(5_000)),
        record(*["int"] * 20_000),
        doubling(30),
        record(),
        {"type": "record", "name": "R", "fields": None},
        {"type": "record", "fields": []},
        {"type": "array"},
        {"name": "no type"},
        "null",
        None,
        5,
        [],
    ],
)
def test_refused(schema: Any) -> None:
    with pytest.raises(Unreadable, match="写入方的模式被拒绝"):
        foreign(schema)


def test_recursion_is_named_as_such() -> None:
    with pytest.raises(Unreadable, match="自我嵌套"):
        foreign(record(["null", "R"]))


@pytest.mark.parametrize("name", sorted(catalog().events))
def test_our_own_pass(name: str) -> None:
    schema = catalog().events[name]
    assert foreign(schema)["name"] == name
    assert same(foreign(schema), foreign(schema))


def test_a_type_used_twice_and_optional_nulls_pass() -> None:
    foreign(
        record(
            record("int", name="Shared"), "Shared", ["null", "Shared"], {"type": "enum", "name": "E", "symbols": ["A"]}
        )
    )
    foreign({**record({"type": "array", "items": ["null", "int"]}), "namespace": "org.example"})


def test_same_looks_at_what_is_written() -> None:
    one = {**record("long"), "doc": "this"}
    other = {**record({"type": "long", "logicalType": "timestamp-millis"}), "doc": "that"}
    assert same(foreign(one), foreign(other))
    assert not same(foreign(one), foreign(record("int")))
