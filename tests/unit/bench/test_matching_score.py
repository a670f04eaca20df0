"""The figures of a matcher, on a corpus small enough to count by hand."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from bench import rivals
from bench.matching.corpus import Recipe, write
from bench.matching.matchers import MATCHERS, best
from bench.matching.score import Placed, Truth, read_truth, score

# One matter of a, b and c; d and e another's each; f must be linked to the first.
TRUTH = Truth(
    matter={"a": "1", "b": "1", "c": "1", "d": "2", "e": "3", "f": "4"},
    case={"a": "1", "b": "1", "c": "1", "d": "17", "e": "21", "f": "8"},
    scene={"a": 1, "b": 1, "c": 1, "d": 2, "e": 2, "f": 1},
    secret=frozenset({"e"}),
    links={"f": ("follow-up", frozenset({"1"}))},
    system={"a": "web", "b": "12345", "c": "12345", "d": "web", "e": "web", "f": "12345"},
)


def placed(**tickets: str) -> dict[str, Placed]:
    """Each in the ticket named, or in one of its own."""
    return {sid: Placed(tickets.get(sid, sid)) for sid in TRUTH.matter}


def test_nothing_merged_is_precise_and_finds_nothing() -> None:
    found = score(TRUTH, placed())
    assert (found["precision"], found["recall"], found["pairs_true"]) == (1.0, 0.0, 3)


def test_pairs_are_counted_not_submissions() -> None:
    """abd: one right pair, two wrong ones; of three true pairs one is found."""
    found = score(TRUTH, placed(b="a", d="a"))
    assert found["precision"] == pytest.approx(1 / 3)
    assert found["recall"] == pytest.approx(1 / 3)
    assert found["wrong"] == 2
    assert found["by_case"]["1｜17"] == {"wrong": 2}
    assert found["by_case"]["1"]["pairs"] == 3
    assert found["by_systems"] == {"12345–web": {"pairs": 2, "found": 1}, "12345–12345": {"pairs": 1, "found": 0}}


def test_a_review_counts_when_a_clerk_would_confirm_it() -> None:
    reviewed = placed(b="a")
    reviewed["c"] = Placed("c", "REVIEW", "b")
    reviewed["d"] = Placed("d", "REVIEW", "a")
    found = score(TRUTH, reviewed)
    assert found["recall"] == pytest.approx(1 / 3)
    assert found["recall_with_review"] == 1.0
    assert found["review_share"] == pytest.approx(2 / 6)


@pytest.mark.parametrize(
    ("to", "kind", "recall", "of_kind"), [("b", "follow-up", 1, 1), ("a", "reopen", 1, 0), ("d", "follow-up", 0, 1)]
)
def test_a_link_is_to_any_of_the_matter(to: str, kind: str, recall: int, of_kind: int) -> None:
    linked = {**placed(), "f": Placed("f", "LINK", to, kind)}
    assert score(TRUTH, linked)["links"]["recall"] == recall
    assert score(TRUTH, linked)["links"]["kind"] == of_kind


def test_links_that_nobody_asked_for_and_those_that_disclose() -> None:
    linked = {**placed(), "e": Placed("e", "LINK", "d", "incident"), "b": Placed("b", "LINK", "d", "incident")}
    found = score(TRUTH, linked)
    assert found["disclosed"] == 1
    assert found["links"]["unasked"] == {"1": 1, "21": 1}


def test_a_lost_submission_is_no_figure() -> None:
    with pytest.raises(KeyError):
        score(TRUTH, {"a": Placed("a")})


def test_the_cut_is_chosen_in_a_rivals_favour() -> None:
    assert best({"low": {"precision": 0.2, "recall": 0.9}, "high": {"precision": 0.9, "recall": 0.8}}) == "high"


def test_truth_itself_is_perfect(tmp_path: Path) -> None:
    truth = read_truth(write(Recipe(seed=2, mixture="even", size=400), tmp_path))
    firsts = {sid: next(iter(to)) for sid, (_, to) in truth.links.items()}
    member = {matter: sid for sid, matter in truth.matter.items()}
    perfect = {
        sid: Placed(matter, "LINK", member[firsts[sid]], truth.links[sid][0]) if sid in firsts else Placed(matter)
        for sid, matter in truth.matter.items()
    }
    found = score(truth, perfect)
    assert found["precision"] == found["recall"] == found["links"]["recall"] == found["links"]["kind"] == 1.0
    assert found["disclosed"] == found["wrong"] == 0


def test_naive_keys_join_who_has_them_all(tmp_path: Path) -> None:
    person = {"type": "natural", "name": "张三", "id_number": "11010519491231002x", "phone": None, "region": None}
    line = {"type": "submission", "version": 1, "received_at": "2026-03-01T00:00:00+08:00", "person": person}
    corpus = tmp_path / "c.jsonl"
    lines = [
        {**line, "submission_id": "a", "family": "notary"},
        {**line, "submission_id": "b", "family": "notary", "person": {**person, "id_number": "110105491231002"}},
        {**line, "submission_id": "c", "family": None},
        {"type": "status", "submission_id": "a", "state": "CLOSED", "at": "2026-03-02T00:00:00+08:00"},
    ]
    corpus.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    made = MATCHERS["id+family"](corpus).variants[""]
    assert {sid: p.ticket for sid, p in made.items()} == {"a": "a", "b": "a", "c": "c"}


def test_what_it_is_measured_against_is_pinned_without_an_address() -> None:
    assert {"splink", "recordlinkage"} <= set(rivals.locked(rivals.MATCHING_LOCK))
    assert "://" not in rivals.MATCHING_LOCK.read_text()
