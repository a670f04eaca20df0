"""Deadlines as the law counts them, in Asia/Shanghai, from a table of the State Council's holiday notices.

Sources, from memory of the text [to be verified]:
- 民法典 200-204: periods are counted by years, months, days and hours of the common calendar. In days, months or years
  the day on which a period begins is excluded (201); a month ends on the day of the same number or, where there is
  none, on the month's last day (202); an end on a 法定休假日 moves to the next day that is none; the last day ends at
  24:00, or at closing time where there are business hours (203). We use 24:00: never earlier than the law allows.
  In hours a period begins at once (201).
- 行政许可法 82: periods counted in 工作日 leave out statutory holidays.
- Weekends count as 法定休假日, 调休 working days do not.

All functions take and return milliseconds since the epoch (UTC). The offset is +08:00 throughout: China has had no
summer time since 1991, and earlier dates do not occur. An end of day is the first millisecond of the next day: a
deadline is missed once `now >= due`.

Days outside the table are taken to be worked unless they are Saturday or Sunday; a result that rests on that is marked
provisional, to be counted again when the next notice is loaded. Nothing here raises, however far the date.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

MINUTE_MS = 60_000
DAY_MS = 86_400_000
OFFSET_MS = 8 * 3_600_000
_DAYS_OF_400_YEARS = 146_097
_EPOCH = date(1970, 1, 1).toordinal()
# A notice may still move days of the December before: the last days of the last year are not settled.
_UNSETTLED_DAYS = 10


class Holiday(Protocol):
    """A run of days off."""

    def days(self) -> Sequence[date]:
        """Its days."""


class Year(Protocol):
    """One year's notice: what differs from Monday to Friday."""

    @property
    def year(self) -> int:
        """Which year."""

    @property
    def holidays(self) -> Sequence[Holiday]:
        """Days off."""

    @property
    def working(self) -> Sequence[date]:
        """调休: weekend days that are worked."""


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline in ms; provisional: it rests on days that no notice has settled yet."""

    ms: int
    provisional: bool = False


def day_of(ms: int) -> int:
    """The local day, as days since 1970-01-01."""
    return (ms + OFFSET_MS) // DAY_MS


def start_of(day: int) -> int:
    """The first millisecond of a local day."""
    return day * DAY_MS - OFFSET_MS


def end_of(day: int) -> int:
    """24:00 of a local day."""
    return start_of(day + 1)


def day_number(day: date) -> int:
    """A date as days since 1970-01-01."""
    return day.toordinal() - _EPOCH


def _weekdays_until(day: int) -> int:
    """Mondays to Fridays up to and including the day, from a fixed Monday (1969-12-29); negative before it."""
    weeks, weekday = divmod(day + 3, 7)
    return weeks * 5 + min(weekday + 1, 5)


def _nth_weekday(n: int) -> int:
    """The day d that is a weekday with _weekdays_until(d) == n."""
    weeks, rest = divmod(n - 1, 5)
    return weeks * 7 + rest - 3


class Calendar:
    """Working days, office hours and deadlines. Immutable after construction; every question takes constant time."""

    def __init__(
        self, years: Sequence[Year], office_hours: Sequence[tuple[int, int]] = ((510, 720), (810, 1080))
    ) -> None:
        """`years`: notices of consecutive years, in order; `office_hours`: spans in minutes of the day, in order."""
        first, last = date(years[0].year, 1, 1), date(years[-1].year, 12, 31)
        off = {day_number(day) for year in years for holiday in year.holidays for day in holiday.days()}
        worked = {day_number(day) for year in years for day in year.working}
        self._first, self._last = day_number(first), day_number(last)
        self._settled = day_number(last - timedelta(days=_UNSETTLED_DAYS))
        self._days: list[int] = []
        self._until: list[int] = []  # working days of the table up to and including each day
        for day in range(self._first, self._last + 1):
            if day in worked or (day not in off and (day + 3) % 7 < 5):
                self._days.append(day)
            self._until.append(len(self._days))
        self._before = _weekdays_until(self._first - 1)
        self._after = _weekdays_until(self._last)
        self._spans = [(a * MINUTE_MS, b * MINUTE_MS) for a, b in office_hours]
        self._office_ms = sum(b - a for a, b in self._spans)

    # Working days are numbered through: number 1 is the table's first, numbers go on before and beyond it.

    def _number(self, day: int) -> int:
        """Working days up to and including the day."""
        if day < self._first:
            return _weekdays_until(day) - self._before
        if day <= self._last:
            return self._until[day - self._first]
        return len(self._days) + _weekdays_until(day) - self._after

    def _nth(self, number: int) -> int:
        """The working day of that number."""
        if number <= 0:
            return _nth_weekday(number + self._before)
        if number <= len(self._days):
            return self._days[number - 1]
        return _nth_weekday(number - len(self._days) + self._after)

    def _provisional(self, start: int, end: int) -> bool:
        return end > self._settled or start < self._first

    def _works(self, day: int) -> bool:
        return self._number(day) > self._number(day - 1)

    def is_workday(self, day: date) -> bool:
        """Whether offices work that day. Beyond the table: Monday to Friday."""
        return self._works(day_number(day))

    def settled(self, day: date) -> bool:
        """Whether a notice in the table has the last word on the day."""
        return self._first <= day_number(day) <= self._settled

    def roll(self, day: int) -> int:
        """The day, or the next working day when it is none (民法典 203)."""
        return self._nth(self._number(day - 1) + 1)

    def add_workdays(self, start_ms: int, n: int) -> Due:
        """End of the n-th working day after the day of `start_ms` (行政许可法 82; the first day excluded)."""
        start = day_of(start_ms)
        day = self._nth(self._number(start) + n)
        return Due(end_of(day), self._provisional(start, day))

    def add_days(self, start_ms: int, n: int) -> Due:
        """End of the n-th natural day after the day of `start_ms`, rolled to a working day (民法典 201, 203)."""
        start = day_of(start_ms)
        return self._rolled(start, start + n)

    def add_months(self, start_ms: int, n: int) -> Due:
        """End of the day n months on, rolled to a working day (民法典 202, 203)."""
        start = day_of(start_ms)
        return self._rolled(start, self.months_on(start, n))

    def add_minutes(self, start_ms: int, n: int) -> Due:
        """Wall clock, from the millisecond on, day and night (民法典 201: hours count at once)."""
        return Due(start_ms + n * MINUTE_MS)

    def add_working_minutes(self, start_ms: int, n: int) -> Due:
        """After n minutes of office hours. Time outside them does not count; an end at closing time stays there."""
        return self.add_working_ms(start_ms, n * MINUTE_MS)

    def add_working_ms(self, start_ms: int, n: int) -> Due:
        """As add_working_minutes, in ms; n > 0."""
        number, rest = divmod(self._worked(start_ms) + n - 1, self._office_ms)
        day, rest = self._nth(number + 1), rest + 1
        for begin, end in self._spans:
            if rest <= end - begin:
                break
            rest -= end - begin
        return Due(start_of(day) + begin + rest, self._provisional(day_of(start_ms), day))

    def working_ms(self, from_ms: int, to_ms: int) -> int:
        """Office time between two moments."""
        return self._worked(to_ms) - self._worked(from_ms)

    def workdays_between(self, from_ms: int, to_ms: int) -> int:
        """Working days after the day of `from_ms`, up to and including that of `to_ms`."""
        return self._number(day_of(to_ms)) - self._number(day_of(from_ms))

    def workdays_back(self, day: int, n: int) -> int:
        """The working day n before the given one; a day off counts as the working day before it."""
        return self._nth(self._number(day) - n)

    @staticmethod
    def months_on(day: int, n: int) -> int:
        """The day of the same number n months on, or the last of that month (民法典 202)."""
        cycles, day = divmod(day, _DAYS_OF_400_YEARS)  # a date of any size would overflow
        more, n = divmod(n, 4800)
        base = date.fromordinal(day + _EPOCH)
        years, month = divmod(base.month - 1 + n, 12)
        year = base.year + years
        end = date(year, month + 1, min(base.day, monthrange(year, month + 1)[1]))
        return day_number(end) + (cycles + more) * _DAYS_OF_400_YEARS

    def _rolled(self, start: int, day: int) -> Due:
        rolled = self.roll(day)
        return Due(end_of(rolled), self._provisional(start, rolled))

    def _worked(self, ms: int) -> int:
        """Office time up to a moment, counted from the start of the table; negative before it."""
        day = day_of(ms)
        whole = self._number(day - 1) * self._office_ms
        if not self._works(day):
            return whole
        of_day = ms - start_of(day)
        return whole + sum(min(max(of_day - begin, 0), end - begin) for begin, end in self._spans)
