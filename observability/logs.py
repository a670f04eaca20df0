"""Logging of a process: plain or JSON lines on stderr, personal data masked, noisy libraries kept short.

Nothing personal should reach a log. Should it slip in all the same, numbers that look like an ID or a phone are
masked in every line, tracebacks included.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import IO, Any

from observability.outage import OUTAGE

# Libraries whose loggers say the same thing again and again while a broker is away, and which are costly at DEBUG.
NOISY = (
    "aiokafka",
    "faust",
    "mode",
    "kafka",
    "rdkafka",
    "zeep",
    "urllib3",
    "httpx",
    "httpcore",
    "asyncio",
    "sqlalchemy",
)

# Loops of our own that say so each time while they wait for a broker or a database.
WAITING = (
    "connectors.deliveries",
    "connectors.dispatch",
    "santai.projector.projector",
    "santai.services.projector",
    "streams.engine.recovery",
)

_PERSONAL = re.compile(
    r"""
      (?P<kept> \b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b | \b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})\b )
    | (?P<id>   (?<!\d) (?: \d{17}[\dXxＸｘ] | [1-9]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3} ) (?!\d) )
    | (?P<phone> (?<!\d)
        (?: (?:\+?86[\s-]?)? [1１][3-9３-９]\d(?P<gap>[\s-]?)\d{4}(?P=gap)\d{4} | 0\d{2,3}-\d{7,8} ) (?!\d) )
    """,
    re.VERBOSE,
)
_GAP = re.compile(r'[\s="]')
# uvicorn's records carry their message a second time, in colour.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def mask(text: str) -> str:
    """The text with what looks like an ID number or a phone replaced; ids and digests of our own stay."""
    return _PERSONAL.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    if found["kept"]:
        return found["kept"]
    return "<证件号>" if found["id"] else "<电话>"


class PlainFormatter(logging.Formatter):
    """One line a record, for people; `extra` fields follow the message as key=value."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The masked line."""
        return mask(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line before traceback and mask."""
        return " ".join([super().formatMessage(record), *(f"{key}={_word(value)}" for key, value in _extra(record))])


class JsonFormatter(logging.Formatter):
    """One JSON object a line; `extra` fields become keys of their own."""

    def format(self, record: logging.LogRecord) -> str:
        """The masked object."""
        line: dict[str, Any] = {
            "at": int(record.created * 1000),
            "level": record.levelname,
            "logger": record.name,
            "message": mask(record.getMessage()),
        }
        line |= {key: _plain(value) for key, value in _extra(record)}
        if record.exc_info:
            line["error"] = mask(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def _extra(record: logging.LogRecord) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in vars(record).items() if key not in _STANDARD]


def _word(value: Any) -> str:
    """As it is, or quoted where it would not be seen where it ends."""
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if not text or _GAP.search(text) else text


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | float):
        return value
    text = mask(str(value))
    return value if isinstance(value, int) and text == str(value) else text


@dataclass(slots=True)
class _Window:
    began: float
    passed: int = 0
    dropped: int = 0


class RateLimit(logging.Filter):
    """Lets `burst` like records of a noisy logger through in each period, and says how many it kept back.

    Alike are records of one logger, level and message template. Besides, all records of one noisy logger together may
    be ten times as many. Others pass untouched. The state is bounded.
    """

    _KEYS_KEPT = 1_000

    def __init__(
        self,
        noisy: tuple[str, ...] = NOISY,
        burst: int = 5,
        period: float = 60,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._noisy, self._burst, self._period, self._clock = frozenset(noisy), burst, period, clock
        self._alike: dict[Hashable, _Window] = {}
        self._loggers: dict[Hashable, _Window] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record may pass; the first after a silence tells how many did not."""
        if record.name not in self._noisy and record.name.partition(".")[0] not in self._noisy:
            return True
        with self._lock:
            alike = self._admit(self._alike, (record.name, record.levelno, str(record.msg)), self._burst)
            of_logger = None if alike is None else self._admit(self._loggers, record.name, self._burst * 10)
        if alike is None or of_logger is None:
            return False
        if kept_back := alike + of_logger:
            record.msg = f"{record.getMessage()} ({kept_back} like it kept back)"
            record.args = None
        return True

    def _admit(self, windows: dict[Hashable, _Window], key: Hashable, burst: int) -> int | None:
        """None: not now; else how many were kept back since the last that passed."""
        now = self._clock()
        window = windows.get(key)
        dropped = 0
        if window is None or now - window.began >= self._period:
            dropped = window.dropped if window else 0
            windows.pop(key, None)  # the newest go to the end
            while len(windows) >= self._KEYS_KEPT:
                del windows[next(iter(windows))]
            window = windows[key] = _Window(now)
        if window.passed >= burst:
            window.dropped += 1
            return None
        window.passed += 1
        return dropped


def set_up(level: str = "INFO", *, as_json: bool = False, stream: IO[str] | None = None) -> None:
    """Set the root logger up; whatever was set up before is replaced. ValueError: no such level.

    The noisy libraries get WARNING at least: at DEBUG they spend an eighth of the CPU on records nobody sees.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if as_json else PlainFormatter())
    handler.addFilter(OUTAGE)
    handler.addFilter(RateLimit(NOISY + WAITING))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in NOISY:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
    logging.captureWarnings(True)
