"""Signed webhooks in: what `POST /intake/{system}` does, without a web framework."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.intake import Intake
from connectors.ledger import Ledger
from connectors.signature import BadSignature
from connectors.webhook_config import source_config
from mappings.body import parse_body
from mappings.fields import Complaint
from mappings.systems import System
from schemas.errors import DeadLetter, Retry, Unmappable
from schemas.events.intake import RawChange
from schemas.ids import deterministic_id, digest, submission_id

# Below Kafka's 1 MiB by what sealing and headers may add.
BODY_BYTES_MAX = 960 * 1024
TOO_LARGE = f"消息超过 {BODY_BYTES_MAX} 字节上限"

Answer = tuple[int, dict[str, Any]]
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class _Reading:
    """A message as it was understood: the change to keep, and what is wrong with it, if something is."""

    raw: RawChange
    submission: str = ""
    echo: bool = False
    error: Unmappable | None = None
    complaints: tuple[Complaint, ...] = ()


class WebhookIntake:
    """One system's door. `handle` blocks until Kafka has the message; call it from as many threads as you like.

    `on_result(system, result)` is called once a message: accepted, echo, unsigned, too_large, unmappable, unavailable.
    Raises Stop when the system's `source:` section is wrong.
    """

    def __init__(
        self,
        system: System,
        intake: Intake,
        ledger: Ledger,
        *,
        on_result: Callable[[str, str], None] = lambda _system, _result: None,
    ) -> None:
        self._system = system
        self._intake = intake
        self._ledger = ledger
        self._on_result = on_result
        self._scheme = source_config(system.name, system.source).signature.build()

    def handle(self, headers: Mapping[str, str], body: bytes, now: int) -> Answer:
        """HTTP status and JSON answer. `now` is ms since the epoch; header names are compared without case.

        202 only once all in-sync replicas have it. The partner may send again whatever it got no 2xx for.
        """
        result, status, answer = self._handle({name.lower(): value for name, value in headers.items()}, body, now)
        self._on_result(self._system.name, result)
        return status, answer

    def _handle(self, headers: Mapping[str, str], body: bytes, now: int) -> tuple[str, int, dict[str, Any]]:
        if len(body) > BODY_BYTES_MAX:
            return "too_large", 413, _reason(TOO_LARGE)
        try:
            self._scheme.verify(headers, body, now_s=now // 1000)
        except BadSignature as error:
            return "unsigned", 401, _reason(str(error))
        try:
            return self._keep(self._read(headers, body, now), headers.get("traceparent"))
        except Retry:
            return "unavailable", 503, _reason("暂时无法可靠保存，请稍后重发同一消息")
        except DeadLetter as error:  # sealed, it does not fit a record
            return "too_large", 413, _reason(error.reason)

    def _read(self, headers: Mapping[str, str], body: bytes, now: int) -> _Reading:
        """The same mapping as the one that counts, run to tell the sender at once what is wrong."""
        content_type = headers.get("content-type", "application/json")[:100]
        version = digest(body)
        source_key = f"?{version}"
        error: Unmappable | None = None
        submission, echo = "", False
        complaints: tuple[Complaint, ...] = ()
        try:
            document = parse_body(content_type, body)
            found = self._system.echo(document)
            echo = found is not None and self._ledger.is_echo(found.push_id, found.digest)
            if not echo:
                source_key = self._system.source_key(document)
                submission = submission_id(self._system.name, source_key)
                event_id = deterministic_id("raw", self._system.name, source_key, version)
                complaints = self._system.map_inbound(document, event_id, version, now).complaints
        except Unmappable as trouble:
            # Keys are not sealed, and what does not map may hold anything in the place of a number.
            error, source_key = trouble, f"?{version}"
        raw = RawChange(
            event_id=deterministic_id("raw", self._system.name, source_key, version),
            system=self._system.name,
            source_key=source_key,
            captured_at=now,
            content_type=content_type,
            body=body,
        )
        return _Reading(raw, submission, echo, error, complaints)

    def _keep(self, reading: _Reading, traceparent: str | None) -> tuple[str, int, dict[str, Any]]:
        if reading.echo:
            return "echo", 200, {"echo": True}
        if reading.error is not None:
            self._intake.dead_letter(reading.raw, reading.error, mapping=self._system.mapping)
            return "unmappable", 422, {"field": reading.error.field, "reason": reading.error.reason}
        if traceparent is not None and not _TRACEPARENT.fullmatch(traceparent):
            traceparent = None
        self._intake.publish([reading.raw], traceparent=traceparent)
        marks = [{"field": c.field, "reason": c.reason} for c in reading.complaints]
        return "accepted", 202, {"event_id": reading.raw.event_id, "submission_id": reading.submission, "marks": marks}


def _reason(reason: str) -> dict[str, Any]:
    return {"reason": reason}
