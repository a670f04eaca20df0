"""Parts that several records share. Times are milliseconds since the epoch, UTC."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One source record that belongs to a ticket, as the systems know it."""

    submission_id: str
    system: str
    source_key: str
    number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who asks for help."""

    type: str = "natural"
    name: str | None = None
    id_number: str | None = None
    id_typed: str | None = None
    phone: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Who filed on behalf of the person; not the applicant."""

    name: str | None = None
    id_number: str | None = None
    phone: str | None = None
    role: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterparty:
    """The other side of the matter."""

    name: str | None = None
    id_number: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A field that could not be read: kept out, never guessed."""

    field: str
    problem: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two submissions that look alike, and why."""

    a: str
    b: str
    a_received_at: int
    b_received_at: int
    relation: str
    link_kind: str | None = None
    score: float
    reasons: tuple[str, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One clock of a ticket."""

    clock: str
    started_at: int
    due_at: int
    stage: str
    provisional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A question that only a person can answer: are the two one matter?"""

    submission_id: str
    to_submission: str
    at: int
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquaintance:
    """Two submissions of one person, whatever they are about. `revision` and `said`: what the later was told."""

    earlier: str
    later: str
    later_received_at: int
    revision: int = 0
    said: str = ""
