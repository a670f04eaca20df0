"""The webhook sections of systems: checked, and wrong ones named without their values."""

from __future__ import annotations

import re
from typing import Any

import pytest

from connectors.webhook_config import sink_config, source_config
from mappings.systems import FOLDER, load_systems
from schemas.errors import Stop

SETTINGS = {
    "SANTAI_12345_SECRET": "hotline secret 0123",
    "SANTAI_12345_URL": "http://127.0.0.1:1",
    "SANTAI_WEB_SECRET": "web secret 0123456",
    "SANTAI_WEB_URL": "http://127.0.0.1:2",
}


@pytest.mark.parametrize("name", ["12345", "web"])
def test_the_shipped_systems_are_complete(name: str) -> None:
    system = load_systems(FOLDER, SETTINGS, {name})[name]
    source_config(name, system.source)
    sink = sink_config(name, system.sink)
    assert system.outbound is not None
    told = {tell.operation for tells in system.outbound.tells.values() for tell in tells}
    assert told == set(sink.paths), "each operation has its path, each path its operation"


def section(**changes: Any) -> dict[str, Any]:
    good = {
        "base_url": "http://127.0.0.1:1",
        "paths": {"progress": "/p"},
        "signature": {"scheme": "standard-webhooks", "secrets": ["very secret 0123456"]},
    }
    return good | changes


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (section(base_url="ftp://x"), "base_url"),
        (section(paths={}), "paths"),
        (section(paths={"a": "no-slash"}), "paths"),
        (section(timeout_s=0), "timeout_s"),
        (section(signature={"scheme": "standard-webhooks", "secrets": ["leaky"]}), "signature"),
        (section(colour="red"), "colour"),
        (None, "缺少必填项"),
    ],
)
def test_a_wrong_section_stops_and_says_where(wrong: dict[str, Any] | None, named: str) -> None:
    with pytest.raises(Stop, match="web") as stopped:
        sink_config("web", wrong)
    assert named in str(stopped.value)
    assert "leaky" not in str(stopped.value)
    said = str(stopped.value).split("：", 1)[1]
    assert not re.search("[a-z]{2,} [a-z]{2,}", said), "in Chinese"
