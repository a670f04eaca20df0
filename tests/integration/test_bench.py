"""`python -m bench road` at a small size: counts and shape, never time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[2]


def test_the_road_is_measured_and_counts_agree(tmp_path: Path) -> None:
    folder = tmp_path / "bench"
    sizes = ["--changes", "200", "--warm-up", "50", "--rounds", "1", "--rates", "50", "--seconds", "2"]
    command = [sys.executable, "-m", "bench", "road", *sizes, "--json", "--folder", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result == json.loads((folder / "road.json").read_text())
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
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(p.info["cmdline"] or ())]
    assert not (folder / "run").exists()


def test_more_than_the_province_has_people_for_is_said_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "road", "--changes", "1000000", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--changes" in done.stderr


def test_growth_recovers_what_was_preloaded_and_goes_on(tmp_path: Path) -> None:
    sizes = ["--tickets", "500,2000", "--changes", "150"]
    command = [sys.executable, "-m", "bench", "growth", *sizes, "--json", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result == json.loads((tmp_path / "growth.json").read_text())
    small, large = result["sizes"]
    assert small["preloaded"] >= 500
    assert large["preloaded"] >= 2000
    assert large["disk_bytes"] > large["changelog_bytes"], "recovered into the stores, and more came"
    assert all(value > 0 for one in result["sizes"] for key, value in one.items() if key != "other_load_cores")
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(p.info["cmdline"] or ())]


def test_engines_are_measured_side_by_side_on_the_same_records(tmp_path: Path) -> None:
    sizes = ["--messages", "4000", "--rounds", "2", "--engines", "santai,bare"]
    command = [sys.executable, "-m", "bench", "engine", *sizes, "--json", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result == json.loads((tmp_path / "engine.json").read_text())
    assert list(result["engines"]) == ["santai", "bare"]
    for found in result["engines"].values():
        assert set(found) == {"messages_per_s", "cpu_us_per_message", "rss_mb"}
        assert all(value > 0 for value in found.values())
    assert len(result["rounds"]) == 2
    assert {one["messages"] for measured in result["rounds"] for one in measured.values()} == {4000 - 1200 - 1}
    assert {"kafka", "kafka-streams", "quixstreams", "bytewax"} <= set(result["machine"])
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(p.info["cmdline"] or ())]


def test_an_engine_that_loses_records_has_no_figures(tmp_path: Path) -> None:
    """Speed bought by a lost record is none."""
    losing = (
        "import sys; from bench import contenders, __main__ as bench, engine;"
        "own = [sys.executable, '-m', 'tests.support.engine_that_loses'];"
        "contenders.CONTENDERS['bare'] = contenders.Contender('x', lambda task: [*own, task.argument()]);"
        "engine.PATIENCE_S = 10.0; bench.main()"
    )
    command = [sys.executable, "-c", losing, "engine", "--messages", "2000", "--rounds", "1", "--engines", "bare"]
    command += ["--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "1999/2000" in done.stderr
    assert not (tmp_path / "engine.json").exists()


def test_an_unknown_engine_is_said_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "engine", "--engines", "flink", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "kafka-streams" in done.stderr


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
    command = [sys.executable, "-m", "bench", "matching", *chosen, "--json", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result == json.loads((tmp_path / "matching.json").read_text())
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
