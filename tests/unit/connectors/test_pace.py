"""Backoff grows, is bounded and jittered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.dispatch import Pace


@given(attempts=st.integers(0, 10_000), now=st.integers(0, 2**45))
def test_the_next_try_lies_within_half_and_full_of_the_bounded_power(attempts: int, now: int) -> None:
    pace = Pace(backoff_ms=500, backoff_ms_max=60_000)
    full = min(60_000, 500 * 2 ** min(attempts, 20))
    assert full // 2 <= pace.next_try(attempts, now) - now <= full


def test_two_that_failed_together_do_not_come_back_together() -> None:
    assert len({Pace().next_try(7, 0) for _ in range(20)}) > 10
