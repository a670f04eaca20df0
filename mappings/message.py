"""What an outbound mapping makes of a delivery: an operation of the system and its body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """What to tell a system, in the system's own words. The body holds personal data in plain text: memory only."""

    operation: str
    body: dict[str, Any]
    echo_digest: str | None = None  # digest of the fields that come back when the system returns our own writing
