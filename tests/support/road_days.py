"""Whole days of the demo's plan on one platform, with something going wrong meanwhile, and what must be equal after."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from demo.scenario.plan import Plan
from santai.platform.mariadb import MariaDb
from santai.platform.up import LocalPlatform
from santai.projector.reading import reading, root_of
from santai.projector.schema import MEMBERSHIPS, SUBMISSIONS, TICKETS
from santai.projector.store import open_read_model
from santai.rehearsal.report import Tally
from santai.rehearsal.run import live
from santai.rehearsal.stage import Stage

Trouble = Callable[[Stage, random.Random], None]
"""What goes wrong once, and is put right again."""

PATIENCE_S = 180.0
PAUSE_S = (1.5, 6.0)
TROUBLES_MAX = 3
"""In one day: each costs seconds of waiting for what was killed."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as two runs must agree on it: who is in it, the earliest first, and how it stands."""

    members: tuple[tuple[str, str], ...]
    state: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a day came to."""

    tickets: frozenset[Ticket]
    found: Tally
    troubles: int


def run_day(
    folder: Path, plan: Plan, platform: LocalPlatform, database: MariaDb, *, prefix: str, workers: int = 1,
    trouble: Trouble | None = None, seed: int = 0,
) -> Outcome:  # fmt: skip
    """The plan's day on a stage of its own; `trouble` comes at random moments, again and again, until evening."""
    stage = Stage(folder, workers=workers, prefix=prefix, platform=platform, database=database)
    try:
        stage.open(lambda _what: None)
        with _Troubling(stage, trouble, seed) as troubling:
            _day, found = live(stage, plan, troubling.say, lambda: None, patience_s=PATIENCE_S)
        return Outcome(frozenset(_tickets(stage)), found, troubling.count)
    finally:
        stage.close()


def _tickets(stage: Stage) -> list[Ticket]:
    """The partition of submissions into tickets, from the read model."""
    engine = open_read_model(stage.settings.read_model_url)
    try:
        with reading(engine) as connection:
            rows = connection.execute(
                select(SUBMISSIONS, MEMBERSHIPS.c.position).join(
                    MEMBERSHIPS,
                    (MEMBERSHIPS.c.submission_id == SUBMISSIONS.c.submission_id)
                    & (MEMBERSHIPS.c.ticket_id == SUBMISSIONS.c.ticket_id),
                    isouter=True,
                )
            ).all()
            states = {r.ticket_id: r.state for r in connection.execute(select(TICKETS)).all()}
            groups: dict[str, list[tuple[int, str, str]]] = {}
            for r in rows:
                root = root_of(connection, r.ticket_id or r.submission_id)
                groups.setdefault(root, []).append((r.position or 0, r.system, r.number))
    finally:
        engine.dispose()
    return [
        Ticket(tuple((system, number) for _, system, number in sorted(members)), str(states.get(root)))
        for root, members in groups.items()
    ]


class _Troubling:
    """Brings trouble at random moments while the day is on; none once the day's work is only being compared."""

    def __init__(self, stage: Stage, trouble: Trouble | None, seed: int) -> None:
        self.count = 0
        self._stage, self._trouble, self._random = stage, trouble, random.Random(seed)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._error: Exception | None = None

    def say(self, what: str) -> None:
        """The day tells what it does."""
        if what == "核对":
            self._over.set()

    def _run(self) -> None:
        assert self._trouble is not None
        while self.count < TROUBLES_MAX and not self._over.wait(self._random.uniform(*PAUSE_S)):
            try:
                self._trouble(self._stage, self._random)
            except Exception as e:  # noqa: BLE001 - a thread's error is the test's, raised where it is waited for
                self._error = e
                return
            self.count += 1

    def __enter__(self) -> _Troubling:
        if self._trouble is not None:
            self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._over.set()
        if self._trouble is not None:
            self._thread.join()
        if self._error is not None:
            raise self._error


def crash_hub(stage: Stage, _random: random.Random) -> None:
    """kill -9 of everything of the hub, once every worker has done something."""
    if all(stage.has_worked(n) for n in range(1, stage.workers + 1)):
        stage.crash_hub()


def crash_broker(stage: Stage, chance: random.Random) -> None:
    """kill -9 of the broker; it comes back after a moment, and so does whatever of the hub could not wait."""
    assert stage.platform is not None
    stage.platform.kafka.kill()
    threading.Event().wait(chance.uniform(0.0, 2.0))  # an outage's length, not a wait for anything
    stage.platform.kafka.start()
    stage.start_hub()
