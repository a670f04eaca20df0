"""The index of due tickets against a dictionary that is scanned."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.steps.due import _SLACK, DueIndex

keys = st.sampled_from([b"a", b"b", b"c", b"d"])
moves = st.lists(st.tuples(keys, st.integers(0, 6)), max_size=40)


@given(start=st.dictionaries(keys, st.integers(0, 6)), moves=moves, now=st.integers(-1, 7))
def test_as_a_scan_would_say(start: dict[bytes, int], moves: list[tuple[bytes, int]], now: int) -> None:
    index, naive = DueIndex(start.items()), dict(start)
    for key, at in moves:
        index.set(key, at)
        naive[key] = at
        assert sorted(index.due(now)) == sorted(k for k, t in naive.items() if 0 < t <= now)
    assert len(index) == sum(t > 0 for t in naive.values())
    assert sorted(index.due(now)) == sorted(index.due(now))  # asking changes nothing


def test_a_key_that_went_away_and_came_back_is_due_once() -> None:
    index = DueIndex([(b"first", 1)])
    for at in (5, 7, 5):
        index.set(b"a", at)
    assert sorted(index.due(6)) == [b"a", b"first"]


def test_replaced_entries_do_not_pile_up() -> None:
    index = DueIndex([(b"first", 1)])
    for at in range(2, 10 * _SLACK):
        index.set(b"busy", 10**9 - at)
    assert len(index._heap) <= 2 * len(index) + _SLACK + 1
    assert list(index.due(10**9)) == [b"first", b"busy"]
