"""Golden cases of a mapping: what comes in and what must come out, beside each other in YAML (docs/mappings.md)."""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, fields
from itertools import zip_longest
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from mappings.body import parse_body
from mappings.systems import System
from mappings.tables import note_errors
from mappings.targets import InboxEvent
from mappings.times import local, to_ms
from mappings.yamlfile import YamlFile
from schemas.errors import Stop, Unmappable
from schemas.events.common import Member
from schemas.events.delivery import Delivery
from schemas.events.dossier import Dossier, Earlier
from schemas.events.inbox import Submission
from schemas.ids import digest

_IDS = frozenset({"submission_id", "system", "cause_id", "mapping"})
_TIMES = frozenset({"at", "received_at"})
_AT_MS = 1_772_676_000_000  # 2026-03-05 10:00 in Shanghai: when deliveries of cases happened, unless they say


class Case(BaseModel):
    """One case. Inbound: `input` (sent as JSON) or `text` (bytes in `encoding`), then `events` or `unmappable`, or
    `echo_of` / `no_echo_of` a delivery. Outbound: `delivery`, then `message` (null: not told)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    input: Any = None
    text: str | None = None
    encoding: str = "utf-8"
    content_type: str | None = None
    captured_at: str | None = None  # when the hub took it; without it no time lies ahead of that
    events: list[dict[str, Any]] | None = None
    marks: list[dict[str, str]] | None = None  # what the sender is told besides, where no submission bears it
    unmappable: dict[str, Any] | None = None
    echo_of: dict[str, Any] | None = None
    no_echo_of: dict[str, Any] | None = None
    delivery: dict[str, Any] | None = None
    message: dict[str, Any] | None = None


def load_cases(folder: Path) -> list[tuple[Path, Case]]:
    """The cases of all files of a folder. Stop if one is not of that shape."""
    cases: list[tuple[Path, Case]] = []
    for path in sorted(folder.glob("*.yaml")):
        file = YamlFile.read(path)
        for index, item in enumerate(file.data or []):
            try:
                cases.append((path, Case.model_validate(item)))
            except ValidationError as error:
                before = len(file.findings)
                note_errors(file, error, Case)
                file.findings[before:] = [f"第 {index + 1} 例：{finding}" for finding in file.findings[before:]]
        if file.findings:
            raise Stop(file.findings[0])
    return cases


def outcome(system: System, case: Case) -> dict[str, Any]:
    """What the mapping makes of the case, in the shape the case states it: no defaults, times readable."""
    if case.delivery is not None:
        message = system.map_outbound(delivery_of(system, case.delivery))
        return {"message": None if message is None else {"operation": message.operation, "body": message.body}}
    try:
        body = case.text.encode(case.encoding) if case.text is not None else orjson.dumps(case.input)
        document = parse_body(case.content_type or _content_type(system, body), body)
        for name, wanted in (("echo_of", case.echo_of), ("no_echo_of", case.no_echo_of)):
            if wanted is not None:
                return {name: wanted if _is_echo(system, document, wanted) == (name == "echo_of") else None}
        captured_at = None if case.captured_at is None else to_ms(case.captured_at)
        mapped = system.map_inbound(document, "", digest(body), captured_at)
    except Unmappable as error:
        return {"unmappable": {"field": error.field, "reason": error.reason}}
    found: dict[str, Any] = {"events": [{type(event).__name__: _plain(event)} for event in mapped.events]}
    if mapped.complaints and not isinstance(mapped.events[0], Submission):
        found["marks"] = [asdict(complaint) for complaint in mapped.complaints]
    return found


def expected(case: Case) -> dict[str, Any]:
    """What the case says must come out."""
    if case.delivery is not None:
        return {"message": case.message}
    stated = case.model_dump(include={"events", "marks", "unmappable", "echo_of", "no_echo_of"}, exclude_none=True)
    return dict(stated)


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where what came out is not what was expected; `path` is empty for the whole. None: nothing there."""

    path: str
    expected: Any
    found: Any


def differences(wanted: Any, found: Any, path: str = "") -> list[Difference]:
    """Field by field, in the order of the case; none when the two are equal."""
    if wanted == found:
        return []
    if isinstance(wanted, dict) and isinstance(found, dict):
        parts = [(f"{path}.{key}".lstrip("."), wanted.get(key), found.get(key)) for key in {**wanted, **found}]
    elif isinstance(wanted, list) and isinstance(found, list):
        parts = [(f"{path}[{n}]", *pair) for n, pair in enumerate(zip_longest(wanted, found))]
    else:
        return [Difference(path, wanted, found)]
    # Equal but for a key that holds None on one side: no part differs, so the whole is shown.
    return [d for part, a, b in parts for d in differences(a, b, part)] or [Difference(path, wanted, found)]


def delivery_of(system: System, stated: dict[str, Any]) -> Delivery:
    """A delivery of which the case states what matters."""
    values = dict(stated)
    member, earlier = values.pop("member", None), values.pop("dossier", None)
    made: dict[str, Any] = {
        "event_id": "push",
        "ticket_id": "ticket",
        "seq": 1,
        "at": _AT_MS,
        "system": system.name,
    } | values
    if member is not None:
        made["member"] = Member(**({"submission_id": "member", "system": system.name} | member))
    if earlier is not None:
        made["dossier"] = Dossier(earlier=tuple(Earlier(**one) for one in earlier))
    return Delivery(**made)


def _is_echo(system: System, document: Any, stated: dict[str, Any]) -> bool:
    """Whether the document would be taken for the return of this delivery."""
    delivery = delivery_of(system, stated)
    message = system.map_outbound(delivery)
    echo = system.echo(document)
    return (
        message is not None
        and echo is not None
        and (echo.push_id, echo.digest) == (delivery.event_id, message.echo_digest)
    )


def _content_type(system: System, body: bytes) -> str:
    return "application/xml" if system.kind == "soap" and body.lstrip().startswith(b"<") else "application/json"


def _plain(event: InboxEvent) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for field in fields(event):
        value = getattr(event, field.name)
        if field.name in _IDS or (field.default is not MISSING and value == field.default):
            continue
        if field.name in _TIMES:
            shown[field.name] = local(value).isoformat(timespec="milliseconds")
        elif hasattr(value, "__dataclass_fields__"):
            shown[field.name] = {name: part for name, part in asdict(value).items() if part is not None}
        elif isinstance(value, tuple):
            shown[field.name] = [asdict(item) if hasattr(item, "__dataclass_fields__") else item for item in value]
        else:
            shown[field.name] = value
    return shown
