"""The day as planned: matters, who tells them where and when, how they end, and what must come of it. Pure, seeded.

Times are local (Asia/Shanghai) datetimes of one simulated working day.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from demo.scenario.people import Citizen, Registry

CHINA = timezone(timedelta(hours=8))
DAY = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA)
FAMILY_SYSTEMS = {
    "legal-aid": ("12345", "web", "legal-aid", "gov-service"),
    "notary": ("12345", "web", "gov-service"),
    "mediation": ("12345", "web"),
    "arbitration": ("12345", "web"),
}
HEARS_OF_ALL = {"legal-aid": ("legal-aid", "web", "gov-service"), "notary": ("web", "gov-service")}
"""Family → systems that are handed every matter of it; the network platform hears of all families."""
NEEDS_OWN_RECORD = frozenset({"12345"})
"""A hotline is told only of its own 工单."""

ENDINGS = {
    "12345": (("ACCEPTED", "IN_PROGRESS", "CLOSED"), ("ACCEPTED", "IN_PROGRESS"), ("REJECTED",)),
    "web": (("ACCEPTED", "RESOLVED", "CLOSED"), ("REJECTED",)),
    "legal-aid": (
        ("ACCEPTED", "ASSIGNED", "IN_PROGRESS", "CLOSED"),
        ("ACCEPTED", "ASSIGNED", "IN_PROGRESS"),
        ("REJECTED",),
    ),
    "gov-service": (("ACCEPTED", "CLOSED"), ("ACCEPTED", "SUSPENDED"), ("REJECTED",)),
}
"""The ways a system brings a matter to where it stands in the evening. A web message is answered in 300 minutes."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One submission: a matter told to one system."""

    system: str
    number: str  # as the citizen knows it
    received_at: datetime
    knows_id: bool  # hotlines mostly do not
    quotes: str | None = None  # system:number of an earlier telling
    confidential: bool = False
    held_back: bool = False  # committed long after its own time


@dataclass(slots=True)
class Matter:
    """One thing one person needs."""

    person: Citizen
    family: str
    firm: str
    title: str
    text: str
    tellings: list[Telling]
    states: tuple[str, ...] = ()
    urged: bool = False
    rated: int | None = None
    overdue: bool = False
    label: str = ""

    @property
    def root(self) -> Telling:
        """The earliest telling names the ticket."""
        return min(self.tellings, key=lambda t: t.received_at)

    @property
    def handler(self) -> Telling:
        """Who moves it on: the business system where it has a record, else whoever was told first."""
        return next((t for t in self.tellings if t.system == self.family), self.tellings[0])

    @property
    def final_state(self) -> str:
        """Where it stands in the evening."""
        return self.states[-1] if self.states else "RECEIVED"

    def must_hear(self) -> set[str]:
        """Systems that must have been told the final state: all that know the matter, but for whoever said it."""
        if not self.states or any(t.confidential for t in self.tellings):
            return set()
        own = {t.system for t in self.tellings}
        handed = {"web", *HEARS_OF_ALL.get(self.family, ())} - NEEDS_OWN_RECORD
        return (own | handed) - {self.handler.system}


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole day."""

    seed: int
    matters: tuple[Matter, ...]
    opened_then_merged: int

    @property
    def tellings(self) -> list[tuple[Matter, Telling]]:
        """All submissions with their matters."""
        return [(m, t) for m in self.matters for t in m.tellings]


_STORIES = {
    "legal-aid": ("拖欠农民工工资求助", "在{firm}干活，被拖欠工资{n}个月，共{m}元，多次讨要无果，申请法律援助。"),
    "notary": (
        "办理委托公证",
        "与{firm}的房屋买卖需办理委托书公证，材料已备齐，想知道何时可办，已问{n}次，费用{m}元。",
    ),
    "mediation": ("物业纠纷申请调解", "与{firm}因漏水赔偿发生争议，损失约{m}元，协商{n}次未果，请求人民调解。"),
    "arbitration": ("申请劳动仲裁", "被{firm}违法解除劳动关系，工作{n}年，要求支付赔偿金{m}元。"),
}


@dataclass(slots=True)
class _Draft:
    random: random.Random
    people: Registry
    matters: list[Matter] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)

    def number(self, system: str) -> str:
        n = self.counters[system] = self.counters.get(system, 0) + 1
        return {
            "12345": f"GD20260302{n:05}", "web": f"WEB-2026-{n:06}",
            "legal-aid": f"法援〔2026〕{n}号", "gov-service": f"2303{n:08}",
        }[system]  # fmt: skip

    def matter(
        self, systems: tuple[str, ...], family: str, *, person: Citizen | None = None, label: str = ""
    ) -> Matter:
        r, firm = self.random, self.people.firm()
        title, text = _STORIES[family]
        tellings: list[Telling] = []
        at = DAY + timedelta(seconds=r.randrange(0, 1500))
        for n, system in enumerate(systems):
            quotes = f"{tellings[0].system}:{tellings[0].number}" if n and r.random() < 0.4 else None
            tellings.append(
                Telling(
                    system, self.number(system), at, system != "12345" or r.random() < 0.2, _quotable(system, quotes)
                )
            )
            at += timedelta(seconds=r.randrange(600, 2400))
        matter = Matter(
            person or self.people.citizen(), family, firm, title,
            text.format(firm=firm, n=r.randrange(2, 9), m=r.randrange(3, 90) * 1000), tellings, label=label,
        )  # fmt: skip
        matter.states = r.choice(ENDINGS[matter.handler.system])
        if systems[0] == "web" and matter.states != ("REJECTED",):  # the clock runs from there: answered in time
            matter.states = (matter.states[0], "CLOSED")
        self.matters.append(matter)
        return matter


def _quotable(system: str, quotes: str | None) -> str | None:
    """The business systems have a field for a hotline's number only."""
    if quotes and system in ("legal-aid", "gov-service") and not quotes.startswith("12345:"):
        return None
    return quotes


def make_plan(seed: int, submissions: int) -> Plan:
    """A day with about so many submissions, a known share of them the same matter told to two or three systems."""
    draft = _Draft(random.Random(seed), Registry(random.Random(seed + 1)))
    _special(draft)
    while sum(len(m.tellings) for m in draft.matters) < submissions:
        family = draft.random.choices(("legal-aid", "notary", "mediation", "arbitration"), (6, 2, 1, 1))[0]
        tellers = list(FAMILY_SYSTEMS[family])
        draft.random.shuffle(tellers)
        told = draft.random.choices((1, 2, 3), (6, 3, 1))[0]
        matter = draft.matter(tuple(tellers[:told]), family)
        matter.urged = draft.random.random() < 0.12 and any(t.system in ("12345", "web") for t in matter.tellings)
        if matter.final_state == "CLOSED" and draft.random.random() < 0.4:
            matter.rated = draft.random.choices((5, 4, 3, 2), (6, 3, 1, 1))[0]
    return Plan(seed, tuple(draft.matters), opened_then_merged=1)


def _special(draft: _Draft) -> None:
    """What a random day might not hold."""
    overdue = draft.matter(("web",), "mediation", label="无人答复的网站留言")
    overdue.states, overdue.overdue = (), True
    late = draft.matter(("web", "legal-aid"), "legal-aid", label="迟到提交的窗口申请")
    first = late.tellings[0]
    window = Telling(
        "legal-aid", late.tellings[1].number, first.received_at - timedelta(minutes=20), True, held_back=True
    )
    late.tellings[1] = window
    late.states = ("ACCEPTED", "ASSIGNED", "CLOSED")
    elder = draft.matter(("12345",), "mediation", label="一家人共用一部电话")
    for _ in range(2):
        draft.matter(
            ("web",), "mediation", person=draft.people.citizen(phone=elder.person.phone), label="一家人共用一部电话"
        )
    twice = draft.matter(("12345", "web"), "legal-aid", label="同一人的第一件事")
    draft.matter(("web",), "legal-aid", person=twice.person, label="同一人的第二件事")
    secret = draft.matter(("12345", "web"), "legal-aid", label="保密诉求")
    secret.tellings = [
        Telling(t.system, t.number, t.received_at, t.knows_id, None, confidential=t.system == "12345")
        for t in secret.tellings[:1]
    ]
    secret.states = ()
    triple = draft.matter(("12345", "web", "gov-service"), "legal-aid", label="三个渠道说的同一件事")
    triple.states, triple.urged, triple.rated = ("ACCEPTED", "IN_PROGRESS", "CLOSED"), True, 5
