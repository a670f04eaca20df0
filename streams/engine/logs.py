"""Log levels of the libraries below, so that they cost nothing and cannot flood."""

from __future__ import annotations

import logging
import time

LIBRARIES = ("faust", "mode", "aiokafka", "asyncio")
PER_WINDOW = 20
WINDOW_S = 10.0


class RateLimited(logging.Filter):
    """Lets PER_WINDOW records of a logger through per WINDOW_S, then says how many it kept back (an outage of 25 s
    was 132,000 lines of aiokafka)."""

    def __init__(self) -> None:
        super().__init__()
        self._windows: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """See logging.Filter."""
        if record.name.split(".", 1)[0] not in LIBRARIES:
            return True
        now = time.monotonic()
        began, count = self._windows.get(record.name, (now, 0))
        if now - began > WINDOW_S:
            kept_back = max(0, count - PER_WINDOW)
            began, count = now, 0
            if kept_back:
                record.msg = f"{record.getMessage()} ({kept_back} records before this one were kept back)"
                record.args = ()
        self._windows[record.name] = (began, count + 1)
        return count < PER_WINDOW


def quieten() -> None:
    """WARNING and above for the libraries, at a bounded rate. To be called once logging is configured."""
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    for handler in logging.getLogger().handlers:
        if not any(isinstance(f, RateLimited) for f in handler.filters):
            handler.addFilter(RateLimited())
