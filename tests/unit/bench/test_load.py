"""The load: exact, repeatable, and what it plans is what the steps make of it."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.load import CHANGES_MAX, Province, raw_changes
from bench.steps import Walk
from mappings.systems import FOLDER, System, load_systems
from schemas.events.inbox import Submission
from schemas.events.ticket import SubmissionAttached, TicketOpened, TicketStateChanged
from schemas.topics import Topics
from streams.core.normalise import normalise


@pytest.fixture(scope="module")
def systems() -> dict[str, System]:
    """All systems, unconnected."""
    return load_systems(FOLDER, None)


@pytest.mark.parametrize("changes", [1, 2, 77])
def test_exactly_so_many_changes(changes: int) -> None:
    assert len(Province(1).load(changes).changes) == changes


def test_same_seed_same_load() -> None:
    assert Province(5).load(50) == Province(5).load(50)
    assert Province(5).load(50) != Province(6).load(50)


def test_submissions_are_counted_as_they_map(systems: dict[str, System]) -> None:
    load = Province(2).load(400)
    found = Counter(
        event.submission_id
        for change in raw_changes(load, systems)
        for event in normalise(change, systems[change.system]).events
        if isinstance(event, Submission)
    )
    assert len(found) == load.submissions
    assert max(found.values()) > 1, "nothing was sent twice"


def test_without_follow_up_every_change_is_a_submission(systems: dict[str, System]) -> None:
    load = Province(2, follow_up=False).load(60)
    kinds = {type(event) for c in raw_changes(load, systems) for event in normalise(c, systems[c.system]).events}
    assert kinds == {Submission}


def test_two_loads_of_a_province_share_nothing(systems: dict[str, System]) -> None:
    province = Province(3)
    first, second = ({c.source_key for c in raw_changes(province.load(80), systems)} for _ in range(2))
    assert not first & second


def test_too_many_changes_are_refused() -> None:
    with pytest.raises(ValueError, match=str(CHANGES_MAX)):
        Province(1).load(CHANGES_MAX + 1)


def test_the_steps_come_to_the_planned_tickets(systems: dict[str, System]) -> None:
    load = Province(4).load(300)
    walk = Watched(systems)
    walk.run(raw_changes(load, systems))
    opened = {e.ticket_id for e in walk.events if isinstance(e, TicketOpened)}
    attached = {e.submission_id for e in walk.events if isinstance(e, SubmissionAttached)}
    merged = {e.ticket_id for e in walk.events if isinstance(e, TicketStateChanged) and e.state == "MERGED"}
    assert len(opened | attached) == load.submissions
    assert len(opened - merged) == load.matters < load.submissions
    assert {name for name, cost in walk.costs.items() if cost.records} == {"normalise", "tickets", "match", "route"}


class Watched(Walk):
    """Keeps the ticket events that the steps are handed."""

    def __init__(self, systems: dict[str, System]) -> None:
        super().__init__(systems)
        self.events: list[object] = []
        topic = Topics("bench").events
        name, route = self.steps[topic]
        self.steps[topic] = name, lambda p, batch: self._look(batch) or route(p, batch)

    def _look(self, batch: list) -> None:  # type: ignore[type-arg]
        self.events += [self.codec.decode(record.value) for record in batch]
