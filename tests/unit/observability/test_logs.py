"""Logs: nothing personal comes through, nobody floods, whatever the record looks like."""

from __future__ import annotations

import io
import json
import logging
import uuid
from collections.abc import Iterator
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observability.logs import NOISY, JsonFormatter, PlainFormatter, RateLimit, mask, set_up


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("号码 11010519491231002X。", "号码 <证件号>。"),
        ("11010519491231002x", "<证件号>"),
        ("id=110105491231002", "id=<证件号>"),
        ("电话13812345678转", "电话<电话>转"),
        ("tel:+8613812345678", "tel:<电话>"),
        ("138-1234-5678 / 138 1234 5678", "<电话> / <电话>"),
        ("0451-82345678", "<电话>"),
        ("b'\\n13812345678'", "b'\\n<电话>'"),
        ("１３８１２３４５６７８", "<电话>"),
    ],
)
def test_mask(text: str, masked: str) -> None:
    assert mask(text) == masked


@given(st.uuids(), st.binary(max_size=8), st.integers(1_500_000_000_000, 2_000_000_000_000))
def test_our_own_ids_digests_and_times_stay(name: uuid.UUID, body: bytes, at: int) -> None:
    line = f"ticket {name} body {sha256(body).hexdigest()} at {at} offset 12345678"
    assert mask(line) == line


@given(st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True), st.text(alphabet="电话: ,;a\n", max_size=5))
def test_no_id_number_comes_through(number: str, around: str) -> None:
    assert number not in mask(f"{around}{number}{around}")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level, {name: logging.getLogger(name).level for name in NOISY}
    yield io.StringIO()
    root.handlers[:], root.level = before[0], before[1]
    for name, level in before[2].items():
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(False)


def test_json_lines_are_masked_everywhere(stream: io.StringIO) -> None:
    set_up(as_json=True, stream=stream)
    try:
        raise ValueError("13812345678")
    except ValueError:
        logging.getLogger("santai.x").exception(
            "caller %s", "13812345678", extra={"system": "12345", "phone": 13812345678, "records": 7, "ok": True}
        )
    line = json.loads(stream.getvalue())
    assert "13812345678" not in stream.getvalue()
    assert line["message"] == "caller <电话>"
    assert (line["level"], line["logger"], line["system"], line["records"]) == ("ERROR", "santai.x", "12345", 7)
    assert (line["phone"], line["ok"]) == ("<电话>", True)
    assert "ValueError: <电话>" in line["error"]


def test_plain_lines_are_masked_with_their_traceback(stream: io.StringIO) -> None:
    set_up(stream=stream)
    try:
        raise ValueError("11010519491231002X")
    except ValueError:
        logging.getLogger("santai.x").exception("caller %s", "13812345678")
    assert "ERROR santai.x: caller <电话>" in stream.getvalue()
    assert "ValueError: <证件号>" in stream.getvalue()


def test_plain_lines_tell_the_extra_fields(stream: io.StringIO) -> None:
    set_up(stream=stream)
    extra = {"system": "12345", "why": "broker\naway", "phone": 13812345678, "color_message": "red"}
    try:
        raise ValueError("no")
    except ValueError:
        logging.getLogger("santai.x").exception("waits", extra=extra)
    first = stream.getvalue().splitlines()[0]
    assert first.endswith('ERROR santai.x: waits system=12345 why="broker\\naway" phone=<电话>')


def test_noisy_libraries_are_quiet_below_warning(stream: io.StringIO) -> None:
    set_up("DEBUG", stream=stream)
    assert not logging.getLogger("aiokafka.consumer").isEnabledFor(logging.INFO)
    assert logging.getLogger("santai").isEnabledFor(logging.DEBUG)


def test_an_outage_of_an_hour_is_a_handful_of_lines() -> None:
    now = [0.0]
    limit = RateLimit(burst=5, period=60, clock=lambda: now[0])
    passed = []
    for n in range(132_000):
        now[0] = n * 3600 / 132_000
        record = logging.makeLogRecord({"name": "aiokafka.conn", "msg": "Unable to connect to %s", "args": (f"b{n}",)})
        if limit.filter(record):
            passed.append(record.getMessage())
    assert len(passed) <= 5 * 61
    told = sum(int(line.split("(")[1].split()[0]) for line in passed if "kept back" in line)
    assert told >= 132_000 - len(passed) - 2_300  # all but those of the last minute


def test_messages_that_all_differ_are_bounded_too() -> None:
    limit = RateLimit(burst=5, period=60, clock=lambda: 0.0)
    passed = sum(limit.filter(logging.makeLogRecord({"name": "mode", "msg": f"message {n}"})) for n in range(5_000))
    assert passed == 50


def test_our_own_lines_are_never_held_back() -> None:
    limit = RateLimit(burst=1, period=60, clock=lambda: 0.0)
    record = {"name": "streams.engine", "msg": "same"}
    assert all(limit.filter(logging.makeLogRecord(record)) for _ in range(100))


def test_formatters_leave_the_record_alone() -> None:
    record = logging.makeLogRecord({"name": "x", "msg": "caller %s", "args": ("13812345678",)})
    PlainFormatter().format(record)
    JsonFormatter().format(record)
    assert record.getMessage() == "caller 13812345678"


def test_an_unknown_level_is_refused(stream: io.StringIO) -> None:
    with pytest.raises(ValueError, match="LOUD"):
        set_up("LOUD", stream=stream)
