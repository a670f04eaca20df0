"""Reading one canonical field of a system's document: the alternatives in turn, what is wrong with it as a mark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mappings.compile import Workbench, alternatives, is_empty
from mappings.config import Spec
from mappings.problems import FieldProblem
from mappings.targets import Target
from mappings.transforms import Transform
from mappings.yamlfile import Where, did_you_mean
from schemas.events.common import Mark

_SHORT_CHARS_MAX = 2_000  # raw characters of a field without a limit of its own: dates, codes, flags
AHEAD_MS_MAX = 24 * 3_600_000
"""So far may a record's time lie ahead of when the hub took it: clocks are off by hours, time zones by half a day."""


class Silent(Exception):
    """The code is known and says nothing: no event."""


class Missing(Exception):
    """A required field has no value."""

    def __init__(self, name: str, source: str, reason: str, problem: str = "missing") -> None:
        super().__init__(name)
        self.name, self.source, self.reason, self.problem = name, source, reason, problem


@dataclass(frozen=True, slots=True)
class Complaint:
    """A mark for those who sent the record: the field by their own name of it."""

    field: str
    reason: str


@dataclass(slots=True)
class Marks:
    """What was found wrong with the fields of one document, in our words and in the sender's."""

    marks: list[Mark] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)  # field → what was typed there, where it may be near

    def note(self, name: str, source: str, problem: str, reason: str) -> None:
        """`name` is the canonical field, `source` the system's own name of it."""
        self.marks.append(Mark(field=name, problem=problem, reason=reason))
        self.complaints.append(Complaint(source, reason))


class _Nothing(Exception):
    """Something is written that says "nothing" (无, 00000000): no value, but not missing either."""


Step = Callable[[Any], Any]  # document → canonical value or None; FieldProblem, _Nothing


@dataclass(frozen=True, slots=True)
class FieldReader:
    """Reads one canonical field."""

    name: str
    source: str  # the system's own name of it, for errors
    target: Target
    steps: tuple[Step, ...]  # the first that yields something
    default: Any
    required: bool

    def read(self, document: Any, captured_at: int | None, marks: Marks) -> Any:
        """The value, None if there is none. Problems go to the marks. Missing if it must be there, Silent if the code
        says nothing where something must be said."""
        value = self._read(document, marks)
        if self.target.past and captured_at is not None and value is not None and value > captured_at + AHEAD_MS_MAX:
            # It cannot have happened after we heard of it; that moment is the latest it can be, and clocks must run.
            marks.note(self.name, self.source, "future", "时间比收到时晚一天以上，改按收到的时间计")
            return captured_at
        return value

    def _read(self, document: Any, marks: Marks) -> Any:
        problem: FieldProblem | None = None
        nothing = False
        for step in self.steps:
            try:
                value = step(document)
            except FieldProblem as error:
                problem = problem or error
                marks.note(self.name, self.source, error.problem, error.reason)
                if error.kept is not None:
                    marks.kept[self.name] = error.kept
                continue
            except _Nothing:
                nothing = True
                continue
            except Silent:
                if self.required:
                    raise
                break
            if value is not None:
                return value
        if problem is not None and self.target.when_bad is not None:
            return self.target.when_bad
        if self.default is not None and problem is None:
            return self.default
        if self.required:
            if problem is not None:
                raise Missing(self.name, self.source, problem.reason, problem.problem)
            if nothing:
                raise Missing(self.name, self.source, self.target.nothing, "nothing")
            raise Missing(self.name, self.source, "缺少必填字段")
        return None


def compile_reader(name: str, spec: Spec, target: Target, bench: Workbench, where: Where) -> FieldReader:
    """One field as the mapping writes it; findings go to the bench's file."""
    flat = alternatives(spec)
    default = next((one.default for one in flat if one.default is not None), None)
    if default is not None and target.words is not None and str(default) not in target.words:
        bench.file.find((*where, "default"), f"未知的值“{default}”{did_you_mean(str(default), target.words)}")
    return FieldReader(
        name=name,
        source=spec.from_ or name,
        target=target,
        steps=tuple(_step(one, target, bench, where) for one in flat),
        default=default,
        required=target.required or spec.required,
    )


def _step(spec: Spec, target: Target, bench: Workbench, where: Where) -> Step:
    if (
        isinstance(spec.value, str)
        and target.words is not None
        and spec.code is None
        and spec.value not in target.words
    ):
        bench.file.find((*where, "value"), f"未知的值“{spec.value}”{did_you_mean(spec.value, target.words)}")
    origin = bench.origin(spec, where)
    table = None
    transform: Transform | None = None
    choose = None
    if spec.code is not None:
        table = bench.table(spec.code, (*where, "code"), target.table or "word")
        if isinstance(spec.as_, str):
            transform = bench.transform(spec.as_, (*where, "as"))
    elif spec.as_ is not None and not isinstance(spec.as_, str):
        choose = bench.chosen(spec.as_, (*where, "as"))
        transform = bench.transform(target.transform, where)
    else:
        transform = bench.transform(spec.as_ or target.transform, (*where, "as"))
    words, chars_max = (None if table else target.words), target.chars_max
    raw_max = (
        4 * chars_max if chars_max else _SHORT_CHARS_MAX
    )  # before cleaning: blanks may go, patterns must not crawl

    def step(document: Any) -> Any:
        value = origin(document)
        if is_empty(value):
            return None
        if isinstance(value, str) and len(value) > raw_max:
            raise FieldProblem("too_long", "内容过长")
        reading = (choose(document) or transform) if choose else transform
        if reading is not None:
            value = reading(value)
            if value is None:
                raise _Nothing
        if table is not None and value is not None:
            value = table.read(value)
            if value is None:
                raise Silent
        if words is not None and value is not None and value not in words:
            raise FieldProblem("unknown_code", "取值不在词表中")
        if chars_max is not None and value is not None and len(value) > chars_max:
            raise FieldProblem("too_long", f"超过 {chars_max} 字上限")
        return value

    return step
