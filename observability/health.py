"""Health of a process: named checks, each fine or red with a reason in Chinese.

Checks run in the thread that asks, so they must not wait for anything: they look at what others noted down.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check says; the reason is for people, in Chinese, without personal data."""

    ok: bool
    reason: str = "正常"


@dataclass(frozen=True, slots=True)
class Report:
    """All verdicts by name of the check."""

    checks: dict[str, Verdict]

    @property
    def ok(self) -> bool:
        """Whether all are fine."""
        return all(verdict.ok for verdict in self.checks.values())

    def as_json(self) -> dict[str, object]:
        """The body of /healthz."""
        checks = {name: {"ok": verdict.ok, "reason": verdict.reason} for name, verdict in self.checks.items()}
        return {"ok": self.ok, "checks": checks}


class Heartbeat:
    """A loop that says it is alive; red once it has been quiet for longer than the limit (seconds)."""

    def __init__(self, limit: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock, self._last = limit, clock, clock()

    def beat(self) -> None:
        """Alive."""
        self._last = self._clock()

    def __call__(self) -> Verdict:
        """The check."""
        quiet = self._clock() - self._last
        return Verdict(True) if quiet <= self._limit else Verdict(False, f"{quiet:.0f} 秒没有动静")


class Health:
    """The checks of one process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._checks: dict[str, Callable[[], Verdict]] = {}

    def add(self, name: str, check: Callable[[], Verdict]) -> None:
        """Add the check, or put it in the place of the one of that name."""
        self._checks = {**self._checks, name: check}

    def remove(self, name: str) -> None:
        """Take the check away, if it is there."""
        self._checks = {other: check for other, check in self._checks.items() if other != name}

    def heartbeat(self, name: str, limit: float) -> Heartbeat:
        """Add a heartbeat that may be quiet for `limit` seconds."""
        heartbeat = Heartbeat(limit)
        self.add(name, heartbeat)
        return heartbeat

    def report(self) -> Report:
        """Ask all checks. One that fails itself is red."""
        return Report({name: _ask(name, check) for name, check in self._checks.items()})


def _ask(name: str, check: Callable[[], Verdict]) -> Verdict:
    try:
        return check()
    except Exception as error:  # whatever is wrong with a check, the answer is red and logged, not a broken page
        log.warning("health check %s failed", name, exc_info=error)
        return Verdict(False, f"检查本身出错：{type(error).__name__}")
