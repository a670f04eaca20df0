"""How good a matching is, against the truth: precision and recall of pairs, every wrong merge with its reasons."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import combinations
from pathlib import Path
from typing import Any

import orjson

from santai.matching.evaluate import Evaluated
from santai.words import Words
from schemas.errors import Stop
from streams.core.corpus import Placement
from streams.core.same import LINK, REVIEW

_GROUP_PAIRS_MAX = 200  # members of one matter beyond which pairs are no longer counted one by one


def read_truth(path: Path) -> dict[str, dict[str, Any]]:
    """Lines `{"submission_id", "matter"}` by submission, with whatever else they say. Stop if unreadable."""
    found = {}
    try:
        with path.open("rb") as file:
            for raw in file:
                if raw.strip():
                    line = orjson.loads(raw)
                    found[line["submission_id"]] = line
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise Stop(f"{path}: 真值文件无法读取({type(error).__name__}),每行应有 submission_id 与 matter") from None
    return found


def judge(run: Evaluated, truth: dict[str, dict[str, Any]], words: Words) -> dict[str, Any]:
    """Precision and recall over pairs of submissions of one matter; links where the truth names them."""
    matter = {sid: line.get("matter") for sid, line in truth.items()}
    ticket = {p.submission_id: p.ticket_id for p in run.placements if p.submission_id in matter}
    placed = {p.submission_id: p for p in run.placements}
    wrong, merged = _wrong(run, ticket, matter, words)
    right, asked, systems = Counter[str](), 0, Counter[tuple[str, str]]()
    found_systems = Counter[tuple[str, str]]()
    reviewed = {frozenset((p.submission_id, p.to)) for p in run.placements if p.relation == REVIEW}
    for members in _groups((sid, m) for sid, m in matter.items() if sid in ticket):
        for a, b in _pairs(members):
            pair = _systems(run, a, b)
            systems[pair] += 1
            if ticket[a] == ticket[b]:
                right["same"] += 1
                found_systems[pair] += 1
            elif _asked(ticket, placed, reviewed, a, b):
                asked += 1
    total = systems.total()
    share = _share
    return {
        "pairs": total,
        "merged": merged,
        "precision": share(merged - len(wrong), merged),
        "recall": share(right["same"], total),
        "recall_with_review": share(right["same"] + asked, total),
        "review_share": share(run.counts["REVIEW"], len(run.placements)),
        "recall_by_systems": {f"{x}+{y}": share(found_systems[x, y], n) for (x, y), n in sorted(systems.items())},
        "links": _links(truth, placed, ticket),
        "wrong": wrong,
    }


def _groups(pairs: Iterable[tuple[str, Any]]) -> Iterable[list[str]]:
    groups: dict[Any, list[str]] = defaultdict(list)
    for sid, group in pairs:
        groups[group].append(sid)
    return groups.values()


def _pairs(members: list[str]) -> Iterable[tuple[str, str]]:
    return combinations(members[:_GROUP_PAIRS_MAX], 2)


def _systems(run: Evaluated, a: str, b: str) -> tuple[str, str]:
    x, y = run.corpus.features(a), run.corpus.features(b)
    first, second = sorted((x.system if x else "", y.system if y else ""))
    return first, second


def _wrong(
    run: Evaluated, ticket: dict[str, str], matter: dict[str, Any], words: Words
) -> tuple[list[dict[str, Any]], int]:
    """Pairs that share a ticket and are not one matter, and how many share one at all."""
    wrong, merged = [], 0
    for members in _groups(ticket.items()):
        for a, b in _pairs(members):
            merged += 1
            if matter[a] != matter[b]:
                pair = run.corpus.pair(a, b)
                reasons = [words.reason(r) for r in pair.reasons] if pair else []
                wrong.append({"a": a, "b": b, "ticket_id": ticket[a], "reasons": reasons})
    return wrong, merged


def _asked(
    ticket: dict[str, str], placed: dict[str, Placement], reviewed: set[frozenset[str | None]], a: str, b: str
) -> bool:
    """Whether a person is asked about the two, or about one of them and somebody in the other's ticket."""
    if frozenset((a, b)) in reviewed:
        return True
    for x, y in ((a, b), (b, a)):
        p = placed[ticket[x]]
        if p.relation == REVIEW and p.to is not None and placed[p.to].ticket_id == ticket[y]:
            return True
    return False


def _links(truth: dict[str, dict[str, Any]], placed: dict[str, Placement], ticket: dict[str, str]) -> dict[str, Any]:
    """Of the links the truth names (`link_to`, a submission), how many are found, by kind if it says one. Services
    for one incident are a chain: whichever of them a submission is linked to leads to all the others."""
    total, found = Counter[str](), Counter[str]()
    first = _first_of_chain(truth)
    for sid, line in truth.items():
        to, p = line.get("link_to"), placed.get(sid)
        if not to or p is None:
            continue
        kind = str(line.get("link_kind") or "link")
        total[kind] += 1
        if p.relation == LINK and p.to is not None:
            chained = kind == "incident" and p.to in truth and to in truth
            found[kind] += ticket.get(p.to) == ticket.get(to) or (chained and first(p.to) == first(to))
    return {kind: _share(found[kind], n) for kind, n in sorted(total.items())} | {
        "all": _share(found.total(), total.total())
    }


def _first_of_chain(truth: dict[str, dict[str, Any]]) -> Callable[[str], Any]:
    """Of a submission, the matter its chain of incident links goes back to."""
    before = {
        line.get("matter"): truth[line["link_to"]].get("matter")
        for line in truth.values()
        if line.get("link_kind") == "incident" and line.get("link_to") in truth
    }

    def first(sid: str) -> Any:
        matter, seen = truth[sid].get("matter"), set[Any]()
        while matter in before and matter not in seen:
            seen.add(matter)
            matter = before[matter]
        return matter

    return first


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None
