"""Stored inner records outlive their schema: every earlier version in the history can still be read."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from schemas.catalog import Catalog, Schema, catalog
from schemas.errors import Stop, Unreadable
from schemas.events.tables import Block
from schemas.inner import Inner
from schemas.plan import plan
from tests.unit.schemas.keys import sealer

NAME = "cn.santai.inner.Block"


def inner(schema: Schema, *history: Schema) -> Inner:
    """An inner record type whose current schema is this, as if its files said so."""
    known = catalog()
    old = {(NAME, int(one["version"])): one for one in history}
    changed: Catalog = replace(known, inner={**known.inner, NAME: schema}, history=old)
    return Inner(plan(schema, sealer(), lambda name: (str.encode, bytes.decode)), changed, sealer())


def numbered(version: int, without: str | None = None) -> Schema:
    schema = copy.deepcopy(catalog().inner[NAME])
    schema["version"] = version
    schema["fields"] = [field for field in schema["fields"] if field["name"] != without]
    return schema


def stored_by_version_1() -> bytes:
    """Sealed by a program whose Block had no field `dropped`."""
    old = bytes((1,)) + b"\x0aphone" + b"\x00"
    return b"\x01\x02k1" + sealer().seal_with(old, [b"inner", NAME.encode(), b"place"])


def test_an_older_version_is_read_with_the_defaults_of_the_new_fields() -> None:
    box = inner(numbered(2), numbered(1, without="dropped"))
    assert box.open(stored_by_version_1(), b"place") == Block(key_kind="phone")
    new = Block(key_kind="phone", dropped=7)
    assert box.to_box(new)[0] == 2
    assert box.open(box.seal(new, b"place"), b"place") == new


def test_a_version_without_a_file_says_so() -> None:
    with pytest.raises(Unreadable, match="版本 1 不认识"):
        inner(numbered(2)).open(stored_by_version_1(), b"place")


def test_a_newer_version_says_so() -> None:
    new = inner(numbered(3)).seal(Block(key_kind="phone"), b"place")
    with pytest.raises(Unreadable, match="版本 3 不认识"):
        inner(numbered(2)).open(new, b"place")


def test_older_bytes_that_do_not_fit_their_schema() -> None:
    box = inner(numbered(2), numbered(1, without="dropped"))
    for data in (b"\x01", b"\x01\x0aph", b"\x01\x0aphone\x00\x00", b""):
        with pytest.raises(Unreadable):
            box.from_box(data)


@pytest.mark.parametrize("version", [0, 256])
def test_a_version_that_is_no_byte_stops(version: int) -> None:
    with pytest.raises(Stop, match="1 到 255"):
        inner(numbered(version))


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x02\x02k1" + bytes(32), b"\x01\xffk1", b"\x01\x00" + bytes(32)])
def test_bytes_of_no_known_format(data: bytes) -> None:
    with pytest.raises(Unreadable):
        inner(numbered(1)).open(data, b"place")
