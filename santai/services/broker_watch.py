"""Does the broker answer? Asked beside the work, so that /healthz knows without asking anybody."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from observability.health import Verdict
from observability.outage import OUTAGE

ASK_S = 2.0
ANSWER_S = 2.0
TELL_S = 3.0
"""One question that is answered late is no outage."""


class BrokerWatch:
    """A thread that asks, and a verdict on when it was last answered. `config` is librdkafka's; times in seconds."""

    def __init__(
        self, config: Mapping[str, Any], stall_s: float, *, every_s: float = ASK_S, answer_s: float = ANSWER_S
    ) -> None:
        self._config = {**config, "log_level": 0}  # what is wrong is said below, once
        self._stall_s, self._every_s, self._answer_s = stall_s, every_s, answer_s
        self._client: AdminClient | None = None
        self._why = ""
        self._answered = time.monotonic()  # whoever starts a watch has just spoken with the broker

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Asks for the length of a block; leaving it waits for one answer at most."""
        left = threading.Event()
        thread = threading.Thread(target=self._run, args=(left,), name="broker-watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            left.set()
            thread.join()

    def verdict(self) -> Verdict:
        """Red once it has been silent for longer than a stall may take. Never blocks."""
        silent_s = time.monotonic() - self._answered
        if silent_s <= self._stall_s:
            return Verdict(True)
        why = f"（{self._why}）" if self._why else ""
        return Verdict(False, f"Kafka 已 {silent_s:.0f} 秒没有应答{why}：请检查它是否在运行")

    def _run(self, left: threading.Event) -> None:
        while not left.is_set():
            self._ask()
            left.wait(self._every_s)

    def _ask(self) -> None:
        # Kept only while it is answered: a client that went through a broker's restart may never get well.
        client, self._client = self._client or AdminClient(self._config), None
        try:
            client.list_topics(timeout=self._answer_s)
        except KafkaException as error:
            self._why = error.args[0].name()
            silent_s = time.monotonic() - self._answered
            if silent_s > TELL_S:
                OUTAGE.lost(self._why, silent_s)
            return
        OUTAGE.back()
        self._client, self._why, self._answered = client, "", time.monotonic()
