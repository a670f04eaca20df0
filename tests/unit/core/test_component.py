"""The fold of a whole book: who is in which ticket, and what stays a link."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas.events.book import BookContents, Ruling
from schemas.events.common import Counterparty, Pair
from streams.core.component import fold, members_max
from tests.support.features import book, features, status

OTHER = Counterparty(name="某物业公司")


def tickets(contents: BookContents) -> list[list[str]]:
    return [[m.submission_id for m in t.members] for t in fold(contents).tickets]


def links(contents: BookContents) -> list[tuple[str, str, str]]:
    return [(x.submission_id, x.to_submission, x.kind) for x in fold(contents).links]


def ruling(a: str, b: str, same: bool, at: int = 1) -> Ruling:
    return Ruling(a=a, b=b, same=same, at=at, by="clerk")


def test_the_earliest_names_the_ticket() -> None:
    told = book(features("b", 1), features("a", 2), features("c", 0, system="12345"))
    assert tickets(told) == [["c", "b", "a"]]
    assert fold(told).tickets[0].ticket_id == "c"


def test_whoever_looks_like_both_does_not_bring_two_people_together() -> None:
    one, other = features("a", 0, phone=None), features("c", 2, id_number="ID-2", phone=None)
    between = features("b", 1, id_number=None, phone=None)
    pairs = tuple(Pair(a=a, b=b, a_received_at=0, b_received_at=0, relation="SAME", score=9.0) for a, b in ("ab", "bc"))
    told = BookContents(members=(one, between, other), pairs=pairs)
    assert tickets(told) == [["a", "b"], ["c"]]
    assert links(told) == [("c", "b", "review")]


def test_all_pairs_are_looked_at() -> None:
    """Each is SAME as the nameless one; their names are unrelated, so only one of them can be in its ticket."""
    nameless, one, other = features("a", 0, name=None), features("b", 1), features("c", 2, name="赵钱孙")
    assert tickets(book(nameless, one, other)) == [["a", "b"], ["c"]]
    assert links(book(nameless, one, other)) == [("c", "a", "review")]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("ACCEPTED", None),
        ("RETURNED", None),  # refiled after 退单: comes in
        ("RESOLVED", None),
        ("CLOSED", "reopen"),
        ("ARCHIVED", "reopen"),
        ("REJECTED", "new-application"),
        ("WITHDRAWN", "new-application"),
        ("TERMINATED", "new-application"),
    ],
)
def test_the_state_as_of_then_decides(state: str, expected: str | None) -> None:
    moved = status("a", 5, state)
    after = book(features("a", 0), features("b", 6), notes=(moved,))
    assert links(after) == ([("b", "a", expected)] if expected else [])
    assert len(tickets(after)) == (2 if expected else 1)
    assert tickets(book(features("a", 0), features("b", 4), notes=(moved,))) == [["a", "b"]]


def test_a_members_word_moves_the_ticket_of_all() -> None:
    told = book(features("a", 0), features("b", 1), features("c", 9), notes=(status("b", 5, "CLOSED"),))
    assert tickets(told) == [["a", "b"], ["c"]]


@pytest.mark.parametrize("same", [True, False])
def test_a_clerks_word_is_before_everything(same: bool) -> None:
    alike, unlike = features("b", 1), features("b", 1, counterparty=OTHER)
    told = book(features("a"), unlike if same else alike, rulings=(ruling("b", "a", same),))
    assert tickets(told) == ([["a", "b"]] if same else [["a"], ["b"]])
    assert links(told) == []


def test_who_was_ruled_out_by_one_is_not_ruled_in_by_another() -> None:
    words = (ruling("a", "c", False), ruling("b", "c", True))
    told = book(features("a"), features("b", 1), features("c", 2), rulings=words)
    assert tickets(told) == [["a", "b"], ["c"]]


def test_no_clerk_opens_what_is_confidential() -> None:
    for secret in (features("b", 1, confidential=True), features("b", 1, system="12309")):
        assert tickets(book(features("a"), secret, rulings=(ruling("a", "b", True),))) == [["a"], ["b"]]


def test_a_pair_of_an_earlier_version_is_compared_again() -> None:
    told = book(features("a"), features("b", 1, id_number=None))
    assert tickets(told) == [["a", "b"]]
    corrected = replace(told.members[1], version=2, person=replace(told.members[1].person, phone="P-9"))
    assert tickets(replace(told, members=(told.members[0], corrected))) == [["a"], ["b"]]


def test_a_phone_found_shared_is_no_evidence_any_more() -> None:
    by_phone = book(features("a"), features("b", 1, id_number=None))
    by_number = book(features("a"), features("b", 1))
    assert tickets(replace(by_phone, weightless=("b",))) == [["a"], ["b"]]
    assert tickets(replace(by_number, weightless=("b",))) == [["a", "b"]]


def test_opponents_need_no_phone() -> None:
    one = features("a", family="mediation", counterparty=Counterparty(name="李四"))
    two = features("b", 1, name="李四", id_number="ID-2", family="mediation", counterparty=Counterparty(name="王晓"))
    assert links(book(one, two)) == links(replace(book(one, two), weightless=("a", "b"))) == [("b", "a", "opponent")]


def test_a_pair_without_its_members_waits() -> None:
    told = book(features("a"), features("b", 1))
    assert tickets(replace(told, members=told.members[:1])) == [["a"]]


def test_too_many_to_be_one_matter_go_to_a_person() -> None:
    told = book(*(features(f"s{n:03}", n) for n in range(members_max() + 2)))
    found = fold(told)
    assert [len(t.members) for t in found.tickets] == [members_max(), 1, 1]
    assert {(x.submission_id, x.kind) for x in found.links} == {("s060", "review"), ("s061", "review")}


def test_links_are_between_tickets_and_said_once() -> None:
    told = book(features("a"), features("b", 1), features("c", 2, kind="follow-up"))
    assert tickets(told) == [["a", "b"], ["c"]]
    assert [(s, k) for s, _, k in links(told)] == [("c", "follow-up")]
