"""The platforms' journal: what was applied stays applied, also over a crash."""

from __future__ import annotations

from pathlib import Path

from demo.platforms.faults import Fault, Moods
from demo.platforms.journal import Journal


def test_a_push_applies_once_for_each_system_and_repeats_are_counted(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "deep" / "j.jsonl")
    assert journal.write("web", "progress", "p1", {"a": 1})
    assert not journal.write("web", "progress", "p1", {"a": 1})
    assert journal.write("12345", "sign", "p1", {})
    journal.close()
    assert [(e["n"], e["applied"]) for e in journal.entries()] == [(1, True), (2, False), (3, True)]
    assert [e["n"] for e in journal.entries("web")] == [1, 2]


def test_after_a_crash_it_goes_on_where_it_was_without_the_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    first = Journal(path)
    first.write("web", "progress", "p1", {"名": "张三"})
    first.close()
    with path.open("ab") as file:
        file.write(b'{"n": 2, "system": "web", "push_id": "p2", "oper')
    second = Journal(path)
    assert not second.write("web", "progress", "p1", {})
    assert second.write("web", "progress", "p2", {})
    second.close()
    third = Journal(path)
    assert [(e["n"], e["push_id"], e["applied"]) for e in third.entries()] == [
        (1, "p1", True), (2, "p1", False), (3, "p2", True),
    ]  # fmt: skip
    third.close()


def test_faults_are_used_up_first_told_first_and_only_by_whom_they_are_for() -> None:
    moods = Moods([])
    moods.waiting.append(Fault(system="web", mode="hang", times=1, match="W7"))
    moods.waiting.append(Fault(system="web", mode="lost", times=2))
    assert moods.next("12345", "W7") is None
    kinds = [fault.mode if (fault := moods.next("web", body)) else None for body in ("W1", "W7", "W7", "W7")]
    assert kinds == ["lost", "hang", "lost", None]
