"""What the book keeps of an inbox event, and the messages that submissions and blocks send each other."""

from __future__ import annotations

from dataclasses import fields

from schemas.events.book import BookContents, Features, Note, Ruling, Telling
from schemas.events.common import Pair
from schemas.events.inbox import (
    CalledBack,
    Claim,
    Complained,
    Decided,
    Join,
    Rated,
    Receipt,
    StatusChanged,
    Submission,
    Supplemented,
    Urged,
    Withdrawn,
)
from schemas.events.tables import Held
from schemas.events.ticket import SubmissionMarked, TicketState
from schemas.ids import deterministic_id
from streams.core.announce import member_of
from streams.core.blocking import BlockKey, keeps_to_itself
from streams.core.compare import compared, order
from streams.core.same import REVIEW
from streams.core.traits import with_traits

NoteEvent = StatusChanged | Urged | Complained | CalledBack | Rated | Supplemented | Withdrawn
NOTE_KINDS: dict[type, str] = {
    StatusChanged: "status",
    Urged: "urge",
    Complained: "complaint",
    CalledBack: "call-back",
    Rated: "rating",
    Supplemented: "supplement",
    Withdrawn: "withdrawal",
}
_FEATURES = tuple(f.name for f in fields(Features) if f.name != "traits")


def features_of(s: Submission) -> Features:
    """What of a submission is compared and kept, with its traits."""
    return with_traits(Features(**{name: getattr(s, name) for name in _FEATURES}))


def contents_of(e: NoteEvent | Decided | Receipt) -> BookContents:
    """What the book learns of an event that is no submission."""
    match e:
        case Decided():
            return BookContents(rulings=(Ruling(a=e.a, b=e.b, same=e.same, at=e.at, by=e.by, reason=e.reason),))
        case Receipt():
            telling = Telling(
                submission_id=e.submission_id, system=e.system, push_id=e.push_id, kind=e.kind, state=e.state,
                result=e.result, at=e.at, reason=e.reason,
            )  # fmt: skip
            return BookContents(tellings=(telling,))
        case _:
            return BookContents(notes=(_note(e),))


def _note(e: NoteEvent) -> Note:
    # A code that is not known: something happened, and nobody can say what.
    state = e.state or None if isinstance(e, StatusChanged) else "WITHDRAWN" if isinstance(e, Withdrawn) else None
    return Note(
        event_id=e.event_id,
        submission_id=e.submission_id,
        system=e.system,
        what=NOTE_KINDS[type(e)],
        at=e.at,
        state=state,
        grade=e.grade or None if isinstance(e, Rated) else None,
        satisfied=e.satisfied if isinstance(e, CalledBack) else None,
        note=e.note,
    )


def claim_of(f: Features, k: BlockKey, version: int) -> Claim:
    """One claim; it carries no more than a block compares."""
    return Claim(
        event_id=deterministic_id("claim", f.submission_id, k.key, version),
        submission_id=f.submission_id,
        key=k.key,
        key_kind=k.kind,
        version=version,
        received_at=f.received_at,
        features=compared(f),
    )


def tie_of(me: str, p: Pair) -> Held:
    """A pair as one of its two sees it."""
    if p.a == me:
        return Held(other=p.b, other_received_at=p.b_received_at, pair=p)
    return Held(other=p.a, other_received_at=p.a_received_at, pair=p)


def join(mine: str, mine_received_at: int, h: Held) -> Join:
    """To the later of two: a pair ties it to the earlier."""
    early, late = sorted(((mine_received_at, mine), (h.other_received_at, h.other)))
    return Join(
        event_id=deterministic_id("join", late[1], early[1], h.pair.a, h.pair.b, h.pair.version, h.pair.relation),
        submission_id=late[1],
        earlier=early[1],
        earlier_received_at=early[0],
        pair=h.pair,
    )


def ruled_join(own: Features, r: Ruling) -> Join:
    """To the other of two of whom a clerk said that they are one matter: they may never have met.

    Who is earlier only the receiver can tell; the pair is no evidence, it only carries the word.
    """
    (received_at, me), other = order(own), r.b if r.a == own.submission_id else r.a
    pair = Pair(
        a=min(me, other), b=max(me, other), a_received_at=received_at, b_received_at=received_at,
        relation=REVIEW, score=0.0, reasons=("ruling",),
    )  # fmt: skip
    return Join(
        event_id=deterministic_id("join", other, me, "ruling"),
        submission_id=other,
        earlier=me,
        earlier_received_at=received_at,
        pair=pair,
    )


def marked(s: Submission, received_at: int) -> SubmissionMarked:
    """What is wrong with the fields of a submission's latest version."""
    return SubmissionMarked(
        event_id=deterministic_id("SubmissionMarked", s.submission_id, s.version),
        ticket_id=s.submission_id,
        at=received_at,
        seq=0,
        cause_id=s.event_id,
        submission_id=s.submission_id,
        system=s.system,
        version=s.version,
        marks=s.marks,
    )


def received(f: Features) -> TicketState:
    """Visible at once, before matching has spoken."""
    return TicketState(
        event_id=deterministic_id("TicketState", f.submission_id, 0),
        ticket_id=f.submission_id,
        seq=0,
        state="RECEIVED",
        family=f.family,
        kind=f.kind,
        received_at=f.received_at,
        at=f.received_at,
        members=(member_of(f),),
        confidential=keeps_to_itself(f),
    )
