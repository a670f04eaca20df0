"""The bound on what is in flight."""

from __future__ import annotations

from dataclasses import dataclass

from streams.engine.batch import RECORD_OVERHEAD_BYTES, InFlight, size_of

A, B = ("t", 0), ("t", 1)


@dataclass
class Sized:
    serialized_key_size: int
    serialized_value_size: int


def test_a_partition_has_room_for_two_batches() -> None:
    room = InFlight(1000)
    for offset in (1, 2):
        assert room.has_room(A)
        room.add(A, offset, 10)
    assert not room.has_room(A)
    room.remove(A, 1)
    assert room.has_room(A)


def test_bytes_are_bounded_over_all_partitions_but_one_batch_each_gets_through() -> None:
    room = InFlight(1000)
    room.add(A, 1, 5000)
    assert not room.has_room(A)
    assert room.has_room(B)
    room.add(B, 1, 1)
    assert not room.has_room(B)
    room.remove(A, 1)
    assert room.has_room(B)


def test_what_is_removed_twice_or_after_a_clear_counts_once() -> None:
    room = InFlight(100)
    room.add(A, 1, 60)
    room.clear()
    room.remove(A, 1)
    room.add(A, 1, 60)
    room.remove(A, 1)
    room.remove(A, 1)
    room.add(A, 2, 99)
    assert room.has_room(A)
    assert not room.idle(A)
    assert room.idle(B)


def test_missing_keys_and_values_cost_only_their_record() -> None:
    assert size_of([Sized(-1, -1), Sized(3, 7)]) == 2 * RECORD_OVERHEAD_BYTES + 10
