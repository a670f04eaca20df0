"""The review queue: pairs of which only a person can say whether they are one matter, and what was decided of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Select, and_, func, or_, select

from santai.projector.numbers import Name
from santai.projector.schema import DECISIONS, PRIVACY, REVIEWS, STORY, SUBMISSIONS, TICKETS

_OUT = ("WITHDRAWN", "MERGED")
"""States of a ticket of which nothing is asked any more."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A clerk's standing word on a pair. `at` in ms."""

    event_id: str
    same: bool
    by: str
    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Question:
    """A pair to be looked at. `at`: since when (ms), the receipt of the later; `decision`: given meanwhile."""

    submission: Name
    other: Name
    at: int
    reasons: tuple[str, ...]
    decision: Decision | None = None


def questions(connection: Connection, limit: int, *, decided: bool = False) -> list[Question]:
    """The open ones, the oldest first; with `decided` also those that were answered. A pair that was merged otherwise,
    withdrawn by the citizen, or has lost its grounds is in neither."""
    asked = _asked(decided).order_by(REVIEWS.c.at, REVIEWS.c.submission_id, REVIEWS.c.to_submission).limit(limit)
    rows = {(r.submission_id, r.to_submission): r for r in connection.execute(asked)}.values()
    names = _names(connection, {i for r in rows for i in (r.submission_id, r.to_submission)})
    return [
        Question(
            names[r.submission_id], names[r.to_submission], r.asked_at, tuple(orjson.loads(r.reasons)), _decision(r)
        )
        for r in rows
        if r.submission_id in names and r.to_submission in names
    ]


def waiting(connection: Connection) -> tuple[int, int | None]:
    """How many questions are open, and since when (ms) the oldest waits."""
    asked = _asked(decided=False).subquery()
    count, oldest = connection.execute(select(func.count(), func.min(asked.c.asked_at))).one()
    return int(count), oldest


def decision_on(connection: Connection, one: str, other: str) -> Decision | None:
    """The standing decision on two submissions."""
    a, b = sorted((one, other))
    row = connection.execute(
        select(DECISIONS, DECISIONS.c.at.label("decided_at")).where(DECISIONS.c.a == a, DECISIONS.c.b == b)
    ).first()
    return None if row is None else _decision(row)


def reasons_between(connection: Connection, one: str, other: str) -> tuple[str, ...]:
    """Why the two were last found alike, or asked about; empty when they never were."""
    open_now = select(REVIEWS.c.reasons).where(_pair(REVIEWS.c.submission_id, REVIEWS.c.to_submission, one, other))
    for (reasons,) in connection.execute(open_now.order_by(REVIEWS.c.seq.desc())):
        return tuple(orjson.loads(reasons))
    told = select(STORY.c.submission_id, STORY.c.detail).where(STORY.c.submission_id.in_((one, other)))
    for row in connection.execute(told.order_by(STORY.c.at.desc(), STORY.c.seq.desc())):
        detail = orjson.loads(row.detail)
        if {row.submission_id, detail.get("to_submission")} == {one, other} and detail.get("reasons"):
            return tuple(detail["reasons"])
    return ()


def is_confidential(connection: Connection, submission_id: str) -> bool:
    """Whether the submission asked for confidence (保密) or was reported to 12309."""
    row = connection.execute(select(PRIVACY.c.confidential).where(PRIVACY.c.ticket_id == submission_id)).first()
    return row is not None and bool(row.confidential)


def received_at(connection: Connection, submission_id: str) -> int:
    """When the submission was received, in ms; 0 when nothing is known yet."""
    row = connection.execute(select(TICKETS.c.received_at).where(TICKETS.c.ticket_id == submission_id)).first()
    return int(row.received_at or 0) if row is not None else 0


def _asked(decided: bool) -> Select[Any]:
    mine, theirs = SUBMISSIONS.alias("mine"), SUBMISSIONS.alias("theirs")
    here, there = TICKETS.alias("here"), TICKETS.alias("there")
    ruled = or_(
        and_(DECISIONS.c.a == REVIEWS.c.submission_id, DECISIONS.c.b == REVIEWS.c.to_submission),
        and_(DECISIONS.c.b == REVIEWS.c.submission_id, DECISIONS.c.a == REVIEWS.c.to_submission),
    )
    stands = and_(
        REVIEWS.c.seq == here.c.deadlines_seq,
        here.c.state.not_in(_OUT),
        there.c.state.not_in(_OUT),
        mine.c.ticket_id != theirs.c.ticket_id,
        DECISIONS.c.a.is_(None),
    )
    return (
        select(
            REVIEWS.c.submission_id, REVIEWS.c.to_submission, REVIEWS.c.at.label("asked_at"), REVIEWS.c.reasons,
            DECISIONS.c.event_id, DECISIONS.c.same, DECISIONS.c.by, DECISIONS.c.at.label("decided_at"),
            DECISIONS.c.reason,
        )
        .join(here, here.c.ticket_id == REVIEWS.c.ticket_id)
        .join(mine, mine.c.submission_id == REVIEWS.c.submission_id)
        .join(theirs, theirs.c.submission_id == REVIEWS.c.to_submission)
        .join(there, there.c.ticket_id == theirs.c.ticket_id)
        .outerjoin(DECISIONS, ruled)
        .where(or_(stands, DECISIONS.c.a.is_not(None)) if decided else stands)
    )  # fmt: skip


def _pair(x: Any, y: Any, one: str, other: str) -> Any:
    return or_(and_(x == one, y == other), and_(x == other, y == one))


def _decision(row: Any) -> Decision | None:
    if row.event_id is None:
        return None
    return Decision(row.event_id, bool(row.same), row.by, row.decided_at, row.reason or "")


def _names(connection: Connection, ids: Iterable[str]) -> dict[str, Name]:
    found = connection.execute(select(SUBMISSIONS).where(SUBMISSIONS.c.submission_id.in_(sorted(ids))))
    return {r.submission_id: Name(r.submission_id, r.system, r.source_key, r.number) for r in found}
