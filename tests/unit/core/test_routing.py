"""Who must hear of what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import mappings
from mappings.routing import load_routing
from schemas.events.common import Member
from schemas.events.dossier import Dossier, Earlier
from schemas.events.ticket import (
    Alert,
    DossierChanged,
    ReviewAsked,
    SubmissionAttached,
    SubmissionMoved,
    TicketNoted,
    TicketOpened,
    TicketStateChanged,
    TicketTold,
)
from streams.core.routing import Router

RULES = load_routing(Path(mappings.__file__).parent / "routing.yaml")
ROUTER = Router(RULES, ["12345", "web", "legal-aid", "gov-service"])


def member(system: str, number: str | None = "n") -> Member:
    return Member(submission_id=f"s-{system}", system=system, source_key=f"k-{system}", number=number)


HOTLINE, WEB, AID = member("12345"), member("web"), member("legal-aid")


def event(event_type: type, /, *members: Member, **more: Any) -> Any:
    base: dict[str, Any] = {"event_id": "e", "ticket_id": "t", "at": 1, "seq": 1, "members": members}
    return event_type(**base | more)


def opened(*members: Member, family: str | None = "legal-aid") -> Any:
    first = members[0]
    return event(
        TicketOpened, *members, submission_id=first.submission_id, system=first.system, family=family, received_at=1,
        person_name="王晓", id_number="ID-1", phone="P-1", title="求助", text="拖欠工资",
    )  # fmt: skip


def changed(*members: Member, by: Member, state: str = "ACCEPTED", family: str | None = "legal-aid") -> Any:
    return event(
        TicketStateChanged, *members, state=state, previous="RECEIVED", submission_id=by.submission_id,
        system=by.system, family=family,
    )  # fmt: skip


def alert(stage: str) -> Any:
    return event(Alert, HOTLINE, clock="hotline-transfer", stage=stage, started_at=0, due_at=5, family="mediation")


def heard(e: Any, router: Router = ROUTER) -> dict[str, str]:
    return {d.system: d.kind for d in router.route(e)}


def test_a_new_ticket_is_handed_to_the_handler_and_to_the_platforms_of_its_family() -> None:
    assert heard(opened(HOTLINE)) == {"legal-aid": "open", "web": "open", "gov-service": "open"}
    assert heard(opened(HOTLINE, family="mediation")) == {"web": "open"}
    assert heard(opened(HOTLINE, family=None)) == {}
    push = next(d for d in ROUTER.route(opened(HOTLINE)) if d.system == "legal-aid")
    assert (push.person_name, push.id_number, push.text, push.state) == ("王晓", "ID-1", "拖欠工资", "RECEIVED")
    assert push.member is None
    assert push.other_number == "12345:n"


def test_the_opening_carries_the_dossier_and_whose_record_opened_it_gets_it_alone() -> None:
    known = Dossier(earlier=(Earlier(submission_id="s", ticket_id="s", system="web", number="W1", received_at=1),))
    second = replace(opened(AID), dossier=known)
    assert heard(second) == {"legal-aid": "dossier", "web": "open", "gov-service": "open"}
    assert all(d.dossier == known for d in ROUTER.route(second))
    alone = next(d for d in ROUTER.route(second) if d.kind == "dossier")
    assert (alone.member, alone.state) == (AID, None)
    assert heard(opened(AID)) == {"web": "open", "gov-service": "open"}
    assert heard(event(DossierChanged, HOTLINE, dossier=known)) == {}, "what changes later is asked for"


def test_a_system_is_not_told_what_its_own_record_said() -> None:
    assert heard(changed(HOTLINE, AID, by=AID)) == {"12345": "state", "web": "state", "gov-service": "state"}
    two = (HOTLINE, Member(submission_id="s-2", system="12345", source_key="k2"))
    told = ROUTER.route(changed(*two, by=HOTLINE, family=None))
    assert [d.member and d.member.submission_id for d in told] == ["s-2"]


def test_every_own_record_hears_under_its_own_key() -> None:
    told = ROUTER.route(changed(HOTLINE, WEB, by=AID, family=None))
    assert [(d.system, d.member and d.member.source_key, d.other_number) for d in told] == [
        ("12345", "k-12345", "web:n"),
        ("web", "k-web", "12345:n"),
    ]
    assert len({d.event_id for d in told}) == 2
    assert told == ROUTER.route(changed(HOTLINE, WEB, by=AID, family=None))


def test_only_systems_that_are_configured() -> None:
    assert heard(opened(HOTLINE), Router(RULES, ["12345"])) == {}
    assert heard(changed(member("notary"), HOTLINE, by=WEB, family=None)) == {"12345": "state"}


def test_what_is_confidential_to_the_procuratorate_is_told_to_nobody() -> None:
    for e in (opened(member("12309")), changed(member("12309"), HOTLINE, by=AID), opened(HOTLINE, member("12309"))):
        assert heard(e, Router(RULES, ["12345", "12309", "web", "legal-aid"])) == {}


def test_who_was_handed_a_ticket_hears_that_it_went_into_another() -> None:
    """By its own id, which is all they know it by, though a record of theirs may be where it went."""
    merged = changed(HOTLINE, AID, by=WEB, state="MERGED")
    assert heard(merged) == {"legal-aid": "move", "gov-service": "move"}
    push = ROUTER.route(merged)[0]
    assert (push.ticket_id, push.member, push.state, push.other_number) == ("t", None, "MERGED", "12345:n")
    assert heard(changed(member("12309"), by=WEB, state="MERGED")) == {}


def test_a_merge_is_told_once_under_the_ticket_that_goes_on() -> None:
    for under, told in (("old", {}), ("new", {"12345": "move", "web": "move"})):
        moved = event(
            SubmissionMoved, HOTLINE, WEB, ticket_id=under, submission_id="s-web", from_ticket="old", to_ticket="new"
        )
        assert heard(moved) == told
    attached = event(SubmissionAttached, HOTLINE, WEB, submission_id="s-web", to_submission="s-12345", score=1.0)
    assert heard(attached) == {"12345": "attach", "web": "attach"}


def test_each_newcomer_is_told_of_by_its_own_number_and_once_to_a_system() -> None:
    calls = [Member(submission_id=f"s{n}", system="12345", source_key=f"k{n}", number=f"GD{n}") for n in range(4)]
    attached = event(SubmissionAttached, calls[0], WEB, *calls[1:], submission_id="s3", to_submission="s0", score=1.0)
    told = [(d.system, d.member.number if d.member else None, d.other_number) for d in ROUTER.route(attached)]
    assert told == [("12345", "GD0", "12345:GD3"), ("web", "n", "12345:GD3"), ("12345", "GD3", "12345:GD0")]


@pytest.mark.parametrize("stage", ["near", "yellow", "red"])
def test_warnings_say_which_and_come_before_the_deadline(stage: str) -> None:
    assert heard(alert(stage)) == {"12345": "warning", "web": "warning"}
    assert {(d.stage, d.due_at) for d in ROUTER.route(alert(stage))} == {(stage, 5)}


def test_warnings_below_the_chosen_stage_stay_inside() -> None:
    late = Router(RULES.model_copy(update={"warn_from": "yellow"}), ["12345", "web"])
    assert heard(alert("near"), late) == {}
    assert heard(alert("yellow"), late) == {"12345": "warning", "web": "warning"}


@pytest.mark.parametrize(
    ("what", "kind"), [("urge", "urge"), ("rating", "rating"), ("call-back", "call-back"), ("late-status", None)]
)
def test_notes_by_what_they_are(what: str, kind: str | None) -> None:
    note = event(TicketNoted, HOTLINE, WEB, what=what, submission_id="s-web", system="web", note="请尽快", grade=2)
    assert heard(note) == ({"12345": kind} if kind else {})
    assert all((d.text, d.grade) == ("请尽快", 2) for d in ROUTER.route(note))


def test_what_stays_inside() -> None:
    assert heard(event(ReviewAsked, HOTLINE, WEB, submission_id="s-web", to_submission="s-12345")) == {}
    told = event(TicketTold, HOTLINE, WEB, system="web", push_id="p", kind="state", result="done")
    assert heard(told) == {}
