"""Commands that need no broker, run as people and scripts run them: a process, its exit code and what it prints."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine

from santai.services.alone import alone
from schemas.errors import Stop
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


def test_the_version_is_told(tmp_path: Path) -> None:
    done = santai("--version", cwd=tmp_path)
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert (done.returncode, done.stdout) == (0, f"santai {told}\n")


def test_down_where_nothing_runs_is_fine_and_says_so_to_programs(tmp_path: Path) -> None:
    done = santai("down", "--json", cwd=tmp_path, SANTAI_DATA_DIR="none")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"stopped": [], "data": str(tmp_path / "none")})
    assert list(tmp_path.iterdir()) == []


def test_lint_looks_at_routing_too(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "mappings" / "codes", tmp_path / "codes")
    shutil.copytree(ROOT / "mappings" / "systems", tmp_path / "systems")
    rules = (ROOT / "mappings" / "routing.yaml").read_text()
    folder = str(tmp_path / "systems")

    def found() -> tuple[int, list[str]]:
        done = santai("mapping", "lint", "--json", cwd=tmp_path, SANTAI_SYSTEMS_DIR=folder)
        return done.returncode, json.loads(done.stdout)

    code, (finding,) = found()
    assert code == 1
    assert "没有路由规则" in finding
    (tmp_path / "routing.yaml").write_text(rules)
    assert found() == (0, [])
    (tmp_path / "routing.yaml").write_text(rules.replace("legal-aid: legal-aid", "legal-aids: legal-ait"))
    code, findings = found()
    assert code == 1
    assert [f.partition(": ")[2] for f in findings] == [
        "handlers.legal-aids: 没有系统“legal-ait”的映射文件",
        "handlers.legal-aids: 没有业务类别“legal-aids”",
    ]
    (tmp_path / "routing.yaml").write_text(rules.replace("warn_from: near", "warn_from: soon"))
    code, (finding,) = found()
    assert code == 1
    assert "warn_from" in finding


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


CASE = """
- name: 只写了编号
  input: {event: created, case: {no: W1, createdAt: "2026-03-05T10:00:00+08:00"}}
  events:
    - Submission: {number: W2, title: 讨薪}
- name: 没有编号却要求有
  input: {}
  echo_of: {kind: state}
"""


def test_a_case_that_fails_shows_what_came_out_beside_what_should(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "own.yaml").write_text(CASE, encoding="utf-8")
    done = santai("mapping", "test", str(tmp_path), cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "不符 web/own.yaml:只写了编号" in done.stdout
    assert '  events[0].Submission.number\n    应为 "W2"\n    实为 "W1"\n' in done.stdout
    assert '  events[0].Submission.title\n    应为 "讨薪"\n    实为 （没有）\n' in done.stdout
    assert done.stdout.endswith("2 例,2 例不符\n")
    told = json.loads(santai("mapping", "test", str(tmp_path), "--json", cwd=tmp_path).stdout)
    assert {"path": "events[0].Submission.number", "expected": "W2", "found": "W1"} in told["failed"][
        "web/own.yaml:只写了编号"
    ]


@pytest.mark.parametrize("folder", ["none", "."])
def test_no_cases(tmp_path: Path, folder: str) -> None:
    done = santai("mapping", "test", folder, cwd=tmp_path)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "用例" in done.stderr


@pytest.mark.parametrize("kind", ["streams", "connectors"])
def test_a_second_process_of_one_worker_is_turned_away(tmp_path: Path, kind: str) -> None:
    """Before it asks for settings that are missing here, reaches for a broker, or writes anything."""
    with alone(tmp_path, kind, "1"):
        before = sorted(tmp_path.rglob("*"))
        done = santai("run", kind, cwd=tmp_path, SANTAI_DATA_DIR=".", SANTAI_WORKER_ID="1")
        assert (done.returncode, done.stdout) == (2, "")
        (said,) = done.stderr.splitlines()
        assert "SANTAI_WORKER_ID" in said
        assert sorted(tmp_path.rglob("*")) == before
    free = santai("run", kind, cwd=tmp_path, SANTAI_DATA_DIR=".", SANTAI_WORKER_ID="1")
    assert "SANTAI_WORKER_ID" not in free.stderr, "the file that is left holds nobody up"
    assert free.returncode == 2


def test_other_workers_and_other_kinds_have_places_of_their_own(tmp_path: Path) -> None:
    with alone(tmp_path, "streams", "1"), alone(tmp_path, "streams", "2"), alone(tmp_path, "connectors", "1"):
        assert len(list((tmp_path / "run").iterdir())) == 3


def test_a_killed_process_leaves_its_place_free(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys; from santai.services.alone import alone\n"
        "with alone(pathlib.Path(sys.argv[1]), 'streams', '1'): print('in', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "in\n"
        with pytest.raises(Stop, match="streams"), alone(tmp_path, "streams", "1"):
            pass
        holder.kill()
        holder.wait()
    with alone(tmp_path, "streams", "1"):
        pass
