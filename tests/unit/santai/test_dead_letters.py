"""Dead letters that were written twice are one."""

from __future__ import annotations

from typing import Any

from santai.dead_letters import Dead, grouped, told_once


def dead(offset: int, **changes: Any) -> Dead:
    """A dead letter at this place of the DLQ; by default of the fifth record of an intake partition."""
    made: dict[str, Any] = {
        "offset": offset, "at": offset, "topic": "t.intake.web.v1", "from_partition": 1, "from_offset": 4,
        "stage": "decode", "error": "Unreadable", "reason": "", "mapping": "", "attempt": 1, "fingerprint": "f",
        "key": "", "bytes": 3, "digest": "d",
    }  # fmt: skip
    return Dead(**(made | changes))


def test_a_record_that_two_workers_wrote_is_one() -> None:
    kept = list(told_once([dead(0), dead(1), dead(2)]))
    assert [one.offset for one in kept] == [0]
    assert grouped(kept)[0].offsets == (0,)


def test_a_group_s_reason_is_what_all_of_it_share() -> None:
    (trouble,) = grouped([dead(n, from_offset=n, reason=f"mapping: JSON 格式错误（第 {n} 行第 9 列）") for n in (1, 2)])
    assert (trouble.reason, trouble.offsets) == ("mapping: JSON 格式错误", (1, 2))


def test_what_differs_in_place_or_bytes_is_not_the_same() -> None:
    others = [dead(1, from_offset=5), dead(2, from_partition=2), dead(3, topic="other"), dead(4, digest="e")]
    assert len(list(told_once([dead(0), *others]))) == 5


def test_what_never_was_in_a_topic_is_told_each_time() -> None:
    assert len(list(told_once([dead(n, from_partition=-1, from_offset=-1) for n in range(3)]))) == 3


def test_sent_back_from_either_place_is_sent_back() -> None:
    for marks in ((True, False), (False, True)):
        (one,) = told_once([dead(n, redriven=mark) for n, mark in enumerate(marks)])
        assert one.redriven
        assert one.offset == 0
