"""The canonical fields a mapping may fill: how each reads itself, how long it may be, what it must be.

`as:` in a mapping overrides the transform; a code table replaces it. Limits are in characters.
"""

from __future__ import annotations

from dataclasses import dataclass

from mappings.vocabulary import Channel, Family, PersonType, RequestKind, State
from schemas.events.common import Agent, Counterparty, Person
from schemas.events.inbox import (
    CalledBack,
    Complained,
    Rated,
    StatusChanged,
    Submission,
    Supplemented,
    Urged,
    Withdrawn,
)


@dataclass(frozen=True)
class Target:
    """One canonical field."""

    transform: str
    chars_max: int | None = None
    table: str | None = None  # the target a code table must have to be used here
    words: frozenset[str] | None = None  # without a table the value must be one of these
    required: bool = False
    when_bad: bool | None = None  # taken instead of "empty" when the value cannot be read
    past: bool = False  # a time that cannot lie ahead of when the hub took the record
    nothing: str = "必填字段不能写“无”或其他空值"  # told when it is required and what is written says "nothing"
    unread: str | int | None = None  # required, but taken when the code is not known: the note is kept all the same


_FLAG = Target("yes_no", table="flag")
_NAME = Target("name", 200)
_ID = Target("id_number", 30)
_PHONE = Target("phone", 20)
_LINE = Target("line", 200)
_TEXT = Target("text", 20_000)
_AT = Target("time", required=True, past=True, nothing="不是真实的日期（0000、1900、9999 等占位写法或空值）")

SUBMISSION: dict[str, Target] = {
    "number": Target("number", 100),
    "version": Target("version"),
    "channel": Target("line", table="channel", words=frozenset(map(str, Channel))),
    "kind": Target("line", table="kind", words=frozenset(map(str, RequestKind))),
    "received_at": _AT,
    "family": Target("line", table="family", words=frozenset(map(str, Family))),
    "item": _LINE,
    "purpose": _LINE,
    "person.type": Target("line", table="person_type", words=frozenset(map(str, PersonType))),
    "person.name": _NAME,
    "person.id_number": _ID,
    "person.phone": _PHONE,
    "person.region": Target("region"),
    "agent.name": _NAME,
    "agent.id_number": _ID,
    "agent.phone": _PHONE,
    "agent.role": _LINE,
    "counterparty.name": _NAME,
    "counterparty.id_number": _ID,
    "counterparty.phone": _PHONE,
    "case_no": Target("case_number", 100),
    "doc_no": Target("case_number", 100),
    "incident_date": Target("date"),
    "title": Target("line", 500),
    "text": _TEXT,
    "related_numbers": Target("numbers"),
    "parent_no": Target("one_number", 150),
    # 保密 that cannot be read is taken for 保密: the harm of showing is greater than that of not merging
    "confidential": Target("yes_no", table="flag", when_bad=True),
    "anonymous": _FLAG,
    "urgent": _FLAG,
}

GROUPS: dict[str, type[Person] | type[Agent] | type[Counterparty]] = {
    "person": Person,
    "agent": Agent,
    "counterparty": Counterparty,
}

_NOTE: dict[str, Target] = {
    "id": Target("line", 200),  # the source's own key of the note
    "at": _AT,
    "note": _TEXT,
}

NoteEvent = StatusChanged | Urged | Complained | CalledBack | Rated | Supplemented | Withdrawn
InboxEvent = Submission | NoteEvent


@dataclass(frozen=True)
class NoteKind:
    """A canonical event that is not a submission."""

    event: type[NoteEvent]
    what: str  # its word in event ids, stable for ever
    fields: dict[str, Target]


NOTES: dict[str, NoteKind] = {
    "StatusChanged": NoteKind(
        StatusChanged,
        "status",
        _NOTE | {"state": Target("line", table="state", words=frozenset(map(str, State)), required=True, unread="")},
    ),
    "Urged": NoteKind(Urged, "urge", _NOTE),
    "Complained": NoteKind(Complained, "complaint", _NOTE),
    "CalledBack": NoteKind(CalledBack, "call-back", _NOTE | {"satisfied": _FLAG}),
    "Rated": NoteKind(Rated, "rating", _NOTE | {"grade": Target("integer", table="grade", required=True, unread=0)}),
    "Supplemented": NoteKind(Supplemented, "supplement", _NOTE),
    "Withdrawn": NoteKind(Withdrawn, "withdrawal", _NOTE),
}
