"""The dossier: who is spoken of in it, and who never is. That it is the same in any order: test_world."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from schemas.events.book import BookContents, Features, Known
from schemas.events.common import Acquaintance, Agent, Counterparty, Pair, Person
from schemas.events.dossier import Dossier
from schemas.events.inbox import Book, Claim, Join, Submission, Verdict
from schemas.events.tables import TicketRecord
from schemas.events.ticket import DossierChanged, TicketOpened
from streams.core.blocking import BlockKey
from streams.core.blocks import handle_claim
from streams.core.book import merge
from streams.core.component import fold
from streams.core.dossier import EARLIER_MAX, acquaintances, answers, dossiers
from streams.core.messages import claim_of
from streams.core.publish import publish
from streams.core.tickets import handle
from tests.support.features import DAY, book, features, status
from tests.support.story import submission
from tests.support.whole import RULES
from tests.support.world import World

OTHER = Counterparty(name="另一家物业公司")
NONE: frozenset[str] = frozenset()


def row(earlier: str, later: str, at: int = 2) -> Acquaintance:
    return Acquaintance(earlier=earlier, later=later, later_received_at=at)


def second(**changed: Any) -> Features:
    """Another need of the same person."""
    return features("b", 100 * DAY, **({"counterparty": OTHER} | changed))


def seen(early: Features, late: Features, kind: str = "id") -> list[tuple[str, str]]:
    return [(x.earlier, x.later) for x in acquaintances(late, [early], kind, NONE)]


def test_one_person_with_two_needs_is_an_acquaintance() -> None:
    assert seen(features("a"), second()) == [("a", "b")]
    assert seen(second(), features("a")) == [("a", "b")], "whoever arrived first"
    assert seen(features("a"), second(), kind="name") == [], "namesakes meet there"


@pytest.mark.parametrize(
    "changed",
    [
        {"confidential": True},
        {"anonymous": True},
        {"system": "12309"},
        {"name": "赵钱孙"},
        {"id_number": "ID-2"},
        {"agent": Agent(name="村干部", id_number="ID-1"), "phone": "P-9"},
    ],
    ids=("confidential", "anonymous", "12309", "other-name", "other-id", "an-agents-id"),
)
def test_who_is_never_one(changed: dict[str, Any]) -> None:
    assert seen(features("a"), second(**changed)) == []
    assert seen(features("a", **changed), second()) == []


def test_the_other_side_is_another_person() -> None:
    mine = features("a", family="legal-aid", counterparty=Counterparty(name="李四光"))
    theirs = features("b", 1, name="李四光", id_number="ID-2", counterparty=Counterparty(name="王晓"))
    assert seen(mine, theirs) == seen(mine, theirs, kind="phone") == []


def test_a_name_and_a_phone_are_a_person_while_the_phone_counts() -> None:
    early, late = features("a"), second(id_number=None)
    assert seen(early, late, kind="phone") == [("a", "b")]
    told = book(early, late, acquainted=(row("a", "b"),))
    assert list(dossiers(told, fold(told))) == ["b"]
    lost = book(early, late, acquainted=(row("a", "b"),), weightless=("a", "b"))
    assert dossiers(lost, fold(lost)) == {}


def test_of_one_who_comes_often_each_learns_of_the_nearest() -> None:
    many = [features(f"s{n:03}", n * DAY, counterparty=Counterparty(name=f"公司{n}")) for n in range(40)]
    found = acquaintances(many[20], [f for f in many if f is not many[20]], "id", NONE)
    assert [x.earlier for x in found if x.later == "s020"] == [f"s{n:03}" for n in range(20 - EARLIER_MAX, 20)]
    assert [x.later for x in found if x.earlier == "s020"] == [f"s{n:03}" for n in range(21, 21 + EARLIER_MAX)]


def test_the_block_says_so_and_says_the_same_again() -> None:
    early, late = features("a"), second()
    block, _ = handle_claim(None, claim_of(early, key("id"), 1))
    block, (verdict,) = handle_claim(block, claim_of(late, key("id"), 1))
    assert [(x.earlier, x.later) for x in verdict.acquainted] == [("a", "b")]
    assert verdict.pairs == ()
    assert handle_claim(block, claim_of(late, key("id"), 1))[1] == (verdict,)


def key(kind: str) -> Any:
    return BlockKey(kind, f"{kind}:1")


def test_an_answer_is_given_once_and_again_when_it_changes() -> None:
    told = book(features("a"), acquainted=(row("a", "b"),))
    after, messages = answers(told, fold(told))
    ((to, contents),) = messages
    assert (to, contents.known[0].ticket_id, contents.known[0].ended) == ("b", "a", None)
    assert contents.known[0].about.text is None
    assert answers(after, fold(after)) == (after, ())
    closed = book(features("a"), notes=(status("a", 5, "CLOSED"),), acquainted=after.acquainted)
    ((_, again),) = answers(closed, fold(closed))[1]
    assert (again.known[0].ended, again.known[0].revision) == ("CLOSED", 2)


def test_who_asks_for_confidence_later_is_taken_back() -> None:
    first = book(features("a"), acquainted=(row("a", "b"),))
    after, ((_, told),) = answers(first, fold(first))
    late = book(second(), known=told.known)
    assert [x.number for x in dossiers(late, fold(late))["b"].earlier] == ["a"]
    secret = book(features("a", version=2, confidential=True), acquainted=after.acquainted)
    ((_, back),) = answers(secret, fold(secret))[1]
    assert back.known[0].about.person == Person(), "nothing of the person is said again"
    assert dossiers(merge(late, back), fold(late)) == {}


def known(about: Features, revision: int = 1, ended: str | None = "CLOSED") -> BookContents:
    told = Known(submission_id="b", about=about, ticket_id=about.submission_id, ended=ended, revision=revision)
    return BookContents(known=(told,))


def test_a_corrected_person_leaves_the_dossier() -> None:
    contents = known(features("a"))
    right = book(second(), known=contents.known)
    assert list(dossiers(right, fold(right))) == ["b"]
    wrong = book(second(id_number="ID-2", version=2), known=contents.known)
    assert dossiers(wrong, fold(wrong)) == {}


def test_similar_is_the_same_service_for_the_same_kind_of_thing() -> None:
    wages = {"title": "公司拖欠工资三个月", "text": "被拖欠工资"}
    for changed, similar in (({}, True), ({"family": "notary"}, False), ({"title": "房屋漏水", "text": "漏水"}, False)):
        told = book(second(**wages), known=known(features("a", **(wages | changed))).known)
        (entry,) = dossiers(told, fold(told))["b"].earlier
        assert entry.similar is similar, changed


def test_a_change_after_the_opening_is_an_event_of_its_own() -> None:
    first = publish(book(second()), RULES.clocks, now=0, cause_id="c")
    told = publish(
        book(second(), known=known(features("a")).known, published=first.book.published),
        RULES.clocks,
        now=0,
        cause_id="d",
    )
    changed = [e for e in told.events if isinstance(e, DossierChanged)]
    assert [[x.ended for x in e.dossier.earlier] for e in changed] == [["CLOSED"]]
    again = publish(told.book, RULES.clocks, now=0, cause_id="e")
    assert not [e for e in again.events if isinstance(e, DossierChanged)]


def sub(key: str, at: int, **more: Any) -> Submission:
    given: dict[str, Any] = {"person": Person(name="王晓", id_number="id1"), "family": "legal-aid"} | more
    return submission("web", key, at, **given)


def test_the_opening_waits_for_the_answer_and_carries_it() -> None:
    """All else has answered: only what has become of the earlier ticket is not known yet."""
    a, b = sub("a", 0), sub("b", 100 * DAY, counterparty=OTHER)
    record: TicketRecord | None = None
    first = handle(None, b, RULES)
    assert first is not None
    record = first.record
    out: list[Any] = []
    for n, claim in enumerate(c for c in first.out if isinstance(c, Claim)):
        acquainted = (row(a.submission_id, b.submission_id, b.received_at),) if n == 0 else ()
        verdict = Verdict(
            event_id=f"v{n}", submission_id=b.submission_id, key=claim.key, key_kind=claim.key_kind, version=1,
            weightless=False, acquainted=acquainted,
        )  # fmt: skip
        handled = handle(record, verdict, RULES)
        assert handled is not None
        record = handled.record
        out += handled.out
    (asked,) = [x for x in out if isinstance(x, Book)]
    assert (asked.submission_id, record.awaits) == (a.submission_id, (a.submission_id,))
    assert not [x for x in out if isinstance(x, TicketOpened)]
    answered = handle(None, a, RULES)
    assert answered is not None
    told = handle(answered.record, asked, RULES)  # its own verdicts are not in: it answers all the same
    assert told is not None
    (answer,) = [x for x in told.out if isinstance(x, Book)]
    done = handle(record, answer, RULES)
    assert done is not None
    (opened,) = [x for x in done.out if isinstance(x, TicketOpened)]
    assert isinstance(opened.dossier, Dossier)
    assert [x.submission_id for x in opened.dossier.earlier] == [a.submission_id]
    assert handle(done.record, answer, RULES) is None, "told again, nothing new"


def test_who_is_in_anothers_book_waits_for_no_answer() -> None:
    """Its root may be the very one it would ask, and does not answer its own: what its block has found must go on."""
    a, b, c = sub("a", 0), sub("b", 100 * DAY, counterparty=OTHER), sub("c", DAY)
    first = handle(None, b, RULES)
    assert first is not None
    record = replace(first.record, root=a.submission_id, root_received_at=a.received_at)
    claims = [c for c in first.out if isinstance(c, Claim)]
    pair = Pair(
        a=c.submission_id, b=b.submission_id, a_received_at=c.received_at, b_received_at=b.received_at,
        relation="REVIEW", score=0.5,
    )  # fmt: skip
    out: list[Any] = []
    for n, claim in enumerate(claims):
        verdict = Verdict(
            event_id=f"v{n}", submission_id=b.submission_id, key=claim.key, key_kind=claim.key_kind, version=1,
            weightless=False, pairs=(pair,) if n == 0 else (),
            acquainted=(row(a.submission_id, b.submission_id, b.received_at),) if n == 0 else (),
        )  # fmt: skip
        handled = handle(record, verdict, RULES)
        assert handled is not None
        record = handled.record
        out += handled.out
    assert (record.awaits, record.held) == ((), ())
    assert [x.submission_id for x in out if isinstance(x, Book)] == [a.submission_id], "the earlier learns of it"
    assert [(x.submission_id, x.earlier) for x in out if isinstance(x, Join)] == [(c.submission_id, a.submission_id)]


def test_a_persons_tenth_need_knows_the_nine_before_in_any_order() -> None:
    events = [sub(f"n{n}", n * 100 * DAY, counterparty=Counterparty(name=f"第{n}公司")) for n in range(10)]
    for order in (events, events[::-1], events[5:] + events[:5]):
        world = World(3, redeliver=0.2)
        world.send(order)
        world.run()
        told = {
            e.ticket_id: e.dossier for e in world.events if isinstance(e, TicketOpened | DossierChanged) and e.dossier
        }
        assert [x.number for x in told[events[9].submission_id].earlier] == [f"n{n}" for n in range(9)]
        assert events[0].submission_id not in told
