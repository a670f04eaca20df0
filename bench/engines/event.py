"""The record all engines are given: about 307 bytes of Avro behind a Confluent header, keyed by person."""

from __future__ import annotations

import io
from typing import Any

import fastavro

SCHEMA_JSON: dict[str, Any] = {
    "type": "record",
    "name": "ServiceEvent",
    "fields": [
        {"name": "event_id", "type": "string"},  # first: see number_of
        {"name": "source", "type": "string"},
        {"name": "person", "type": "string"},
        {"name": "matter", "type": "string"},
        {"name": "kind", "type": "string"},
        {"name": "occurred_at", "type": "long"},  # plain ms: not every decoder makes an object of a logical type
        {"name": "title", "type": "string"},
        {"name": "text", "type": "string"},
        {"name": "attrs", "type": {"type": "map", "values": "string"}},
    ],
}
SCHEMA = fastavro.parse_schema(SCHEMA_JSON)

HEADER = b"\x00\x00\x00\x00\x01"
"""Magic byte and schema id."""
DIGITS = 8
_NUMBER = slice(len(HEADER) + 2, len(HEADER) + 2 + DIGITS)  # behind the string's length and its "e"

TELLINGS = 3
"""So many events a person, and persons are spread evenly: any stretch of the topic has one unseen of three."""
_BLOCK = 1000

_SOURCES = ("12345", "window", "web")
_TITLE = "法律援助申请" * 2
_TEXT = "当事人申请法律援助,请求支付拖欠工资" * 4
_BEGAN_MS = 1_700_000_000_000


def person_of(n: int) -> str:
    """Whom event n (counted from 0) is about."""
    return f"p{n // (TELLINGS * _BLOCK) * _BLOCK + n % _BLOCK:0{DIGITS}d}"


def persons(n: int) -> int:
    """How many persons the first n events are about."""
    blocks, rest = divmod(n, TELLINGS * _BLOCK)
    return blocks * _BLOCK + min(rest, _BLOCK)


def encode(n: int) -> bytes:
    """Event n."""
    out = io.BytesIO()
    out.write(HEADER)
    event = {
        "event_id": f"e{n:0{DIGITS}d}",
        "source": _SOURCES[n % len(_SOURCES)],
        "person": person_of(n),
        "matter": f"m{n % 7}",
        "kind": "submitted",
        "occurred_at": _BEGAN_MS + n,
        "title": _TITLE,
        "text": _TEXT,
        "attrs": {"a": "1", "b": "2"},
    }
    fastavro.schemaless_writer(out, SCHEMA, event)
    return out.getvalue()


def decode(value: bytes) -> Any:
    """The event, as every engine on Python decodes it."""
    return fastavro.schemaless_reader(io.BytesIO(value[len(HEADER) :]), SCHEMA, None)


def number_of(value: bytes) -> int:
    """Which event it is, without decoding."""
    return int(value[_NUMBER])
