"""A fault in the calendar or clock files stops the start with one line that says where."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from mappings import clockbook
from schemas.errors import Stop


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(clockbook.FOLDER / "calendar", tmp_path / "calendar")
    shutil.copy(clockbook.FOLDER / "clocks.yaml", tmp_path)
    return tmp_path


def change(path: Path, edit: Any) -> None:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    edit(data)
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


def stopped(load: Any, path: Path) -> str:
    with pytest.raises(Stop) as found:
        load(path)
    assert "\n" not in str(found.value)
    return str(found.value)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda c: c.update(colour="red"), "clocks.0.colour"),
        (lambda c: c["met"].append("ANSWERD"), "ANSWERD"),
        (lambda c: c["limit"].update(days=3), "exactly one of"),
        (lambda c: c.update(limit={"minutes": 0}), "clocks.0.limit.minutes"),
        (lambda c: c.update(near=[{"workdays_left": 1}]), "near workdays_left"),
        (lambda c: c.update(near=[{"minutes": 300}]), "near minutes"),
        (lambda c: c["void"].append("CLOSED"), "CLOSED cannot be both"),
        (lambda c: c.update(starts=["answered"]), "cannot be both"),
        (lambda c: c.update(name="hotline-transfer"), "named twice"),
        (lambda c: c["applies"].update(families=["notaries"]), "clocks.0.applies.families"),
        (lambda c: c.pop("source"), "clocks.0.source"),
    ],
)
def test_faults_in_the_clocks(folder: Path, edit: Any, says: str) -> None:
    path = folder / "clocks.yaml"
    change(path, lambda data: edit(data["clocks"][0]))
    message = stopped(clockbook.load_clocks, path)
    assert message.startswith("clocks.yaml: ")
    assert says in message


@pytest.mark.parametrize(
    "hours", [["8:30-12:00"], ["12:00-08:30"], ["08:30-12:00", "11:00-18:00"], ["20:00-24:30"], [], 8]
)
def test_faults_in_the_office_hours(folder: Path, hours: Any) -> None:
    path = folder / "clocks.yaml"
    change(path, lambda data: data.update(office_hours=hours))
    assert "office_hours" in stopped(clockbook.load_clocks, path)


def test_groups_are_lists(folder: Path) -> None:
    path = folder / "clocks.yaml"
    change(path, lambda data: data.update(groups={"gone": "MERGED"}))
    assert "groups are lists" in stopped(clockbook.load_clocks, path)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda y: y["working"].append("2025-03-03"), "no 调休"),
        (lambda y: y["working"].append("2025-10-04"), "named twice"),
        (lambda y: y["working"].append("2026-10-10"), "does not belong"),
        (lambda y: y["holidays"][0].update({"to": "2024-12-30"}), "is no holiday"),
        (lambda y: y.pop("notice"), "notice"),
    ],
)
def test_faults_in_the_calendar(folder: Path, edit: Any, says: str) -> None:
    change(folder / "calendar" / "2025.yaml", edit)
    message = stopped(clockbook.load_calendar, folder / "calendar")
    assert message.startswith("2025.yaml: ")
    assert says in message


def test_a_missing_year_stops(folder: Path) -> None:
    (folder / "calendar" / "2025.yaml").unlink()
    assert "without a gap" in stopped(clockbook.load_calendar, folder / "calendar")


def test_broken_and_missing_files_stop(folder: Path) -> None:
    (folder / "clocks.yaml").write_text("clocks: [", encoding="utf-8")
    assert stopped(clockbook.load_clocks, folder / "clocks.yaml").startswith("clocks.yaml: cannot be read")
    assert stopped(clockbook.load_clocks, folder / "none.yaml").startswith("none.yaml: cannot be read")
    assert "need one file for each year" in stopped(clockbook.load_calendar, folder / "none")


def test_days_of_the_december_before_may_be_moved(folder: Path) -> None:
    change(folder / "calendar" / "2025.yaml", lambda y: y["working"].append("2024-12-28"))
    assert len(clockbook.load_calendar(folder / "calendar")) == 3
