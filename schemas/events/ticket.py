"""Ticket events: the second truth, and what partners read."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.events.common import Deadline, Mark, Member, Review
from schemas.events.dossier import Dossier


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEventHead:
    """What every ticket event says."""

    event_id: str
    ticket_id: str
    at: int
    seq: int
    cause_id: str = ""
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketOpened(TicketEventHead):
    """A ticket was opened."""

    submission_id: str
    system: str
    family: str | None = None
    kind: str | None = None
    received_at: int
    channel: str = "other"
    person_name: str | None = None
    id_number: str | None = None
    phone: str | None = None
    region: str | None = None
    title: str | None = None
    text: str | None = None
    urgent: bool = False
    dossier: Dossier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierChanged(TicketEventHead):
    """What is known of a person's earlier tickets has changed since the ticket was opened."""

    dossier: Dossier


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionAttached(TicketEventHead):
    """Another submission turned out to be the same matter."""

    submission_id: str
    to_submission: str
    score: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionLinked(TicketEventHead):
    """Related but not the same."""

    submission_id: str
    to_ticket: str
    to_submission: str
    link_kind: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewAsked(TicketEventHead):
    """A person must decide whether two are the same."""

    submission_id: str
    to_submission: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDecided(TicketEventHead):
    """A clerk has decided whether two are the same."""

    submission_id: str
    to_submission: str
    same: bool
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionMoved(TicketEventHead):
    """A submission changed tickets: a merge or an un-merge. Written under both tickets."""

    submission_id: str
    from_ticket: str
    to_ticket: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketStateChanged(TicketEventHead):
    """The shared ticket moved to another state."""

    state: str
    previous: str
    submission_id: str
    system: str
    merged_into: str | None = None
    note: str | None = None
    family: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketNoted(TicketEventHead):
    """Something happened that is no state: urge, complaint, call-back, rating, supplement, late status."""

    what: str
    submission_id: str
    system: str
    grade: int | None = None
    satisfied: bool | None = None
    state: str | None = None
    note: str | None = None
    family: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketTold(TicketEventHead):
    """A system has confirmed that it was told, or refused."""

    system: str
    push_id: str
    kind: str
    state: str | None = None
    result: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionMarked(TicketEventHead):
    """Fields of a submission could not be read, or are so no more; `seq` is 0: it is beside the ticket's events."""

    submission_id: str
    system: str
    version: int
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert(TicketEventHead):
    """电子预警: a clock reached a stage."""

    clock: str
    stage: str
    started_at: int
    due_at: int
    provisional: bool = False
    family: str | None = None
    system: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketState:
    """The ticket as it stands: compacted, one record for each ticket."""

    event_id: str
    ticket_id: str
    seq: int
    state: str
    merged_into: str | None = None
    family: str | None = None
    kind: str | None = None
    received_at: int
    at: int
    members: tuple[Member, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    reviews: tuple[Review, ...] = ()
    confidential: bool = False
