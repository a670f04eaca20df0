"""A system's document to canonical events. What is wrong with one field becomes a mark; only what makes the record
unidentifiable or senseless is Unmappable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mappings.compile import Workbench, alternatives, as_spec, is_empty
from mappings.config import Rule, Spec
from mappings.expressions import Expression, comparisons, is_true, parse
from mappings.problems import FieldProblem
from mappings.targets import GROUPS, NOTES, SUBMISSION, InboxEvent, NoteKind, Target
from mappings.transforms import Transform
from mappings.yamlfile import Where, did_you_mean
from schemas.errors import Unmappable
from schemas.events.common import Mark, Person
from schemas.events.inbox import Submission
from schemas.ids import deterministic_id, submission_id

_SHORT_CHARS_MAX = 2_000  # raw characters of a field without a limit of its own: dates, codes, flags


class Silent(Exception):
    """The code is known and says nothing: no event."""


class Missing(Exception):
    """A required field has no value."""

    def __init__(self, name: str, source: str, reason: str) -> None:
        super().__init__(name)
        self.name, self.source, self.reason = name, source, reason


@dataclass(frozen=True, slots=True)
class Header:
    """What all events of one record share."""

    system: str
    source_key: str
    cause_id: str
    body_digest: str
    mapping: str


@dataclass(slots=True)
class _Made:
    submission: dict[str, Any] | None = None
    notes: list[InboxEvent] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)  # field → what was typed there, where it may be near


Step = Callable[[Any], Any]  # document → canonical value or None; FieldProblem


@dataclass(frozen=True, slots=True)
class FieldReader:
    """Reads one canonical field."""

    name: str
    source: str  # the system's own name of it, for errors
    target: Target
    steps: tuple[Step, ...]  # the first that yields something
    default: Any
    required: bool

    def read(self, document: Any, made: _Made) -> Any:
        """The value, None if there is none. Problems go to the marks, what was typed is kept. Missing if it must be
        there, Silent if the code says nothing where something must be said."""
        problem: FieldProblem | None = None
        for step in self.steps:
            try:
                value = step(document)
            except FieldProblem as error:
                problem = problem or error
                made.marks.append(Mark(field=self.name, problem=error.problem, reason=error.reason))
                if error.kept is not None:
                    made.kept[self.name] = error.kept
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
            raise Missing(self.name, self.source, problem.reason if problem else "缺少必填字段")
        return None


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """One rule: when it holds, what it emits, how its fields are read."""

    holds: Expression | None
    note: NoteKind | None  # None: a submission
    fields: tuple[FieldReader, ...]
    groups: Mapping[str, tuple[tuple[str, FieldReader], ...]]

    def apply(self, document: Any, header: Header, sid: str, made: _Made) -> None:
        """Add what the rule makes of the document."""
        values: dict[str, Any] = {}
        for reader in self.fields:
            value = reader.read(document, made)
            if value is not None:
                values[reader.name] = value
        if self.note is not None:
            key = values.pop("id", header.body_digest)
            event_id = deterministic_id(self.note.what, sid, key)
            made.notes.append(
                self.note.event(
                    event_id=event_id, submission_id=sid, system=header.system, cause_id=header.cause_id, **values
                )
            )
            return
        for group, readers in self.groups.items():
            parts = {name: value for name, reader in readers if (value := reader.read(document, made)) is not None}
            if group == "person" and "id_number" not in parts and "person.id_number" in made.kept:
                parts["id_typed"] = made.kept["person.id_number"]
            if parts:
                values[group] = GROUPS[group](**parts)
        made.submission = values


@dataclass(frozen=True)
class Inbound:
    """All rules of a system."""

    rules: tuple[CompiledRule, ...]
    told_apart_by: str | None  # the field the rules look at, for errors

    def apply(self, document: Any, header: Header) -> list[InboxEvent]:
        """The events of one document, its submission first. Unmappable: no rule fits, a required field is missing."""
        sid = submission_id(header.system, header.source_key)
        made = _Made()
        missing: Missing | None = None
        fits = False
        for rule in self.rules:
            try:
                if rule.holds is not None and not is_true(rule.holds(document)):
                    continue
                fits = True
                rule.apply(document, header, sid, made)
            except Silent:
                continue
            except Missing as error:
                if rule.note is None:
                    raise Unmappable(error.reason, field=error.source) from None
                missing = missing or error
                if not any(mark.field == error.name for mark in made.marks):
                    made.marks.append(Mark(field=error.name, problem="missing", reason=error.reason))
            except FieldProblem as error:
                raise Unmappable(error.reason, field=self.told_apart_by) from None
        if not fits:
            raise Unmappable("没有适用于该报文的映射规则", field=self.told_apart_by)
        if made.submission is None:
            if missing is not None:
                raise Unmappable(missing.reason, field=missing.source)
            return made.notes
        return [_submission(made, header, sid), *made.notes]


def _submission(made: _Made, header: Header, sid: str) -> Submission:
    values = made.submission or {}
    person = values.pop("person", None) or Person()
    return Submission(
        event_id=deterministic_id("submission", sid, values.get("version") or header.body_digest),
        submission_id=sid,
        system=header.system,
        source_key=header.source_key,
        person=person,
        marks=tuple(made.marks),
        mapping=header.mapping,
        cause_id=header.cause_id,
        **values,
    )


def compile_inbound(rules: list[Rule], bench: Workbench) -> Inbound:
    """Compile the rules; findings go to the bench's file."""
    compiled = []
    looked_at: set[str] = set()
    for index, rule in enumerate(rules):
        where: Where = ("inbound", index)
        holds = None
        if rule.when is not None:
            holds = bench.expression(rule.when, (*where, "when"))
            if not bench.file.findings:
                looked_at |= {name for name, _ in comparisons(parse(rule.when))}
        note = NOTES.get(rule.emit)
        targets = note.fields if note else SUBMISSION
        readers = []
        for name, written in rule.fields.items():
            spot = (*where, "fields", name)
            if name not in targets:
                bench.file.find(spot, f"{rule.emit} 没有字段“{name}”{did_you_mean(name, targets)}")
                continue
            readers.append(_reader(name, as_spec(written), targets[name], bench, spot))
        for name, target in targets.items():
            if target.required and name not in rule.fields:
                bench.file.find((*where, "fields"), f"缺少必填字段“{name}”")
        top = tuple(reader for reader in readers if "." not in reader.name)
        groups = {
            group: tuple((r.name.partition(".")[2], r) for r in readers if r.name.startswith(f"{group}."))
            for group in GROUPS
        }
        compiled.append(CompiledRule(holds, note, top, {name: group for name, group in groups.items() if group}))
    return Inbound(tuple(compiled), looked_at.pop() if len(looked_at) == 1 else None)


def _reader(name: str, spec: Spec, target: Target, bench: Workbench, where: Where) -> FieldReader:
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
