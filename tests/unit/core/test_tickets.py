"""One record and what each message does to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from schemas.events.book import BookContents
from schemas.events.common import Counterparty, Mark, Pair, Person
from schemas.events.inbox import Book, Claim, Decided, Join, Rated, Receipt, StatusChanged, Submission, Verdict
from schemas.events.tables import TicketRecord
from schemas.events.ticket import (
    Alert,
    ReviewDecided,
    SubmissionAttached,
    SubmissionMarked,
    TicketNoted,
    TicketOpened,
    TicketState,
    TicketTold,
)
from streams.core.tickets import Handled, InboxEvent, handle, wake
from tests.support.features import book, features
from tests.support.story import submission
from tests.support.whole import RULES

HOUR = 3_600_000


def sub(key: str, at: int = 10, **more: Any) -> Submission:
    more.setdefault("person", Person(name="王晓", id_number="ID-1", phone="P-1"))
    return submission("web", key, at, counterparty=Counterparty(name="某建筑公司"), **more)


def verdicts(handled: Handled, *pairs: Pair) -> list[InboxEvent]:
    """What the blocks answer to the claims; the first brings the pairs."""
    claims = [c for c in handled.out if isinstance(c, Claim)]
    return [
        Verdict(
            event_id=f"v{n}", submission_id=c.submission_id, key=c.key, key_kind=c.key_kind, version=c.version,
            weightless=False, pairs=() if n else pairs,
        )
        for n, c in enumerate(claims)
    ]  # fmt: skip


class One:
    """A record, message after message, as the step keeps it."""

    def __init__(self) -> None:
        self.record: TicketRecord | None = None
        self.wake_at = 0
        self.said: list[Any] = []

    def hears(self, *events: InboxEvent) -> list[Any]:
        """What comes of the events."""
        said: list[Any] = []
        for event in events:
            said += self._keep(handle(self.record, event, RULES))
        return said

    def wakes(self, now: int) -> list[Any]:
        assert self.record is not None
        return self._keep(wake(self.record, now, RULES))

    def settles(self, s: Submission, *pairs: Pair) -> list[Any]:
        first = handle(self.record, s, RULES)
        assert first is not None
        return self._keep(first) + self.hears(*verdicts(first, *pairs))

    def _keep(self, handled: Handled | None) -> list[Any]:
        if handled is None:
            return []
        self.record = handled.record
        if handled.wake_at is not None:
            self.wake_at = handled.wake_at
        return list(handled.out)


def kinds(said: list[Any]) -> list[str]:
    return [type(x).__name__ for x in said]


def tie(a: Submission, b: Submission, relation: str = "SAME") -> Pair:
    return Pair(
        a=a.submission_id, b=b.submission_id, a_received_at=a.received_at, b_received_at=b.received_at,
        relation=relation, score=30.0, reasons=("id_equal",),
    )  # fmt: skip


def joined(earlier: Submission, later: Submission) -> Join:
    return Join(
        event_id="j", submission_id=later.submission_id, earlier=earlier.submission_id,
        earlier_received_at=earlier.received_at, pair=tie(earlier, later),
    )  # fmt: skip


def receipt(sid: str, push: str = "push-1") -> Receipt:
    return Receipt(
        event_id=push, submission_id=sid, system="web", push_id=push, kind="open", result="done", at=11, attempts=1
    )


def test_before_its_verdicts_it_is_received_and_nothing_more() -> None:
    one = One()
    said = one.hears(sub("a", text="很长" * 1000))
    assert kinds(said) == ["TicketState", "Claim", "Claim", "Claim", "Claim"]
    assert (said[0].state, said[0].seq) == ("RECEIVED", 0)
    assert {c.features.text for c in said[1:]} == {None}
    assert max(len(c.features.traits.words) for c in said[1:]) < 1000
    (answer, *rest) = verdicts(Handled(one.record, tuple(said), 0))  # type: ignore[arg-type]
    assert one.hears(answer) == []
    assert kinds(one.hears(*rest)) == ["TicketOpened", "TicketState"]


def test_one_that_keeps_to_itself_opens_at_once() -> None:
    assert kinds(One().hears(sub("a", confidential=True))) == ["TicketState", "TicketOpened", "TicketState"]


def test_redelivered_everything_is_silent() -> None:
    one, s = One(), sub("a")
    said = one.settles(s)
    claims = [x for x in said if isinstance(x, Claim)]
    before = one.record
    again = verdicts(Handled(before, tuple(claims), 0))  # type: ignore[arg-type]
    assert one.hears(s, *again, s) == []
    assert one.record == before


def test_notes_may_come_before_their_submission() -> None:
    one, s = One(), sub("a")
    moved = StatusChanged(event_id="n", submission_id=s.submission_id, system="web", at=20, state="ACCEPTED")
    assert one.hears(moved) == []
    assert kinds(one.settles(s))[-3:] == ["TicketOpened", "TicketStateChanged", "TicketState"]


def test_a_new_version_that_asks_for_the_same_makes_no_claims_and_outranks_what_is_older() -> None:
    one, s = One(), sub("a")
    one.settles(s)
    assert one.hears(replace(s, version=3)) == []
    assert one.hears(replace(s, version=2, person=Person(name="错"))) == []
    assert kinds(one.hears(replace(s, version=4, person=Person(name="王晓", phone="P-2"))))[0] == "Claim"


def test_a_new_version_is_claimed_anew_and_old_verdicts_do_not_count() -> None:
    one, s = One(), sub("a")
    first = handle(None, s, RULES)
    assert first is not None
    one.hears(s)
    second = one.hears(replace(s, version=2, case_no="1"))
    assert {c.version for c in second if isinstance(c, Claim)} == {2}
    assert one.hears(*verdicts(first)) == []  # of the first claims
    assert kinds(one.hears(*verdicts(Handled(first.record, tuple(second), 0))))[0] == "TicketOpened"


def test_the_first_receipt_counts() -> None:
    one, s = One(), sub("a", at=10)
    one.settles(s)
    one.hears(replace(s, version=2, received_at=99, case_no="1"))
    assert one.record is not None
    assert one.record.own is not None
    assert (one.record.own.received_at, one.record.own.case_no) == (10, "1")


def test_the_later_goes_to_the_earlier_with_its_book() -> None:
    a, b = sub("a", 10), sub("b", 20)
    one = One()
    one.settles(b)
    (sent,) = one.hears(joined(a, b))
    assert isinstance(sent, Book)
    assert sent.submission_id == a.submission_id
    assert [m.submission_id for m in sent.contents.members] == [b.submission_id]
    assert [p.state for p in sent.contents.published] == ["RECEIVED"]
    assert one.record is not None
    assert (one.record.root, one.record.members, one.record.published) == (a.submission_id, (), ())
    assert one.wake_at == 0
    other = One()
    other.settles(a)
    assert kinds(other.hears(sent))[:2] == ["SubmissionMoved", "SubmissionMoved"]


def test_the_earlier_tells_the_later_to_join_and_keeps_its_alarm() -> None:
    a, b = sub("a", 10), sub("b", 20)
    one = One()
    one.settles(a)
    assert one.wake_at > 0
    before = one.wake_at
    (told,) = one.hears(replace(joined(b, a), pair=tie(a, b)))
    assert (told.submission_id, told.earlier) == (b.submission_id, a.submission_id)
    assert one.wake_at == before
    assert [e.stage for e in one.wakes(5 * HOUR) if isinstance(e, Alert)] == ["near"]


def test_a_join_waits_until_the_verdicts_are_in() -> None:
    a, b = sub("a", 10), sub("b", 20)
    one = One()
    first = handle(None, b, RULES)
    assert first is not None
    one.hears(b)
    assert one.hears(joined(a, b), joined(a, b)) == []
    assert kinds(one.hears(*verdicts(first))) == ["Book"]  # never opened by itself


def test_a_book_may_come_before_the_submission_and_nothing_of_it_is_lost() -> None:
    a = sub("a", 10)
    theirs = book(features("b", 20))
    one = One()
    assert one.hears(Book(event_id="x", submission_id=a.submission_id, sender="b", contents=theirs)) == []
    said = one.settles(a)
    assert {e.ticket_id for e in said if isinstance(e, TicketOpened)} == {a.submission_id, "b"}


def test_what_comes_to_one_that_is_no_root_goes_on() -> None:
    a, b = sub("a", 10), sub("b", 20)
    one = One()
    one.settles(b)
    one.hears(joined(a, b))
    moved = StatusChanged(event_id="n", submission_id=b.submission_id, system="web", at=30, state="ACCEPTED")
    for event in (moved, receipt(b.submission_id), Book(event_id="y", submission_id=b.submission_id, sender="c",
                  contents=BookContents(weightless=("c",)))):  # fmt: skip
        (sent,) = one.hears(event)
        assert (type(sent), sent.submission_id) == (Book, a.submission_id)


def test_a_receipt_at_a_root_that_is_not_settled_waits() -> None:
    a, b = sub("a", 10), sub("b", 20)
    first = handle(None, a, RULES)
    assert first is not None
    one, other = One(), One()
    other.settles(b)
    one.hears(a, *other.hears(joined(a, b)))
    (forwarded,) = other.hears(receipt(b.submission_id))
    assert one.hears(forwarded) == []
    said = one.hears(*verdicts(first, tie(a, b)))
    assert [t.push_id for t in said if isinstance(t, TicketTold)] == ["push-1"]
    assert one.hears(forwarded) == []


def test_a_weightless_phone_is_written_into_the_book() -> None:
    a = sub("a")
    one = One()
    claims = [c for c in one.settles(a) if isinstance(c, Claim) and c.key_kind == "phone"]
    notice = Verdict(
        event_id="w", submission_id=a.submission_id, key=claims[0].key, key_kind="phone", version=1, weightless=True
    )
    assert one.hears(notice) == []
    assert one.record is not None
    assert one.record.weightless == (a.submission_id,)
    assert one.wake_at > 0


def decided(a: Submission, b: Submission, *, at: Submission, same: bool = True) -> Decided:
    return Decided(
        event_id="d", submission_id=at.submission_id, a=a.submission_id, b=b.submission_id, same=same, at=9, by="clerk"
    )


def test_a_clerk_may_bring_strangers_together() -> None:
    a, b = sub("a", 10), sub("b", 20, person=Person(name="李四"))
    one, other = One(), One()
    one.settles(a)
    other.settles(b)
    asked, told, _summary = one.hears(decided(a, b, at=a))
    assert (type(told), told.same, told.by) == (ReviewDecided, True, "clerk")
    assert (type(asked), asked.submission_id, asked.earlier) == (Join, b.submission_id, a.submission_id)
    (sent,) = other.hears(asked)
    attached = one.hears(sent)
    assert [e.to_ticket for e in attached if hasattr(e, "to_ticket")] == [a.submission_id] * 2
    assert one.hears(decided(a, b, at=a), sent)[1:] == []  # asked again, nothing new


def test_a_clerks_word_may_come_before_the_submission() -> None:
    a, b = sub("a", 10), sub("b", 20)
    one = One()
    assert one.hears(decided(a, b, at=a)) == []
    assert kinds(one.hears(a))[:2] == ["TicketState", "Join"]
    other = One()
    assert other.hears(decided(a, b, at=a, same=False)) == []
    assert "Join" not in kinds(other.hears(a))


def test_time_alone_changes_what_is_due() -> None:
    one = One()
    one.settles(sub("a", at=0, family="mediation"))
    said = one.wakes(one.wake_at)
    assert kinds(said) == ["Alert", "TicketState"]
    assert one.wakes(one.wake_at - 1) == []


def test_a_second_telling_is_attached_and_never_opened() -> None:
    a, b = sub("a", 10), sub("b", 20)
    one, other = One(), One()
    one.settles(a)
    said = other.settles(b, tie(a, b))
    assert not any(isinstance(x, TicketOpened) for x in said)
    ends = one.hears(*(x for x in said if isinstance(x, Book)))
    assert [x.submission_id for x in ends if isinstance(x, SubmissionAttached)] == [b.submission_id]
    merged = next(x for x in ends if isinstance(x, TicketState) and x.ticket_id == b.submission_id)
    assert (merged.state, merged.merged_into) == ("MERGED", a.submission_id)


BAD = Mark(field="person.id_number", problem="bad_checksum", reason="身份证号码校验位不符")


def test_what_could_not_be_read_is_told_once_and_taken_back() -> None:
    one = One()
    first = sub("A", version=1, marks=(BAD,))
    (told,) = [e for e in one.settles(first) if isinstance(e, SubmissionMarked)]
    assert (told.ticket_id, told.submission_id, told.system, told.version) == (first.submission_id,) * 2 + ("web", 1)
    assert (told.seq, told.at, told.marks) == (0, first.received_at, (BAD,))
    assert one.hears(first) == []
    same = replace(first, event_id="again", version=2)
    assert not [e for e in one.hears(same) if isinstance(e, SubmissionMarked)]
    better = replace(first, event_id="better", version=3, marks=())
    (told,) = [e for e in one.hears(better) if isinstance(e, SubmissionMarked)]
    assert (told.version, told.marks) == (3, ())
    assert not [e for e in one.hears(first) if isinstance(e, SubmissionMarked)], "an old version is no news"


def test_nothing_is_said_of_what_could_be_read() -> None:
    assert "SubmissionMarked" not in kinds(One().settles(sub("A")))


def test_a_state_in_a_code_nobody_knows_is_noted_and_moves_nothing() -> None:
    one = One()
    a = sub("A")
    one.settles(a)
    common = {"submission_id": a.submission_id, "system": "web", "at": 20}
    (noted, state) = one.hears(StatusChanged(event_id="s1", state="", **common))
    assert isinstance(noted, TicketNoted)
    assert (noted.what, noted.state) == ("status", None)
    assert isinstance(state, TicketState)
    assert state.state == "RECEIVED"
    (noted, _state) = one.hears(Rated(event_id="r1", grade=0, **common))
    assert (noted.what, noted.grade) == ("rating", None)
