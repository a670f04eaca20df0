"""The alert rules against the real promtool, the metrics there are, and the runbooks they point to."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mappings.clockbook import load_clocks
from observability.metrics import Metrics
from santai.platform.debian import promtool

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "observability" / "prometheus"


def run(*arguments: str, folder: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(promtool()), *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "rules.yaml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def cases() -> Iterator[dict[str, Any]]:
    for test in yaml.safe_load((FOLDER / "rules_test.yaml").read_text(encoding="utf-8"))["tests"]:
        yield from test["alert_rule_test"]


ENDINGS = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}


def metrics() -> dict[str, set[str]]:
    """Series names, with the labels they may carry."""
    return {
        f"{metric._name}{ending}": {*metric._labelnames, "job", "instance"}
        for metric in Metrics().defined()
        for ending in ENDINGS[str(metric._type)]
    }


def test_promtool_accepts_rules_and_configuration() -> None:
    for arguments in (("check", "rules", "rules.yaml"), ("check", "config", "prometheus.yml")):
        done = run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_passes_the_rule_tests() -> None:
    done = run("test", "rules", "rules_test.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", [rule["alert"] for rule in rules()])
def test_a_rule_that_never_fires_is_caught(alert: str, tmp_path: Path) -> None:
    """The rule tests can fail: with the alert's expression made empty they do."""
    text = (FOLDER / "rules.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    for group in data["groups"]:
        for rule in group["rules"]:
            if rule["alert"] == alert:
                rule["expr"] = f"({rule['expr']}) < 0"
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    (tmp_path / "rules_test.yaml").write_bytes((FOLDER / "rules_test.yaml").read_bytes())
    done = run("test", "rules", "rules_test.yaml", folder=tmp_path)
    assert done.returncode != 0
    assert alert in done.stdout + done.stderr


def test_every_alert_is_tested_firing_and_not_firing() -> None:
    fires = {case["alertname"] for case in cases() if case["exp_alerts"]}
    silent = {case["alertname"] for case in cases() if not case["exp_alerts"]}
    names = {rule["alert"] for rule in rules()}
    assert (fires, silent) == (names, names)


def test_every_metric_and_label_in_the_rules_exists() -> None:
    known = metrics()
    for rule in rules():
        names = set(re.findall(r"\bsantai_[a-z_]+", rule["expr"]))
        assert names or rule["expr"].startswith("up{")
        assert names <= set(known), rule["alert"]
        for name in names:
            labels = set(re.findall(r"(?:by|on) \(([a-z_, ]+)\)", rule["expr"]))
            labels = {label.strip() for group in labels for label in group.split(",")}
            labels |= set(re.findall(r"([a-z_]+)=~?\"", rule["expr"]))
            assert labels <= known[name], rule["alert"]


def test_every_alert_has_a_chinese_summary_a_severity_and_a_runbook() -> None:
    used = set()
    for rule in rules():
        assert re.search(r"[\u4e00-\u9fff]", rule["annotations"]["summary"]), rule["alert"]
        assert rule["labels"]["severity"] in {"warning", "critical"}
        runbook = ROOT / rule["annotations"]["runbook"]
        assert rule["alert"] in runbook.read_text(encoding="utf-8"), rule["alert"]
        used.add(runbook)
    assert used == set((ROOT / "observability" / "runbooks").glob("*.md"))


def test_links_between_runbooks_lead_somewhere() -> None:
    for runbook in (ROOT / "observability" / "runbooks").glob("*.md"):
        for link in re.findall(r"\]\(([^)]+)\)", runbook.read_text(encoding="utf-8")):
            assert (runbook.parent / link).is_file(), f"{runbook.name}: {link}"


def test_clocks_in_the_rule_tests_are_real() -> None:
    text = (FOLDER / "rules_test.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r'clock="([^"]+)"', text)) <= {clock.name for clock in load_clocks().clocks}
