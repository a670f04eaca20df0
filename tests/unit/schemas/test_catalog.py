"""The files of avro/, the dataclasses and the topics agree with each other."""

from __future__ import annotations

import types
import typing
from dataclasses import MISSING, fields
from typing import Any

import pytest

from schemas.catalog import Compatibility, Schema, catalog, class_of, full_name, parsed, record_name, subject, subjects
from schemas.codec import Codec, LocalSchemaIds
from schemas.errors import Stop
from schemas.events.delivery import Delivery
from schemas.plan import SEALED
from schemas.topics import Topics
from tests.unit.schemas.keys import sealer

EVERYTHING = {**catalog().events, **catalog().inner}
PERSONAL = {
    *("name", "person_name", "full_name", "party_name", "id_number", "id_card", "certificate", "birth_date"),
    *("phone", "mobile", "telephone", "address", "email"),
    *("title", "text", "note", "body", "content", "contents", "features", "payload", "case_no", "doc_no"),
}
_PRIMITIVES = {"string": str, "bytes": bytes, "boolean": bool, "int": int, "long": int, "double": float}


def test_every_record_type_lies_where_its_name_says() -> None:
    assert set(catalog().folders) == {"intake", "inbox", "claims", "ticket", "deliveries"}
    assert all(name.startswith("cn.santai.") and name.count(".") == 2 for name in catalog().events)
    assert all(name.startswith("cn.santai.inner.") for name in catalog().inner)


@pytest.mark.parametrize("name", sorted(EVERYTHING))
def test_dataclasses_agree_with_their_schema(name: str) -> None:
    for schema, cls in _pairs(parsed(EVERYTHING[name]), {}):
        hints = typing.get_type_hints(cls)
        assert [field["name"] for field in schema["fields"]] == [field.name for field in fields(cls)], cls
        for ours, theirs in zip(fields(cls), schema["fields"], strict=True):
            assert hints[ours.name] == _expected(theirs), f"{cls.__name__}.{ours.name}"
            default = () if theirs.get("default") == [] else theirs.get("default", MISSING)
            assert ours.default == default, f"{cls.__name__}.{ours.name}"


@pytest.mark.parametrize("name", sorted(catalog().events))
def test_personal_fields_are_tagged_and_sealed(name: str) -> None:
    """A field whose name sounds personal must not stand in an event in the clear."""
    for schema, _ in _pairs(parsed(catalog().events[name]), {}):
        for field in schema["fields"]:
            if field["name"] in PERSONAL or any(field["name"].endswith("_" + word) for word in PERSONAL):
                assert "pii" in field, f"{schema['name']}.{field['name']}"
            if "pii" in field:
                kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
                assert [_name(kind) for kind in kinds if kind != "null"] == [SEALED]


def test_every_type_compiles_and_encodes() -> None:
    codec = Codec(sealer(), LocalSchemaIds())
    for name in catalog().events:
        cls = class_of(name.rpartition(".")[2])
        with pytest.raises((TypeError, AttributeError)):
            codec.encode("t", cls())  # compiled; but nothing has only defaults


def test_subjects_of_all_topics() -> None:
    found = subjects(Topics("demo"), ["legal-aid", "12345"])
    names = [one.name for one in found]
    assert len(set(names)) == len(names)
    assert {record_name(name) for name in names} == set(catalog().events), "each record type is on some topic"
    assert subject(Topics("demo").deliveries("legal-aid"), Delivery) in names
    assert "demo.intake.legal-aid.v1-cn.santai.RawChange" in names
    assert "demo.ticket.state.v1-cn.santai.TicketState" in names
    assert "demo.alerts.v1-cn.santai.Alert" in names
    assert "demo.ticket.events.v1-cn.santai.TicketOpened" in names
    partner = {one.name.split("-cn.")[0] for one in found if one.compatibility is Compatibility.BOTH}
    assert partner == {"demo.ticket.events.v1", "demo.ticket.state.v1", "demo.alerts.v1"}
    assert all(full_name(one.schema) == record_name(one.name) for one in found)


def test_names_without_schema_or_class_stop() -> None:
    with pytest.raises(Stop, match=r"cn\.santai\.Nothing"):
        catalog().current("cn.santai.Nothing")
    with pytest.raises(Stop, match="Nothing"):
        class_of("Nothing")


def _pairs(schema: Any, named: dict[str, Any]) -> list[tuple[Schema, type[Any]]]:
    """All records in a schema, but for Sealed, with their dataclasses."""
    if isinstance(schema, list):
        return [pair for branch in schema for pair in _pairs(branch, named)]
    if not isinstance(schema, dict) or _name(schema) == SEALED:
        return []
    if schema["type"] == "array":
        return _pairs(schema["items"], named)
    if schema["type"] != "record":
        return []
    mine = [(schema, class_of(schema["name"].rpartition(".")[2]))]
    return mine + [pair for field in schema["fields"] for pair in _pairs(field["type"], named)]


def _expected(field: Any) -> Any:
    """The Python type a field of this schema must have."""
    kind, optional = field["type"], False
    if isinstance(kind, list):
        assert kind[0] == "null"
        assert len(kind) == 2
        kind, optional = kind[1], True
    plain: Any = _plain(kind, field)
    return typing.Optional[plain] if optional else plain  # noqa: UP045 - a class is wanted, not an annotation


def _plain(kind: Any, field: Any) -> Any:
    if _name(kind) == SEALED:
        boxed = field.get("plain")
        return str if boxed is None else bytes if boxed == "bytes" else class_of(boxed.rpartition(".")[2])
    if isinstance(kind, str):
        return _PRIMITIVES.get(kind) or class_of(kind.rpartition(".")[2])
    if kind["type"] == "array":
        return types.GenericAlias(tuple, (_plain(kind["items"], {}), ...))
    return class_of(kind["name"].rpartition(".")[2]) if kind["type"] == "record" else _PRIMITIVES[kind["type"]]


def _name(kind: Any) -> str:
    return str(kind.get("name")) if isinstance(kind, dict) else str(kind)
