"""Deterministic ids are UUIDv5, whatever goes into them."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import _SPACE, deterministic_id

PARTS = st.lists(st.text(st.characters(codec="utf-8")) | st.integers(), max_size=4)


@given(parts=PARTS)
def test_an_id_is_the_uuid5_of_its_parts(parts: list[str | int]) -> None:
    name = "".join(f"{len(str(p))}:{p}" for p in parts)
    assert deterministic_id(*parts) == str(uuid.uuid5(_SPACE, name))


def test_no_two_lists_of_parts_collide() -> None:
    ids = {deterministic_id(*parts) for parts in (("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""))}
    assert len(ids) == 4
