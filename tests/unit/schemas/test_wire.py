"""The hand-written binary encoding is Avro's: held against fastavro, and bounded on hostile bytes."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from fastavro import schemaless_reader, schemaless_writer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.source import PRIMITIVES, Source, read_primitive, write_primitive
from schemas.wire import LENGTHS, read_length, read_long, varint, write_long

LONGS = st.integers(-(2**63), 2**63 - 1) | st.integers(2**34 - 2, 2**41 + 2)
VALUES = {
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": LONGS,
    "double": st.floats(allow_nan=False),
    "string": st.text(st.characters(codec="utf-8")) | st.text("三", min_size=2700, max_size=2800),
    "bytes": st.binary() | st.binary(min_size=8190, max_size=8195),
}


def written(kind: str, value: Any) -> bytes:
    """What the lines of a primitive append."""
    source = Source(kind, "out, value")
    write_primitive(source, kind, "value")
    out = bytearray()
    source.function()(out, value)
    return bytes(out)


def read(kind: str, data: bytes) -> tuple[Any, int]:
    """What the lines of a primitive make of the data, and the position after it."""
    source = Source(kind, "data, at")
    read_primitive(source, kind, "value")
    source.line("return value, at")
    found: tuple[Any, int] = source.function()(data, 0)
    return found


@pytest.mark.parametrize("kind", PRIMITIVES)
@settings(suppress_health_check=[HealthCheck.data_too_large])  # long bytes are among what is meant
@given(data=st.data())
def test_agrees_with_fastavro(kind: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[kind])
    ours = written(kind, value)
    theirs = BytesIO()
    schemaless_writer(theirs, kind, value)
    assert ours == theirs.getvalue()
    assert read(kind, ours) == (value, len(ours))
    assert schemaless_reader(BytesIO(ours), kind, None) == value


@given(LONGS)
def test_varint_is_the_long(number: int) -> None:
    out = bytearray()
    write_long(out, number)
    assert varint(number) == bytes(out)


def test_table_of_lengths() -> None:
    assert all(LENGTHS[n] == varint(n) for n in (0, 1, 63, 64, 8191))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("long", 2**63),
        ("long", -(2**63) - 1),
        ("int", 2**31),
        ("string", "\ud800"),
        ("boolean", "no"),
        ("boolean", 1),
        ("string", b"bytes"),
        ("long", 1.5),
        ("bytes", "text"),
    ],
)
def test_values_that_do_not_fit_are_refused(kind: str, value: Any) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError)):
        written(kind, value)


@pytest.mark.parametrize(
    "data", [b"\xff" * 9 + b"\x7f", b"\x80" * 10 + b"\x01", b"\xff" * 11, b"\x80" * 9 + b"\x02", b"\x80", b""]
)
def test_longs_beyond_64_bits_or_cut_off_are_refused(data: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        read_long(data, 0)


def test_negative_lengths_are_refused() -> None:
    for data in (varint(-1), varint(-(2**40))):
        with pytest.raises(ValueError, match="negative"):
            read_length(data, 0)
        for kind in ("string", "bytes"):
            with pytest.raises(ValueError, match="negative"):
                read(kind, data + b"rest")


@given(st.sampled_from(PRIMITIVES), st.binary(max_size=40))
def test_hostile_bytes_never_end_within(kind: str, data: bytes) -> None:
    """Either a value, or an error, or an end beyond the data, which the caller refuses; never back to the start."""
    try:
        _, end = read(kind, data)
    except (ValueError, IndexError):
        return
    assert end > 0
