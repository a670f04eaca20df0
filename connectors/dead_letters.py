"""Headers of a record in the DLQ: where it came from and why it is there. Nothing personal, no stack traces."""

from __future__ import annotations

from hashlib import sha256

from schemas.errors import DeadLetter


def error_headers(
    error: DeadLetter, *, topic: str, partition: int = -1, offset: int = -1, mapping: str = "", attempt: int = 1
) -> list[tuple[str, bytes]]:
    """Kafka Connect's names, and ours. `topic` is where a repaired record goes back to; -1: it was never there.

    The fingerprint is equal for records with the same trouble: for counting, and for redriving them together.
    """
    kind = type(error).__name__
    cause = "\n".join([topic, error.stage, kind, mapping, error.field or "", error.reason])
    texts = {
        "__connect.errors.topic": topic,
        "__connect.errors.partition": str(partition),
        "__connect.errors.offset": str(offset),
        "__connect.errors.stage": error.stage,
        "__connect.errors.exception.class.name": kind,
        "__connect.errors.exception.message": str(error),
        "x-santai-mapping": mapping,
        "x-santai-attempt": str(attempt),
        "x-santai-fingerprint": sha256(cause.encode()).hexdigest()[:16],
    }
    return [(name, value.encode()) for name, value in texts.items()]
