"""The demo's folder: emptied only when a demo made it, and by one demo at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from santai.rehearsal.folder import MARK, clear
from schemas.errors import Stop


def test_a_new_folder_and_one_of_an_earlier_demo_are_emptied(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    clear(folder)()
    (folder / "log").mkdir()
    (folder / "log" / "api.log").write_text("old")
    (folder / "outside").symlink_to(tmp_path)
    clear(folder)()
    assert [path.name for path in folder.iterdir()] == [MARK]
    assert tmp_path.exists()


def test_somebody_s_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("mine")
    with pytest.raises(Stop, match="不予清空"):
        clear(tmp_path)
    assert (tmp_path / "letters.txt").read_text() == "mine"


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    let_go = clear(tmp_path / "demo")
    with pytest.raises(Stop, match="正有一次演示"):
        clear(tmp_path / "demo")
    let_go()
    clear(tmp_path / "demo")()
