"""The four steps of the road in memory: no Kafka, no engine. What is left is what the steps themselves cost."""

from __future__ import annotations

import secrets
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import mappings
from mappings.routing import load_routing
from mappings.systems import System
from schemas.codec import Codec, LocalSchemaIds, headers
from schemas.events.intake import RawChange
from schemas.sealing import INDEX_KEY_BYTES, KEY_BYTES, Sealer
from schemas.topics import Topics
from streams.core.clocks import ClockBook
from streams.core.routing import Router
from streams.core.tickets import Rules
from streams.engine.api import Output, Record
from streams.engine.partitioner import partition_of
from streams.steps.match import MatchStep
from streams.steps.normalise import NormaliseStep
from streams.steps.route import RouteStep
from streams.steps.tickets import TicketsStep

PARTITIONS = 4
BATCH_RECORDS = 500


@dataclass(slots=True)
class Cost:
    """What one step has taken and done."""

    cpu_s: float = 0.0
    records: int = 0
    batches: int = 0


class _Unwatched:
    def published(self, event: object, cause: Record) -> None:
        """Nobody counts."""

    def component(self, members: int) -> None:
        """Nobody counts."""


def _nothing(*_: object) -> None:
    """Nobody counts."""


class Walk:
    """The road between queues, each partition in order, in batches as the engine makes them."""

    def __init__(self, systems: dict[str, System]) -> None:
        sealer = Sealer({"bench": secrets.token_bytes(KEY_BYTES)}, "bench", secrets.token_bytes(INDEX_KEY_BYTES))
        self.topics = Topics("bench")
        self.codec = Codec(sealer, LocalSchemaIds())
        rules = Rules(index=lambda kind, value: sealer.index(kind, value).hex(), clocks=ClockBook.load())
        router = Router(load_routing(Path(mappings.__file__).parent / "routing.yaml"), systems)
        normalise = NormaliseStep(self.codec, self.topics, systems, _nothing, _nothing)
        route = RouteStep(self.codec, self.topics, router)
        self._states: dict[tuple[str, int], dict[bytes, bytes]] = defaultdict(dict)
        self._queues: dict[tuple[str, int], deque[Record]] = defaultdict(deque)
        self.costs: dict[str, Cost] = defaultdict(Cost)
        self.written: dict[str, int] = defaultdict(int)
        self.steps: dict[str, tuple[str, Callable[[int, list[Record]], Iterable[Output]]]] = {
            topic: (normalise.name, lambda _, batch: normalise.process(batch)) for topic in normalise.topics
        }
        self.steps[self.topics.events] = (route.name, lambda _, batch: route.process(batch))
        for step in (
            TicketsStep(self.codec, self.topics, rules, _Unwatched()),
            MatchStep(self.codec, self.topics, _nothing),
        ):
            self.steps[step.topic] = (step.name, self._stateful(step))

    def run(self, changes: Iterable[RawChange]) -> None:
        """Everything that comes of the changes; `costs` and `written` (records by topic) hold what it took."""
        for change in changes:
            topic, head = self.topics.intake(change.system), headers(change, "/santai/bench")
            self._put(Output(topic, change.source_key.encode(), self.codec.encode(topic, change), head))
        while waiting := [place for place, queue in self._queues.items() if queue]:
            for topic, partition in waiting:
                self._batch(topic, partition)

    def table(self, step: str) -> dict[bytes, bytes]:
        """What a step's table holds, all partitions together."""
        return {key: value for (name, _), held in self._states.items() if name == step for key, value in held.items()}

    def _batch(self, topic: str, partition: int) -> None:
        queue = self._queues[topic, partition]
        batch = list(islice(queue, BATCH_RECORDS))
        for _ in batch:
            queue.popleft()
        name, process = self.steps[topic]
        cost = self.costs[name]
        began = time.process_time()
        outputs = process(partition, batch)
        cost.cpu_s += time.process_time() - began
        cost.records += len(batch)
        cost.batches += 1
        for output in outputs:
            self._put(output)

    def _stateful(self, step: Any) -> Callable[[int, list[Record]], Iterable[Output]]:
        def process(partition: int, batch: list[Record]) -> Iterable[Output]:
            state = self._states[step.name, partition]
            outcome = step.process(partition, batch, state)
            state.update(outcome.changes)
            step.applied(partition, outcome)
            self.written[f"{step.name}-changelog"] += len(outcome.changes)
            return list(outcome.outputs)

        return process

    def _put(self, output: Output) -> None:
        self.written[output.topic] += 1
        if output.topic not in self.steps or output.key is None:
            return
        place = output.topic, partition_of(output.key, PARTITIONS)
        queue = self._queues[place]
        queue.append(Record(*place, self.written[output.topic], 0, output.key, output.value, tuple(output.headers)))
