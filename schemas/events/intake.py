"""Raw changes: the first truth."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RawChange:
    """A change in a legacy system, exactly as it came: the first truth."""

    event_id: str
    system: str
    source_key: str
    captured_at: int
    content_type: str
    body: bytes
