"""Loads the calendar tables and the clock table: data checked before anything runs on it.

Every fault of the files ends as Stop with one line that names file and place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from mappings.vocabulary import Channel, Family, RequestKind, State
from schemas.errors import Stop

FOLDER = Path(__file__).parent

# A notice may move days of the December before (29 December 2018 was declared a working day by the notice for 2019).
DAYS_OF_DECEMBER_BEFORE = 10

_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Holiday(_Table):
    """One 放假 of a notice, first and last day included."""

    name: str
    first: date = Field(alias="from")
    last: date = Field(alias="to")

    @model_validator(mode="after")
    def _ordered(self) -> Holiday:
        if not self.first <= self.last <= self.first + timedelta(days=14):
            raise ValueError(f"holiday {self.name}: from {self.first} to {self.last} is no holiday")
        return self

    def days(self) -> list[date]:
        """All days of the holiday."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


class CalendarYear(_Table):
    """The State Council's notice for one year: holidays, and weekend days that are worked (调休)."""

    year: int = Field(ge=2000, le=2100)
    notice: str = Field(min_length=1)
    holidays: tuple[Holiday, ...] = Field(min_length=1)
    working: tuple[date, ...]

    @model_validator(mode="after")
    def _consistent(self) -> CalendarYear:
        first, last = date(self.year, 1, 1) - timedelta(days=DAYS_OF_DECEMBER_BEFORE), date(self.year, 12, 31)
        off = [day for holiday in self.holidays for day in holiday.days()]
        for day in (*off, *self.working):
            if not first <= day <= last:
                raise ValueError(f"{day} does not belong to the notice for {self.year}")
        if twice := {day for day in off if off.count(day) > 1} | (set(off) & set(self.working)):
            raise ValueError(f"named twice: {', '.join(map(str, sorted(twice)))}")
        if weekdays := [day for day in self.working if day.weekday() < 5]:
            raise ValueError(f"worked anyway, no 调休: {', '.join(map(str, weekdays))}")
        return self


class Applies(_Table):
    """Whom a clock concerns: None is any. A submission that does not say its kind or family matches no list."""

    systems: frozenset[str] | None = None
    channels: frozenset[Channel] | None = None
    families: frozenset[Family] | None = None
    kinds: frozenset[RequestKind] | None = None
    urgent: bool | None = None


Unit = Literal["minutes", "working_minutes", "workdays", "days", "months"]


def _only(values: Mapping[str, Any]) -> tuple[str, Any]:
    given = [(name, value) for name, value in values.items() if value is not None]
    if len(given) != 1:
        raise ValueError(f"exactly one of {', '.join(values)} is needed")
    return given[0]


class Limit(_Table):
    """How much time there is, in one unit."""

    minutes: int | None = Field(None, gt=0)
    working_minutes: int | None = Field(None, gt=0)
    workdays: int | None = Field(None, gt=0)
    days: int | None = Field(None, gt=0)
    months: int | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _one(self) -> Limit:
        _only(self.model_dump())
        return self

    @property
    def unit(self) -> Unit:
        """The unit that is set."""
        unit: Any = _only(self.model_dump())[0]
        return unit  # type: ignore[no-any-return]

    @property
    def amount(self) -> int:
        """How many of the unit."""
        return int(_only(self.model_dump())[1])


class Near(_Table):
    """One rule of when a deadline is near (临期)."""

    minutes: int | None = Field(None, gt=0)
    working_minutes: int | None = Field(None, gt=0)
    fraction: Annotated[float, Field(gt=0, lt=1)] | None = None
    workdays_left: int | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _one(self) -> Near:
        _only(self.model_dump())
        return self


class Clock(_Table):
    """One row of the clock table; its words are explained at the head of clocks.yaml."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str = Field(min_length=1)
    severity: Literal["normal", "serious"]
    applies: Applies = Applies()
    starts: Literal["receipt"] | frozenset[str]
    restarts: bool = False
    met: frozenset[str] = Field(min_length=1)
    void: frozenset[str] = frozenset()
    pauses: frozenset[str] = frozenset()
    limit: Limit
    near: tuple[Near, ...] = ()
    source: str = Field(min_length=1)
    verify: str | None = None

    @property
    def start_states(self) -> frozenset[str]:
        """The states that start it."""
        return frozenset({"RECEIVED"}) if self.starts == "receipt" else frozenset(self.starts)

    @model_validator(mode="after")
    def _consistent(self) -> Clock:
        starts = self.start_states
        for left, right in ((starts, self.met), (starts, self.void), (self.met, self.void)):
            if both := left & right:
                raise ValueError(f"clock {self.name}: {', '.join(sorted(both))} cannot be both")
        by_minutes = {"minutes": "minutes", "working_minutes": "working_minutes"}
        for rule in self.near:
            kind, value = _only(rule.model_dump())
            fits = self.limit.unit == by_minutes[kind] if kind in by_minutes else True
            if kind == "workdays_left":
                fits = self.limit.unit not in by_minutes
            if not fits or (kind in by_minutes and value >= self.limit.amount):
                raise ValueError(f"clock {self.name}: near {kind} does not fit a limit in {self.limit.unit}")
        return self


class ClockTable(_Table):
    """All of clocks.yaml, group names replaced by their states."""

    office_hours: tuple[tuple[int, int], ...] = Field(min_length=1)  # minutes of the day
    groups: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    clocks: tuple[Clock, ...] = Field(min_length=1)

    @field_validator("office_hours", mode="before")
    @classmethod
    def _minutes(cls, value: Any) -> Any:
        if not isinstance(value, list) or not value:
            raise ValueError("office hours are a list of spans such as 08:30-12:00")
        spans = []
        for text in value:
            found = _HOURS.fullmatch(str(text))
            if found is None:
                raise ValueError(f"office hours are written 08:30-12:00, not {text}")
            h1, m1, h2, m2 = map(int, found.groups())
            spans.append((h1 * 60 + m1, h2 * 60 + m2))
        flat = [minute for span in spans for minute in span]
        if any(a >= b for a, b in pairwise(flat)) or flat[-1] > 24 * 60:
            raise ValueError("office hours must rise and not overlap")
        return tuple(spans)

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        if not isinstance(value, dict) or not isinstance(value.get("clocks"), list):
            return value
        groups = value.get("groups", {})
        if not isinstance(groups, dict) or not all(isinstance(group, list) for group in groups.values()):
            raise ValueError("groups are lists of states by name")

        def states(names: Any) -> Any:
            if not isinstance(names, list):
                return names
            flat = [state for name in map(str, names) for state in groups.get(name, [name])]
            if unknown := sorted(set(map(str, flat)) - set(State)):
                raise ValueError(f"neither a state nor a group: {', '.join(unknown)}")
            return flat

        keys = ("starts", "met", "void", "pauses")
        clocks = [
            {key: states(part) if key in keys else part for key, part in clock.items()}
            if isinstance(clock, dict)
            else clock
            for clock in value["clocks"]
        ]
        return {**value, "clocks": clocks}

    @model_validator(mode="after")
    def _unique(self) -> ClockTable:
        names = [clock.name for clock in self.clocks]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"clocks named twice: {', '.join(sorted(twice))}")
        return self


Model = TypeVar("Model", bound=BaseModel)


def _read(model: type[Model], path: Path) -> Model:
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Stop(f"{path.name}: cannot be read: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole file"
        raise Stop(f"{path.name}: {place}: {first['msg']}") from error


def load_calendar(folder: Path = FOLDER / "calendar") -> tuple[CalendarYear, ...]:
    """The notices of all years in the folder, in order. Stop: none, a year missing in between, a fault in a file."""
    years = sorted((_read(CalendarYear, path) for path in folder.glob("*.yaml")), key=lambda year: year.year)
    numbers = [year.year for year in years]
    if not numbers or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise Stop(f"calendar: need one file for each year without a gap, found {numbers or 'none'}")
    return tuple(years)


def load_clocks(path: Path = FOLDER / "clocks.yaml") -> ClockTable:
    """The clock table. Stop: a fault in the file."""
    return _read(ClockTable, path)
