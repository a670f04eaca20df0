"""The steps over partitions in memory: real codec, random batches, batches that are dropped and done again."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from schemas.codec import Codec, LocalSchemaIds
from schemas.events.inbox import Tick
from schemas.events.tables import TicketRecord
from schemas.events.ticket import TicketState
from schemas.topics import Topics
from streams.core.tickets import InboxEvent, Rules
from streams.engine.api import Outcome, Output, Record, StatefulStep
from streams.engine.partitioner import partition_of
from streams.steps.emit import Emitter
from streams.steps.match import MatchStep
from streams.steps.tickets import TicketsStep
from tests.support.whole import RULES
from tests.unit.schemas.keys import sealer

TOPICS = Topics("t")
CODEC = Codec(sealer(), LocalSchemaIds())
HASHED = Rules(index=lambda kind, value: sealer().index(kind, value).hex(), clocks=RULES.clocks)
PARTITIONS = 3


class Unwatched:
    """Nobody counts."""

    def published(self, event: object, cause: Record) -> None:
        """Nobody counts."""

    def component(self, members: int) -> None:
        """Nobody counts."""


def tickets_step() -> TicketsStep:
    """A step as a worker has it."""
    return TicketsStep(CODEC, TOPICS, HASHED, Unwatched())


def match_step() -> MatchStep:
    """A step as a worker has it."""
    return MatchStep(CODEC, TOPICS, lambda size: None)


def record_of(event: InboxEvent | Tick, offset: int = 0, partition: int = 0) -> Record:
    """An inbox record as the road writes it."""
    if isinstance(event, Tick):
        return Record(TOPICS.inbox, partition, offset, 1, None, CODEC.encode(TOPICS.inbox, event))
    (out,) = Emitter(CODEC, TOPICS, "test").outputs([event], [])
    return Record(out.topic, partition, offset, 1, out.key, out.value, out.headers)


class Partitions:
    """Logs, tables and positions of both steps; a crash forgets everything but those."""

    def __init__(self, seed: int, *, crash: float = 0.0) -> None:
        self._random = random.Random(seed)
        self._crash = crash
        self._logs: dict[tuple[str, int], list[Record]] = defaultdict(list)
        self._read: dict[tuple[str, int], int] = defaultdict(int)
        self._tables: dict[tuple[str, int], dict[bytes, bytes]] = defaultdict(dict)
        self._steps: dict[str, StatefulStep] = {s.topic: s for s in (tickets_step(), match_step())}
        self.events: list[Any] = []
        self.states: dict[str, TicketState] = {}
        self.summaries: dict[str, list[int]] = defaultdict(list)

    @property
    def tickets(self) -> dict[str, TicketRecord]:
        """All records, opened."""
        return {
            key.decode(): CODEC.decode_inner(TicketRecord, value[16:], key)
            for (topic, _), table in self._tables.items()
            if topic == TOPICS.inbox
            for key, value in table.items()
        }

    def send(self, events: Iterable[InboxEvent]) -> None:
        """Onto the inbox."""
        for output in Emitter(CODEC, TOPICS, "test").outputs(events, []):
            self._append(output)

    def tick(self, now: int) -> None:
        """One to every partition."""
        for p in range(PARTITIONS):
            self._append(Output(TOPICS.inbox, None, CODEC.encode(TOPICS.inbox, Tick(partition=p, now=now)), (), p))

    def run(self) -> None:
        """Batches of random size from random partitions until all is read."""
        while places := [p for p, log in self._logs.items() if self._read[p] < len(log)]:
            self._batch(*self._random.choice(places))

    def _batch(self, topic: str, partition: int) -> None:
        place = topic, partition
        if self._random.random() < self._crash:
            self._dropped(place)
        outcome = self._process(place)
        for output in outcome.outputs:
            self._append(output)

    def _take(self, place: tuple[str, int]) -> list[Record]:
        at = self._read[place]
        return self._logs[place][at : at + self._random.randrange(1, 8)]

    def _process(self, place: tuple[str, int]) -> Outcome:
        step, table, batch = self._steps[place[0]], self._tables[place], self._take(place)
        outcome = step.process(place[1], batch, table)
        table.update(outcome.changes)
        self._read[place] += len(batch)
        step.applied(place[1], outcome)
        return outcome

    def _dropped(self, place: tuple[str, int]) -> None:
        """The work of a batch is lost; half of the time the worker with it, and another takes over."""
        self._steps[place[0]].process(place[1], self._take(place), self._tables[place])
        if self._random.random() < 0.5:
            for make in (tickets_step, match_step):
                step = make()
                self._steps[step.topic] = step
                for (topic, partition), table in self._tables.items():
                    if topic == step.topic:
                        step.recovered(partition, table.items())

    def _append(self, output: Output) -> None:
        if output.topic in self._steps:
            partition = partition_of(output.key, PARTITIONS) if output.partition is None else output.partition
            log = self._logs[output.topic, partition]
            log.append(Record(output.topic, partition, len(log), 1, output.key, output.value, output.headers))
        elif output.topic == TOPICS.state:
            state = CODEC.decode(output.value)
            self.states[state.ticket_id] = state
            self.summaries[state.ticket_id].append(state.seq)
        elif output.topic == TOPICS.events:
            self.events.append(CODEC.decode(output.value))


def decoded(outputs: Iterable[Output]) -> Iterator[Any]:
    """What the outputs say."""
    for output in outputs:
        yield CODEC.decode(output.value)
