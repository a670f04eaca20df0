"""The demo's day with processes killed: it must end as planned, and in the same tickets as a day without trouble."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from demo.scenario.plan import Plan, make_plan
from santai.platform.mariadb import MariaDb
from santai.platform.up import LocalPlatform
from tests.support.road_days import Outcome, Trouble, crash_broker, crash_hub, run_day

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

SUBMISSIONS = 40


def prefix() -> str:
    """A prefix no other day has."""
    return f"day{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def plan(request: pytest.FixtureRequest) -> Plan:
    """One day for all runs of this module."""
    return make_plan(int(request.config.getoption("--santai-seed")), SUBMISSIONS)


@pytest.fixture(scope="module")
def quiet_day(
    tmp_path_factory: pytest.TempPathFactory, plan: Plan, platform: LocalPlatform, mariadb_server: MariaDb
) -> Outcome:
    """One worker, nothing but the plan's own single kill."""
    platform.start()
    mariadb_server.start()
    outcome = run_day(tmp_path_factory.mktemp("quiet"), plan, platform, mariadb_server, prefix=prefix())
    as_planned(outcome)
    return outcome


def as_planned(outcome: Outcome) -> None:
    """Roots, members, final states, confirmations, alerts, counts; a bad message sent twice may be kept twice."""
    assert [line for line in outcome.found.differences if not line.startswith("死信")] == []
    assert outcome.found.dlq >= 2


def troubled(folder: Path, plan: Plan, platform: LocalPlatform, database: MariaDb, trouble: Trouble) -> Outcome:
    """The plan's day with the trouble; prints what is needed to repeat it."""
    seed = random.SystemRandom().randrange(2**31)
    print(f"seed of the trouble: {seed}")
    outcome = run_day(folder, plan, platform, database, prefix=prefix(), trouble=trouble, seed=seed)
    print(f"troubles: {outcome.troubles}")
    assert outcome.troubles >= 1
    as_planned(outcome)
    return outcome


def test_the_demo_with_workers_killed_at_random_ends_as_planned(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**31)
    print(f"seed of the demo: {seed}")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SANTAI_")}
    argv = [sys.executable, "-m", "santai", "demo", "--chaos", "--submissions", "80", "--seed", str(seed), "--json"]
    done = subprocess.run(argv, cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    summary = json.loads((tmp_path / ".santai" / "demo" / "summary.json").read_text())
    assert summary["ok"] is True
    assert summary["differences"] == []
    assert summary["kills"] >= 2
    assert summary["submissions"] >= 80
    assert json.loads(done.stdout) == summary


def test_two_workers_end_in_the_same_tickets_as_one(
    tmp_path: Path, plan: Plan, quiet_day: Outcome, platform: LocalPlatform, mariadb_server: MariaDb
) -> None:
    outcome = run_day(tmp_path / "day", plan, platform, mariadb_server, prefix=prefix(), workers=2)
    as_planned(outcome)
    assert outcome.tickets == quiet_day.tickets


def test_nothing_is_lost_when_all_of_the_hub_is_killed(
    tmp_path: Path, plan: Plan, quiet_day: Outcome, platform: LocalPlatform, mariadb_server: MariaDb
) -> None:
    outcome = troubled(tmp_path / "day", plan, platform, mariadb_server, crash_hub)
    assert outcome.tickets == quiet_day.tickets


def test_nothing_is_lost_when_the_broker_is_killed(
    tmp_path: Path, plan: Plan, quiet_day: Outcome, platform: LocalPlatform, mariadb_server: MariaDb
) -> None:
    outcome = troubled(tmp_path / "day", plan, platform, mariadb_server, crash_broker)
    assert outcome.tickets == quiet_day.tickets
