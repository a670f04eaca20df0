"""Whole days of the demo's plan on one platform, with something going wrong meanwhile, and what must be equal after."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from demo.scenario.plan import Plan
from santai.platform.mariadb import MariaDb
from santai.platform.up import LocalPlatform
from santai.projector.numbers import root_of
from santai.projector.reading import reading
from santai.projector.schema import MEMBERSHIPS, SUBMISSIONS, TICKETS
from santai.projector.store import open_read_model
from santai.rehearsal.report import Tally
from santai.rehearsal.run import live
from santai.rehearsal.stage import Stage

Trouble = Callable[[Stage, random.Random], None]
"""What goes wrong once, and is put right again."""

PATIENCE_S = 300.0
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
    evening = threading.Event()

    def say(what: str) -> None:
        if what == "核对":
            evening.set()

    def day() -> Tally:
        try:
            return live(stage, plan, say, lambda: None, patience_s=PATIENCE_S)[1]
        finally:
            evening.set()

    try:
        stage.open(lambda _what: None)
        with ThreadPoolExecutor(1) as pool:
            found = pool.submit(day)
            # Here and not in a thread: what is started again would end with the thread that starts it.
            troubles = _trouble(stage, trouble, random.Random(seed), evening) if trouble else 0
            tally = found.result()
        return Outcome(frozenset(_tickets(stage)), tally, troubles)
    finally:
        stage.close()


def _trouble(stage: Stage, trouble: Trouble, chance: random.Random, evening: threading.Event) -> int:
    """At random moments while the day is on; none once its outcome is being compared. How often."""
    count = 0
    while count < TROUBLES_MAX and not evening.wait(chance.uniform(*PAUSE_S)):
        trouble(stage, chance)
        count += 1
    return count


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
