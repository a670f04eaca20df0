"""What may not be registered is said in words, with field, old, new and remedy; what Avro allows, is let pass."""

from __future__ import annotations

import copy
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from fastavro import schemaless_reader, schemaless_writer

from schemas.catalog import Compatibility, Schema, Subject, catalog, parsed, subjects
from schemas.check import Finding, check, check_one
from schemas.topics import Topics

BOTH, BACKWARD = Compatibility.BOTH, Compatibility.BACKWARD
Change = Callable[[Schema], None]


def base() -> Schema:
    schema = copy.deepcopy(catalog().events["cn.santai.Submission"])
    schema["fields"].append({"name": "colour", "type": {"type": "enum", "name": "Colour", "symbols": ["RED", "BLUE"]}})
    return schema


def field(schema: Schema, path: str) -> dict[str, Any]:
    """The field at a path, through records, unions and arrays."""
    name, _, rest = path.partition(".")
    found: dict[str, Any] = next(field for field in schema["fields"] if field["name"] == name)
    if not rest:
        return found
    inner: Any = found["type"]
    inner = inner[1] if isinstance(inner, list) else inner
    inner = inner["items"] if inner["type"] == "array" else inner
    return field(inner, rest)


def changed(change: Change) -> Schema:
    schema = base()
    change(schema)
    return schema


def without(schema: Schema, name: str) -> None:
    schema["fields"] = [one for one in schema["fields"] if one["name"] != name]


def findings(change: Change, compatibility: Compatibility = BOTH) -> list[Finding]:
    return check_one(Subject("s", changed(change), compatibility), [(1, base())])


REFUSED: list[tuple[str, Change, str, str]] = [
    ("removed without default", lambda s: without(s, "source_key"), "source_key", "被删除,而它没有默认值"),
    ("added without default", lambda s: s["fields"].append({"name": "x", "type": "int"}), "x", "却没有默认值"),
    ("narrowed", lambda s: field(s, "version").update(type="int"), "version", "变窄"),
    ("widened", lambda s: field(s, "version").update(type="double", default=0.0), "version", "变宽"),
    ("changed", lambda s: field(s, "system").update(type="long"), "system", "类型变了"),
    ("no longer null", lambda s: field(s, "number").update(type="string", default=""), "number", "不再可为空"),
    ("now null", lambda s: field(s, "system").update(type=["null", "string"]), "system", "变为可空"),
    ("branch added", lambda s: field(s, "number").update(type=["null", "string", "long"]), "number", "多了一种类型"),
    ("record renamed", lambda s: field(s, "person")["type"].update(name="Human"), "person", "改了名"),
    ("root renamed", lambda s: s.update(name="Case"), "", "改了名"),
    ("array item", lambda s: field(s, "related_numbers")["type"].update(items="long"), "related_numbers[]", "类型变了"),
    ("in an array", lambda s: field(s, "marks.reason").update(type="boolean"), "marks[].reason", "类型变了"),
    ("nested", lambda s: field(s, "person.region").update(type=["null"]), "person.region", "少了一种类型"),
    ("symbol removed", lambda s: field(s, "colour")["type"].update(symbols=["RED"]), "colour", "去掉了枚举值"),
    (
        "symbol added",
        lambda s: field(s, "colour")["type"].update(symbols=["RED", "BLUE", "X"]),
        "colour",
        "增加了枚举值",
    ),
    ("tag dropped", lambda s: field(s, "person.phone").pop("pii"), "person.phone", "去掉了个人信息标记"),
    ("index dropped", lambda s: field(s, "person.phone").pop("indexed"), "person.phone", "索引种类变了"),
    ("index kind", lambda s: field(s, "person.phone").update(pii="mobile"), "person.phone", "索引种类变了"),
    ("box's content", lambda s: field(s, "text").update(plain="bytes"), "text", "封存内容变了格式"),
    (
        "logical type",
        lambda s: field(s, "received_at")["type"].update(logicalType="timestamp-micros"),
        "received_at",
        "逻辑类型变了",
    ),
]


@pytest.mark.parametrize(
    ("change", "path", "problem"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_refused_with_field_and_remedy(change: Change, path: str, problem: str) -> None:
    found = findings(change)
    assert [one.path for one in found] == [path]
    assert problem in found[0].problem
    assert found[0].old != found[0].new
    assert found[0].remedy.startswith("请")
    assert str(found[0]).startswith(f"s:与第 1 版不兼容,{f'字段 {path} ' if path else '记录'}{found[0].problem}(")
    assert "\n" not in str(found[0])


@pytest.mark.parametrize(
    "change",
    [
        lambda s: None,
        lambda s: s["fields"].append({"name": "x", "type": ["null", "int"], "default": None}),
        lambda s: without(s, "purpose"),
        lambda s: field(s, "title").update(doc="other words"),
        lambda s: field(s, "channel").update(default="web"),
        lambda s: s["fields"].insert(0, s["fields"].pop()),
        lambda s: field(s, "person.name").update(pii="name"),
    ],
    ids=["nothing", "optional field", "removed with default", "doc", "default", "order", "tag without index"],
)
def test_let_pass(change: Change) -> None:
    assert findings(change) == []


def test_our_own_subjects_look_forward_only_to_the_newest() -> None:
    """Workers of two versions run side by side while we upgrade, but not of three."""
    one, two, three = base(), base(), base()
    without(two, "source_key")
    without(three, "source_key")
    subject = Subject("s", three, BACKWARD)
    assert check_one(subject, [(1, one), (2, two)]) == []
    assert [finding.version for finding in check_one(subject, [(1, one)])] == [1]
    assert [finding.version for finding in check_one(Subject("s", three, BOTH), [(1, one), (2, two)])] == [1]


def test_old_records_are_looked_at_in_every_version() -> None:
    first = base()
    without(first, "cause_id")
    new = changed(lambda s: field(s, "cause_id").pop("default"))
    assert [(one.version, one.path) for one in check_one(Subject("s", new, BACKWARD), [(1, first), (2, base())])] == [
        (1, "cause_id")
    ]


def test_check_asks_for_each_subject() -> None:
    all_of_them = subjects(Topics(), ["12345"])
    asked: list[str] = []

    def fetch(name: str) -> list[tuple[int, Schema]]:
        asked.append(name)
        return [(1, next(one.schema for one in all_of_them if one.name == name))]

    assert check(all_of_them, fetch) == []
    assert asked == [one.name for one in all_of_them]
    assert check(all_of_them, lambda name: []) == []


SIMPLE = ["int", "long", "float", "double", "string", "bytes", "boolean", ["null", "int"], ["null", "string"], ["int"]]


@pytest.mark.parametrize("old", SIMPLE, ids=str)
@pytest.mark.parametrize("new", SIMPLE, ids=str)
def test_agrees_with_fastavro_on_plain_types(old: Any, new: Any) -> None:
    """Findings against reading old records exactly where fastavro cannot read some value."""

    def schema(kind: Any) -> Schema:
        return {"type": "record", "name": "R", "namespace": "n", "fields": [{"name": "f", "type": kind}]}

    values: dict[str, Any] = {"string": "x", "bytes": b"x", "boolean": True, "null": None}
    readable = True
    for branch in old if isinstance(old, list) else [old]:
        out = BytesIO()
        schemaless_writer(out, parsed(schema(old)), {"f": values.get(branch, 1)})
        try:
            schemaless_reader(BytesIO(out.getvalue()), parsed(schema(old)), parsed(schema(new)))
        except Exception:  # noqa: BLE001 - fastavro raises several kinds
            readable = False
    found = check_one(Subject("s", schema(new), BACKWARD), [(1, schema(old)), (2, schema(new))])
    assert (found == []) == readable, found
