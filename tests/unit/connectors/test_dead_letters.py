"""The DLQ's headers say where and why, and group the same trouble."""

from __future__ import annotations

import pytest

from connectors.dead_letters import error_headers
from mappings.body import parse_body
from schemas.errors import Unmappable, Unreadable
from streams.engine.api import Record
from streams.engine.deadletter import Dead, to_message


def test_headers_name_place_cause_and_mapping() -> None:
    error = Unmappable("时间无法识别", field="djsj")
    found = dict(error_headers(error, topic="t.intake.12345.v1", partition=3, offset=7, mapping="12345@1"))
    fingerprint = found.pop("x-santai-fingerprint")
    assert {name: value.decode() for name, value in found.items()} == {
        "__connect.errors.topic": "t.intake.12345.v1",
        "__connect.errors.partition": "3",
        "__connect.errors.offset": "7",
        "__connect.errors.stage": "mapping",
        "__connect.errors.exception.class.name": "Unmappable",
        "__connect.errors.exception.message": "mapping: 时间无法识别 (field djsj)",
        "x-santai-mapping": "12345@1",
        "x-santai-attempt": "1",
    }
    assert len(fingerprint) == 16


def test_the_fingerprint_is_of_the_trouble_not_of_the_place() -> None:
    def fingerprint(error: Unmappable | Unreadable, offset: int) -> bytes:
        return dict(error_headers(error, topic="t", offset=offset))["x-santai-fingerprint"]

    a = fingerprint(Unmappable("缺少", field="gdbh"), 1)
    assert a == fingerprint(Unmappable("缺少", field="gdbh"), 2)
    assert a != fingerprint(Unmappable("缺少", field="djsj"), 1)
    assert a != fingerprint(Unreadable("缺少"), 1)


def test_where_in_a_message_the_trouble_is_makes_no_other_kind() -> None:
    def broken(kind: str, body: bytes) -> dict[str, bytes]:
        with pytest.raises(Unmappable) as caught:
            parse_body(kind, body)
        return dict(error_headers(caught.value, topic="t"))

    for kind, early, late in (
        ("application/json", b'{"a" 1}', b'{"a": 1,\n"b": 1,\n "c" 1}'),
        ("application/xml", b"<a><b></a>", b"<a>\n<b>1</b>\n\n  <b></a>"),
    ):
        one, other = broken(kind, early), broken(kind, late)
        assert one["x-santai-fingerprint"] == other["x-santai-fingerprint"]
        shown = other["__connect.errors.exception.message"].decode()
        assert "行第" in shown, "one record's own detail says where"
        assert one["__connect.errors.exception.message"].decode() != shown
    assert (
        broken("application/json", b"{")["x-santai-fingerprint"]
        != broken("application/xml", b"<")["x-santai-fingerprint"]
    )


def test_a_record_dead_lettered_again_keeps_its_own_headers_and_counts_on() -> None:
    first = error_headers(Unreadable("无内容"), [("ce_id", b"e1")], topic="t", partition=1, offset=2, mapping="web@1")
    again = error_headers(Unreadable("别的"), first, topic="t", partition=1, offset=9)
    found = dict(again)
    assert len(found) == len(again), "no name twice"
    assert (found["ce_id"], found["x-santai-attempt"]) == (b"e1", b"2")
    assert found["__connect.errors.offset"] == b"9"
    assert dict(error_headers(Unreadable("x"), [("x-santai-attempt", b"many")], topic="t"))["x-santai-attempt"] == b"1"


def test_the_fingerprint_is_the_streams_own() -> None:
    record = Record(topic="t", partition=0, offset=5, timestamp_ms=0, key=b"k", value=b"v")
    error = Unmappable("缺少标识字段", field="gdbh")
    theirs = to_message(Dead(record, error.stage, type(error).__name__, str(error)), "dlq")
    ours = dict(error_headers(error, topic="t", partition=0, offset=5))
    assert {name: value for name, value in theirs.headers if name in ours} == ours
