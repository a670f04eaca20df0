"""Small random files: few people, few opponents, everything that may happen to a submission. Seeded."""

from __future__ import annotations

import random
from dataclasses import replace

from schemas.events.common import Counterparty, Person
from schemas.events.inbox import Decided, Rated, Receipt, StatusChanged, Submission, Supplemented, Urged
from schemas.ids import submission_id
from streams.core.tickets import InboxEvent

MINUTE = 60_000
STATES = ("ACCEPTED", "IN_PROGRESS", "RESOLVED", "CLOSED", "REJECTED", "WITHDRAWN", "RETURNED", "RECEIVED", "SUSPENDED")
NAMES = ("王晓", "王小", "李四光", "赵钱孙", "周吴", "郑王冯")


def submission(system: str, key: str, received_at: int, **fields: object) -> Submission:
    """A submission with what the test cares about."""
    sid = submission_id(system, key)
    fields.setdefault("person", Person())
    version = fields.get("version", 0)
    return Submission(
        event_id=f"s-{sid}-{version}", submission_id=sid, system=system, source_key=key, number=key,
        received_at=received_at, **fields,
    )  # type: ignore[arg-type] # fmt: skip


def story(seed: int, size: int = 9) -> list[InboxEvent]:
    """Up to `size` submissions and what happens to them."""
    return _Story(random.Random(seed)).write(size)


class _Story:
    def __init__(self, r: random.Random) -> None:
        self.r = r
        one_phone = r.random() < 0.3  # a village's, or a switchboard's
        self.people = [
            Person(name=name, id_number=f"id{i}", phone="p" if one_phone else f"p{i // 2}")
            for i, name in enumerate(NAMES[: 6 if one_phone else 3])
        ]
        self.subs: list[Submission] = []
        self.events: list[InboxEvent] = []

    def write(self, size: int) -> list[InboxEvent]:
        for n in range(self.r.randrange(2, size)):
            self._submission(n)
        for n in range(self.r.choice((0, 0, 1, 2))):
            self._decision(n)
        return self.events

    def _submission(self, n: int) -> None:
        r, who = self.r, self.r.choice(self.people)
        person = Person(
            name=who.name if r.random() < 0.9 else None,
            id_number=who.id_number if r.random() < 0.6 else None,
            phone=who.phone if r.random() < 0.8 else None,
        )
        quoted = r.choice(self.subs) if self.subs and r.random() < 0.3 else None
        s = submission(
            "12309" if r.random() < 0.03 else r.choice(("web", "12345", "legal-aid")),
            f"k{n}", r.randrange(0, 6) * 30 * MINUTE, person=person,
            family=r.choice(("legal-aid", "legal-aid", "mediation", None)),
            counterparty=Counterparty(name=f"公司{r.randrange(2)}") if r.random() < 0.8 else None,
            kind=r.choice(("application", "application", "consultation", "follow-up", None)),
            related_numbers=(f"{quoted.system}:{quoted.number}",) if quoted else (),
            text=r.choice((None, "拖欠工资三个月", "拖欠工资三个月多次讨要", "房屋漏水")),
            confidential=r.random() < 0.05, anonymous=r.random() < 0.05,
        )  # fmt: skip
        self.subs.append(s)
        self.events.append(s)
        if r.random() < 0.3:  # what was missing is handed in: another version of the record
            more = replace(person, id_number=who.id_number, phone=person.phone or who.phone)
            self.events.append(replace(s, event_id=f"{s.event_id}+", version=5, person=more))
        if r.random() < 0.2:  # the record moved on in its system
            self.events.append(replace(s, event_id=f"{s.event_id}=", version=3))
        self._happenings(s, n)

    def _happenings(self, s: Submission, n: int) -> None:
        r = self.r
        for k in range(r.randrange(3)):
            at = s.received_at + r.randrange(8 * 60) * MINUTE
            common = {"event_id": f"n{n}-{k}", "submission_id": s.submission_id, "system": s.system, "at": at}
            what = r.random()
            if what < 0.7:
                self.events.append(StatusChanged(state=r.choice(STATES), **common))  # type: ignore[arg-type]
            elif what < 0.8:
                self.events.append(Urged(**common))  # type: ignore[arg-type]
            elif what < 0.9:
                self.events.append(Rated(grade=r.randrange(1, 6), note="好", **common))  # type: ignore[arg-type]
            else:
                self.events.append(Supplemented(**common))  # type: ignore[arg-type]
        for k in range(r.randrange(2)):
            push = f"push-of-{n:03}-{k}"
            self.events.append(
                Receipt(
                    event_id=f"r{push}", submission_id=s.submission_id, system="web", push_id=push, kind="state",
                    result="done", at=s.received_at + 1, attempts=1,
                )
            )  # fmt: skip

    def _decision(self, n: int) -> None:
        a, b = self.r.sample(self.subs, 2)
        self.events.append(
            Decided(
                event_id=f"d{n}", submission_id=b.submission_id, a=a.submission_id, b=b.submission_id,
                same=self.r.random() < 0.6, at=9 + n, by="clerk",
            )
        )  # fmt: skip
