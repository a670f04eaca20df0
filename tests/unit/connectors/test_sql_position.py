"""The position of a polled table against every order of commits: nothing is skipped, and it moves on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import sql_position as sp
from connectors.sql_position import Position, Window

START = datetime(2026, 3, 5, 9)
SECOND = timedelta(seconds=1)
WINDOW = Window(overlap=timedelta(), margin=2 * SECOND, sweep_every=timedelta(days=999))


@dataclass(frozen=True)
class Written:
    """A row: its transaction begins, it gets its timestamp, it commits. Seconds from the start."""

    key: int
    begun: int
    stamped: int
    committed: int
    clock: int  # what its writer's clock is off, seconds


@st.composite
def histories(draw: st.DrawFn) -> list[Written]:
    rows = []
    for key in range(draw(st.integers(1, 25))):
        begun = draw(st.integers(0, 120))
        stamped = begun + draw(st.integers(0, 5))
        committed = stamped + draw(st.sampled_from([0, 0, 1, 3, 20, 90]))
        rows.append(Written(key, begun, stamped, committed, draw(st.sampled_from([-1, 0, 0, 1]))))
    return rows


class Table:
    """The rows as a database shows them at a second; `rate` is how fast the rows' clock runs against the server's."""

    def __init__(self, rows: list[Written], rate: int, size: int, low_water: bool = True) -> None:
        self.rows, self.rate, self.size, self.low_water = rows, rate, size, low_water
        self.seen: set[int] = set()
        self.at = Position(swept=START)  # no sweep: the cursor must find everything by itself

    def stamp(self, row: Written) -> datetime:
        return START + (row.stamped + row.clock) * SECOND * self.rate

    def poll(self, second: int) -> bool:
        now = START + second * SECOND
        if self.at.round is None:
            open_ones = [row.begun for row in self.rows if row.begun <= second < row.committed]
            age = (second - min(open_ones)) * SECOND if open_ones and self.low_water else None
            self.at = sp.begin_round(self.at, now, age)
        walk = self.at.round
        assert walk is not None
        rows = sorted((self.stamp(row), row.key) for row in self.rows if row.committed <= second)
        if walk.after is not None:
            rows = [row for row in rows if row > walk.after]
        elif self.at.since is not None:
            rows = [row for row in rows if row[0] >= self.at.since]
        page = rows[: self.size]
        self.seen.update(key for _, key in page)
        self.at = sp.from_json(json.loads(json.dumps(sp.to_json(self.at))))
        self.at = sp.page_read(self.at, page[-1] if page else None, now, WINDOW)
        if page and len(page) < self.size:
            self.at = sp.page_read(self.at, None, now, WINDOW)
        return self.at.round is not None

    def polls(self, times: Iterable[int]) -> None:
        for second in times:
            self.poll(second)

    def drain(self) -> None:
        for _ in range(2):  # the round under way, and one that begins when all is committed
            while self.poll(400):
                pass


@settings(max_examples=150)
@given(
    histories(), st.lists(st.integers(0, 260), max_size=60).map(sorted), st.sampled_from([1, 1, 60]), st.integers(1, 5)
)
def test_no_late_commit_is_skipped(rows: list[Written], times: list[int], rate: int, size: int) -> None:
    table = Table(rows, rate, size)
    table.polls(times)
    table.drain()
    assert table.seen == {row.key for row in rows}


LATE = [Written(1, 0, 0, 100, 0), *(Written(key, key, key, key, 0) for key in range(2, 90))]


def test_without_the_oldest_transaction_a_late_commit_is_skipped() -> None:
    table = Table(LATE, 1, 5, low_water=False)
    table.polls(range(120))
    table.drain()
    assert 1 not in table.seen  # so the property above is about something


def test_a_late_commit_is_found_and_the_position_moves_on_behind_it() -> None:
    table = Table(LATE, 1, 5)
    table.polls(range(99))
    assert table.at.since is None or table.at.since <= START
    table.polls(range(100, 200))
    assert 1 in table.seen
    assert table.at.since is not None
    assert table.at.since > START + 60 * SECOND


def test_the_position_stays_small_however_long_a_transaction_is_open() -> None:
    forever = [Written(1, 10, 10, 10**6, 0), *(Written(key, key, key, key, 0) for key in range(2, 700))]
    table = Table(forever, 1, 50)
    table.polls(range(700))
    assert len(table.at.samples) <= sp.SAMPLES_MAX
    assert len(json.dumps(sp.to_json(table.at))) < 8_000


def test_a_timestamp_from_the_future_does_not_carry_the_position_away() -> None:
    table = Table([Written(1, 1, 10**6, 2, 0)], 1, 5)
    table.polls([3, 20, 40])
    assert table.at.since is not None
    assert table.at.since < START + 40 * SECOND


def test_a_zero_date_does_not_break_the_arithmetic() -> None:
    at = sp.begin_round(Position(), START, None)
    at = sp.page_read(at, (datetime.min, 1), START, WINDOW)
    at = sp.page_read(at, None, START, WINDOW)
    at = sp.begin_round(at, START + 60 * SECOND, None)
    at = sp.page_read(at, None, START + 60 * SECOND, WINDOW)
    assert at.since is not None


def test_the_sweep_takes_turns_and_comes_back_when_it_is_due() -> None:
    window = Window(overlap=timedelta(), margin=SECOND, sweep_every=60 * SECOND)
    at = sp.page_read(sp.begin_round(Position(), START, None), None, START, window)
    assert at.sweep_next  # a new source is swept at once: rows without a timestamp
    at = sp.sweep_read(at, 7)
    assert (at.sweep_after, at.sweep_next) == (7, False)  # the cursor's turn
    at = sp.page_read(sp.begin_round(at, START + SECOND, None), None, START + SECOND, window)
    assert at.sweep_next
    at = sp.sweep_read(at, None)
    assert (at.sweep_begun, at.swept) == (None, START)
    for second, due in [(30, False), (61, True)]:
        now = START + second * SECOND
        at = sp.page_read(sp.begin_round(at, now, None), None, now, window)
        assert at.sweep_next is due


def test_a_page_without_a_round_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="begin_round"):
        sp.page_read(Position(), None, START, WINDOW)
