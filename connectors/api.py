"""What a connector kind is: a source that yields documents, a sink that tells a system. A system is configuration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from mappings.message import Message


@dataclass(frozen=True, slots=True)
class Document:
    """One raw record of a system: the bytes as they came, and what they parse to."""

    body: bytes
    content_type: str
    parsed: Any


@dataclass(frozen=True, slots=True)
class Page:
    """What one poll found. The position is opaque to the runner, kept only after the page is durable on Kafka."""

    documents: tuple[Document, ...]
    position: dict[str, Any] = field(default_factory=dict)
    more: bool = False


class PullSource(Protocol):
    """A system that is asked. Raises Retry when it cannot be reached, Stop when the configuration is wrong."""

    def poll(self, position: dict[str, Any] | None) -> Page:
        """What is new since the position; None: from the beginning. May return a record again, never skip one."""

    def acknowledge(self, documents: Iterable[Document]) -> None:
        """The documents are durable: tell the source, where it has a way to be told."""


class Told(StrEnum):
    """How telling a system ended."""

    DONE = "done"  # it has it, now or from an earlier try
    REFUSED = "refused"  # it will never take it: a person must look
    RETRY = "retry"  # it certainly does not have it: try again later
    UNKNOWN = "unknown"  # it may have it: the answer was lost


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one try; the reason is Chinese and free of personal data."""

    told: Told
    reason: str = ""


class Sink(Protocol):
    """A system that is told. Never raises for what the partner answers: that is a Result."""

    def send(self, message: Message, push_id: str) -> Result:
        """Tell the system. The push id is the idempotency key; sending it again must be harmless where the system
        can make it so."""

    def close(self) -> None:
        """Let go of connections."""
