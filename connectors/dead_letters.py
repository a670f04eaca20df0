"""Headers of a record in the DLQ: where it came from and why it is there. Nothing personal, no stack traces."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.errors import DeadLetter, fingerprint

_ERRORS = "__connect.errors."
_ATTEMPT = "x-santai-attempt"
_FINGERPRINT = "x-santai-fingerprint"
_MAPPING = "x-santai-mapping"

Header = tuple[str, bytes]


def error_headers(
    error: DeadLetter,
    before: Iterable[Header] = (),
    *,
    topic: str,
    partition: int = -1,
    offset: int = -1,
    mapping: str = "",
) -> list[Header]:
    """The record's own headers `before`, then what went wrong, in Kafka Connect's names and ours.

    `topic` is where a repaired record goes back to; partition and offset -1: it was never there. The fingerprint, the
    same that the streams write, is equal for records with the same trouble: to count and to redrive them together.
    """
    own = list(before)
    attempts = next((int(value) for name, value in own if name == _ATTEMPT and value.isdigit() and len(value) < 10), 0)
    kind = type(error).__name__
    told = {
        f"{_ERRORS}topic": topic,
        f"{_ERRORS}partition": str(partition),
        f"{_ERRORS}offset": str(offset),
        f"{_ERRORS}stage": error.stage,
        f"{_ERRORS}exception.class.name": kind,
        f"{_ERRORS}exception.message": str(error),
        _ATTEMPT: str(attempts + 1),
        _FINGERPRINT: fingerprint(error.stage, kind, str(error)),
    }
    if mapping:
        told[_MAPPING] = mapping
    kept = [(name, value) for name, value in own if name not in told and not name.startswith(_ERRORS)]
    return [*kept, *((name, value.encode()) for name, value in told.items())]
