"""Runs the demo: stage, day, comparison, summary."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from shlex import quote
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from demo.platforms.client import PlatformClient
from demo.platforms.signing import Credentials
from demo.scenario.actors import Actors
from demo.scenario.compare import compare
from demo.scenario.day import Day
from demo.scenario.hub import Hub
from demo.scenario.plan import Plan, make_plan
from santai.rehearsal.report import Tally, differences, show, tally
from santai.rehearsal.stage import Stage
from schemas.errors import Retry

QUIET_S = 90.0
"""How long the last deliveries and receipts may take."""
CHAOS_S = (3.0, 9.0)


class Bar:
    """The progress bar, and what is being done beside it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def say(self, what: str) -> None:
        """What is being done now."""
        self._progress.update(self._task, description=what)

    def handed_in(self) -> None:
        """One more submission."""
        self._progress.advance(self._task)


def run_demo(
    folder: Path,
    *,
    keep: bool = False,
    seed: int = 20260301,
    submissions: int = 360,
    workers: int = 1,
    chaos: bool = False,
    as_json: bool = False,
) -> int:
    """The demo from an empty folder; 0 when everything came as planned, 1 on any difference."""
    console = Console(stderr=as_json)
    plan = make_plan(seed, submissions)
    stage, began = Stage(folder, workers=workers), time.monotonic()
    try:
        with _bar(console, len(plan.tellings)) as bar:
            stage.open(bar.say)
            with _killing(stage, seed, chaos) as kills:
                day, found = live(stage, plan, bar.say, bar.handed_in)
        summary = _summary(plan, stage, day, found, time.monotonic() - began, len(kills))
        (folder / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
        if as_json:
            print(json.dumps(summary, ensure_ascii=False))
        show(console, summary, stage.settings, _told_most(plan))
        if keep:
            _stay(console, stage, plan)
        return 0 if summary["ok"] else 1
    finally:
        stage.close()


@contextmanager
def _bar(console: Console, total: int) -> Iterator[Bar]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bar(progress, progress.add_task("准备", total=total))


def live(
    stage: Stage, plan: Plan, say: Callable[[str], None], handed_in: Callable[[], None], *, patience_s: float = 60.0
) -> tuple[Day, Tally]:
    """The day on an open stage, and what was found in its evening. `patience_s`: how long a platform tries to hand a
    message in before it gives up, which ends the day with RuntimeError."""
    credentials = {
        "12345": Credentials("12345", stage.environment["SANTAI_12345_SECRET"]),
        "web": Credentials("web", stage.environment["SANTAI_WEB_SECRET"]),
    }
    clients = {n: PlatformClient(stage.url, known, give_up_s=patience_s) for n, known in credentials.items()}
    stranger = PlatformClient(
        stage.url, Credentials("12345", "not-the-secret-that-was-agreed-on"), give_up_s=patience_s
    )
    actors = Actors(clients, stage.clerk, stage.gov, handed_in)
    hub = Hub(stage.url)
    try:
        day = Day(plan, actors, hub, stage, stranger, say)

        def evening() -> None:
            day.counts.echoes = stage.echoes()

        day.run(evening)
        say("核对")
        return day, _settled(stage, plan, hub)
    finally:
        hub.close()
        stranger.close()
        actors.close()


def _settled(stage: Stage, plan: Plan, hub: Hub) -> Tally:
    """The comparison, once nothing differs any more or the time is over."""
    until, pace = time.monotonic() + QUIET_S, threading.Event()
    while True:
        late = time.monotonic() > until
        try:
            compared = compare(plan, hub)
            found = tally(stage.settings, compared)
        except Retry:
            if late:
                raise
        else:
            found.differences = [*compared.differences, *differences(plan, found)]
            if late or not found.differences:
                return found
        pace.wait(1.0)


@contextmanager
def _killing(stage: Stage, seed: int, chaos: bool) -> Iterator[list[float]]:
    """With chaos: workers are killed at random times until the day is over."""
    kills: list[float] = []
    over, random = threading.Event(), Random(seed)

    def kill() -> None:
        # One that has done nothing since it was started is left alone: on a slow machine none would ever get on.
        while not over.wait(random.uniform(*CHAOS_S)):
            n = random.randrange(1, stage.workers + 1)
            if stage.has_worked(n):
                stage.kill_worker(n)
                kills.append(time.monotonic())

    thread = threading.Thread(target=kill, daemon=True)
    if chaos:
        thread.start()
    try:
        yield kills
    finally:
        over.set()
        if chaos:
            thread.join()


def _told_most(plan: Plan) -> str:
    matter = max(plan.matters, key=lambda m: (len(m.tellings), m.urged, bool(m.rated)))
    return f"{matter.root.system}:{matter.root.number}"


def _summary(plan: Plan, stage: Stage, day: Day, found: Tally, seconds: float, kills: int) -> dict[str, Any]:
    by_system: dict[str, int] = {}
    for _, t in plan.tellings:
        by_system[t.system] = by_system.get(t.system, 0) + 1
    total = len(plan.tellings)
    return {
        "ok": not found.differences,
        "seed": plan.seed,
        "submissions": total,
        "submissions_by_system": by_system,
        "tickets": found.tickets,
        "absorbed": total - found.tickets,
        "opened_then_merged": found.opened_then_merged,
        "deliveries": sum(n for (_, status), n in found.deliveries.items() if status == "done"),
        "deliveries_by_system": {
            system: {s: n for (x, s), n in found.deliveries.items() if x == system} for system in by_system
        },
        "confirmed_final_states": found.confirmed,
        "alerts": found.alerts,
        "alerts_by_stage": found.alerts_by_stage,
        "dlq": found.dlq,
        "urges": day.counts.urges,
        "ratings": day.counts.ratings,
        "echoes": day.counts.echoes,
        "turned_away": day.counts.turned_away,
        "workers": stage.workers,
        "kills": kills + 1,
        "seconds": round(seconds, 1),
        "differences": found.differences,
    }


def _stay(console: Console, stage: Stage, plan: Plan) -> None:
    """Keep everything running until Ctrl-C."""
    for name, address in stage.addresses().items():
        console.print(f"{name:16} {address}", markup=False)
    console.print(
        "在另一个终端里，santai 的其他命令这样用于这一套：\n"
        f"  export SANTAI_DATA_DIR={quote(str(stage.settings.data_dir))}\n"
        f"  santai trace {_told_most(plan)}",
        markup=False,
    )
    console.print("按 Ctrl-C 结束")
    try:
        stage.wait()
    except KeyboardInterrupt:
        console.print("正在停止")
