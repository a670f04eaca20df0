"""The lines of a file to match: submissions, statuses, decisions. What cannot be read of a line is left out of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from mappings import times, transforms
from mappings.problems import FieldProblem
from mappings.vocabulary import Channel, Family, RequestKind, State
from santai.words import LOCAL
from schemas.events.book import Features, Note, Ruling
from schemas.events.common import Agent, Counterparty, Person
from streams.core.compare import compared

Line = Features | Note | Ruling

_LINE_BYTES_MAX = 4 << 20
_BAD_TOLD_MAX = 20
_ID_CHARS_MAX = 200
_TEXT_CHARS_MAX = 2_000  # of which the beginning is compared
_STATES = frozenset(map(str, State))
_KINDS = frozenset(map(str, RequestKind))
_FAMILIES = frozenset(map(str, Family))
_CHANNELS = frozenset(map(str, Channel))
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_IN_A_NAME = re.compile(r"\d{17}[\dXx]|\d{15}|1[3-9]\d{9}", re.ASCII)
_NOT_A_NAME = re.compile(r"[\d\s:：;；,，()（）/\\|-]+")


@dataclass(slots=True)
class Reader:
    """Reads lines in order of arrival; counts what is no line of ours, and where the first of it stands."""

    bad: int = 0
    bad_at: list[int] = field(default_factory=list)  # the numbers of the first of them, from 1
    read_lines: int = 0
    received_at: int = 0  # of the last submission that said when
    _notes: int = field(default=0, repr=False)

    def read(self, file: Iterable[bytes]) -> Iterator[Line]:
        """Every line that says something."""
        for raw in file:
            found = self.line(raw)
            if found is not None:
                yield found

    def line(self, raw: bytes) -> Line | None:
        """One line; None, and counted, if it cannot be understood at all."""
        try:
            data = orjson.loads(raw) if len(raw) <= _LINE_BYTES_MAX else None
            found = self._understood(data) if isinstance(data, dict) else None
        except orjson.JSONDecodeError:
            found = None
        self.read_lines += 1
        if found is None and raw.strip():
            self.bad += 1
            if len(self.bad_at) < _BAD_TOLD_MAX:
                self.bad_at.append(self.read_lines)
        return found

    def _understood(self, data: dict[str, Any]) -> Line | None:
        match data.get("type"):
            case "submission":
                return self._submission(data)
            case "status":
                sid, state, at = _key(data.get("submission_id")), _word(data.get("state"), _STATES), _ms(data.get("at"))
                if sid is None or state is None:
                    return None
                self._notes += 1
                return Note(
                    event_id=f"{self._notes:012}", submission_id=sid, system="", what="status",
                    at=self.received_at if at is None else at, state=state,
                )  # fmt: skip
            case "decision":
                a, b, at = _key(data.get("a")), _key(data.get("b")), _ms(data.get("at"))
                if a is None or b is None or a == b:
                    return None
                return Ruling(a=a, b=b, same=data.get("same") is True, at=at or self.received_at, by="")
        return None

    def _submission(self, d: dict[str, Any]) -> Features | None:
        sid = _key(d.get("submission_id"))
        if sid is None:
            return None
        at = _ms(d.get("received_at"))
        if at is not None:
            self.received_at = at
        source_id = _number(d.get("source_id"))
        version = d.get("version")
        f = Features(
            submission_id=sid,
            system=sys.intern(_short(d.get("system")) or ""),
            source_key=source_id or sid,
            number=source_id,
            version=version if isinstance(version, int) and 0 <= version < 2**60 else 0,
            channel=_word(d.get("channel"), _CHANNELS) or "other",
            kind=_word(d.get("kind"), _KINDS),
            received_at=self.received_at,
            family=_word(d.get("family"), _FAMILIES),
            item=_short(d.get("item")),
            purpose=_short(d.get("purpose")),
            person=_person(_dict(d.get("person"))),
            agent=_agent(_dict(d.get("agent"))),
            counterparty=_party(_dict(d.get("counterparty"))),
            case_no=_field(transforms.case_number, d.get("case_no")),
            doc_no=_field(transforms.case_number, d.get("doc_no")),
            incident_date=_date(d.get("incident_date")),
            title=_text(d.get("title")),
            text=_text(d.get("text")),
            related_numbers=_numbers(d.get("related_numbers")),
            parent_no=_quoted(d.get("parent_no")),
            confidential=_flag(d.get("confidential"), when_bad=True),
            anonymous=_flag(d.get("anonymous"), when_bad=False),
        )
        return compared(f)


def _person(d: dict[str, Any]) -> Person:
    name, inside = _name(d.get("name"))
    number, typed = _id(d.get("id_number"))
    phone = _phone(d.get("phone"))
    if inside:
        if _MOBILE.fullmatch(inside):
            phone = phone or inside
        elif number is None and typed is None:
            number, typed = _id(inside)
    return Person(
        type="legal" if d.get("type") == "legal" else "natural",
        name=name, id_number=number, id_typed=typed, phone=phone, region=_region(d.get("region")),
    )  # fmt: skip


def _agent(d: dict[str, Any]) -> Agent | None:
    if not d:
        return None
    found = Agent(
        name=_name(d.get("name"))[0], id_number=_id(d.get("id_number"))[0], phone=_phone(d.get("phone")),
        role=_short(d.get("role")),
    )  # fmt: skip
    return None if found == Agent() else found


def _party(d: dict[str, Any]) -> Counterparty | None:
    if not d:
        return None
    name = _field(transforms.name, d.get("name"))
    found = Counterparty(
        name=name[:_ID_CHARS_MAX] if name else None,
        id_number=_id(d.get("id_number"))[0], phone=_phone(d.get("phone")),
    )  # fmt: skip
    return None if found == Counterparty() else found


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _key(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and 0 < len(value) <= _ID_CHARS_MAX else None


def _field(read: Callable[[object], Any], value: object) -> Any:
    """What the transform of the mappings makes of it; None where it cannot be read."""
    if value is None or value == "" or (isinstance(value, str) and len(value) > _TEXT_CHARS_MAX):
        return None
    try:
        return read(value)
    except FieldProblem:
        return None


def _short(value: object) -> str | None:
    found: str | None = _field(transforms.line, value)
    return found[:_ID_CHARS_MAX] if found else None


def _word(value: object, known: frozenset[str]) -> str | None:
    return sys.intern(value) if isinstance(value, str) and value in known else None


def _name(value: object) -> tuple[str | None, str | None]:
    """A name, and the number that was typed into its field."""
    found: str | None = _field(transforms.name, value)
    if not found:
        return None, None
    inside = _IN_A_NAME.search(found)
    if inside or found.isascii():
        number = inside.group() if inside else None
        rest = _NOT_A_NAME.sub("", found.replace(number, "") if number else found)
        return rest[:_ID_CHARS_MAX] or None, number
    return found[:_ID_CHARS_MAX], None


def _id(value: object) -> tuple[str | None, str | None]:
    """A valid number, or as it was typed."""
    if value is None or value == "":
        return None, None
    try:
        return transforms.PLAIN["id_number"](value), None
    except FieldProblem as problem:
        return None, problem.kept


def _phone(value: object) -> str | None:
    if isinstance(value, str) and _MOBILE.fullmatch(value):
        return value
    found: str | None = _field(transforms.phone, value)
    return found


def _region(value: object) -> str | None:
    found = _field(transforms.region, value) or _short(value)
    return sys.intern(found) if found else None


def _date(value: object) -> str | None:
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        return value
    found: str | None = _field(times.to_date, value)
    return found


def _text(value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    found: str | None = _field(transforms.text, value[:_TEXT_CHARS_MAX])
    return found


def _number(value: object) -> str | None:
    if isinstance(value, str) and value.isascii() and value.isalnum() and len(value) <= _ID_CHARS_MAX:
        return value
    found: str | None = _field(transforms.number, value)
    return found[:_ID_CHARS_MAX] if found else None


def _quoted(value: object) -> str | None:
    """system:number"""
    if not isinstance(value, str) or len(value) > _ID_CHARS_MAX:
        return None
    system, _, number = value.partition(":")
    bare = _number(number)
    return f"{system.strip()}:{bare}" if bare else None


def _numbers(value: object) -> tuple[str, ...]:
    if not value:
        return ()
    items = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(n for n in map(_quoted, items[:20]) if n))


def _flag(value: object, *, when_bad: bool) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    try:
        return transforms.yes_no(value)
    except FieldProblem:
        return when_bad


def _ms(value: object) -> int | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
            return int((at if at.tzinfo else at.replace(tzinfo=LOCAL)).timestamp() * 1000)
        except (ValueError, OverflowError):
            pass
    try:
        found = times.to_ms(value)
    except (FieldProblem, ValueError, OverflowError):
        return None
    return found if found is not None and abs(found) < 2**53 else None
