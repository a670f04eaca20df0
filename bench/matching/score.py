"""How good a matcher's tickets are. Pure.

All is counted over unordered pairs of submissions.
- precision: of the pairs in one ticket, the share that is of one matter; 1 when no pair is in one ticket.
- recall: of the pairs of one matter, the share in one ticket; 1 when there is no such pair.
- recall with review: the same after every submission put to review beside one of its own matter has joined that one's
  ticket, as a clerk would decide.
- link recall: of the submissions that must be linked, the share that the matcher links to any submission of a matter it
  belongs to. `kind` is the share of those whose kind of link is the expected one as well.
- review share: of all submissions, those put to review.
- disclosed: links and reviews out of or into a matter that must not be shown elsewhere, within one story.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import orjson

from bench.matching.corpus import side_file

_WRONG_MAX = 50
"""Wrong pairs told one by one."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of a corpus, by submission id."""

    matter: dict[str, str]
    case: dict[str, str]
    scene: dict[str, int]
    secret: frozenset[str]
    links: dict[str, tuple[str, frozenset[str]]]  # kind, matters
    system: dict[str, str]


@dataclass(frozen=True, slots=True)
class Placed:
    """What a matcher makes of a submission."""

    ticket: str
    relation: str = "NEW"
    to: str | None = None
    kind: str | None = None


def read_truth(corpus: Path) -> Truth:
    """From the files beside the corpus."""
    matter = {told["submission_id"]: told["matter"] for told in _lines(side_file(corpus, "truth"))}
    cases = list(_lines(side_file(corpus, "cases")))
    links = {
        told["submission_id"]: (told["link_kind"], frozenset(matter[to] for to in (told["to"], *told["or"])))
        for told in _lines(side_file(corpus, "links"))
    }
    return Truth(
        matter,
        {told["submission_id"]: told["case"] for told in cases},
        {told["submission_id"]: told["scene"] for told in cases},
        frozenset(told["submission_id"] for told in cases if told["secret"]),
        links,
        {line["submission_id"]: line["system"] for line in _lines(corpus) if line["type"] == "submission"},
    )


def score(truth: Truth, placed: Mapping[str, Placed]) -> dict[str, Any]:
    """All figures of a matcher on a corpus. KeyError when it lost a submission."""
    tickets = {sid: placed[sid].ticket for sid in truth.matter}
    merged, wrong = _pairs_in(tickets), list(_wrong(truth, tickets))
    right = merged - len(wrong)
    by_case, by_systems, wanted = _recall(truth, tickets)
    joined = _joined(truth, placed, tickets)
    for one, other in wrong:
        by_case["｜".join(sorted({truth.case[one], truth.case[other]}))]["wrong"] += 1
    return {
        "submissions": len(tickets),
        "pairs_true": wanted,
        "pairs_merged": merged,
        "wrong": len(wrong),
        "precision": right / merged if merged else 1.0,
        "recall": right / wanted if wanted else 1.0,
        "recall_with_review": _same_pairs(truth, joined) / wanted if wanted else 1.0,
        "review_share": sum(1 for p in placed.values() if p.relation == "REVIEW") / max(1, len(tickets)),
        "links": _links(truth, placed),
        "disclosed": _disclosed(truth, placed),
        "by_case": {case: dict(found) for case, found in sorted(by_case.items())},
        "by_systems": {pair: dict(found) for pair, found in sorted(by_systems.items())},
        "wrong_pairs": [[*pair, truth.case[pair[0]], truth.case[pair[1]]] for pair in wrong[:_WRONG_MAX]],
    }


def _lines(path: Path) -> Iterable[dict[str, Any]]:
    with path.open("rb") as file:
        yield from map(orjson.loads, file)


def _pairs_in(groups: Mapping[str, Any]) -> int:
    return sum(n * (n - 1) // 2 for n in Counter(groups.values()).values())


def _same_pairs(truth: Truth, tickets: Mapping[str, str]) -> int:
    return _pairs_in({sid: (ticket, truth.matter[sid]) for sid, ticket in tickets.items()})


def _wrong(truth: Truth, tickets: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    members: dict[str, list[str]] = defaultdict(list)
    for sid, ticket in tickets.items():
        members[ticket].append(sid)
    for found in members.values():
        for one, other in combinations(found, 2):
            if truth.matter[one] != truth.matter[other]:
                yield one, other


def _recall(truth: Truth, tickets: Mapping[str, str]) -> tuple[dict[str, Counter[str]], dict[str, Counter[str]], int]:
    members: dict[str, list[str]] = defaultdict(list)
    for sid, matter in truth.matter.items():
        members[matter].append(sid)
    by_case: dict[str, Counter[str]] = defaultdict(Counter)
    by_systems: dict[str, Counter[str]] = defaultdict(Counter)
    wanted = 0
    for sid, case in truth.case.items():
        by_case[case]["submissions"] += 1
        by_case[case]["links"] += sid in truth.links
    for found in members.values():
        for one, other in combinations(found, 2):
            wanted += 1
            together = tickets[one] == tickets[other]
            systems = "–".join(sorted((truth.system[one], truth.system[other])))
            for counts in (by_case[truth.case[one]], by_systems[systems]):
                counts["pairs"] += 1
                counts["found"] += together
    return by_case, by_systems, wanted


def _joined(truth: Truth, placed: Mapping[str, Placed], tickets: Mapping[str, str]) -> dict[str, str]:
    """Tickets after the reviews that a clerk would confirm."""
    root: dict[str, str] = {}

    def find(ticket: str) -> str:
        while (up := root.get(ticket, ticket)) != ticket:
            ticket = up
        return ticket

    for sid, p in placed.items():
        if p.relation == "REVIEW" and p.to is not None and truth.matter.get(p.to) == truth.matter[sid]:
            one, other = find(tickets[sid]), find(tickets[p.to])
            if one != other:
                root[one] = other
    return {sid: find(ticket) for sid, ticket in tickets.items()}


def _links(truth: Truth, placed: Mapping[str, Placed]) -> dict[str, Any]:
    found = {
        sid: placed[sid].kind == kind
        for sid, (kind, matters) in truth.links.items()
        if placed[sid].relation == "LINK" and truth.matter.get(placed[sid].to or "") in matters
    }
    by_case: dict[str, Counter[str]] = defaultdict(Counter)
    for sid in truth.links:
        by_case[truth.case[sid]]["expected"] += 1
        by_case[truth.case[sid]]["found"] += sid in found
    unasked = Counter(truth.case[s] for s, p in placed.items() if p.relation == "LINK" and s not in truth.links)
    return {
        "expected": len(truth.links),
        "found": len(found),
        "recall": len(found) / len(truth.links) if truth.links else 1.0,
        "kind": sum(found.values()) / len(found) if found else 1.0,
        "by_case": {case: dict(counts) for case, counts in sorted(by_case.items())},
        "unasked": dict(sorted(unasked.items())),
    }


def _disclosed(truth: Truth, placed: Mapping[str, Placed]) -> int:
    return sum(
        1
        for sid, p in placed.items()
        if p.relation in ("LINK", "REVIEW")
        and sid in truth.secret
        and truth.scene[sid] == truth.scene.get(p.to or "")
        and truth.matter[sid] != truth.matter[p.to or ""]
    )
