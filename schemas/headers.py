"""Record headers: CloudEvents 1.0, Kafka protocol binding, binary content mode. Nothing personal is in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any

from schemas.errors import DeadLetter

CONTENT_TYPE = b"application/vnd.apache.avro"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_MS = 86_400_000
_MINUTES = tuple(b"%02d:%02d:" % divmod(minute, 60) for minute in range(1440))
_OWN_TIMES = ("at", "received_at", "captured_at", "now")  # the first a record has; some have none
_SPECVERSION = ("ce_specversion", b"1.0")
_CONTENT = ("content-type", CONTENT_TYPE)


def headers(event: Any, source: str, traceparent: str | None = None) -> list[tuple[str, bytes]]:
    """Headers of an event's record. `source`: who writes, a URI reference such as /santai/streams/normalise.
    ce_time is the event's own time, not the clock's, so a replay writes the same bytes; records without a time of
    their own have none. Raises DeadLetter when the time is no date (years 1 to 9999)."""
    kind, moment, event_id = _SHAPES.get(type(event)) or _shape(type(event))
    found = [
        ("ce_id", event_id(event).encode()),
        ("ce_source", source.encode()),
        ("ce_type", kind),
        _SPECVERSION,
        _CONTENT,
    ]
    if moment is not None:
        found.insert(3, ("ce_time", _rfc3339(moment(event))))
    if traceparent is not None:
        found.append(("traceparent", traceparent.encode("ascii")))
    return found


_Shape = tuple[bytes, Callable[[Any], int] | None, Callable[[Any], str]]  # ce_type, own time, id
_SHAPES: dict[type[Any], _Shape] = {}


def _shape(cls: type[Any]) -> _Shape:
    names = {field.name for field in fields(cls)}
    own = next((name for name in _OWN_TIMES if name in names), None)
    kind = f"cn.santai.{cls.__name__}.v1".encode()
    event_id = attrgetter("event_id") if "event_id" in names else _tick_id
    shape = _SHAPES[cls] = (kind, attrgetter(own) if own else None, event_id)
    return shape


def _tick_id(event: Any) -> str:
    return f"tick-{event.partition}-{event.now}"


def _rfc3339(at_ms: int) -> bytes:
    day, in_day = divmod(at_ms, _DAY_MS)
    minute, ms = divmod(in_day, 60_000)
    return b"%bT%b%02d.%03dZ" % (_date(day), _MINUTES[minute], ms // 1000, ms % 1000)


@lru_cache(maxsize=64)  # events of few days go by at a time
def _date(day: int) -> bytes:
    try:
        return (_EPOCH + timedelta(days=day)).date().isoformat().encode()
    except OverflowError:
        raise DeadLetter("encode", "事件时间超出公元 1 至 9999 年") from None
