"""The day itself: who does what when. Time is simulated by its ticks; the hub is waited for, never assumed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from demo.platforms.client import PlatformClient
from demo.scenario.actors import Actors
from demo.scenario.hub import Answer, Hub, opened
from demo.scenario.plan import DAY, Matter, Plan, Telling

SEEN_S = 120.0
"""How long the hub may take for what a phase sent; a worker is killed in one of them."""


class Stage(Protocol):
    """What the day needs of whoever runs the hub's processes."""

    def tick(self, now_ms: int) -> None:
        """Time is now so many ms since the epoch."""

    def kill_worker(self) -> None:
        """A stream worker is killed (kill -9) and started again."""

    def garble(self) -> None:
        """A record nobody can read lies on an intake topic."""


@dataclass(slots=True)
class Counts:
    """What was done besides handing in submissions."""

    urges: int = 0
    ratings: int = 0
    echoes: int = 0
    turned_away: int = 0


class Day:
    """One run of the plan."""

    def __init__(
        self, plan: Plan, actors: Actors, hub: Hub, stage: Stage, stranger: PlatformClient, say: Callable[[str], None]
    ) -> None:
        self._plan = plan
        self._actors = actors
        self._hub = hub
        self._stage = stage
        self._stranger = stranger
        self._say = say
        self.counts = Counts()

    def run(self, evening: Callable[[], None]) -> None:
        """Everything from nine in the morning to five in the afternoon, then the evening's work (echoes)."""
        held = [(m, t) for m, t in self._plan.tellings if t.held_back]
        for m, t in held:
            self._actors.hold_back(m, t)
        self._tick(DAY)
        self._tellings()
        self._handling([m for m in self._plan.matters if not any(t.held_back for t in m.tellings)])
        self._say("迟到的窗口申请提交")
        self._actors.commit_held()
        self._await([t for _, t in held])
        self._handling([m for m, _ in held])
        self._citizens()
        self._afternoon()
        self._say("各系统退回中枢写入的内容(应不产生事件)")
        evening()

    def _tellings(self) -> None:
        """First, second, third telling: each once the ticket event of the one before was seen."""
        for n in range(3):
            now = [
                (m, m.tellings[n]) for m in self._plan.matters if len(m.tellings) > n and not m.tellings[n].held_back
            ]
            now.sort(key=lambda x: x[1].received_at)
            self._say(f"第{'一二三'[n]}次反映,{len(now)} 件")
            half = len(now) // 2 if n == 1 else len(now)
            self._actors.tell(now[:half])
            if n == 1:
                self._say("杀死并重启流处理进程;送入坏消息")
                self._stage.kill_worker()
                self._trouble()
                self._actors.tell(now[half:])
            self._await([t for _, t in now])

    def _trouble(self) -> None:
        """A wrong signature, a message that does not map, and bytes nobody can read."""
        unsigned = self._stranger.send({"lx": "gd", "gdbh": "GD0", "djsj": "2026-03-02 09:00:00"})
        senseless = self._actors.clients["12345"].send({"lx": "gd", "gdbh": "GD20260302-坏", "djsj": "昨天上午"})
        self.counts.turned_away = [unsigned.status, senseless.status].count(401) + (senseless.status == 422)
        self._stage.garble()

    def _handling(self, matters: list[Matter]) -> None:
        for n in range(max((len(m.states) for m in matters), default=0)):
            at = DAY + timedelta(hours=2, minutes=15 * n)
            moves = [(m, m.states[n], at) for m in matters if len(m.states) > n]
            self._say(f"办理:{len(moves)} 件进入下一步")
            self._actors.move(moves)
        states = {t: m.final_state for m in matters for t in m.tellings}
        self._await(list(states), lambda t, a: a is not None and a["state"] == states[t])

    def _citizens(self) -> None:
        urged = [m for m in self._plan.matters if m.urged]
        rated = [m for m in self._plan.matters if m.rated]
        for m in rated:
            if not self._actors.can_rate(m):
                m.rated = None
        rated = [m for m in rated if m.rated]
        self._say("各系统得知结果")
        # One rates what one was told the end of.
        ends = {t: m for m in rated for t in m.tellings[:1]}
        self._await(list(ends), lambda t, a: a is not None and _knowing(a, ends[t].final_state) >= ends[t].must_hear())
        self._say(f"催办 {len(urged)} 件,评价 {len(rated)} 件")
        self._actors.urge([(m, DAY + timedelta(hours=2, minutes=5)) for m in urged])
        self._actors.rate([(m, DAY + timedelta(hours=4)) for m in rated])
        self.counts.urges, self.counts.ratings = len(urged), len(rated)

    def _afternoon(self) -> None:
        """The hours pass; the unanswered message goes from near to yellow to red."""
        overdue = [m.root for m in self._plan.matters if m.overdue]
        for hour, minute, stage in ((13, 30, "near"), (14, 30, "yellow"), (17, 0, "red")):
            self._say(f"时间到 {hour}:{minute:02}")
            self._tick(DAY.replace(hour=hour, minute=minute))
            self._await(overdue, _alerted(stage))

    def _tick(self, at: datetime) -> None:
        self._stage.tick(int(at.timestamp() * 1000))

    def _await(self, tellings: list[Telling], good: Callable[[Telling, Answer | None], bool] = opened) -> None:
        """Wait; what does not come is the comparison's to report."""
        left = self._hub.wait_for(tellings, good, SEEN_S)
        if left:
            self._say(f"等不到 {len(left)} 件,继续")


def _knowing(answer: Answer, state: str) -> set[str]:
    """Systems that have confirmed to know the state."""
    return {x["system"] for x in answer["tellings"] if x["state"] == state and x["result"] == "done"}


def _alerted(stage: str) -> Callable[[Telling, Answer | None], bool]:
    return lambda _t, answer: answer is not None and any(x["stage"] == stage for x in answer["alerts"])
