"""One block: places, verdicts, versions, weight, bounds."""

from __future__ import annotations

from typing import Any

from schemas.events.inbox import Claim, Verdict
from schemas.events.tables import Block
from streams.core.blocks import entries_max, handle_claim, people_max
from tests.support.features import features

BLOCK_ENTRIES_MAX = entries_max("id")
PHONE_PEOPLE_MAX = people_max()


def claim(sid: str, *, version: int = 1, kind: str = "phone", **changed: Any) -> Claim:
    f = features(sid, changed.pop("received_at", 0), **changed)
    return Claim(
        event_id="", submission_id=sid, key=f"{kind}:k", key_kind=kind, version=version, received_at=0, features=f
    )


def lay(*claims: Claim, block: Block | None = None) -> tuple[Block, list[Verdict]]:
    """The claims one after another, and the last one's verdicts."""
    verdicts: tuple[Verdict, ...] = ()
    for c in claims:
        block, verdicts = handle_claim(block, c)
    assert block is not None
    return block, list(verdicts)


def partners(verdict: Verdict) -> list[str]:
    return sorted({p.a for p in verdict.pairs} | {p.b for p in verdict.pairs} - {verdict.submission_id})


def test_a_claim_is_compared_with_those_before_it() -> None:
    _, (first,) = lay(claim("a"))
    assert (first.submission_id, first.pairs, first.weightless) == ("a", (), False)
    _, (third,) = lay(claim("a"), claim("b"), claim("c"))
    assert [(p.a, p.b) for p in third.pairs] == [("a", "c"), ("b", "c")]


def test_redelivered_it_gets_the_same_verdict() -> None:
    block, (before,) = lay(claim("a"), claim("b"))
    block, (again,) = lay(claim("c"), claim("b"), block=block)
    assert again == before
    assert [e.features.submission_id for e in block.entries] == ["a", "b", "c"]


def test_a_newer_version_is_compared_with_everybody_and_keeps_its_place() -> None:
    block, (verdict,) = lay(claim("a"), claim("b"), claim("c"), claim("a", version=2, name="王小"))
    assert {(p.a, p.b) for p in verdict.pairs} == {("a", "b"), ("a", "c")}
    assert verdict.version == 2
    assert [(e.features.submission_id, e.version) for e in block.entries] == [("a", 2), ("b", 1), ("c", 1)]
    older, _ = lay(claim("a"), block=block)
    assert older == block


def test_the_fourth_person_takes_the_phones_weight_away_and_everybody_hears() -> None:
    people = [claim(f"s{n}", id_number=f"ID-{n}", name=None) for n in range(PHONE_PEOPLE_MAX)]
    block, (verdict,) = lay(*people)
    assert not verdict.weightless
    block, told = lay(claim("z", id_number="ID-z"), block=block)
    assert {v.submission_id for v in told} == {"z", "s0", "s1", "s2"}
    assert all(v.weightless and v.pairs == () for v in told)
    kept, later = lay(claim("y", id_number="ID-z"), block=block)
    assert kept is block
    assert [(v.submission_id, v.weightless, v.pairs) for v in later] == [("y", True, ())]
    assert block.entries == ()


def test_a_notice_answers_the_claim_version_it_found() -> None:
    people = [claim(f"s{n}", id_number=f"ID-{n}", version=n + 1) for n in range(PHONE_PEOPLE_MAX + 1)]
    _, told = lay(*people)
    assert {(v.submission_id, v.version) for v in told} == {("s0", 1), ("s1", 2), ("s2", 3), ("s3", 4)}
    assert len({v.event_id for v in told}) == len(told)


def test_people_are_counted_not_claims() -> None:
    same = [claim(f"s{n}") for n in range(10)]
    without_id = [claim(f"t{n}", id_number=None) for n in range(10)]
    household = [claim("u", id_number="ID-2", name="李四"), claim("v", id_number=None, name="李五")]
    _, (verdict,) = lay(*same, *without_id, *household)
    assert not verdict.weightless


def test_only_a_phone_can_be_shared() -> None:
    _, told = lay(*(claim(f"s{n}", kind="number", id_number=f"ID-{n}") for n in range(8)))
    assert [v.weightless for v in told] == [False]


def test_a_block_is_bounded() -> None:
    block, _ = lay(*(claim(f"s{n}", kind="id") for n in range(BLOCK_ENTRIES_MAX)))
    full, (verdict,) = lay(claim("late", kind="id"), block=block)
    assert (len(full.entries), full.dropped) == (BLOCK_ENTRIES_MAX, 1)
    assert (verdict.submission_id, verdict.weightless, verdict.pairs) == ("late", True, ())
    _, (again,) = lay(claim("s1", kind="id"), block=full)
    assert partners(again) == ["s0"]


def test_a_phone_with_too_many_claims_has_no_weight_either() -> None:
    block, _ = lay(*(claim(f"s{n}") for n in range(BLOCK_ENTRIES_MAX)))
    after, told = lay(claim("late"), block=block)
    assert len(told) == BLOCK_ENTRIES_MAX + 1
    assert after.entries == ()
