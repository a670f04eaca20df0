"""What a component knows: the sealed contents of books and claims, and of the tickets' state."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.events.common import Acquaintance, Agent, Counterparty, Pair, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What comparing reads out of a submission, worked out once (`streams/core/traits.py`)."""

    sound: str | None = None
    party: str | None = None
    firm: bool = False
    parties: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    amounts: tuple[int, ...] = ()
    days: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    asks: str | None = None
    stage: str | None = None
    handling: bool = False
    unhappy: bool = False
    group: bool = False
    words: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What is compared of a submission."""

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
    traits: Traits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A canonical event that is not a submission, as the book keeps it."""

    event_id: str
    submission_id: str
    system: str
    what: str
    at: int
    state: str | None = None
    grade: int | None = None
    satisfied: bool | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A clerk's word, as the book keeps it."""

    a: str
    b: str
    same: bool
    at: int
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was last published of a member; the highest revision wins."""

    submission_id: str
    revision: int
    ticket_id: str
    state: str
    seq: int
    links: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    summary: str = ""
    dossier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What became of a delivery, kept until it is published."""

    submission_id: str
    system: str
    push_id: str
    kind: str
    state: str | None = None
    result: str
    at: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What another component says of an earlier ticket of a member's person; the highest revision counts."""

    submission_id: str
    about: Features
    ticket_id: str
    ended: str | None = None
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookContents:
    """Members, pairs, notes, rulings and what was published: merged by union, so it may come twice and in any order."""

    members: tuple[Features, ...] = ()
    pairs: tuple[Pair, ...] = ()
    notes: tuple[Note, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    weightless: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    published: tuple[Published, ...] = ()
    tellings: tuple[Telling, ...] = ()
    acquainted: tuple[Acquaintance, ...] = ()
    known: tuple[Known, ...] = ()
