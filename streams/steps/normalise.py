"""normalise: raw changes of every system to canonical events. Stateless; the inbox removes repeats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mappings.inbound import Mapped
from mappings.systems import System
from schemas.codec import Codec
from schemas.errors import DeadLetter, Unmappable
from schemas.events.intake import RawChange
from schemas.topics import Topics
from streams.core.normalise import normalise
from streams.engine.api import Output, Record
from streams.steps.emit import INTAKE_AT, Emitter, passed_on

Count = Callable[[str, str, str], None]
"""(system, event type, result) -> None"""
CountBad = Callable[[str, str], None]
"""(mapping, stage) -> None"""


class NormaliseStep:
    """intake.<system> → ticket.inbox"""

    name = "normalise"

    def __init__(
        self, codec: Codec, topics: Topics, systems: Mapping[str, System], count: Count, count_bad: CountBad
    ) -> None:
        self.topics: Sequence[str] = tuple(topics.intake(s) for s in systems)
        self._codec = codec
        self._systems = systems
        self._emit = Emitter(codec, topics, self.name)
        self._count = count
        self._count_bad = count_bad

    def process(self, batch: Sequence[Record]) -> list[Output]:
        """Canonical events of the batch. Raises DeadLetter for a change that does not map."""
        out: list[Output] = []
        for record in batch:
            raw = self._codec.decode(record.value)
            if not isinstance(raw, RawChange):
                raise Unmappable("不是原始变更记录")
            system = self._systems.get(raw.system)
            if system is None:
                raise Unmappable(f"没有系统 {raw.system} 的映射")
            mapped = self._normalise(raw, system)
            for event in mapped.events:
                # Of several events the first bears the marks: the submission, where there is one.
                marked = bool(mapped.complaints) and event is mapped.events[0]
                self._count(raw.system, type(event).__name__, "marked" if marked else "ok")
            for _ in mapped.complaints:
                self._count_bad(system.mapping, "inbound")
            extra = passed_on(record)
            if not any(name == INTAKE_AT for name, _ in extra):
                extra.append((INTAKE_AT, b"%d" % record.timestamp_ms))
            out.extend(self._emit.outputs(mapped.events, extra))
        return out

    def _normalise(self, raw: RawChange, system: System) -> Mapped:
        try:
            return normalise(raw, system)
        except DeadLetter:
            self._count_bad(system.mapping, "identify")
            raise
