"""Books are merged by union: any order, any number of times."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.events.book import BookContents, Published, Ruling, Telling
from schemas.events.common import Pair
from streams.core.book import merge
from streams.core.compare import order
from tests.support.features import features, status

sids = st.sampled_from("abc")
small = st.integers(0, 2)
relations = st.sampled_from(["SAME", "LINK", "REVIEW"])
BOOKS = st.builds(
    BookContents,
    members=st.lists(
        st.builds(features, sids, small, version=small, name=st.sampled_from(["王晓", None])), max_size=3
    ).map(lambda found: tuple({f.submission_id: f for f in found}.values())),
    pairs=st.lists(
        st.builds(
            Pair, a=sids, b=sids, a_received_at=st.just(0), b_received_at=st.just(0), relation=relations,
            score=st.sampled_from([1.0, 2.0]), version=small,
        ), max_size=3, unique_by=lambda p: (p.a, p.b),
    ).map(tuple),
    notes=st.lists(
        st.builds(status, sids, small, st.just("ACCEPTED"), note=st.sampled_from([None, "好"])),
        max_size=3, unique_by=lambda n: n.event_id,
    ).map(tuple),
    rulings=st.lists(
        st.builds(Ruling, a=st.just("a"), b=sids, same=st.booleans(), at=small, by=st.just("c")),
        max_size=2, unique_by=lambda r: r.b,
    ).map(tuple),
    weightless=st.lists(sids, max_size=2, unique=True).map(tuple),
    published=st.lists(
        st.builds(Published, submission_id=sids, revision=small, ticket_id=sids, state=st.just("X"), seq=small),
        max_size=2, unique_by=lambda p: p.submission_id,
    ).map(tuple),
    tellings=st.lists(
        st.builds(Telling, submission_id=sids, system=sids, push_id=sids, kind=sids, result=st.just("done"), at=small),
        max_size=2, unique_by=lambda t: t.push_id,
    ).map(tuple),
)  # fmt: skip


def normal(book: BookContents) -> BookContents:
    """As a book is kept: every part in its order."""
    return merge(BookContents(), merge(book, BookContents()))


@given(a=BOOKS, b=BOOKS)
def test_commutative(a: BookContents, b: BookContents) -> None:
    assert merge(a, b) == merge(b, a)


@given(a=BOOKS, b=BOOKS, c=BOOKS)
def test_associative(a: BookContents, b: BookContents, c: BookContents) -> None:
    assert merge(merge(a, b), c) == merge(a, merge(b, c))


@given(a=BOOKS, b=BOOKS)
def test_idempotent(a: BookContents, b: BookContents) -> None:
    both = merge(a, b)
    assert merge(both, a) == merge(both, b) == merge(both, both) == both
    assert merge(a, a) == normal(a)


@given(a=BOOKS, b=BOOKS)
def test_nothing_is_lost_and_all_is_in_order(a: BookContents, b: BookContents) -> None:
    both = merge(a, b)
    for part in ("members", "published"):
        had = {x.submission_id for book in (a, b) for x in getattr(book, part)}
        assert {x.submission_id for x in getattr(both, part)} == had
    assert list(both.members) == sorted(both.members, key=order)
    assert set(both.weightless) == {*a.weightless, *b.weightless}


def test_the_newer_the_stronger_the_later_and_the_higher_stay() -> None:
    old, new = features("a", version=1), features("a", version=2, name="王小")
    assert merge(BookContents(members=(new,)), BookContents(members=(old,))).members == (new,)
    pair = Pair(a="a", b="b", a_received_at=0, b_received_at=0, relation="SAME", score=30.0, version=5)
    weaker_but_newer = Pair(a="a", b="b", a_received_at=0, b_received_at=0, relation="REVIEW", score=1.0, version=6)
    assert merge(BookContents(pairs=(weaker_but_newer,)), BookContents(pairs=(pair,))).pairs == (weaker_but_newer,)
    no, yes = (Ruling(a="b", b="a", same=False, at=1, by="x"), Ruling(a="a", b="b", same=True, at=2, by="y"))
    assert merge(BookContents(rulings=(yes,)), BookContents(rulings=(no,))).rulings == (yes,)


def test_a_text_that_was_published_stays_dropped() -> None:
    said, told = status("a", 1, None, note="请尽快"), status("a", 1, None)
    assert merge(BookContents(notes=(said,)), BookContents(notes=(told,))).notes == (told,)
    assert merge(BookContents(notes=(told,)), BookContents(notes=(said,))).notes == (told,)
