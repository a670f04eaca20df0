"""当事人法律服务档案: what a handler is told of a person's earlier tickets. Sealed wherever it lies."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """One earlier ticket, by the number of the person's own submission in it."""

    submission_id: str
    ticket_id: str
    system: str
    number: str
    received_at: int
    family: str | None = None
    kind: str | None = None
    ended: str | None = None
    similar: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Earlier tickets of a person, the earliest first."""

    earlier: tuple[Earlier, ...] = ()
