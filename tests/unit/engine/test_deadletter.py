"""Sifting: only the poison goes, byte for byte, and nothing personal is told about it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Retry, Stop, Unmappable
from streams.engine.api import Outcome, Output, Record, StateReader
from streams.engine.config import VALUE_BYTES_MAX
from streams.engine.deadletter import Overlay, misrouted, sift, to_message
from streams.engine.partitioner import partition_of

EMPTY = Overlay({})


def record(
    offset: int, value: bytes | None, key: bytes | None = b"k", headers: tuple[tuple[str, bytes], ...] = ()
) -> Record:
    return Record("t", 2, offset, 1000, key, value, headers)


def counting(batch: Sequence[Record], state: StateReader) -> Outcome:
    """Counts under each key; b"bad" cannot be counted, b"boom" fails, b"twice" only fails beside another one."""
    outcome = Outcome()
    if sum(r.value == b"twice" for r in batch) > 1:
        raise KeyError("two")
    for r in batch:
        if r.value == b"bad":
            raise Unmappable("cannot be counted", field="value")
        if r.value == b"boom":
            raise ValueError("Zhang San, 110101199001011234")
        key = r.key or b""
        count = int(outcome.changes.get(key) or state.get(key) or b"0") + 1
        outcome.changes[key] = b"%d" % count
        outcome.outputs.append(Output("out", key, b"%d" % count))
    return outcome


@given(st.lists(st.sampled_from([b"good", b"bad", b"boom"]), max_size=12))
def test_the_poison_goes_and_the_rest_is_as_if_it_had_never_been(values: list[bytes]) -> None:
    records = [record(i, value) for i, value in enumerate(values)]
    sifted = sift(records, counting, EMPTY)
    good = values.count(b"good")
    assert sifted.outcome.changes == ({b"k": b"%d" % good} if good else {})
    assert [o.value for o in sifted.outcome.outputs] == [b"%d" % (i + 1) for i in range(good)]
    assert [d.record.offset for d in sifted.dead] == [i for i, v in enumerate(values) if v != b"good"]


def test_records_that_fail_only_together_are_done_apart() -> None:
    sifted = sift([record(0, b"twice"), record(1, b"twice")], counting, EMPTY)
    assert sifted.dead == []
    assert sifted.outcome.changes == {b"k": b"2"}


def growing(batch: Sequence[Record], state: StateReader) -> Outcome:
    """Keeps all values under their key, and passes each on."""
    outcome = Outcome()
    for r in batch:
        key, value = r.key or b"", r.value or b""
        outcome.changes[key] = (outcome.changes.get(key) or state.get(key) or b"") + value
        outcome.outputs.append(Output("out", key, value))
    return outcome


def test_what_would_fit_into_no_record_is_dead_and_the_rest_goes_on() -> None:
    large = b"x" * (VALUE_BYTES_MAX - 10)
    alone = record(3, b"z" * (VALUE_BYTES_MAX + 1), b"other")
    sifted = sift([record(0, large), record(1, large), record(2, b"y" * 10), alone], growing, EMPTY)
    assert [d.record.offset for d in sifted.dead] == [1, 3]
    assert {(d.stage, d.error_class) for d in sifted.dead} == {("size", "TooLarge")}
    assert sifted.outcome.changes == {b"k": large + b"y" * 10}
    assert [len(o.value) for o in sifted.outcome.outputs] == [VALUE_BYTES_MAX - 10, 10]


def test_state_below_is_seen() -> None:
    sifted = sift([record(0, b"good"), record(1, b"bad")], counting, Overlay({b"k": b"41"}))  # type: ignore[arg-type]
    assert sifted.outcome.changes == {b"k": b"42"}


@pytest.mark.parametrize("error", [Retry("later"), Stop("no"), MemoryError()])
def test_trouble_that_is_not_the_records_is_passed_on(error: Exception) -> None:
    def failing(batch: Sequence[Record], state: StateReader) -> Outcome:
        raise error

    with pytest.raises(type(error)):
        sift([record(0, b"good")], failing, EMPTY)


def test_a_dead_letter_keeps_its_bytes_and_says_why() -> None:
    origin = record(7, b"bad", b"\x00key", (("ce_id", b"1"),))
    [dead] = sift([origin], counting, EMPTY).dead
    message = to_message(dead, "dlq")
    assert (message.topic, message.key, message.value) == ("dlq", b"\x00key", b"bad")
    headers = dict(message.headers)
    assert headers.pop("x-santai-fingerprint")
    assert headers == {
        "ce_id": b"1",
        "__connect.errors.topic": b"t",
        "__connect.errors.partition": b"2",
        "__connect.errors.offset": b"7",
        "__connect.errors.stage": b"mapping",
        "__connect.errors.exception.class.name": b"Unmappable",
        "__connect.errors.exception.message": b"mapping: cannot be counted (field value)",
        "x-santai-attempt": b"1",
    }


def test_an_unexpected_error_tells_its_class_only(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        [dead] = sift([record(7, b"boom")], counting, EMPTY).dead
    told = repr(to_message(dead, "dlq").headers) + caplog.text
    assert "ValueError" in told
    assert "test_deadletter.py:" in caplog.text
    assert "t[2]@7" in caplog.text
    assert "Zhang" not in told
    assert "110101" not in told


def test_redriven_poison_counts_its_attempts_and_keeps_one_set_of_headers() -> None:
    first = to_message(sift([record(7, b"bad")], counting, EMPTY).dead[0], "dlq")
    again = Record("t", 2, 9, 1, first.key, first.value, tuple(first.headers))
    second = to_message(sift([again], counting, EMPTY).dead[0], "dlq")
    names = [name for name, _ in second.headers]
    assert len(names) == len(set(names))
    assert dict(second.headers)["x-santai-attempt"] == b"2"
    assert dict(second.headers)["x-santai-fingerprint"] == dict(first.headers)["x-santai-fingerprint"]
    assert dict(second.headers)["__connect.errors.offset"] == b"9"


def test_a_tombstone_stays_one() -> None:
    def refusing(batch: Sequence[Record], state: StateReader) -> Outcome:
        raise Unmappable("empty")

    assert to_message(sift([record(0, None)], refusing, EMPTY).dead[0], "dlq").value is None


@given(st.binary(max_size=40))
def test_only_keys_of_other_partitions_are_misrouted(key: bytes) -> None:
    here = partition_of(key, 4) == 2
    ours, dead = misrouted([record(0, b"v", key), record(1, b"v", None)], 4)
    assert [r.offset for r in ours] == ([0, 1] if here else [1])
    assert [d.error_class for d in dead] == ([] if here else ["Misrouted"])


def test_all_records_of_a_misrouted_key_are_dead() -> None:
    keys = [b"%d" % n for n in range(100)]
    wrong = next(key for key in keys if partition_of(key, 4) != 2)
    right = next(key for key in keys if partition_of(key, 4) == 2)
    ours, dead = misrouted([record(n, b"v", key) for n, key in enumerate((wrong, right, wrong, right))], 4)
    assert ([r.offset for r in ours], [d.record.offset for d in dead]) == ([1, 3], [0, 2])
    assert misrouted([], 4) == ([], [])
