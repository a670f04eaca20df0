"""What is published of a book, and what is never said twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from schemas.events.book import BookContents, Features, Ruling, Telling
from schemas.events.ticket import (
    Alert,
    ReviewAsked,
    ReviewDecided,
    SubmissionAttached,
    SubmissionLinked,
    SubmissionMoved,
    TicketNoted,
    TicketOpened,
    TicketState,
    TicketStateChanged,
    TicketTold,
)
from streams.core.book import merge
from streams.core.publish import Publication, publish
from tests.support.features import book, features, status
from tests.support.whole import RULES

MINUTE = 60_000


def said(contents: BookContents, now: int = 0) -> Publication:
    return publish(contents, RULES.clocks, now=now, cause_id="cause")


def story(publication: Publication) -> list[tuple[str, str, int]]:
    """(ticket, what, seq) of all but the summaries."""
    return [(e.ticket_id, type(e).__name__, e.seq) for e in publication.events if not isinstance(e, TicketState)]


def states(publication: Publication) -> dict[str, tuple[str, str | None, int, list[str]]]:
    return {
        e.ticket_id: (e.state, e.merged_into, e.seq, [m.submission_id for m in e.members])
        for e in publication.events
        if isinstance(e, TicketState)
    }


def of(publication: Publication, kind: type) -> list[Any]:
    return [e for e in publication.events if isinstance(e, kind)]


def learn(known: BookContents, *members: Features, **more: Any) -> BookContents:
    """The book with more in it, and every pair there now is."""
    return merge(known, book(*known.members, *members, **more))


def test_one_submission_opens_its_ticket() -> None:
    first = said(book(features("a", 7)))
    assert story(first) == [("a", "TicketOpened", 1)]
    assert states(first) == {"a": ("RECEIVED", None, 1, ["a"])}
    opened = of(first, TicketOpened)[0]
    assert (opened.at, opened.person_name, opened.id_number, opened.cause_id) == (7, "王晓", "ID-1", "cause")


def test_nothing_is_said_twice() -> None:
    told = book(
        features("a"), features("b", 1), features("c", 2, kind="follow-up"),
        notes=(status("a", 3, "ACCEPTED"), status("b", 4, None)),
        tellings=(Telling(submission_id="a", system="web", push_id="p", kind="open", result="done", at=5),),
    )  # fmt: skip
    first = said(told)
    again = said(merge(first.book, told))
    assert (again.events, again.book, again.wake_at) == ((), first.book, first.wake_at)
    assert said(told) == first


def test_members_come_with_their_reasons() -> None:
    first = said(book(features("a"), features("b", 1)))
    assert story(first) == [("a", "TicketOpened", 1), ("a", "SubmissionAttached", 2)]
    assert states(first) == {"a": ("RECEIVED", None, 2, ["a", "b"]), "b": ("MERGED", "a", 1, ["b"])}
    attached = of(first, SubmissionAttached)[0]
    assert (attached.submission_id, attached.to_submission, attached.reasons[0]) == ("b", "a", "id_equal")


def test_an_earlier_one_takes_over_and_both_tickets_hear_of_it() -> None:
    first = said(book(features("b", 1), features("c", 2)))
    then = said(learn(first.book, features("a", 0)))
    assert story(then) == [
        ("a", "TicketOpened", 1),
        ("b", "SubmissionMoved", 3), ("a", "SubmissionMoved", 2), ("b", "TicketStateChanged", 4),
        ("b", "SubmissionMoved", 5), ("a", "SubmissionMoved", 3),
    ]  # fmt: skip
    assert states(then) == {
        "a": ("RECEIVED", None, 3, ["a", "b", "c"]),
        "b": ("MERGED", "a", 5, ["b"]),
        "c": ("MERGED", "a", 2, ["c"]),
    }
    changed = of(then, TicketStateChanged)[0]
    assert (changed.state, changed.previous, changed.merged_into) == ("MERGED", "RECEIVED", "a")
    assert [m.submission_id for m in changed.members] == ["a", "b", "c"]


def test_parted_again_both_tickets_and_both_summaries_say_so() -> None:
    first = said(book(features("a"), features("b", 1)))
    apart = said(learn(first.book, rulings=(Ruling(a="a", b="b", same=False, at=9, by="c"),)))
    assert story(apart) == [("a", "SubmissionMoved", 3), ("b", "TicketOpened", 2), ("b", "ReviewDecided", 3)]
    assert states(apart) == {"a": ("RECEIVED", None, 3, ["a"]), "b": ("RECEIVED", None, 3, ["b"])}
    assert [m.submission_id for m in of(apart, SubmissionMoved)[0].members] == ["a"]


def test_a_merged_ticket_rises_again_with_its_own_number_of_events() -> None:
    alone = said(book(features("b", 1), notes=(status("b", 3, "ACCEPTED"),)))
    merged = said(learn(alone.book, features("a")))
    assert states(merged)["b"] == ("MERGED", "a", 4, ["b"])
    apart = said(learn(merged.book, rulings=(Ruling(a="a", b="b", same=False, at=9, by="c"),)))
    assert [x for x in story(apart) if x[0] == "b"] == [
        ("b", "SubmissionMoved", 5), ("b", "DossierChanged", 6), ("b", "ReviewDecided", 7),
        ("b", "TicketStateChanged", 8),
    ]  # fmt: skip
    assert states(apart)["b"] == ("ACCEPTED", None, 8, ["b"])
    assert states(apart)["a"] == ("RECEIVED", None, 5, ["a"])


def ruled(same: bool, at: int) -> tuple[Ruling, ...]:
    return (Ruling(a="a", b="b", same=same, at=at, by=f"clerk{at}", reason="已核对"),)


def test_a_clerks_word_is_told_once_and_again_when_it_changes() -> None:
    known = said(book(features("a"), features("b", 1), rulings=ruled(False, 5))).book
    told: list[Any] = []
    for same, at in ((False, 6), (True, 7), (True, 8), (False, 9)):
        then = said(learn(known, rulings=ruled(same, at)))
        told += of(then, ReviewDecided)
        known = then.book
    assert [(e.submission_id, e.to_submission, e.same, e.by, e.at) for e in told] == [
        ("b", "a", True, "clerk7", 7), ("b", "a", False, "clerk9", 9),
    ]  # fmt: skip
    assert of(said(learn(known, rulings=ruled(True, 8))), ReviewDecided) == [], "an earlier word changes nothing"


def test_a_word_about_who_is_not_here_yet_is_told_once() -> None:
    first = said(book(features("a"), rulings=ruled(True, 5)))
    assert [(e.submission_id, e.to_submission) for e in of(first, ReviewDecided)] == [("a", "b")]
    assert of(said(learn(first.book, features("b", 1))), ReviewDecided) == []


def test_open_questions_stand_in_the_summary_and_leave_it_when_answered() -> None:
    """One ID number and phone under unrelated names is for a person to look at."""
    first = said(book(features("a"), features("b", 1, name="赵钱孙")))
    open_then = {e.ticket_id: e.reviews for e in first.events if isinstance(e, TicketState)}
    (asked,) = open_then["b"]
    assert (asked.submission_id, asked.to_submission, asked.at) == ("b", "a", 1)
    for same in (True, False):
        then = said(learn(first.book, rulings=ruled(same, 9)))
        after = {e.ticket_id: e.reviews for e in then.events if isinstance(e, TicketState)}
        assert after["b"] == ()


def test_what_is_confidential_says_so_in_its_summary() -> None:
    told = said(book(features("a"), features("s", 1, confidential=True), features("j", 2, system="12309")))
    assert {e.ticket_id: e.confidential for e in told.events if isinstance(e, TicketState)} == {
        "a": False, "s": True, "j": True,
    }  # fmt: skip


def test_a_late_status_is_noted_and_moves_nothing() -> None:
    first = said(book(features("a"), notes=(status("a", 5, "CLOSED"),)))
    late = said(learn(first.book, notes=(status("a", 2, "ACCEPTED"),)))
    assert story(late) == [("a", "TicketNoted", 3)]
    assert of(late, TicketNoted)[0].what == "late-status"
    assert states(late)["a"][0] == "CLOSED"


def test_a_status_that_the_table_does_not_allow_is_not_called_late() -> None:
    first = said(book(features("a"), notes=(status("a", 5, "CLOSED"),)))
    barred = said(learn(first.book, notes=(status("a", 6, "ACCEPTED"),)))
    assert story(barred) == [("a", "TicketNoted", 3)]
    assert of(barred, TicketNoted)[0].what == "barred-status"
    assert states(barred)["a"][0] == "CLOSED"


def test_what_came_late_and_changes_all_is_said_as_it_stands() -> None:
    first = said(book(features("a"), notes=(status("a", 5, "CLOSED"),)))
    then = said(learn(first.book, notes=(status("a", 2, "REJECTED"),)))
    assert [e.state for e in of(then, TicketStateChanged)] == ["REJECTED"]
    assert states(then)["a"][0] == "REJECTED"


def test_the_same_state_said_by_another_member_at_the_same_moment_is_no_change() -> None:
    first = said(book(features("a"), features("b", 1), notes=(status("b", 5, "CLOSED", event_id="n2"),)))
    echoed = said(learn(first.book, notes=(status("a", 5, "CLOSED", event_id="n1"),)))  # comes first in the history
    assert story(echoed) == []


def test_links_and_reviews_are_asked_once_whichever_member_they_were_found_by() -> None:
    first = said(book(features("a"), features("b", 1, id_number=None, name=None)))
    assert [e.to_submission for e in of(first, ReviewAsked)] == ["a"]
    better = said(learn(first.book, features("aa", 0)))  # joins a, and is found first
    assert of(better, ReviewAsked) == []
    linked = said(book(features("a"), features("c", 2, kind="complaint")))
    assert [(e.ticket_id, e.to_ticket, e.link_kind) for e in of(linked, SubmissionLinked)] == [("c", "a", "complaint")]


def test_texts_of_published_notes_are_not_kept() -> None:
    note = status("a", 1, None, what="urge", note="请尽快办理")
    first = said(book(features("a"), notes=(note,)))
    assert of(first, TicketNoted)[0].note == "请尽快办理"
    assert [n.note for n in first.book.notes] == [None]


def test_whoever_asks_for_confidence_is_not_named() -> None:
    opened = of(said(book(features("a", confidential=True, title="求助"))), TicketOpened)[0]
    assert (opened.person_name, opened.id_number, opened.phone, opened.title) == (None, None, None, "求助")


def web_message(**more: Any) -> BookContents:
    return book(features("a", 0, system="web", family="mediation"), **more)


def stages(publication: Publication) -> list[tuple[str, int]]:
    return [(e.stage, e.at // MINUTE) for e in of(publication, Alert)]


def test_each_stage_once_as_time_goes_by() -> None:
    first = said(web_message())
    assert (stages(first), first.wake_at) == ([], 240 * MINUTE)
    near = said(first.book, now=240 * MINUTE)
    assert (stages(near), near.wake_at) == ([("near", 240)], 300 * MINUTE)
    assert said(near.book, now=241 * MINUTE).events == ()
    red = said(near.book, now=1000 * MINUTE)
    assert (stages(red), red.wake_at) == ([("yellow", 300), ("red", 450)], None)
    assert [d.stage for d in of(red, TicketState)[0].deadlines] == ["red"]


def test_a_late_answer_between_ticks_still_raises_its_stages() -> None:
    answered = said(web_message(notes=(status("a", 310 * MINUTE, "CLOSED"),)))
    assert stages(answered) == [("near", 240), ("yellow", 300)]
    assert answered.wake_at is None


def test_what_was_announced_is_shown_though_the_new_holder_of_the_book_lags() -> None:
    yellow = said(web_message(), now=310 * MINUTE)
    lagging = said(learn(yellow.book, notes=(status("a", 1, None),)), now=0)
    assert [d.stage for d in of(lagging, TicketState)[0].deadlines] == ["yellow"]
    assert stages(lagging) == []


def test_a_pause_does_not_warn_again_of_what_was_reached() -> None:
    call = book(features("a", 0, system="12345", family=None))
    near = said(call, now=20 * 60 * MINUTE)
    assert [s for s, _ in stages(near)] == ["near"]
    pause = (status("a", 25 * 60 * MINUTE, "SUPPLEMENT"), status("a", 90 * 60 * MINUTE, "RETURNED"))
    moved = said(learn(near.book, notes=pause), now=30 * 60 * MINUTE)
    assert stages(moved) == []


def test_a_supplement_call_has_no_clock_of_its_own() -> None:
    asked = book(features("a", 0, system="12345"), features("b", 1, kind="progress"))
    assert {e.ticket_id for e in of(said(asked, now=10**12), Alert)} == {"a"}


def test_facts_that_change_without_an_event_are_in_the_summary() -> None:
    first = said(book(features("a", family=None)))
    known = replace(first.book.members[0], version=1, family="legal-aid")
    then = said(replace(first.book, members=(known,)))
    assert story(then) == []
    assert [(e.seq, e.family) for e in of(then, TicketState)] == [(2, "legal-aid")]
    assert said(then.book).events == ()


def test_a_receipt_is_told_under_the_ticket_where_its_submission_is() -> None:
    def telling(sid: str, push: str) -> Telling:
        return Telling(submission_id=sid, system="web", push_id=push, kind="open", result="done", at=1)

    first = said(book(features("b", 1), tellings=(telling("b", "p1"),)))
    assert first.book.tellings == ()
    merged = said(learn(first.book, features("a"), tellings=(telling("b", "p1"), telling("b", "p2"))))
    assert [(e.ticket_id, e.push_id) for e in of(merged, TicketTold)] == [("a", "p2")]
    apart = said(book(features("a"), features("c", 1, kind="complaint"), tellings=(telling("c", "p3"),)))
    assert [(e.ticket_id, e.push_id) for e in of(apart, TicketTold)] == [("c", "p3")]
