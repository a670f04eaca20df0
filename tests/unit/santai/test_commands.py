"""Commands that need no broker, run as people and scripts run them: a process, its exit code and what it prints."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from schemas.events.common import Mark
from tests.unit.santai.conftest import Feed
from tests.unit.santai.stories import A, life, marked

ROOT = Path(__file__).parents[3]


def santai(*command: str, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command with these settings and no others."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("SANTAI_")}
    env |= {"PYTHONPATH": str(ROOT), "COLUMNS": "80"} | settings
    return subprocess.run(
        [sys.executable, "-m", "santai", *command], cwd=cwd, env=env, capture_output=True, text=True, timeout=60
    )


def test_tracing_without_a_read_model_says_so_and_makes_nothing(tmp_path: Path) -> None:
    done = santai("trace", "GD1", cwd=tmp_path, SANTAI_DATA_DIR="none")
    assert (done.returncode, done.stdout) == (2, "")
    (said,) = done.stderr.splitlines()
    assert "没有读模型" in said
    assert str(tmp_path / "none") in said
    assert "SANTAI_DATA_DIR" in said
    assert list(tmp_path.iterdir()) == []


def test_tracing_in_a_database_without_tables_makes_none(tmp_path: Path) -> None:
    file = tmp_path / "read-model.db"
    file.touch()
    done = santai("trace", "GD1", cwd=tmp_path, SANTAI_DATA_DIR=".")
    assert done.returncode == 2
    (said,) = done.stderr.splitlines()
    assert "还没有表" in said
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []


@pytest.mark.parametrize("number", ["GDa", "ＧＤａ", " GD a "])
def test_what_is_not_read_on_a_screen_is_neither_cut_nor_wrapped(
    read_model: Engine, feed: Feed, tmp_path: Path, number: str
) -> None:
    long = "办" * 200
    feed([*life(), marked(A, 1, Mark(field="received_at", problem="future", reason=long))])
    done = santai("trace", number, cwd=tmp_path, SANTAI_READ_MODEL=str(read_model.url))
    assert done.returncode == 0, done.stderr
    assert long in done.stdout


def test_a_finding_is_one_line(tmp_path: Path) -> None:
    systems = tmp_path / "systems"
    systems.mkdir()
    (systems / "web.yaml").write_text(f"{'x' * 120}: 1\n", encoding="utf-8")
    done = santai("mapping", "lint", cwd=tmp_path, SANTAI_SYSTEMS_DIR=str(systems))
    assert done.returncode == 1, done.stderr
    assert any("x" * 120 in line and "web.yaml" in line for line in done.stdout.splitlines()), done.stdout
