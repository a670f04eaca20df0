"""A system's document to canonical events. What is wrong with one field becomes a mark; only what makes the record
unidentifiable or senseless is Unmappable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mappings.compile import Workbench, as_spec
from mappings.config import Rule
from mappings.expressions import Expression, comparisons, is_true, parse
from mappings.fields import Complaint, FieldReader, Marks, Missing, Silent, compile_reader
from mappings.problems import FieldProblem
from mappings.targets import GROUPS, NOTES, SUBMISSION, InboxEvent, NoteKind
from mappings.yamlfile import Where, did_you_mean
from schemas.errors import Unmappable
from schemas.events.common import Person
from schemas.events.inbox import Submission
from schemas.ids import deterministic_id, submission_id


@dataclass(frozen=True, slots=True)
class Header:
    """What all events of one record share."""

    system: str
    source_key: str
    cause_id: str
    body_digest: str
    mapping: str
    captured_at: int | None = None  # ms; None: not known, then no time is ahead of it


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a document amounts to: its events, the submission first, and what was wrong with single fields."""

    events: list[InboxEvent]
    complaints: tuple[Complaint, ...] = ()


@dataclass(slots=True)
class _Made:
    submission: dict[str, Any] | None = None
    notes: list[InboxEvent] = field(default_factory=list)
    unread: list[InboxEvent] = field(default_factory=list)  # notes whose code is not known
    marks: Marks = field(default_factory=Marks)


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
        unread = False
        for reader in self.fields:
            try:
                value = reader.read(document, header.captured_at, made.marks)
            except Missing as missing:
                if missing.problem != "unknown_code" or reader.target.unread is None:
                    raise
                value, unread = reader.target.unread, True
            if value is not None:
                values[reader.name] = value
        if self.note is None:
            made.submission = values | self._groups(document, header, made)
        else:
            (made.unread if unread else made.notes).append(_note(self.note, values, header, sid, unread=unread))

    def _groups(self, document: Any, header: Header, made: _Made) -> dict[str, Any]:
        found = {}
        for group, readers in self.groups.items():
            read = [(name, reader.read(document, header.captured_at, made.marks)) for name, reader in readers]
            parts = {name: value for name, value in read if value is not None}
            if group == "person" and "id_number" not in parts and "person.id_number" in made.marks.kept:
                parts["id_typed"] = made.marks.kept["person.id_number"]
            if parts:
                found[group] = GROUPS[group](**parts)
        return found


def _note(kind: NoteKind, values: dict[str, Any], header: Header, sid: str, *, unread: bool) -> InboxEvent:
    key = values.pop("id", header.body_digest)
    # Another id than the note will have once its code is in the table: then it may be sent again, and counts.
    what = f"{kind.what}-unread" if unread else kind.what
    return kind.event(
        event_id=deterministic_id(what, sid, key),
        submission_id=sid,
        system=header.system,
        cause_id=header.cause_id,
        **values,
    )


@dataclass(frozen=True)
class Inbound:
    """All rules of a system."""

    rules: tuple[CompiledRule, ...]
    told_apart_by: str | None  # the field the rules look at, for errors

    def apply(self, document: Any, header: Header) -> Mapped:
        """What one document amounts to. Unmappable: no rule fits, a required field is missing.

        A note whose code the table does not know is kept without it; beside a submission, which bears the mark, it
        would say nothing and is left out.
        """
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
                if not any(mark.field == error.name for mark in made.marks.marks):
                    made.marks.note(error.name, error.source, error.problem, error.reason)
            except FieldProblem as error:
                raise Unmappable(error.reason, field=self.told_apart_by) from None
        if not fits:
            raise Unmappable("没有适用于该报文的映射规则", field=self.told_apart_by)
        if made.submission is None:
            if missing is not None:
                raise Unmappable(missing.reason, field=missing.source)
            return Mapped([*made.notes, *made.unread], tuple(made.marks.complaints))
        return Mapped([_submission(made, header, sid), *made.notes], tuple(made.marks.complaints))


def _submission(made: _Made, header: Header, sid: str) -> Submission:
    values = made.submission or {}
    person = values.pop("person", None) or Person()
    return Submission(
        event_id=deterministic_id("submission", sid, values.get("version") or header.body_digest),
        submission_id=sid,
        system=header.system,
        source_key=header.source_key,
        person=person,
        marks=tuple(made.marks.marks),
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
            readers.append(compile_reader(name, as_spec(written), targets[name], bench, spot))
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
