"""The flame graph: samples are summed by function and room, and each box is as wide as its share."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.flame import WIDTH, draw, read_stacks, room_of, rooms, towers, tree

RAW = """\
main (santai/cli.py:9);process (streams/steps/match.py:40);write (schemas/plan.py:7) 60
main (santai/cli.py:9);process (streams/steps/match.py:44);write (schemas/plan.py:9) 15
main (santai/cli.py:9);_run_once (asyncio/base_events.py:1);read (<avro cn.santai.Claim>:2) 5
poll (selectors.py:468) 20
"""
SVG = "{http://www.w3.org/2000/svg}"


def test_a_function_is_one_wherever_in_it_the_sample_was_taken() -> None:
    stacks = read_stacks(RAW)
    assert stacks["main (santai/cli.py)", "process (streams/steps/match.py)", "write (schemas/plan.py)"] == 75
    assert rooms(stacks) == pytest.approx({"schemas": 0.8, "selectors.py": 0.2})
    assert towers(stacks) == pytest.approx({
        "main (santai/cli.py)": 0.8, "process (streams/steps/match.py)": 0.75, "write (schemas/plan.py)": 0.75,
        "read (<avro cn.santai.Claim>)": 0.05,
    })  # fmt: skip


def test_rooms_are_ours_or_the_package_of_others() -> None:
    assert [room_of(f"f ({file})") for file in ("streams/core/book.py", "faust/app/base.py", "uuid.py")] == [
        "streams/core", "faust", "uuid.py",
    ]  # fmt: skip


def test_boxes_are_as_wide_as_their_share_and_say_so() -> None:
    picture = ElementTree.fromstring(draw(read_stacks(RAW), "a < b"))
    found = {g.findtext(f"{SVG}title"): float(g.find(f"{SVG}rect").get("width", "")) for g in picture.iter(f"{SVG}g")}  # type: ignore[union-attr]
    assert found["write (schemas/plan.py): 75.0%"] == pytest.approx(0.75 * WIDTH, abs=1)
    assert found["poll (selectors.py): 20.0%"] == pytest.approx(0.2 * WIDTH, abs=1)
    assert len(found) == 6


@given(st.dictionaries(st.lists(st.sampled_from("abc"), min_size=1).map(tuple), st.integers(1, 9), min_size=1))
def test_no_sample_is_lost_in_the_tree(stacks: dict[tuple[str, ...], int]) -> None:
    root = tree(stacks)
    assert root.count == sum(stacks.values())
    for stack in stacks:
        node = root
        for name in stack:
            node = node.calls[name]
        assert node.count == sum(count for other, count in stacks.items() if other[: len(stack)] == stack)
        assert node.count >= sum(call.count for call in node.calls.values())
