"""The evidence for one pair of a file, each observation with its weight."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console

from mappings.lexicon import lexicon
from santai.matching.evaluate import evaluate
from santai.words import Words
from streams.core.compare import compare, contradicts
from streams.core.evidence import Evidence, observe_person
from streams.core.subject import observe_subject
from streams.core.wording import observe_texts


def explain(path: Path, a: str, b: str, words: Words) -> dict[str, Any] | None:
    """What speaks for and against the two being one matter, and where they are at the end; None if one is not there."""
    run = evaluate(path)
    x, y = run.corpus.features(a), run.corpus.features(b)
    if x is None or y is None:
        return None
    seen = Evidence()
    observe_person(x, y, seen, phone_counts=True, shared=False)
    observe_subject(x, y, seen)
    observe_texts(x, y, seen)
    found, alone = run.corpus.pair(a, b), compare(x, y)
    weights = lexicon().weights
    return {
        "a": a,
        "b": b,
        "evidence": [
            {"code": r, "reason": words.reason(r), "weight": weights[r]}
            for r in sorted(dict.fromkeys(seen.reasons), key=lambda r: -abs(weights[r]))
        ],
        "contradiction": contradicts(x, y),
        "relation": found.relation if found else None,
        "link_kind": found.link_kind if found else None,
        "relation_alone": alone.relation if alone else None,
        "met": found is not None,
        "placements": {
            p.submission_id: {"ticket_id": p.ticket_id, "relation": p.relation, "to": p.to, "link_kind": p.link_kind}
            for p in run.placements
            if p.submission_id in (a, b)
        },
    }


def render(found: dict[str, Any], console: Console) -> None:
    """For people."""
    for e in found["evidence"]:
        console.print(f"{e['weight']:+6.1f}  {e['reason']}", markup=False, highlight=False)
    if found["contradiction"]:
        console.print("有矛盾之处:不能是同一件", markup=False)
    told = found["relation"] or "不认为相关"
    console.print(f"结论:{told}{'(' + found['link_kind'] + ')' if found['link_kind'] else ''}", markup=False)
    for sid, p in found["placements"].items():
        console.print(f"{sid} 在 {p['ticket_id']}:{p['relation']}", markup=False, highlight=False)
