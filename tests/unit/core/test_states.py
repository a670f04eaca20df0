"""The table of states and the fold of notes."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mappings.vocabulary import State
from streams.core.book import note_order
from streams.core.states import ANSWERED, ENDED_FOR_GOOD, TRANSITIONS, history
from tests.support.features import status

ROAD = ("RECEIVED", "ACCEPTED", "ASSIGNED", "SIGNED", "IN_PROGRESS", "RESOLVED", "CALLBACK", "CLOSED", "ARCHIVED")
notes = st.lists(
    st.builds(
        status,
        st.just("a"),
        st.integers(0, 20),
        st.sampled_from([*State, "GIBBERISH", None]),
        event_id=st.text("abcdef", min_size=8, max_size=8),
    ),
    max_size=12,
    unique_by=lambda n: n.event_id,
)


def states(*moves: tuple[int, str | None], until: int | None = None) -> list[str]:
    found = [status("a", at, state) for at, state in moves]
    return [s.state for s in history(0, sorted(found, key=note_order), until=until)]


def test_the_table_speaks_of_every_state_and_of_no_other() -> None:
    assert set(TRANSITIONS) == set(State)
    assert {to for may in TRANSITIONS.values() for to in may} <= set(State)
    assert set(State) >= ENDED_FOR_GOOD | ANSWERED


def test_every_state_can_be_reached_but_merged_which_only_matching_gives() -> None:
    reached, frontier = set[str](), ["RECEIVED"]
    while frontier:
        frontier.extend(TRANSITIONS[state := frontier.pop()] - reached - {state})
        reached.add(state)
    assert reached == set(State) - {"MERGED"}


def test_what_has_ended_for_good_moves_no_more() -> None:
    assert all(not TRANSITIONS[state] for state in ENDED_FOR_GOOD)
    assert all(TRANSITIONS[state] <= {"ARCHIVED", "REOPENED"} for state in ANSWERED)


def test_the_main_road_is_never_walked_back() -> None:
    for i, state in enumerate(ROAD):
        assert TRANSITIONS[state].isdisjoint(ROAD[: i + 1])


def test_a_matter_goes_its_way() -> None:
    moves = [(1, "ACCEPTED"), (2, "ASSIGNED"), (3, "IN_PROGRESS"), (4, "SUSPENDED"), (5, "IN_PROGRESS"), (6, "CLOSED")]
    assert states(*moves) == ["RECEIVED", *(state for _, state in moves)]
    assert states(*moves, (7, "REOPENED"), (8, "ACCEPTED"))[-2:] == ["REOPENED", "ACCEPTED"]
    assert states((1, "RETURNED"), (2, "ACCEPTED")) == ["RECEIVED", "RETURNED", "ACCEPTED"]


def test_late_words_and_unknown_ones_are_no_moves() -> None:
    assert states((1, "CLOSED"), (2, "ACCEPTED"), (3, "IN_PROGRESS")) == ["RECEIVED", "CLOSED"]
    assert states((1, "GIBBERISH"), (2, None), (3, "MERGED")) == ["RECEIVED"]
    assert states((1, "REJECTED"), (2, "REOPENED")) == ["RECEIVED", "REJECTED"]


def test_until_leaves_out_what_came_later() -> None:
    assert states((1, "ACCEPTED"), (5, "CLOSED"), until=4) == ["RECEIVED", "ACCEPTED"]
    assert states((1, "ACCEPTED"), (5, "CLOSED"), until=5) == ["RECEIVED", "ACCEPTED", "CLOSED"]


@given(found=notes, received_at=st.integers(0, 20), seed=st.integers())
def test_any_notes_in_any_order_give_one_allowed_history(found: list[object], received_at: int, seed: int) -> None:
    shuffled = random.Random(seed).sample(found, len(found))
    steps = history(received_at, sorted(shuffled, key=note_order))  # type: ignore[arg-type]
    assert steps == history(received_at, sorted(found, key=note_order))  # type: ignore[arg-type]
    assert steps[0] == (received_at, "RECEIVED", "")
    for before, after in pairwise(steps):
        assert after.state in TRANSITIONS[before.state]
        assert after.at >= before.at
