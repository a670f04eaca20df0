"""Canonical events and the messages of the matching protocol: all that `ticket.inbox` and `match.claims` carry."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.events.book import BookContents, Features
from schemas.events.common import Acquaintance, Agent, Counterparty, Mark, Pair, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A person asked for help: one source record, in canonical form."""

    event_id: str
    submission_id: str
    system: str
    source_key: str
    number: str | None = None
    version: int = 0
    channel: str = "other"
    kind: str | None = None
    received_at: int
    family: str | None = None
    item: str | None = None
    purpose: str | None = None
    person: Person
    agent: Agent | None = None
    counterparty: Counterparty | None = None
    case_no: str | None = None
    doc_no: str | None = None
    incident_date: str | None = None
    title: str | None = None
    text: str | None = None
    related_numbers: tuple[str, ...] = ()
    parent_no: str | None = None
    confidential: bool = False
    anonymous: bool = False
    urgent: bool = False
    marks: tuple[Mark, ...] = ()
    mapping: str = ""
    cause_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteEvent:
    """What every event on a submission says that is not a submission itself."""

    event_id: str
    submission_id: str
    system: str
    at: int
    note: str | None = None
    cause_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged(NoteEvent):
    """A system moved its record to another state."""

    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Urged(NoteEvent):
    """催办: the citizen or a supervisor presses for progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complained(NoteEvent):
    """投诉 about the handling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledBack(NoteEvent):
    """回访: the citizen was called back."""

    satisfied: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated(NoteEvent):
    """好差评: five grades."""

    grade: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplemented(NoteEvent):
    """补充 or 补正: more was handed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(NoteEvent):
    """撤回 by the citizen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one block says of one submission; exactly one for each claim version."""

    event_id: str
    submission_id: str
    key: str
    key_kind: str
    version: int
    weightless: bool
    shared: bool = False
    pairs: tuple[Pair, ...] = ()
    acquainted: tuple[Acquaintance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """The receiver is told of a pair that ties its component to an earlier submission."""

    event_id: str
    submission_id: str
    earlier: str
    earlier_received_at: int
    pair: Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What a component knows, on its way to the component's root."""

    event_id: str
    submission_id: str
    sender: str
    contents: BookContents


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A clerk's word on a pair: wins over everything and is kept."""

    event_id: str
    submission_id: str
    a: str
    b: str
    same: bool
    at: int
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time is data: sent to every partition."""

    partition: int
    now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a delivery."""

    event_id: str
    submission_id: str
    system: str
    push_id: str
    kind: str
    state: str | None = None
    result: str
    at: int
    attempts: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A submission's features, laid into one block."""

    event_id: str
    submission_id: str
    key: str
    key_kind: str
    version: int
    received_at: int
    features: Features
