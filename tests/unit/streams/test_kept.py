"""A record is found only under the very value it was sealed to."""

from __future__ import annotations

from streams.steps.kept import Kept


def test_found_under_its_value_and_place_only() -> None:
    kept: Kept[str] = Kept()
    kept.put(0, b"k", b"v1", "one")
    assert kept.get(0, b"k", b"v1") == "one"
    assert kept.get(0, b"k", b"v0") is None, "the batch was rolled back: the table has the value of before"
    assert kept.get(1, b"k", b"v1") is None


def test_the_longest_put_goes_first() -> None:
    kept: Kept[int] = Kept(at_most=2)
    for n, key in enumerate((b"a", b"b", b"a", b"c")):
        kept.put(0, key, b"v", n)
    assert (kept.get(0, b"a", b"v"), kept.get(0, b"b", b"v"), kept.get(0, b"c", b"v")) == (2, None, 3)
    assert len(kept) == 2


def test_a_lost_partition_is_forgotten() -> None:
    kept: Kept[str] = Kept()
    kept.put(0, b"k", b"v", "mine")
    kept.put(1, b"k", b"v", "other")
    kept.forget(0)
    assert kept.get(0, b"k", b"v") is None
    assert kept.get(1, b"k", b"v") == "other"
