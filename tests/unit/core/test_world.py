"""Any arrival order, redelivery and interleaving gives the same tickets as folding the whole file at once."""

from __future__ import annotations

import random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.partitions import Partitions
from tests.support.story import MINUTE, story
from tests.support.whole import check, outcome
from tests.support.world import World

TICKS = [m * MINUTE for m in (100, 240, 241, 300, 390, 450, 700, 2000)]
END = 60 * 24 * 60 * MINUTE

seeds = st.integers(0, 10**9)


@given(seed=seeds, order=seeds)
@settings(max_examples=400)
def test_any_order_gives_the_tickets_of_the_whole_file(seed: int, order: int) -> None:
    events = story(seed)
    world = World(order, redeliver=0.15, ticks=TICKS)
    world.send(random.Random(order).sample(events, len(events)))
    world.run()
    check(world, events)
    world.tick(END)
    check(world, events, reached_by=END)


@given(seed=seeds)
@settings(max_examples=100)
def test_everything_may_come_twice(seed: int) -> None:
    events = story(seed)
    world = World(seed)
    world.send(events)
    world.run()
    world.tick(END)
    before, said, wakes = outcome(world), len(world.events), dict(world.wakes)
    world.send(events)
    world.run()
    world.tick(END)
    assert outcome(world) == before
    assert len(world.events) == said
    assert world.wakes == wakes


@given(seed=seeds, order=seeds)
@example(seed=5455, order=5455)  # a second version waited for an answer from its own root
@settings(max_examples=100)
def test_batches_of_any_size_dropped_and_done_again_give_the_same(seed: int, order: int) -> None:
    events = story(seed)
    r = random.Random(order)
    road = Partitions(order, crash=0.2)
    shuffled = r.sample(events, len(events))
    for at, now in zip(sorted(r.choices(range(len(events) + 1), k=len(TICKS))), TICKS, strict=True):
        road.tick(now)
        road.send(shuffled[:at])
        del shuffled[:at]
        if r.random() < 0.5:
            road.run()
    road.send(shuffled)
    road.run()
    road.tick(END)
    road.run()
    check(road, events, reached_by=END)
