"""Reads dates and times as legacy systems write them. Local time is Asia/Shanghai, +08:00; results are UTC milliseconds
or ISO dates. What says "no date" (empty, 00000000, 1900-01-01) is None; what cannot be read is a FieldProblem."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone

from mappings.problems import FieldProblem

SHANGHAI = timezone(timedelta(hours=8))
_EPOCH_LOCAL = datetime(1970, 1, 1, 8)
_EPOCH_UTC = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_YEARS = range(1930, 2100)
_EPOCH_MS = range(10**12, 10**13)  # 2001 to 2286; shorter numbers are not guessed at

_WRITTEN = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[T\s]*(\d{1,2})\s*[:时点]\s*(\d{1,2})\s*分?(?:\s*:?\s*(\d{1,2})(?:\.\d+)?\s*秒?)?)?",
    re.ASCII,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?", re.ASCII)
_NO_DATE = re.compile(r"[0\s:/.T-]*|1900-0?1-0?1.*|19000101.*|9999.*|无|/|-+|null", re.IGNORECASE)


def to_ms(value: object) -> int | None:
    """Milliseconds since the epoch of a local or zoned time; a date alone means its first moment.

    >>> to_ms("2026-03-05 10:00:00"), to_ms("2026年3月5日"), to_ms("00000000")
    (1772676000000, 1772640000000, None)
    """
    if isinstance(value, int) and value in _EPOCH_MS and not isinstance(value, bool):
        return value
    when = _parse(value)
    if when is None:
        return None
    if when.tzinfo is None:
        return (when - _EPOCH_LOCAL) // _MILLISECOND
    return (when - _EPOCH_UTC) // _MILLISECOND


def to_date(value: object) -> str | None:
    """The date, YYYY-MM-DD, as a calendar in Shanghai shows it."""
    if isinstance(value, int) and value in _EPOCH_MS and not isinstance(value, bool):
        return local(value).date().isoformat()
    when = _parse(value)
    if when is None:
        return None
    if when.tzinfo is not None:
        when = when.astimezone(SHANGHAI)
    return when.date().isoformat()


def local(at_ms: int) -> datetime:
    """The moment as a clock in Shanghai shows it."""
    return datetime.fromtimestamp(at_ms / 1000, SHANGHAI)


def is_date(year: str, month: str, day: str) -> bool:
    """Whether there is such a day."""
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def _parse(value: object) -> datetime | None:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else None
    if text is None or len(text) > 40:
        raise _bad()
    try:
        if len(text) >= 10 and text[4] == "-" and text[7] == "-":
            when = datetime.fromisoformat(text)
        else:
            parsed = _parse_written(text)
            if parsed is None:
                return None
            when = parsed
    except (ValueError, OverflowError):
        if _NO_DATE.fullmatch(text):
            return None
        again = _parse_written(text)
        if again is None:
            return None
        when = again
    if when.year not in _YEARS:
        if _NO_DATE.fullmatch(text):
            return None
        raise FieldProblem("bad_date", f"年份不合理，应在 {_YEARS[0]} 至 {_YEARS[-1]} 年之间")
    return when


def _parse_written(text: str) -> datetime | None:
    """Other ways of writing than ISO; full-width digits are digits."""
    if _NO_DATE.fullmatch(text):
        return None
    text = unicodedata.normalize("NFKC", text)
    match = _WRITTEN.fullmatch(text) or _COMPACT.fullmatch(text)
    if match is None:
        raise _bad()
    try:
        return datetime(*(int(part) for part in match.groups() if part is not None))  # type: ignore[arg-type]
    except ValueError:
        raise _bad() from None


def _bad() -> FieldProblem:
    return FieldProblem("bad_date", "日期或时间无法识别")
