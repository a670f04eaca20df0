"""Any arrival order, redelivery and interleaving gives the same tickets as folding the whole file at once."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events.common import Counterparty, Person
from schemas.events.inbox import Decided, StatusChanged, Submission
from streams.core.tickets import InboxEvent
from tests.support.world import World, submission, whole_file

STATES = ("ACCEPTED", "IN_PROGRESS", "CLOSED", "REJECTED", "WITHDRAWN", "RETURNED", "RECEIVED")


def story(seed: int) -> list[InboxEvent]:
    """A small random file: few people, few opponents, statuses, quoted numbers and rulings."""
    r = random.Random(seed)
    people = [Person(name=f"人{i}", id_number=f"id{i}", phone=f"p{i // 2}") for i in range(3)]
    subs: list[Submission] = []
    events: list[InboxEvent] = []
    for n in range(r.randrange(2, 9)):
        who = r.choice(people)
        person = Person(
            name=who.name if r.random() < 0.9 else None,
            id_number=who.id_number if r.random() < 0.6 else None,
            phone=who.phone if r.random() < 0.8 else None,
        )
        s = submission(
            r.choice(("web", "12345", "legal-aid")), f"k{n}", r.randrange(0, 6) * 1000, person=person,
            family=r.choice(("legal-aid", "legal-aid", "mediation", None)),
            counterparty=Counterparty(name=f"公司{r.randrange(2)}") if r.random() < 0.8 else None,
            kind=r.choice(("application", "application", "consultation", "follow-up", None)),
            related_numbers=(f"{(q := r.choice(subs)).system}:{q.number}",) if subs and r.random() < 0.3 else (),
            confidential=r.random() < 0.05,
        )  # fmt: skip
        subs.append(s)
        events.append(s)
        for k in range(r.randrange(3)):
            events.append(
                StatusChanged(
                    event_id=f"n{n}-{k}", submission_id=s.submission_id, system=s.system,
                    at=s.received_at + r.randrange(4000), state=r.choice(STATES),
                )
            )  # fmt: skip
    if len(subs) > 1 and r.random() < 0.4:
        a, b = r.sample(subs, 2)
        events.append(
            Decided(
                event_id="d", submission_id=b.submission_id, a=a.submission_id, b=b.submission_id,
                same=r.random() < 0.5, at=9, by="clerk",
            )
        )  # fmt: skip
    return events


@given(seed=st.integers(0, 10**9), order=st.integers(0, 10**9))
@settings(max_examples=400, deadline=None)
def test_any_order_gives_the_tickets_of_the_whole_file(seed: int, order: int) -> None:
    events = story(seed)
    shuffled = random.Random(order).sample(events, len(events))
    world = World(order, redeliver=0.15)
    world.send(shuffled)
    world.run()
    assert world.outcome() == whole_file(events)
    assert world.repeated_event_ids() == []
    for sid, (ticket, state) in world.outcome().items():
        shown = world.states[sid]
        assert (shown.state, shown.merged_into) == ((state, None) if sid == ticket else ("MERGED", ticket))


@given(seed=st.integers(0, 10**9))
@settings(max_examples=100, deadline=None)
def test_everything_may_come_twice(seed: int) -> None:
    events = story(seed)
    world = World(seed)
    world.send(events)
    world.run()
    before, said = world.outcome(), len(world.events)
    world.send(events)
    world.run()
    assert world.outcome() == before
    assert len(world.events) == said
