"""The partition count a table insists on, and which pieces of a changelog it takes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from schemas.errors import Stop
from streams.engine.replay import NOTHING, Piece
from streams.engine.store import MemoryStore
from streams.engine.table import StepTable


def table(known: dict[str, int | None]) -> Any:
    """A table with nothing but what the check looks at."""
    found: Any = object.__new__(StepTable)
    found.step = SimpleNamespace(topic="in")
    found._config = SimpleNamespace(partitions=4)
    found._changelog_topic = SimpleNamespace(get_topic_name=lambda: "changelog")
    found.app = SimpleNamespace(consumer=SimpleNamespace(topic_partitions=known.get))
    return found


@pytest.mark.parametrize("not_yet", [0, None])
def test_a_topic_the_client_does_not_know_yet_is_no_reason_to_stop(not_yet: int | None) -> None:
    table({"in": 4, "changelog": not_yet})._check_partitions()


@pytest.mark.parametrize("wrong", ["in", "changelog"])
def test_another_count_stops_the_worker(wrong: str) -> None:
    with pytest.raises(Stop, match="有 3 个分区，设置为 4"):
        table({"in": 4, "changelog": 4, wrong: 3})._check_partitions()


def replayed(*pieces: Piece) -> tuple[int | None, dict[bytes, bytes]]:
    """What partition 3's store holds after the pieces."""
    found: Any = object.__new__(StepTable)
    store = MemoryStore()
    found._stores, found._caught_up = {3: store}, set()
    for piece in pieces:
        found.replayed(3, piece)
    assert found._caught_up == ({3} if dict(store.items()) else set())
    return store.offset, dict(store.items())


def test_pieces_of_a_changelog_follow_each_other() -> None:
    assert replayed(Piece(NOTHING, 4, {}), Piece(4, 9, {b"k": b"1"})) == (9, {b"k": b"1"})


@pytest.mark.parametrize("after", [NOTHING, 3, 5, 9], ids=["from the start", "overlapping", "a hole", "further on"])
def test_a_piece_read_for_another_state_of_the_store_is_not_taken(after: int) -> None:
    first = Piece(NOTHING, 4, {b"k": b"1"})
    assert replayed(first, Piece(after, 12, {b"k": b"2"})) == replayed(first)


def test_a_piece_of_a_partition_that_has_gone_is_not_taken() -> None:
    found: Any = object.__new__(StepTable)
    found._stores, found._caught_up = {}, set()
    found.replayed(3, Piece(NOTHING, 4, {b"k": b"1"}))
    assert not found._caught_up
