"""The bare loop of bench/, but one record is not written."""

from __future__ import annotations

import threading
from typing import Any

from bench.engines import bare
from bench.engines.event import number_of
from bench.engines.task import told

LOST = 700


def main() -> None:
    """Until killed."""
    task, produce = told(), bare._produce

    def losing(producer: Any, topic: str, value: bytes, key: bytes, partition: int) -> None:
        if topic != task.sink or number_of(value) != LOST:
            produce(producer, topic, value, key, partition)

    bare._produce = losing
    bare.loop(task, threading.Event())


if __name__ == "__main__":
    main()
