"""Errors, typed by what the caller does next. Messages carry coordinates and the remedy, never personal data."""

from __future__ import annotations

import re
from hashlib import blake2b


class SantaiError(Exception):
    """Base of all errors this project raises on purpose."""


class Retry(SantaiError):
    """Passing trouble (broker, database, partner unreachable): do the same again later."""


class DeadLetter(SantaiError):
    """This input can never be handled as it is: keep its bytes in the DLQ and go on with the next."""

    def __init__(self, stage: str, reason: str, *, field: str | None = None) -> None:
        super().__init__(f"{stage}: {reason}" + (f" (field {field})" if field else ""))
        self.stage = stage
        self.reason = reason
        self.field = field


class Unreadable(DeadLetter):
    """The codec cannot read the bytes: no magic byte, unknown schema id, broken Avro, a seal that does not open."""

    def __init__(self, reason: str) -> None:
        super().__init__("decode", reason)


class Unmappable(DeadLetter):
    """The record does not map: it cannot be identified, or is of a shape the mapping does not know."""

    def __init__(self, reason: str, *, field: str | None = None) -> None:
        super().__init__("mapping", reason, field=field)


class Stop(SantaiError):
    """Going on would do harm or is pointless (missing setting, incompatible schema): end with exit code 2."""


_PLACE = re.compile(r"（第 \d+ 行第 \d+ 列）")


def place(line: int, column: int) -> str:
    """Where in a message the trouble is, as a reason ends with it. It tells no two kinds of trouble apart."""
    return f"（第 {line} 行第 {column} 列）"


def without_place(reason: str) -> str:
    """The reason as all records with the same trouble share it."""
    return _PLACE.sub("", reason)


def fingerprint(stage: str, error_class: str, message: str) -> str:
    """Equal for dead letters with the same trouble, wherever in the message it is: 16 hexadecimal digits."""
    told = "\n".join((stage, error_class, without_place(message)))
    return blake2b(told.encode(), digest_size=8).hexdigest()
