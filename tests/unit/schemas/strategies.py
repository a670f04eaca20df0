"""Hypothesis strategies for every record type, built from its schema file and dataclass."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from schemas.catalog import catalog, class_of, parsed

LETTERS = "王李张刘陈杨黄赵"  # only in the fields for which SECRET draws
TEXT = st.text(st.characters(codec="utf-8", exclude_characters=LETTERS), max_size=40)
SECRET = st.text(LETTERS, min_size=4, max_size=20)
_PRIMITIVES: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXT,
    "bytes": st.binary(max_size=200),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "double": st.floats(allow_nan=False),
}
EVENTS = sorted(catalog().events)
INNER = sorted(catalog().inner)


@cache
def records(name: str, secret: st.SearchStrategy[str] = TEXT) -> st.SearchStrategy[Any]:
    """Instances of a record type by its full name; `secret` draws what personal text fields hold."""
    schema = parsed(catalog().current(name))
    return _record(schema, {}, secret)


@cache
def events(secret: st.SearchStrategy[str] = TEXT) -> st.SearchStrategy[Any]:
    """Any event of any type."""
    return st.one_of([records(name, secret) for name in EVENTS])


def _record(schema: Any, named: dict[str, Any], secret: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    named[schema["name"]] = schema
    cls = class_of(schema["name"].rpartition(".")[2])
    parts = {field["name"]: _field(field, named, secret) for field in schema["fields"]}
    return st.builds(cls, **parts)


def _field(field: Any, named: dict[str, Any], secret: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    plain = field.get("plain")
    if plain == "bytes":
        return _PRIMITIVES["bytes"]
    if plain is not None:
        return records(plain, secret)
    if "pii" in field:
        nullable = isinstance(field["type"], list)
        kind = field["type"][1] if nullable else field["type"]
        if isinstance(kind, dict):
            named[kind["name"]] = kind
        return st.none() | secret if nullable else secret
    return _type(field["type"], named, secret)


def _type(schema: Any, named: dict[str, Any], secret: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    if isinstance(schema, list):
        return st.none() | _type(schema[1], named, secret)
    if isinstance(schema, str):
        return _PRIMITIVES[schema] if schema in _PRIMITIVES else _record(named[schema], named, secret)
    if schema["type"] == "array":
        return st.lists(_type(schema["items"], named, secret), max_size=3).map(tuple)
    if schema["type"] == "record":
        return _record(schema, named, secret)
    return _PRIMITIVES[schema["type"]]
