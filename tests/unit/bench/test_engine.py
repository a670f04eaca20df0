"""The engines' benchmark: its records, what it counts, what it takes for CPU."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from bench import rivals
from bench.arena import Written
from bench.contenders import CONTENDERS
from bench.engine import Options
from bench.engines.event import HEADER, TELLINGS, decode, encode, number_of, person_of, persons
from bench.gauge import Gauge

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("n", [0, 1, 2999, 3000, 99_999_999])
def test_an_event_says_its_number_and_its_person(n: int) -> None:
    value = encode(n)
    assert value.startswith(HEADER)
    assert number_of(value) == n
    event = decode(value)
    assert (event["event_id"], event["person"]) == (f"e{n:08d}", person_of(n))
    assert 300 <= len(value) <= 310


@pytest.mark.parametrize("count", [1, 999, 1000, 1001, 2999, 3000, 4500, 9000])
def test_persons_are_counted_as_they_are_drawn(count: int) -> None:
    assert persons(count) == len({person_of(n) for n in range(count)})


def test_any_stretch_has_the_same_share_of_unseen_persons() -> None:
    assert persons(60_000) - persons(30_000) == 30_000 // TELLINGS


class Message:
    """As confluent-kafka's."""

    def __init__(self, n: int, partition: int, at: int) -> None:
        self.value = lambda: encode(n)
        self.partition = lambda: partition
        self.timestamp = lambda: (2, at)


def test_lost_repeated_and_misplaced_records_are_seen() -> None:
    found = Written(4)
    messages: list[Any] = [Message(0, 1, 10), Message(1, 2, 11), Message(1, 2, 12), Message(3, 0, 13)]
    for message in messages:
        found.take(message, bytes([1, 2, 0, 3]))
    assert (found.missing, found.repeated, found.misplaced) == (1, 1, 1)
    assert found.times == [10, 11, 13]


def test_cpu_between_two_looks_is_even() -> None:
    gauge = Gauge(1, 1, _at=[10.0, 11.0, 13.0], _tree=[1.0, 2.0, 2.5], _broker=[0.0, 0.0, 1.0], _others=[5.0] * 3)
    assert gauge.between(10.5, 12.0) == pytest.approx((0.75, 0.5, 0.0))
    assert gauge.between(9.0, 99.0) == pytest.approx((1.5, 1.0, 0.0))


def test_a_look_sees_what_a_process_uses() -> None:
    gauge = Gauge(os.getpid(), os.getpid())
    gauge.look()
    sum(n * n for n in range(300_000))
    gauge.look()
    assert gauge.resident > 1 << 20
    assert gauge.between(0, 1e12)[0] > 0


def test_slow_engines_are_given_fewer_records() -> None:
    options = Options(messages=100_000)
    assert options.count("faust") < options.count("santai") == 100_000
    assert Options(messages=1000).count("faust") == 1000


def test_what_it_is_measured_against_is_pinned_without_an_address() -> None:
    assert {"quixstreams", "bytewax", "kafka-streams"} == {name for name, found in rivals.versions().items() if found}
    assert "://" not in rivals.LOCK.read_text()


def test_engines_bear_the_names_others_rely_on() -> None:
    named = "santai faust quix bytewax kafka-streams kafka-streams-at-least-once bare"
    assert list(CONTENDERS) == named.split()
