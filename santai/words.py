"""Our codes in Chinese, from the code tables, for everything a person reads. An unknown code is shown as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import mappings
from mappings.clockbook import load_clocks
from mappings.tables import load_tables
from schemas.errors import Stop

FOLDER = Path(mappings.__file__).parent / "codes"
LOCAL = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The domain's local time; China keeps no summer time."""


@dataclass(frozen=True, slots=True)
class Words:
    """What each code is called. `systems` is the title of each system, from its mapping file."""

    tables: Mapping[str, Mapping[str, str]]
    clocks: Mapping[str, str]
    systems: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path = FOLDER, systems: Mapping[str, str] | None = None) -> Words:
        """The code tables of `folder` and the titles of the clock table. Raises Stop when a table is broken."""
        tables, findings = load_tables(folder)
        if findings:
            raise Stop(findings[0])
        titles = {clock.name: clock.title for clock in load_clocks().clocks}
        return cls({name: table.out for name, table in tables.items()}, titles, dict(systems or {}))

    def _say(self, table: str, code: object) -> str:
        return self.tables.get(table, {}).get(str(code), str(code)) if code is not None else ""

    def state(self, code: str | None) -> str:
        """A ticket's state."""
        return self._say("state-title", code)

    def reason(self, code: str) -> str:
        """Why two submissions were found alike, or not."""
        return self._say("reasons", code)

    def reasons(self, codes: object) -> str:
        """Several reasons in one line."""
        return "；".join(self.reason(str(code)) for code in codes) if isinstance(codes, list | tuple) else ""

    def note(self, code: str | None) -> str:
        """What happened that is no state."""
        return self._say("note-title", code)

    def link(self, code: str | None) -> str:
        """How two tickets are related."""
        return self._say("link-title", code)

    def stage(self, code: str | None) -> str:
        """How far a clock has got."""
        return self._say("stage-title", code)

    def result(self, code: str | None) -> str:
        """What became of telling a system."""
        return self._say("result-title", code)

    def delivery(self, code: str | None) -> str:
        """What a system is told."""
        return self._say("delivery-title", code)

    def family(self, code: str | None) -> str:
        """A service family."""
        return self._say("family-title", code)

    def channel(self, code: str | None) -> str:
        """The way in."""
        return self._say("channel-title", code)

    def kind(self, code: str | None) -> str:
        """What the citizen wants."""
        return self._say("kind-title", code)

    def grade(self, grade: int | None) -> str:
        """One of the five grades."""
        return self._say("grade-title", grade)

    def field(self, name: str) -> str:
        """A field of a submission, as marks name it."""
        return self._say("field-title", name)

    def clock(self, name: str) -> str:
        """A clock."""
        return self.clocks.get(name, name)

    def system(self, name: str | None) -> str:
        """A system."""
        return self.systems.get(name, name) if name else ""


def local(at_ms: int) -> datetime:
    """Local time of an event; what lies outside the calendar's years is clipped to its ends."""
    seconds = min(max(at_ms / 1000, -62_135_500_000.0), 253_402_200_000.0)
    return (datetime(1970, 1, 1, tzinfo=LOCAL) + timedelta(hours=8, seconds=seconds)).replace(microsecond=0)


def clock_time(at_ms: int) -> str:
    """To the second, for people."""
    return local(at_ms).strftime("%Y-%m-%d %H:%M:%S")


def iso(at_ms: int | None) -> str | None:
    """ISO 8601 with the offset, for programs."""
    return None if at_ms is None else local(at_ms).isoformat()
