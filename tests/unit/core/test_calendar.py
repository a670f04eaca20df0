"""Deadlines as the law counts them: against the notices, against naive counting, and beyond the table's end."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.clockbook import load_calendar
from streams.core.calendar import Calendar, Due, day_number, day_of

CHINA = timezone(timedelta(hours=8))
CALENDAR = Calendar(load_calendar(), ((510, 720), (810, 1080)))
FIRST, SETTLED, LAST = date(2024, 1, 1), date(2026, 12, 21), date(2026, 12, 31)

moments = st.integers(min_value=-(10**14), max_value=10**14)
in_table = st.datetimes(datetime(2024, 1, 1), datetime(2026, 10, 30)).map(
    lambda moment: int(moment.replace(tzinfo=CHINA).timestamp() * 1000)
)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+08:00").timestamp() * 1000)


def local(due: Due) -> str:
    return datetime.fromtimestamp(due.ms / 1000, CHINA).strftime("%Y-%m-%d %H:%M")


def naive_workdays(start_ms: int, n: int) -> date:
    """By the library, day by day."""
    day = datetime.fromtimestamp(start_ms / 1000, CHINA).date()
    while n:
        day += timedelta(days=1)
        n -= chinese_calendar.is_workday(day)
    return day


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_the_tables_agree_with_chinesecalendar_on_every_day(year: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    wrong = [
        day for day in days if day.year == year and CALENDAR.is_workday(day) != bool(chinese_calendar.is_workday(day))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        ("2026-09-30 10:00", 1, "2026-10-09 00:00"),  # national holiday in between: the end of 8 October
        ("2026-10-08 23:59", 1, "2026-10-10 00:00"),
        ("2026-10-09 08:00", 1, "2026-10-11 00:00"),  # Saturday 10 October is worked (调休)
        ("2026-02-14 09:00", 1, "2026-02-25 00:00"),  # 14 February is worked but is the first day: excluded
        ("2026-03-02 09:00", 15, "2026-03-24 00:00"),
        ("2025-12-31 09:00", 1, "2026-01-05 00:00"),  # across the year: 4 January 2026 is worked
    ],
)
def test_working_days(start: str, n: int, due: str) -> None:
    assert local(CALENDAR.add_workdays(ms(start), n)) == due


@given(start=in_table, n=st.integers(1, 30))
def test_working_days_as_counted_one_by_one(start: int, n: int) -> None:
    due = CALENDAR.add_workdays(start, n)
    assert datetime.fromtimestamp(due.ms / 1000, CHINA) == datetime.combine(
        naive_workdays(start, n) + timedelta(days=1), time(), CHINA
    )


@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        ("2026-03-02 09:00", 7, "2026-03-10 00:00"),  # Monday to Monday, first day excluded
        ("2026-09-28 09:00", 3, "2026-10-09 00:00"),  # 1 October is a holiday: rolls to the 8th
        ("2026-03-02 09:00", 5, "2026-03-10 00:00"),  # ends on Saturday: Monday
        ("2026-10-02 09:00", 8, "2026-10-11 00:00"),  # ends on a Saturday that is worked: stays
    ],
)
def test_natural_days_roll_off_holidays(start: str, n: int, due: str) -> None:
    assert local(CALENDAR.add_days(ms(start), n)) == due


@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        ("2026-03-16 09:00", 1, "2026-04-17 00:00"),
        ("2026-01-30 09:00", 1, "2026-03-01 00:00"),  # no 30 February; the 28th is a worked Saturday
        ("2026-08-31 09:00", 1, "2026-10-01 00:00"),  # 30 September, a working day
        ("2026-09-01 09:00", 1, "2026-10-09 00:00"),  # 1 October rolls
        ("2024-11-30 09:00", 3, "2025-03-01 00:00"),  # over the year, into a short month
    ],
)
def test_months(start: str, n: int, due: str) -> None:
    assert local(CALENDAR.add_months(ms(start), n)) == due


def test_minutes_are_wall_clock() -> None:
    assert CALENDAR.add_minutes(ms("2026-09-30 23:00"), 300) == Due(ms("2026-10-01 04:00"))


@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        ("2026-03-02 09:00", 60, "2026-03-02 10:00"),
        ("2026-03-02 11:30", 60, "2026-03-02 14:00"),  # over lunch
        ("2026-03-02 12:30", 30, "2026-03-02 14:00"),
        ("2026-03-02 17:00", 60, "2026-03-02 18:00"),  # at closing time, not next morning
        ("2026-03-02 17:00", 61, "2026-03-03 08:31"),
        ("2026-09-30 19:00", 240, "2026-10-08 14:00"),  # after hours, before the holiday
        ("2026-03-02 00:00", 480, "2026-03-02 18:00"),
    ],
)
def test_office_hours(start: str, n: int, due: str) -> None:
    assert local(CALENDAR.add_working_minutes(ms(start), n)) == due


@given(start=moments, n=st.integers(1, 10**9))
def test_office_time_and_its_measure_agree(start: int, n: int) -> None:
    end = CALENDAR.add_working_ms(start, n).ms
    assert CALENDAR.working_ms(start, end) == n
    assert CALENDAR.working_ms(start, end - 1) == n - 1


@given(start=moments, n=st.integers(1, 400), more=st.integers(0, 50))
def test_longer_limits_never_end_earlier(start: int, n: int, more: int) -> None:
    for add in (CALENDAR.add_workdays, CALENDAR.add_days, CALENDAR.add_months, CALENDAR.add_working_minutes):
        assert start < add(start, n).ms <= add(start, n + more).ms


@given(start=moments, later=st.integers(0, 10**10), n=st.integers(1, 400))
def test_later_starts_never_end_earlier(start: int, later: int, n: int) -> None:
    for add in (CALENDAR.add_workdays, CALENDAR.add_days, CALENDAR.add_working_minutes):
        assert add(start, n).ms <= add(start + later, n).ms


def test_beyond_the_table_is_provisional_and_counts_weekends_only() -> None:
    assert CALENDAR.add_workdays(ms("2026-12-10 09:00"), 5) == Due(ms("2026-12-18 00:00"), False)
    # The notice for 2027 may still move the last days of December.
    assert CALENDAR.add_workdays(ms("2026-12-21 09:00"), 1) == Due(ms("2026-12-23 00:00"), True)
    assert CALENDAR.add_workdays(ms("2026-12-31 09:00"), 1) == Due(ms("2027-01-02 00:00"), True)
    assert CALENDAR.add_days(ms("2027-05-01 09:00"), 7) == Due(ms("2027-05-11 00:00"), True)
    assert CALENDAR.add_working_minutes(ms("2026-12-31 17:30"), 60) == Due(ms("2027-01-01 09:00"), True)
    assert CALENDAR.settled(SETTLED)
    assert not CALENDAR.settled(SETTLED + timedelta(days=1))


def test_before_the_table_is_provisional_too() -> None:
    assert CALENDAR.add_workdays(ms("2023-12-29 09:00"), 1) == Due(ms("2024-01-03 00:00"), True)
    assert not CALENDAR.settled(FIRST - timedelta(days=1))


@given(start=st.integers(-(10**17), 10**17), n=st.integers(1, 10**6))
def test_never_raises_however_far(start: int, n: int) -> None:
    for add in (CALENDAR.add_workdays, CALENDAR.add_days, CALENDAR.add_months, CALENDAR.add_working_minutes):
        due = add(start, n)
        assert due.ms > start
        if start > ms("2027-01-01 00:00"):
            assert due.provisional


@given(day=st.dates(date(1990, 1, 1), date(2060, 1, 1)))
def test_rolling_reaches_the_next_working_day(day: date) -> None:
    rolled = CALENDAR.roll(day_number(day))
    passed = [day + timedelta(days=n) for n in range(rolled - day_number(day))]
    assert not any(map(CALENDAR.is_workday, passed))
    assert CALENDAR.is_workday(day + timedelta(days=rolled - day_number(day)))
    if not FIRST <= day <= LAST:
        assert CALENDAR.is_workday(day) == (day.weekday() < 5)


def test_a_local_day_begins_at_16_hours_utc() -> None:
    assert day_of(int(datetime(2026, 3, 1, 16, tzinfo=UTC).timestamp() * 1000)) == day_number(date(2026, 3, 2))
    assert day_of(int(datetime(2026, 3, 1, 16, tzinfo=UTC).timestamp() * 1000) - 1) == day_number(date(2026, 3, 1))
