"""CloudEvents headers: complete, the event's own time, nothing personal, the same at every replay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import headers
from schemas.errors import DeadLetter
from schemas.events.book import BookContents
from schemas.events.common import Person
from schemas.events.inbox import Book, Submission, Tick
from schemas.events.intake import RawChange
from tests.unit.schemas.strategies import EVENTS, LETTERS, SECRET, records

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_all_of_a_submission() -> None:
    event = Submission(
        event_id="e", submission_id="s", system="x", source_key="k", received_at=1_767_225_600_123, person=Person()
    )
    assert headers(event, "/santai/streams/normalise", TRACE) == [
        ("ce_id", b"e"),
        ("ce_source", b"/santai/streams/normalise"),
        ("ce_type", b"cn.santai.Submission.v1"),
        ("ce_time", b"2026-01-01T00:00:00.123Z"),
        ("ce_specversion", b"1.0"),
        ("content-type", b"application/vnd.apache.avro"),
        ("traceparent", TRACE.encode()),
    ]


def test_records_without_time_or_id_of_their_own() -> None:
    book = dict(headers(Book(event_id="e", submission_id="s", sender="t", contents=BookContents()), "/santai"))
    assert "ce_time" not in book
    assert "traceparent" not in book
    tick = dict(headers(Tick(partition=3, now=1000), "/santai"))
    assert tick["ce_id"] == b"tick-3-1000"
    assert tick["ce_time"] == b"1970-01-01T00:00:01.000Z"
    raw = RawChange(event_id="e", system="x", source_key="k", captured_at=5, content_type="text/xml", body=b"")
    assert dict(headers(raw, "/santai"))["ce_time"] == b"1970-01-01T00:00:00.005Z"


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_time_is_the_same_moment(at_ms: int) -> None:
    text = dict(headers(Tick(partition=0, now=at_ms), "/santai"))["ce_time"].decode()
    assert (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1) == at_ms


@pytest.mark.parametrize("at_ms", [2**63 - 1, -(2**63), 253_402_300_800_000])
def test_a_time_that_is_no_date_is_a_dead_letter(at_ms: int) -> None:
    with pytest.raises(DeadLetter, match="时间"):
        headers(Tick(partition=0, now=at_ms), "/santai")


@pytest.mark.parametrize("name", EVENTS)
@given(data=st.data())
def test_nothing_personal(name: str, data: st.DataObject) -> None:
    event: Any = data.draw(records(name, SECRET))
    try:
        found = headers(event, "/santai", TRACE)
    except DeadLetter:  # its time is no date
        return
    assert all(key.startswith("ce_") or key in ("content-type", "traceparent") for key, _ in found)
    assert not set(LETTERS) & set(b"".join(value for _, value in found).decode())
