"""The engines by name, and how each is started."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass

from bench import rivals
from bench.engines.event import SCHEMA_JSON
from bench.engines.task import Task
from santai.platform import jars

HEAP = "-Xmx512m"


@dataclass(frozen=True, slots=True)
class Contender:
    """One engine."""

    title: str
    command: Callable[[Task], list[str]]
    share: float = 1.0
    """Of the records of a round that it is given."""
    changelog: bool = True
    """Whether its state can be read from a topic."""
    repeats: bool = True
    """Whether it may write a record twice."""


def _ours(module: str) -> Callable[[Task], list[str]]:
    return lambda task: [sys.executable, "-m", f"bench.engines.{module}", task.argument()]


def _rival(module: str) -> Callable[[Task], list[str]]:
    return lambda task: [rivals.python(), "-m", f"bench.engines.{module}", task.argument()]


def _streams(guarantee: str) -> Callable[[Task], list[str]]:
    def command(task: Task) -> list[str]:
        told = [guarantee, task.bootstrap, task.source, task.sink, task.group, task.folder, json.dumps(SCHEMA_JSON)]
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        return [jars.java(), HEAP, quiet, "-cp", rivals.class_path(), "Dedup", *told]

    return command


CONTENDERS: dict[str, Contender] = {
    "santai": Contender("三台 恰好一次", _ours("santai"), repeats=False),
    "faust": Contender("Faust", _ours("plain_faust"), share=0.04),
    "quix": Contender("Quix Streams", _rival("quix")),
    "bytewax": Contender("Bytewax", _rival("bytewax_flow"), changelog=False),
    "kafka-streams": Contender("Kafka Streams 恰好一次", _streams("exactly_once_v2"), repeats=False),
    "kafka-streams-at-least-once": Contender("Kafka Streams 至少一次", _streams("at_least_once")),
    "bare": Contender("裸循环", _ours("bare")),
}
"""In the order of a round. What is exactly once here: state, changelog and outputs; nobody reads a record twice."""
