"""Errors, typed by what the caller does next. Messages carry coordinates and the remedy, never personal data."""

from __future__ import annotations


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
