"""A small life of three submissions, told by events as the streams write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connectors.ledger import Ledger
from connectors.pushes import Mark as Ended
from connectors.pushes import Plan, Status
from connectors.store import open_store
from schemas.events.common import Deadline, Mark, Member
from schemas.events.ticket import (
    Alert,
    SubmissionAttached,
    SubmissionMarked,
    SubmissionMoved,
    TicketNoted,
    TicketOpened,
    TicketState,
    TicketStateChanged,
    TicketTold,
)

A, B, C = (Member(submission_id=f"s{n}", system="12345", source_key=f"k{n}", number=f"GD{n}") for n in "abc")


def opened(member: Member, seq: int = 1, at: int = 1_000, **more: Any) -> TicketOpened:
    return TicketOpened(
        event_id=f"o-{member.submission_id}-{seq}",
        ticket_id=member.submission_id,
        at=at,
        seq=seq,
        members=(member,),
        submission_id=member.submission_id,
        system=member.system,
        received_at=at,
        **more,
    )


def marked(member: Member, version: int, *marks: Mark) -> SubmissionMarked:
    return SubmissionMarked(
        event_id=f"mark-{member.submission_id}-{version}",
        ticket_id=member.submission_id,
        at=1_000,
        seq=0,
        submission_id=member.submission_id,
        system=member.system,
        version=version,
        marks=marks,
    )


# fmt: off
def life() -> list[object]:
    """c is received, goes into a; b is opened, merged into a, and c is moved to a ticket b again made its own."""
    return [
        TicketState(event_id="r", ticket_id="sc", seq=0, state="RECEIVED", received_at=9_000, at=9_000, members=(C,)),
        opened(A, family="legal-aid", person_name="王晓"),
        opened(B, at=2_000),
        SubmissionAttached(
            event_id="at", ticket_id="sa", at=9_000, seq=2, members=(A, C), submission_id="sc",
            to_submission="sa", score=20.0, reasons=("id_equal",),
        ),
        SubmissionMoved(
            event_id="m1", ticket_id="sb", at=2_000, seq=2, submission_id="sb", from_ticket="sb", to_ticket="sa"
        ),
        SubmissionMoved(
            event_id="m2", ticket_id="sa", at=2_000, seq=3, members=(A, B, C), submission_id="sb", from_ticket="sb",
            to_ticket="sa",
        ),
        TicketStateChanged(
            event_id="g1", ticket_id="sb", at=2_000, seq=3, state="MERGED", previous="RECEIVED", submission_id="sb",
            system="12345", merged_into="sa",
        ),
        TicketStateChanged(
            event_id="g2", ticket_id="sa", at=9_500, seq=4, members=(A, B, C), state="ACCEPTED", previous="RECEIVED",
            submission_id="sa", system="12345",
        ),
        SubmissionMoved(
            event_id="m3", ticket_id="sa", at=9_600, seq=5, members=(A, B), submission_id="sc", from_ticket="sa",
            to_ticket="sc",
        ),
        opened(C, at=9_000),
        TicketNoted(
            event_id="n", ticket_id="sa", at=9_700, seq=6, members=(A, B), what="urge", submission_id="sb",
            system="12345", note="我的电话是13900001111",
        ),
        Alert(
            event_id="al", ticket_id="sa", at=9_800, seq=7, members=(A, B), clock="web-message", stage="near",
            started_at=1_000, due_at=20_000,
        ),
        TicketTold(
            event_id="t1", ticket_id="sa", at=9_900, seq=8, members=(A, B), system="web", push_id="p", kind="open",
            result="refused", reason="编号不存在",
        ),
        TicketTold(
            event_id="t2", ticket_id="sa", at=9_950, seq=9, members=(A, B), system="web", push_id="p", kind="open",
            result="done",
        ),
        TicketState(
            event_id="s", ticket_id="sa", seq=9, state="ACCEPTED", received_at=1_000, at=9_500, members=(A, B),
            family="legal-aid", deadlines=(Deadline(clock="web-message", started_at=1, due_at=2, stage="near"),),
        ),
    ]
# fmt: on


def ledger_with_one_of_each(folder: Path, root: str, absorbed: str) -> Ledger:
    """A ledger in which the tickets have pushes that are done, were never tried, not delivered, of unknown outcome."""
    ledger = Ledger(open_store(f"sqlite:///{folder / 'ledger.db'}"))
    tries: tuple[tuple[str, str, str, str | None, tuple[Status, str] | None], ...] = (
        (root, "12345", "urge", None, (Status.DONE, "")),
        (root, "web", "state", "ACCEPTED", None),
        (root, "12345", "urge", None, (Status.PLANNED, "无法连接对方系统")),
        (absorbed, "12345", "urge", None, (Status.UNKNOWN, "等待对方答复超时，结果不明")),
        ("another", "web", "urge", None, None),
    )
    for seq, (ticket_id, system, kind, state, ended) in enumerate(tries):
        at, push_id = 9_000 + seq * 1_000, f"p{seq}"
        plan = Plan(push_id=push_id, system=system, ticket_id=ticket_id, seq=seq, kind=kind, state=state, payload=b"")
        ledger.plan([plan], now=at)
        if ended is not None:
            ledger.lease(system, "w", limit=9, now=at, until=at + 500)
            ledger.sending({push_id: None}, owner="w", now=at)
            ledger.mark(
                [Ended(push_id=push_id, status=ended[0], reason=ended[1], next_try_at=10**12)], owner="w", now=at
            )
    return ledger
