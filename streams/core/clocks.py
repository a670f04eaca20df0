"""The clocks of a ticket (时限): which run, since when, until when, how far they have come. Pure; time is passed in.

A clock starts at the receipt or at a state, is met or void at a state, and stands still in the states that pause it.
At its deadline it turns yellow (黄牌), at half the limit more red (红牌), and some time before it is near (临期): ours,
configurable [D]. Paused time never counts: a threshold moves by the pauses that began before it was reached, so what
was reached is never taken back. In limits of days the day of the pause counts and the day of resuming does not.

What was late stays late: a met clock keeps the mark. Facts outrank the time passed in: when the history is ahead of
`now` (ticks lag behind sources), it is judged at the history's last moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from mappings import clockbook
from streams.core.calendar import Calendar, Due
from streams.core.limits import Limit, limit_of

Stage = Literal["running", "near", "yellow", "red", "met", "stopped"]
_REACHED: tuple[Stage, ...] = ("running", "near", "yellow", "red")

Pauses = list[tuple[int, int]]


class TicketFacts(NamedTuple):
    """What the clocks of a ticket depend on.

    `history`: (at, state) in the order in which the ticket moved, first ("RECEIVED" at received_at). Names that are no
    states may stand in it, for example SUPPLEMENTED where material came in: whatever does not pause ends a pause.
    """

    system: str
    channel: str
    family: str | None
    kind: str | None
    received_at: int
    urgent: bool
    history: tuple[tuple[int, str], ...]


class ClockStatus(NamedTuple):
    """How far one clock has come. Times in ms; `next_at`: when its stage changes by time alone, None if it will not.

    Stages: running → near (临期) → yellow (黄牌) → red (红牌) by time; met: the promise was kept, or kept late;
    stopped: nobody waits any more (withdrawn, terminated, merged). A paused clock keeps the stage it had reached.
    """

    clock: str
    started_at: int
    near_at: int
    due_at: int
    red_at: int
    stage: Stage
    provisional: bool
    next_at: int | None
    late: bool = False
    paused: bool = False
    reached: Stage = "running"


class _Run(NamedTuple):
    """One run of a clock through a history."""

    started_at: int
    pauses: Pauses  # those that are over
    paused_at: int | None
    ended: Stage | None
    until: int  # when it ended, else the last moment the history tells of


class _Rule:
    """One clock, compiled."""

    def __init__(self, clock: clockbook.Clock, calendar: Calendar) -> None:
        self._name, self._restarts, self._wanted = clock.name, clock.restarts, clock.applies
        self._starts = clock.start_states
        self._met, self._void, self._pauses = clock.met, clock.void, clock.pauses
        self._limit: Limit = limit_of(clock, calendar)

    def concerns(self, system: str, channel: str, family: str | None, kind: str | None, urgent: bool) -> bool:
        """Whether such a ticket has the clock."""
        wanted = self._wanted
        return (
            (wanted.systems is None or system in wanted.systems)
            and (wanted.channels is None or channel in wanted.channels)
            and (wanted.families is None or family in wanted.families)
            and (wanted.kinds is None or kind in wanted.kinds)
            and (wanted.urgent is None or urgent == wanted.urgent)
        )

    def status(self, history: tuple[tuple[int, str], ...], now: int) -> ClockStatus | None:
        """The clock's status; None if it has not started."""
        run = self._run(history)
        if run is None:
            return None
        due = self._moment(self._limit.due, run)
        moments = (self._moment(self._limit.near, run).ms, due.ms, self._moment(self._limit.red, run).ms)
        judged = run.until if run.ended is not None else run.paused_at
        if judged is None:
            judged = max(now, run.until)
        rank = sum(moment <= judged for moment in moments)
        stage = run.ended or _REACHED[rank]
        paused = run.paused_at is not None
        next_at = moments[rank] if rank < len(moments) and not paused and not run.ended else None
        return ClockStatus(
            self._name, run.started_at, *moments, stage, due.provisional, next_at, rank >= 2, paused, _REACHED[rank]
        )

    def _run(self, history: tuple[tuple[int, str], ...]) -> _Run | None:
        started = [index for index, (_, state) in enumerate(history) if state in self._starts]
        if not started:
            return None
        first = started[-1] if self._restarts else started[0]
        at = started_at = max(moment for moment, _ in history[: first + 1])
        pauses: Pauses = []
        paused_at: int | None = None
        for moment, state in history[first:]:
            at = max(at, moment)  # a source's clock may run behind another's
            if paused_at is not None and state not in self._pauses:
                pauses.append((paused_at, at))
                paused_at = None
            if state in self._met or state in self._void:
                return _Run(started_at, pauses, None, "met" if state in self._met else "stopped", at)
            if paused_at is None and state in self._pauses:
                paused_at = at
        return _Run(started_at, pauses, paused_at, None, at)

    def _moment(self, moment: Callable[[int, int], Due], run: _Run) -> Due:
        """A threshold, moved by the pauses that began before it was reached."""
        extra = 0
        due = moment(run.started_at, extra)
        for paused_at, resumed_at in run.pauses:
            if paused_at >= due.ms:
                break
            extra += self._limit.paused(paused_at, resumed_at)
            due = moment(run.started_at, extra)
        return due


_MATCHES_KEPT = 4096  # kinds of tickets remembered; a province has dozens


class ClockBook:
    """All clocks of clocks.yaml over one calendar. Immutable but for a bounded memory of who has which clocks."""

    def __init__(self, table: clockbook.ClockTable, years: Iterable[clockbook.CalendarYear]) -> None:
        self.calendar = Calendar(tuple(years), table.office_hours)
        self.clocks: Mapping[str, clockbook.Clock] = {clock.name: clock for clock in table.clocks}
        self._rules = tuple(_Rule(clock, self.calendar) for clock in table.clocks)
        self._concerned: dict[tuple[str, str, str | None, str | None, bool], tuple[_Rule, ...]] = {}

    @classmethod
    def load(cls, folder: Path = clockbook.FOLDER) -> ClockBook:
        """From `clocks.yaml` and `calendar/*.yaml` of the folder. Stop: a fault in one of them."""
        return cls(clockbook.load_clocks(folder / "clocks.yaml"), clockbook.load_calendar(folder / "calendar"))

    def evaluate(self, facts: TicketFacts, now: int) -> tuple[ClockStatus, ...]:
        """The status of every clock the ticket has and that has started, in the order of the table."""
        key = (facts.system, facts.channel, facts.family, facts.kind, facts.urgent)
        rules = self._concerned.get(key)
        if rules is None:
            rules = tuple(rule for rule in self._rules if rule.concerns(*key))
            if len(self._concerned) < _MATCHES_KEPT:
                self._concerned[key] = rules
        found = (rule.status(facts.history, now) for rule in rules)
        return tuple(status for status in found if status is not None)


def next_wake(statuses: Iterable[ClockStatus]) -> int | None:
    """The next ms at which time alone changes a stage, or None."""
    return min((status.next_at for status in statuses if status.next_at is not None), default=None)
