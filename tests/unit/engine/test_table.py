"""The partition count a table insists on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from schemas.errors import Stop
from streams.engine.table import StepTable


def table(known: dict[str, int | None]) -> Any:
    """A table with nothing but what the check looks at."""
    found: Any = object.__new__(StepTable)
    found.step = SimpleNamespace(topic="in")
    found._config = SimpleNamespace(partitions=4)
    found._changelog_topic = SimpleNamespace(get_topic_name=lambda: "changelog")
    found.app = SimpleNamespace(consumer=SimpleNamespace(topic_partitions=known.get))
    return found


@pytest.mark.parametrize("not_yet", [0, None])
def test_a_topic_the_client_does_not_know_yet_is_no_reason_to_stop(not_yet: int | None) -> None:
    table({"in": 4, "changelog": not_yet})._check_partitions()


@pytest.mark.parametrize("wrong", ["in", "changelog"])
def test_another_count_stops_the_worker(wrong: str) -> None:
    with pytest.raises(Stop, match="有 3 个分区，设置为 4"):
        table({"in": 4, "changelog": 4, wrong: 3})._check_partitions()
