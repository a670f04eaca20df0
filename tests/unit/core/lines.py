"""What the matching tests tell: lines of a file as people bring them, and what comes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from mappings.identity import resident_check
from santai.matching.evaluate import feed
from santai.matching.lines import Reader
from streams.core.corpus import Corpus, Placement


def resident(first17: str) -> str:
    """A valid ID number."""
    return first17 + resident_check(first17)


ID, OTHER_ID, TWIN_ID = resident("23010319900307123"), resident("23010319880501456"), resident("23010319900307125")
WAGES = "在哈尔滨市宏达建筑工程有限公司干活，被拖欠工资36000元，多次讨要无果。"
FIRM = {"name": "哈尔滨市宏达建筑工程有限公司"}
Line = dict[str, Any]


def told(sid: str, day: float = 0, **changed: Any) -> Line:
    """王晓明 asks for help against the firm; `name`, `id_number`, `phone`, `region` change the person."""
    person = {"name": "王晓明", "id_number": ID, "phone": "13800138000", "region": "230103"}
    person |= {k: changed.pop(k) for k in list(person) if k in changed}
    hours = round(day * 24)
    at = f"2026-03-{1 + hours // 24:02}T{hours % 24:02}:00:00+08:00" if hours < 744 else changed.pop("at")
    line = {
        "type": "submission", "submission_id": sid, "version": 1, "system": "web", "channel": "web",
        "source_id": f"WEB20260000{sid}", "received_at": at, "kind": "application", "person": person,
        "family": "legal-aid", "counterparty": FIRM, "title": "拖欠工资", "text": WAGES,
    }  # fmt: skip
    return line | changed


def called(sid: str, day: float = 0, **changed: Any) -> Line:
    """The same on the hotline, which knows no ID number."""
    hotline: Line = {"system": "12345", "channel": "hotline", "source_id": f"GD20260000{sid}", "id_number": None}
    return told(sid, day, **(hotline | {"family": None} | changed))


def status(sid: str, day: int, state: str) -> Line:
    """A state of a submission."""
    return {"type": "status", "submission_id": sid, "state": state, "at": f"2026-03-{1 + day:02}T08:00:00+08:00"}


def decision(a: str, b: str, same: bool) -> Line:
    """A clerk's word."""
    return {"type": "decision", "a": a, "b": b, "same": same, "at": "2026-03-20T08:00:00+08:00"}


def placed(lines: Iterable[Line]) -> dict[str, Placement]:
    """What comes of a file."""
    corpus, reader = Corpus(), Reader()
    feed(corpus, reader.read([json.dumps(line, ensure_ascii=False).encode() for line in lines]))
    return {p.submission_id: p for p in corpus.placements()}


def assert_pair(a: Line, b: Line, expected: str) -> None:
    """`b` is placed as expected, whichever of the two is read first."""
    for lines in ([a, b], [b, a]):
        found = placed(lines)["b"]
        assert found.relation == expected, found.reasons
