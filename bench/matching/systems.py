"""What each system's records hold, how well, and how late they arrive. The shares are estimates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.matching.draw import Draw, Weighted

HOUR, DAY = 3600, 86_400


def _names(**shares: float) -> Weighted[str]:
    """exact; title: 张女士; misheard; masked: 张*; none."""
    return Weighted(shares)


@dataclass(frozen=True, slots=True)
class System:
    """The shares (0 to 1) say how often a field is filled in; `delay`: the longest usual wait for arrival, in s."""

    channel: str
    register: str
    names: Weighted[str]
    id_number: float
    phone: float
    family: float
    item: float
    opponent: float  # as a field; in words it is nearly always there
    region: float
    kind: float
    text: float
    number: str  # of source_id; {day} yyyymmdd, {year}, {n}, {r} four random digits, {region}
    delay: int
    gbk: bool = False


_HEARD = _names(exact=62, title=16, misheard=13, masked=2, none=7)
_CALLED = _names(exact=76, title=9, misheard=11, masked=1, none=3)
_TYPED = _names(exact=97, misheard=3)
_READ = _names(exact=99, misheard=1)

SYSTEMS: Mapping[str, System] = {
    "12345": System("hotline", "hotline", _HEARD, 0.03, 0.97, 0.3, 0.02, 0.12, 0.9, 0.75, 1, "GD{day}{n:06}", 60),
    "12348": System("hotline", "line", _CALLED, 0.1, 0.98, 0.75, 0.05, 0.25, 0.8, 0.85, 0.97, "{day}{n:05}", HOUR),
    "web": System("web", "web", _TYPED, 0.9, 0.97, 0.95, 0.6, 0.6, 0.9, 0.92, 0.97, "W{year}{n:07}", 30),
    "gov-service": System(
        "platform", "platform", _READ, 0.99, 0.95, 0.85, 1, 0.2, 0.98, 0.95, 0.6, "{region}-{day}-{n:07}", 900
    ),
    "legal-aid": System("window", "desk", _READ, 0.97, 0.9, 1, 0.5, 0.35, 0.6, 1, 0.35, "{n}", HOUR, True),
    "notary": System("window", "desk", _READ, 0.99, 0.85, 1, 0.95, 0.0, 0.5, 1, 0.4, "JZ{year}{n:06}", HOUR, True),
    "forensic": System("window", "desk", _READ, 0.8, 0.7, 1, 0.8, 0.1, 0.5, 1, 0.5, "SJ{year}-{n:05}", HOUR, True),
    "mediation": System("window", "desk", _TYPED, 0.7, 0.82, 1, 0.3, 0.97, 0.8, 1, 0.6, "{year}-{n}", HOUR),
    "arbitration": System("other", "desk", _READ, 0.6, 0.75, 1, 0.4, 0.98, 0.2, 1, 0.5, "{year}裁字{n}号", DAY, True),
    "lawyer": System("other", "desk", _READ, 0.8, 0.8, 1, 0.3, 0.95, 0.4, 1, 0.4, "LS{year}{n:06}", HOUR, True),
    "grassroots": System("other", "desk", _TYPED, 0.5, 0.7, 1, 0.4, 0.6, 0.5, 0.9, 0.7, "{n:08x}", 8 * DAY),
    "window": System("window", "window", _READ, 0.94, 0.86, 0.95, 0.7, 0.6, 0.9, 0.97, 0.9, "CK{day}{n:05}", 300),
    "terminal": System("terminal", "web", _READ, 0.98, 0.8, 0.95, 0.9, 0.4, 0.95, 0.95, 0.5, "ZD{day}{n:05}", 300),
    "12368": System("hotline", "line", _CALLED, 0.05, 0.8, 0.1, 0.02, 0.1, 0.4, 0.8, 0.9, "SF{day}{n:05}", HOUR),
    "12309": System("hotline", "line", _CALLED, 0.3, 0.8, 0.1, 0.02, 0.3, 0.7, 0.9, 1, "JC{year}{n:06}", HOUR),
}  # fmt: skip

OFFICES = {"legal-aid": "legal-aid", "notary": "notary", "forensic": "forensic", "mediation": "mediation",
           "arbitration": "arbitration", "lawyer": "lawyer", "grassroots": "grassroots"}  # fmt: skip
"""The business system of each family."""
HOTLINES = ("12345", "12348")
COUNTERS = ("web", "gov-service", "window", "terminal")
"""Where people identify themselves."""


class Numbers:
    """The systems' own numbers; only those with random digits can come twice within a system."""

    def __init__(self, draw: Draw, patterns: Mapping[str, str]) -> None:
        self._patterns = {name: patterns.get(name, system.number) for name, system in SYSTEMS.items()}
        self._draw = draw
        self._next = {name: draw.between(100, 9_000) for name in SYSTEMS}

    def number(self, system: str, day: str, region: str) -> str:
        """The next one; `day` is yyyymmdd."""
        self._next[system] = n = self._next[system] + 1
        return self._patterns[system].format(day=day, year=day[:4], n=n, r=self._draw.below(10_000), region=region)
