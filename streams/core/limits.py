"""The three moments of a limit: near (临期), due (黄牌), red (红牌), in each unit the law uses.

`extra` is what pauses have added, in the unit's own measure: ms where time is continuous, days where it is counted in
days. Every moment rises with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Protocol

from mappings import clockbook
from streams.core.calendar import MINUTE_MS, Calendar, Due, day_of, end_of, start_of

# 临期 where a clock does not say [D]: 20 % of the limit left, or one working day.
_FRACTION = 0.8
_OVER = 0.5  # 红牌: half of the limit more


class Limit(Protocol):
    """How much time a clock gives."""

    def near(self, start_ms: int, extra: int) -> Due:
        """When the deadline is near: never after it, in very short limits at it."""

    def due(self, start_ms: int, extra: int) -> Due:
        """The deadline."""

    def red(self, start_ms: int, extra: int) -> Due:
        """When it is gravely overdue; always after the deadline."""

    def paused(self, from_ms: int, to_ms: int) -> int:
        """What a pause adds to `extra`; never negative."""


@dataclass(frozen=True, slots=True)
class _NearDays:
    """临期 in limits of days: a fraction gone, or so many working days left; the earlier."""

    fraction: float | None
    left: int | None

    def gone(self, length: int) -> int | None:
        """Whole days that have to be gone, if the fraction counts."""
        return None if self.fraction is None else ceil(length * self.fraction)

    def earliest(self, calendar: Calendar, start_ms: int, by_fraction: int | None, due: Due) -> Due:
        """The earlier of both, not before the start. On the last working day left means from its 00:00."""
        moments = [] if by_fraction is None else [by_fraction]
        if self.left is not None:
            moments.append(start_of(calendar.workdays_back(day_of(due.ms - 1), self.left - 1)))
        return Due(max(min(moments), start_ms), due.provisional)


class _Wall:
    """Minutes round the clock."""

    def __init__(self, amount: int, near: int) -> None:
        self._near, self._due = near * MINUTE_MS, amount * MINUTE_MS
        self._red = self._due + ceil(self._due * _OVER)

    def near(self, start_ms: int, extra: int) -> Due:
        return Due(start_ms + self._near + extra)

    def due(self, start_ms: int, extra: int) -> Due:
        return Due(start_ms + self._due + extra)

    def red(self, start_ms: int, extra: int) -> Due:
        return Due(start_ms + self._red + extra)

    def paused(self, from_ms: int, to_ms: int) -> int:
        return to_ms - from_ms


class _Office:
    """Minutes of office hours."""

    def __init__(self, calendar: Calendar, amount: int, near: int) -> None:
        self._calendar = calendar
        self._near, self._due = near * MINUTE_MS, amount * MINUTE_MS
        self._red = self._due + ceil(self._due * _OVER)

    def near(self, start_ms: int, extra: int) -> Due:
        return self._calendar.add_working_ms(start_ms, self._near + extra)

    def due(self, start_ms: int, extra: int) -> Due:
        return self._calendar.add_working_ms(start_ms, self._due + extra)

    def red(self, start_ms: int, extra: int) -> Due:
        return self._calendar.add_working_ms(start_ms, self._red + extra)

    def paused(self, from_ms: int, to_ms: int) -> int:
        return self._calendar.working_ms(from_ms, to_ms)


class _Workdays:
    """Working days: the moments are ends of days."""

    def __init__(self, calendar: Calendar, amount: int, near: _NearDays) -> None:
        self._calendar, self._amount, self._rules = calendar, amount, near

    def near(self, start_ms: int, extra: int) -> Due:
        gone = self._rules.gone(self._amount)
        by_fraction = None if gone is None else self._calendar.add_workdays(start_ms, gone + extra).ms
        return self._rules.earliest(self._calendar, start_ms, by_fraction, self.due(start_ms, extra))

    def due(self, start_ms: int, extra: int) -> Due:
        return self._calendar.add_workdays(start_ms, self._amount + extra)

    def red(self, start_ms: int, extra: int) -> Due:
        return self._calendar.add_workdays(start_ms, self._amount + ceil(self._amount * _OVER) + extra)

    def paused(self, from_ms: int, to_ms: int) -> int:
        return self._calendar.workdays_between(from_ms, to_ms)


class _NaturalDays:
    """Natural days, or months counted as the days they have from that start; the last day rolls to a working day."""

    def __init__(self, calendar: Calendar, days: int, months: int, near: _NearDays) -> None:
        self._calendar, self._days, self._months, self._rules = calendar, days, months, near

    def _length(self, start_ms: int) -> int:
        start = day_of(start_ms)
        return self._days + (self._calendar.months_on(start, self._months) - start if self._months else 0)

    def near(self, start_ms: int, extra: int) -> Due:
        gone = self._rules.gone(self._length(start_ms))
        by_fraction = None if gone is None else end_of(day_of(start_ms) + gone + extra)
        return self._rules.earliest(self._calendar, start_ms, by_fraction, self.due(start_ms, extra))

    def due(self, start_ms: int, extra: int) -> Due:
        return self._calendar.add_days(start_ms, self._length(start_ms) + extra)

    def red(self, start_ms: int, extra: int) -> Due:
        # From the rolled deadline: half of a short limit could end inside the holiday the deadline was rolled over.
        last_moment = self.due(start_ms, extra).ms - 1
        return self._calendar.add_days(last_moment, ceil(self._length(start_ms) * _OVER))

    def paused(self, from_ms: int, to_ms: int) -> int:
        return day_of(to_ms) - day_of(from_ms)


def limit_of(clock: clockbook.Clock, calendar: Calendar) -> Limit:
    """The clock's limit, ready to be asked."""
    amount, rules = clock.limit.amount, clock.near
    fractions = [rule.fraction for rule in rules if rule.fraction is not None]
    if clock.limit.unit in ("minutes", "working_minutes"):
        gone = [rule.minutes or rule.working_minutes or 0 for rule in rules if rule.fraction is None]
        gone += [ceil(amount * fraction) for fraction in fractions or ([] if rules else [_FRACTION])]
        return _Wall(amount, min(gone)) if clock.limit.unit == "minutes" else _Office(calendar, amount, min(gone))
    left = [rule.workdays_left for rule in rules if rule.workdays_left is not None]
    near = _NearDays(min(fractions, default=None), max(left, default=None)) if rules else _NearDays(_FRACTION, 1)
    if clock.limit.unit == "workdays":
        return _Workdays(calendar, amount, near)
    if clock.limit.unit == "days":
        return _NaturalDays(calendar, amount, 0, near)
    return _NaturalDays(calendar, 0, amount, near)
