"""What each system must be told."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.events.common import Member
from schemas.events.dossier import Dossier


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A system must be told."""

    event_id: str
    ticket_id: str
    seq: int
    system: str
    kind: str
    member: Member | None = None
    at: int
    state: str | None = None
    by_system: str = ""
    family: str | None = None
    other_number: str | None = None
    grade: int | None = None
    person_name: str | None = None
    id_number: str | None = None
    phone: str | None = None
    region: str | None = None
    title: str | None = None
    text: str | None = None
    due_at: int | None = None
    stage: str | None = None
    cause_id: str = ""
    dossier: Dossier | None = None
