"""`python -m bench road` at a small size: counts and shape, never time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]


def run(*command: str, timeout_s: float, start: tuple[str, ...] = ("-m", "bench")) -> subprocess.CompletedProcess[str]:
    """The bench as people start it."""
    return subprocess.run(
        [sys.executable, *start, *command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=timeout_s
    )


def measured(what: str, folder: Path, *options: str, timeout_s: float) -> dict[str, Any]:
    """What it measured: printed and written are the same, and nothing is left running."""
    done = run(what, *options, "--json", "--folder", str(folder), timeout_s=timeout_s)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert result == json.loads((folder / f"{what}.json").read_text())
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(p.info["cmdline"] or ())]
    return result


def one_line(folder: Path, *command: str) -> str:
    """What it cannot do is said in one line, exit 2."""
    done = run(*command, "--folder", str(folder), timeout_s=60)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    return done.stderr


def test_the_road_is_measured_and_counts_agree(tmp_path: Path) -> None:
    folder = tmp_path / "bench"
    sizes = ["--changes", "200", "--warm-up", "50", "--rounds", "1", "--rates", "50", "--seconds", "2"]
    result = measured("road", folder, *sizes, timeout_s=240)
    counts = result["rounds"][0]["counts"]
    assert counts["agree"]
    assert counts["changes"] == {"sent": 350, "found": 350}
    middle = result["median"]
    road = middle["throughput"]
    assert road["changes"] == 200
    assert {"ticket.inbox", "match.claims", "ticket.events", "ticket.state"} <= set(road["records_per_submission"])
    assert set(road["steps"]) == set(result["steps_alone"]) == {"normalise", "tickets", "match", "route"}
    assert road["steps"]["normalise"]["records"] == 200
    paced = middle["latency"]["50"]
    assert 0 < paced["ticket_ms"]["p50"] <= paced["ticket_ms"]["p99"] <= paced["ticket_ms"]["p999"]
    assert paced["delivery_ms"]["n"] > 0
    assert middle["floor"]["changes"] == 350
    assert not (folder / "run").exists()


def test_more_than_the_province_has_people_for_is_said_in_one_line(tmp_path: Path) -> None:
    assert "--changes" in one_line(tmp_path, "road", "--changes", "1000000")


def test_growth_recovers_what_was_preloaded_and_goes_on(tmp_path: Path) -> None:
    sizes = ["--tickets", "500,2000", "--changes", "150"]
    result = measured("growth", tmp_path, *sizes, timeout_s=300)
    small, large = result["sizes"]
    assert small["preloaded"] >= 500
    assert large["preloaded"] >= 2000
    assert large["disk_bytes"] > large["changelog_bytes"], "recovered into the stores, and more came"
    assert all(value > 0 for one in result["sizes"] for key, value in one.items() if key != "other_load_cores")


def test_engines_are_measured_side_by_side_on_the_same_records(tmp_path: Path) -> None:
    sizes = ["--messages", "4000", "--rounds", "2", "--engines", "santai,bare"]
    result = measured("engine", tmp_path, *sizes, timeout_s=240)
    assert list(result["engines"]) == ["santai", "bare"]
    for found in result["engines"].values():
        assert set(found) == {"messages_per_s", "cpu_us_per_message", "rss_mb"}
        assert all(value > 0 for value in found.values())
    assert len(result["rounds"]) == 2
    assert {one["messages"] for measured in result["rounds"] for one in measured.values()} == {4000 - 1200 - 1}
    assert {"kafka", "kafka-streams", "quixstreams", "bytewax"} <= set(result["machine"])


def test_an_engine_that_loses_records_has_no_figures(tmp_path: Path) -> None:
    """Speed bought by a lost record is none."""
    losing = (
        "import sys; from bench import contenders, __main__ as bench, engine;"
        "own = [sys.executable, '-m', 'tests.support.engine_that_loses'];"
        "contenders.CONTENDERS['bare'] = contenders.Contender('x', lambda task: [*own, task.argument()]);"
        "engine.PATIENCE_S = 10.0; bench.main()"
    )
    sizes = ["--messages", "2000", "--rounds", "1", "--engines", "bare"]
    done = run("engine", *sizes, "--folder", str(tmp_path), start=("-c", losing), timeout_s=240)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "1999/2000" in done.stderr
    assert not (tmp_path / "engine.json").exists()


def test_an_unknown_engine_is_said_in_one_line(tmp_path: Path) -> None:
    assert "kafka-streams" in one_line(tmp_path, "engine", "--engines", "flink")


def test_matchers_are_compared_on_the_same_corpus(tmp_path: Path) -> None:
    chosen = [
        "--matchers",
        "santai,splink,recordlinkage,id+family",
        "--style",
        "office",
        "--seeds",
        "7",
        "--size",
        "600",
        "--shuffled",
        "60",
    ]
    result = measured("matching", tmp_path, *chosen, timeout_s=500)
    (compared,) = result["corpora"]
    assert list(compared["matchers"]) == ["santai", "splink", "recordlinkage", "id+family"]
    own = compared["matchers"].pop("santai")
    assert own["precision"] > 0.5
    assert own["recall"] > 0
    assert own["state_bytes_per_submission"] > 0
    assert own["moved_when_shuffled"] >= 0
    assert {found["pairs_true"] for found in compared["matchers"].values()} != {0}
    for found in compared["matchers"].values():
        assert 0 < found["precision"] < 1
        assert 0 < found["recall"] < 1
    assert set(compared["matchers"]["splink"]["cuts"]) == {"p≥0.5", "p≥0.9", "p≥0.99", "p≥0.999", "p≥0.9999"}
