"""Medians and percentiles."""

from __future__ import annotations

import pytest

from bench.records import percentile
from bench.report import medians


def test_medians_keep_the_shape() -> None:
    rounds = [{"a": 1.0, "b": {"c": 10}}, {"a": 3.0, "b": {"c": 30}}, {"a": 2.0, "b": {"c": 20, "d": 5}}]
    assert medians(rounds) == {"a": 2.0, "b": {"c": 20, "d": 5}}


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (0.999, 100), (1.0, 100), (0.0, 1)])
def test_percentile_is_a_value_that_was_seen(share: float, expected: int) -> None:
    assert percentile(range(100, 0, -1), share) == expected


def test_percentile_of_nothing() -> None:
    assert percentile([], 0.5) == 0
