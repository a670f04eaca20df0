"""What is in `avro/`: which record types there are, on which topics they travel, and which class holds each."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass, is_dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from fastavro.schema import SchemaParseException, parse_schema

import schemas.events
from schemas.errors import Stop
from schemas.topics import Topics

FOLDER = Path(__file__).parent / "avro"
Schema = dict[str, Any]


class Compatibility(StrEnum):
    """The registry's word for what a new version must be able to do."""

    BOTH = "FULL_TRANSITIVE"  # partners upgrade when they like
    BACKWARD = "BACKWARD_TRANSITIVE"  # our own: new programs read all old records


@dataclass(frozen=True, slots=True)
class Subject:
    """One record type on one topic (TopicRecordName)."""

    name: str
    schema: Schema
    compatibility: Compatibility


@dataclass(frozen=True, slots=True)
class Catalog:
    """All schemas as written in the files, by full name."""

    events: dict[str, Schema]
    folders: dict[str, tuple[str, ...]]  # folder → full names of its record types
    inner: dict[str, Schema]
    history: dict[tuple[str, int], Schema]  # (full name, version) of inner records' earlier versions

    def current(self, name: str) -> Schema:
        """The schema of a full name, event or inner. Raises Stop when there is none."""
        found = self.events.get(name) or self.inner.get(name)
        if found is None:
            raise Stop(f"schemas/avro 中没有 {name} 的模式文件")
        return found


def subject(topic: str, event_type: type[object]) -> str:
    """TopicRecordName of an event class on a topic."""
    return f"{topic}-cn.santai.{event_type.__name__}"


def record_name(subject_name: str) -> str:
    """Full name of the record type of a subject; topics may hold hyphens, record names cannot."""
    return subject_name.rpartition("-")[2]


def subjects(topics: Topics, systems: Iterable[str]) -> list[Subject]:
    """All (topic, record type) there can be, with the systems given."""
    known = catalog()
    names = tuple(systems)
    partner = Compatibility.BOTH
    ours = Compatibility.BACKWARD
    places = [(topics.intake(system), "intake", ours) for system in names]
    places += [(topics.inbox, "inbox", ours), (topics.claims, "claims", ours)]
    places += [(topics.deliveries(system), "deliveries", ours) for system in names]
    found = [
        Subject(f"{topic}-{name}", known.events[name], compatibility)
        for topic, folder, compatibility in places
        for name in known.folders[folder]
    ]
    elsewhere = {"cn.santai.TicketState": (topics.state,), "cn.santai.Alert": (topics.alerts, topics.events)}
    for name in known.folders["ticket"]:
        for topic in elsewhere.get(name, (topics.events,)):
            found.append(Subject(f"{topic}-{name}", known.events[name], partner))
    return found


@cache
def catalog() -> Catalog:
    """The files of `avro/`, read once. Raises Stop naming the file that is no schema."""
    events: dict[str, Schema] = {}
    folders: dict[str, tuple[str, ...]] = {}
    for folder in sorted(path for path in FOLDER.iterdir() if path.is_dir() and path.name != "inner"):
        read = [_read(path) for path in sorted(folder.glob("*.avsc"))]
        folders[folder.name] = tuple(full_name(schema) for schema in read)
        events.update((full_name(schema), schema) for schema in read)
    inner = {full_name(schema): schema for schema in map(_read, sorted((FOLDER / "inner").glob("*.avsc")))}
    old = map(_read, sorted((FOLDER / "inner" / "history").glob("*.avsc")))
    history = {(full_name(schema), version(schema)): schema for schema in old}
    return Catalog(events, folders, inner, history)


def full_name(schema: Schema) -> str:
    """Namespace and name of a record schema."""
    return f"{schema['namespace']}.{schema['name']}"


def version(schema: Schema) -> int:
    """Version of an inner schema (attribute `version`, 1 when absent): the byte in front of stored values."""
    return int(schema.get("version", 1))


def parsed(schema: Schema) -> Any:
    """As fastavro wants it, without logical types: times stay integers. Raises ValueError when it is no schema."""
    try:
        return parse_schema(_bare(schema))
    except (SchemaParseException, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an Avro schema: {type(error).__name__}") from error


@cache
def class_of(name: str) -> type[Any]:
    """The dataclass of a record's simple name, from `schemas/events`. Raises Stop when there is none, or several."""
    found = []
    for module in pkgutil.iter_modules(schemas.events.__path__, "schemas.events."):
        cls = vars(importlib.import_module(module.name)).get(name)
        if isinstance(cls, type) and is_dataclass(cls) and cls.__module__ == module.name:
            found.append(cls)
    if len(found) != 1:
        raise Stop(f"schemas/events 中须恰有一个名为 {name} 的数据类,实有 {len(found)} 个")
    return found[0]


def _read(path: Path) -> Schema:
    try:
        schema: Schema = json.loads(path.read_bytes())
        parsed(schema)
    except ValueError as error:
        raise Stop(f"{path.relative_to(FOLDER)} 不是合格的 Avro 模式:{error}") from error
    return schema


def _bare(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: value if key == "default" else _bare(value)
            for key, value in node.items()
            if key not in ("logicalType", "doc")
        }
    return [_bare(item) for item in node] if isinstance(node, list) else node
