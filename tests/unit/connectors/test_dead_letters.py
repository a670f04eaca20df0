"""The DLQ's headers say where and why, and group the same trouble."""

from __future__ import annotations

from connectors.dead_letters import error_headers
from schemas.errors import Unmappable, Unreadable


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
