"""What the compiler makes of a schema: paths of sealed fields, and schemas it refuses."""

from __future__ import annotations

import copy
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from fastavro import schemaless_reader, schemaless_writer

from schemas.catalog import Schema, catalog
from schemas.errors import Stop, Unreadable
from schemas.events.common import Member
from schemas.events.ticket import TicketState
from schemas.plan import Plan, plan
from schemas.wire import varint
from tests.unit.schemas.keys import sealer

SEALED = catalog().events["cn.santai.Urged"]["fields"][4]["type"][1]
STATE = TicketState(
    event_id="e",
    ticket_id="t",
    seq=1,
    state="ACCEPTED",
    received_at=1,
    at=2,
    members=(
        Member(submission_id="a", system="12345", source_key="a", number="王小明"),
        Member(submission_id="b", system="12345", source_key="b", number="王小明"),
        Member(submission_id="c", system="12345", source_key="c"),
    ),
)


def compiled(schema: Schema) -> Plan:
    return plan(schema, sealer(), lambda name: (str.encode, bytes.decode))


def with_sealed_members() -> Schema:
    """TicketState with a sealed field inside an array of records."""
    schema = copy.deepcopy(catalog().events["cn.santai.TicketState"])
    number = field(field(schema, "members")["type"]["items"], "number")
    number.update(type=["null", SEALED], pii="number")
    return schema


def field(schema: Schema, name: str) -> dict[str, Any]:
    return next(field for field in schema["fields"] if field["name"] == name)


def written(how: Plan, record: Any) -> bytes:
    out = bytearray()
    how.write(out, record)
    return bytes(out)


def test_sealed_fields_of_array_items_are_tied_to_their_position() -> None:
    how = compiled(with_sealed_members())
    data = written(how, STATE)
    assert how.read(data) == STATE
    assert "王小明".encode() not in data
    record: Any = schemaless_reader(BytesIO(data), how.schema, None)
    first, second, _ = record["members"]
    assert first["number"]["box"] != second["number"]["box"], "equal values of two items must not look equal"
    assert sealer().open("k1", second["number"]["box"], "e", "members[1].number") == "王小明".encode()
    first["number"], second["number"] = second["number"], first["number"]
    swapped = BytesIO()
    schemaless_writer(swapped, how.schema, record)
    with pytest.raises(Unreadable, match="封存值打不开"):
        how.read(swapped.getvalue())


def test_blocks_with_a_size_are_read() -> None:
    """Other writers may give an array's block a negative count and its size in bytes."""
    how = compiled(catalog().events["cn.santai.TicketState"])
    alone = replace(STATE, members=(Member(submission_id="a", system="s", source_key="k"),))
    data = written(how, alone)
    item = b"\x02a\x02s\x02k\x00"
    plain = b"\x02" + item + b"\x00"
    assert data.count(plain) == 1
    assert how.read(data.replace(plain, varint(-1) + varint(len(item)) + item + b"\x00")) == alone


def test_counts_beyond_the_data_end_at_once() -> None:
    how = compiled(catalog().events["cn.santai.TicketState"])
    data = written(how, replace(STATE, members=()))
    for count in (10**8, 2**62):
        with pytest.raises(Unreadable):
            how.read(data[:-2] + varint(count) + b"\x00")


def refused(change: str) -> Schema:
    schema = copy.deepcopy(catalog().events["cn.santai.Urged"])
    note, at = field(schema, "note"), field(schema, "at")
    if change == "pii in the clear":
        note["type"] = ["null", "string"]
    elif change == "sealed without pii":
        del note["pii"]
    elif change == "unknown type":
        at["type"] = {"type": "map", "values": "long"}
    elif change == "three branches":
        at["type"] = ["null", "long", "string"]
    elif change == "other fields":
        at["name"] = "when"
    elif change == "no event id":
        schema["name"] = "TicketState"
        schema["fields"] = copy.deepcopy(with_sealed_members()["fields"])
        schema["fields"][0]["type"] = ["null", "string"]
    return schema


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("pii in the clear", "note 标有 pii,类型却不是 Sealed"),
        ("sealed without pii", "note 是 Sealed,却没有 pii"),
        ("unknown type", "at 的类型编码器不支持"),
        ("three branches", "at 的类型编码器不支持"),
        ("other fields", "字段不一致"),
        ("no event id", "首个字段须为 event_id"),
    ],
)
def test_schemas_that_are_refused(change: str, message: str) -> None:
    with pytest.raises(Stop, match=message):
        compiled(refused(change))
