"""A push: what is to be told, how far it has come, what became of a try. Times are milliseconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row


class Status(StrEnum):
    """How far a push has come."""

    PLANNED = "planned"
    SENDING = "sending"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


SETTLED = (Status.DONE, Status.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A push to be made; the payload is the encoded delivery, sealed."""

    push_id: str
    system: str
    ticket_id: str
    seq: int
    kind: str
    state: str | None
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PushRow(Plan):
    """A push as the ledger has it."""

    status: str
    attempts: int
    unknowns: int
    next_try_at: int
    lease_owner: str | None
    lease_until: int
    echo_digest: str | None
    reason: str
    receipted: bool
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What became of one try. Not settled: `next_try_at` says when to try again.

    Settled: the tickets will be told by a receipt, unless `silent`: nothing was sent and nothing is to be said.
    """

    push_id: str
    status: Status
    reason: str = ""
    next_try_at: int = 0
    silent: bool = False


def new_row(plan: Plan, now: int) -> dict[str, Any]:
    """A planned push as it is inserted; due at once."""
    return {
        "push_id": plan.push_id,
        "system": plan.system,
        "ticket_id": plan.ticket_id,
        "seq": plan.seq,
        "kind": plan.kind,
        "state": plan.state,
        "status": Status.PLANNED.value,
        "settled": False,
        "attempts": 0,
        "unknowns": 0,
        "next_try_at": now,
        "lease_until": 0,
        "payload": plan.payload,
        "reason": "",
        "receipted": False,
        "created_at": now,
        "updated_at": now,
    }


def push_row(row: Row[Any]) -> PushRow:
    """A row of the table."""
    return PushRow(**row._mapping)
