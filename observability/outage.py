"""One line when Kafka is lost and one when it is back, in place of the many of its client libraries.

Whoever asks the broker beside the work (a watch) says `lost` and `back`. The libraries' own lines about connections go
through `filter`: while the broker is known to be away, and a moment before and after, they are kept back and counted.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

LIBRDKAFKA = logging.getLogger("rdkafka")
"""The `logger` of every librdkafka client: without one the library writes to stderr itself."""
LIBRDKAFKA.addHandler(logging.NullHandler())  # or Python would, where nobody has set logging up

_LIBRARIES = frozenset({"rdkafka", "aiokafka", "faust", "mode", "kafka"})
_CONNECTION = re.compile(
    r"connect|transport|broker\S* (?:are )?down|timed out|timeout|metadata|heartbeat|coordinator|failed fetch|resolve",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"authenticat|sasl|ssl|certificate|denied", re.IGNORECASE)
GRACE_S = 20.0
"""So long lines about connections may wait for a watch to notice, or follow an outage that is over; after that they
are about something else."""
QUIET_S = 40.0
"""Trouble that follows after so long is another: librdkafka repeats itself every 30 s at the most."""
CALM_S = 60.0
"""Outages that follow one another sooner are told once."""


class Outage(logging.Filter):
    """Whether the broker is away, as far as this process knows. For any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        self._since: float | None = None
        self._told_at: float | None = None
        self._back_at: float | None = None
        self._trouble_began: float | None = None
        self._trouble_last = 0.0
        self._kept_back = 0

    def lost(self, why: str, silent_s: float = 0.0) -> None:
        """The broker has not answered for some seconds; `why` is the library's word for it."""
        with self._lock:
            if self._since is not None:
                return
            now = self._clock()
            self._since = now - silent_s
            if self._told_at is not None and now - self._told_at < CALM_S:
                return
            self._told_at = now
        log.warning("Kafka 没有应答（%s）：已受理的不会丢失，恢复后自动继续；请检查 Kafka 与网络", why)

    def back(self) -> None:
        """It answers."""
        with self._lock:
            if self._since is None:
                return
            now = self._clock()
            away_s, self._since = now - self._since, None
            self._back_at, self._trouble_began = now, None
            told = self._told_at is not None and self._told_at >= now - away_s
            kept_back, self._kept_back = self._kept_back, 0
        if told:
            log.warning("Kafka 已恢复应答：中断约 %.0f 秒，省去客户端库的日志 %d 行", away_s, kept_back)

    def filter(self, record: logging.LogRecord) -> bool:
        """See logging.Filter."""
        if record.name.partition(".")[0] not in _LIBRARIES:
            return True
        said = record.getMessage()
        if _REFUSED.search(said):
            return True
        with self._lock:
            if self._since is None and not (_CONNECTION.search(said) and self._fresh()):
                return True
            self._kept_back += 1
        return False

    def _fresh(self) -> bool:
        now = self._clock()
        if self._back_at is not None and now - self._back_at <= GRACE_S:
            return True  # what is still said of the outage; a trouble that comes soon after it is one of its own
        if self._trouble_began is None or now - self._trouble_last > QUIET_S:
            self._trouble_began = now
        self._trouble_last = now
        return now - self._trouble_began <= GRACE_S


OUTAGE = Outage()
"""Of this process: logging is one for a process, and so is its broker."""
