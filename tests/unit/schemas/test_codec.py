"""Every event survives the codec, seals what is personal, and broken bytes are Unreadable, whatever they are."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import fields, replace
from io import BytesIO
from typing import Any

import pytest
from fastavro import schemaless_reader, schemaless_writer
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalog import catalog, class_of, parsed
from schemas.codec import Codec, LocalSchemaIds
from schemas.errors import DeadLetter, Stop, Unreadable
from schemas.events.book import Features
from schemas.events.common import Agent, Person
from schemas.events.inbox import Claim, Decided, Submission, Urged
from schemas.events.intake import RawChange
from schemas.events.tables import Block, BlockEntry
from tests.unit.schemas.keys import sealer
from tests.unit.schemas.strategies import EVENTS, INNER, LETTERS, SECRET, events, records

TOPIC = "santai.ticket.inbox.v1"
IDS = LocalSchemaIds()
CODEC = Codec(sealer(), IDS)


def submission(**changes: Any) -> Submission:
    base = Submission(
        event_id="11111111-2222-5333-8444-555555555555",
        submission_id="s",
        system="12345",
        source_key="k",
        received_at=1_767_225_600_000,
        person=Person(name="王小明", id_number="370100199001010011", phone="13800000000"),
        text="单位拖欠工资",
    )
    return replace(base, **changes)


@pytest.mark.parametrize("name", EVENTS)
@given(data=st.data())
def test_round_trip_and_same_bytes(name: str, data: st.DataObject) -> None:
    event = data.draw(records(name))
    value = CODEC.encode(TOPIC, event)
    assert CODEC.decode(value) == event
    assert Codec(sealer(), IDS).encode(TOPIC, event) == value


@given(events())
def test_bytes_are_avro_to_others(event: Any) -> None:
    """fastavro reads what we write, and writes it again byte for byte."""
    value = CODEC.encode(TOPIC, event)
    schema = parsed(IDS.schema_of(int.from_bytes(value[1:5], "big")))
    source = BytesIO(value[5:])
    record = schemaless_reader(source, schema, None)
    assert source.read() == b""
    again = BytesIO()
    schemaless_writer(again, schema, record)
    assert again.getvalue() == value[5:]


@given(events(SECRET))
def test_nothing_personal_in_the_clear(event: Any) -> None:
    value = CODEC.encode(TOPIC, event)
    for four in re.findall(f"[{LETTERS}]{{4}}", repr(event)):
        assert four.encode() not in value


def test_raw_bodies_are_sealed() -> None:
    body = '{"name": "王小明"}'.encode()
    raw = RawChange(
        event_id="e", system="12345", source_key="k", captured_at=1, content_type="application/json", body=body
    )
    value = CODEC.encode("santai.intake.12345.v1", raw)
    assert body not in value
    assert "王小明".encode() not in value
    assert CODEC.decode(value) == raw


def test_the_index_is_that_of_the_sealer_and_only_where_asked() -> None:
    record = _as_dict(CODEC.encode(TOPIC, submission()))
    assert record["person"]["phone"]["index"] == sealer().index("phone", "13800000000")
    assert record["person"]["id_number"]["index"] == sealer().index("id_number", "370100199001010011")
    assert record["person"]["name"]["index"] is None
    assert record["person"]["phone"]["key_id"] == "k1"


def test_boxes_are_tied_to_field_and_event() -> None:
    record = _as_dict(CODEC.encode(TOPIC, submission(agent=Agent(name="李四"))))
    key_id, box = record["person"]["name"]["key_id"], record["person"]["name"]["box"]
    assert sealer().open(key_id, box, submission().event_id, "person.name") == "王小明".encode()
    record["agent"]["name"] = record["person"]["name"]
    with pytest.raises(Unreadable, match="封存值打不开"):
        CODEC.decode(_from_dict(record))
    record = _as_dict(CODEC.encode(TOPIC, submission()))
    record["event_id"] = "another"
    with pytest.raises(Unreadable, match="封存值打不开"):
        CODEC.decode(_from_dict(record))


def test_a_new_key_reads_old_records_and_writes_new_ones() -> None:
    value = CODEC.encode(TOPIC, submission())
    rotated = Codec(sealer("k2"), IDS)
    assert rotated.decode(value) == submission()
    again = rotated.encode(TOPIC, submission())
    assert again != value
    assert CODEC.decode(again) == submission()


def test_one_type_on_two_topics_has_two_subjects() -> None:
    seen: list[str] = []

    class Watched(LocalSchemaIds):
        def id_of(self, subject: str) -> int:
            seen.append(subject)
            return super().id_of(subject)

    codec = Codec(sealer(), Watched())
    note = Urged(event_id="e", submission_id="s", system="12345", at=1)
    for topic in ("a.v1", "b-c.v1", "a.v1"):
        assert codec.decode(codec.encode(topic, note)) == note
    assert seen == ["a.v1-cn.santai.Urged", "b-c.v1-cn.santai.Urged"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "墓碑"),
        (b"", "不足"),
        (b"\x00\x00\x00", "不足"),
        (b"\x01" + bytes(30), "0x01"),
        (b"\x01", "0x01"),
        (b"{}   {}", "不是 0x00"),
        (b"\x00\xff\xff\xff\xff", "没有登记"),
        (bytes(2_000_000), "超过上限"),
    ],
)
def test_bytes_that_are_no_record(value: bytes | None, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        CODEC.decode(value)


def test_trailing_and_missing_bytes() -> None:
    value = CODEC.encode(TOPIC, submission())
    for broken in [value + b"\0", *(value[:end] for end in range(5, len(value)))]:
        with pytest.raises(Unreadable):
            CODEC.decode(broken)


@given(events(), st.data())
def test_flipped_bits_never_raise_anything_else(event: Any, data: st.DataObject) -> None:
    value = bytearray(CODEC.encode(TOPIC, event))
    for bit in data.draw(st.lists(st.integers(0, 8 * len(value) - 1), min_size=1, max_size=5)):
        value[bit // 8] ^= 1 << bit % 8
    _decodes_or_is_unreadable(bytes(value))


@given(st.sampled_from(EVENTS), st.binary(max_size=300))
def test_random_bytes_never_raise_anything_else(name: str, data: bytes) -> None:
    schema_id = IDS.id_of(f"{TOPIC}-{name}")
    _decodes_or_is_unreadable(b"\0" + schema_id.to_bytes(4, "big") + data)


@given(st.binary(max_size=64))
def test_bytes_without_a_header_never_raise_anything_else(data: bytes) -> None:
    _decodes_or_is_unreadable(data)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"number": 12345}, "number"),
        ({"system": None}, "system"),
        ({"received_at": "2026-01-01"}, "received_at"),
        ({"received_at": 2**63}, "received_at"),
        ({"text": "\ud800"}, "text"),
        ({"confidential": "no"}, "confidential"),
        ({"related_numbers": "12345"}, "related_numbers"),
        ({"person": None}, "person"),
        ({"person": Person(phone=13800000000)}, "person"),  # type: ignore[arg-type]
    ],
)
def test_an_event_that_does_not_fit_names_the_field_and_not_the_value(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(DeadLetter) as caught:
        CODEC.encode(TOPIC, submission(**changes))
    assert caught.value.stage == "encode"
    assert caught.value.field == field
    assert caught.value.__cause__ is None
    assert "13800000000" not in str(caught.value)


def test_too_large_an_event_is_refused_before_it_is_written() -> None:
    with pytest.raises(DeadLetter, match="超过上限"):
        CODEC.encode(TOPIC, submission(text="长" * 400_000))
    assert Codec(sealer(), IDS, max_bytes=2_000_000).encode(TOPIC, submission(text="长" * 400_000))


def test_a_class_without_a_schema_stops() -> None:
    with pytest.raises(Stop, match=r"cn\.santai\.Person"):
        CODEC.encode(TOPIC, Person())


@pytest.mark.parametrize("name", INNER)
@given(data=st.data())
def test_inner_records_round_trip_sealed(name: str, data: st.DataObject) -> None:
    record = data.draw(records(name))
    box = CODEC.encode_inner(record, b"tickets/k")
    assert box == Codec(sealer(), LocalSchemaIds()).encode_inner(record, b"tickets/k")
    assert CODEC.decode_inner(class_of(name.rpartition(".")[2]), box, b"tickets/k") == record


def test_inner_records_open_only_in_their_place_and_as_their_type() -> None:
    features = Features(submission_id="s", system="12345", source_key="k", received_at=1, person=Person(name="王小明"))
    box = CODEC.encode_inner(features, b"a")
    assert "王小明".encode() not in box
    with pytest.raises(Unreadable, match="封存值打不开"):
        CODEC.decode_inner(Features, box, b"b")
    with pytest.raises(Unreadable, match="封存值打不开"):
        CODEC.decode_inner(Block, box, b"a")
    assert Codec(sealer("k2"), IDS).decode_inner(Features, box, b"a") == features


@given(st.data())
def test_altered_inner_bytes_are_unreadable(data: st.DataObject) -> None:
    features = Features(submission_id="s", system="12345", source_key="k", received_at=1, person=Person())
    box = bytearray(
        CODEC.encode_inner(Block(key_kind="phone", entries=(BlockEntry(version=1, features=features),)), b"a")
    )
    bit = data.draw(st.integers(0, 8 * len(box) - 1))
    box[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unreadable):
        CODEC.decode_inner(Block, bytes(box), b"a")
    with pytest.raises(Unreadable):
        CODEC.decode_inner(Block, data.draw(st.binary(max_size=80)), b"a")


def test_a_claim_with_something_else_for_features_does_not_fit() -> None:
    claim = Claim(
        event_id="e",
        submission_id="s",
        key="k",
        key_kind="phone",
        version=1,
        received_at=1,
        features=Person(),  # type: ignore[arg-type]
    )
    with pytest.raises(DeadLetter, match="features"):
        CODEC.encode(TOPIC, claim)


def test_records_of_an_older_and_a_newer_writer() -> None:
    """A field we do not know is passed over; one the writer did not know has its default."""
    older = copy.deepcopy(catalog().events["cn.santai.Decided"])
    older["fields"] = [field for field in older["fields"] if field["name"] != "reason"]
    newer = copy.deepcopy(catalog().events["cn.santai.Decided"])
    newer["fields"].insert(2, {"name": "mood", "type": {"type": "array", "items": "string"}, "default": []})
    decided = {"event_id": "e", "submission_id": "s", "a": "a", "b": "b", "same": True, "at": 5, "by": "clerk"}
    assert CODEC.decode(_foreign(older, decided)) == Decided(**decided)  # type: ignore[arg-type]
    extra = {**decided, "reason": "r", "mood": ["x", "y"]}
    assert CODEC.decode(_foreign(newer, extra)) == Decided(**decided, reason="r")  # type: ignore[arg-type]


def test_sealed_fields_survive_another_writer_schema() -> None:
    newer = copy.deepcopy(catalog().events["cn.santai.Submission"])
    newer["fields"].append({"name": "later", "type": "long", "default": 0})
    value = CODEC.encode(TOPIC, submission())
    record = {**_as_dict(value), "later": 3}
    assert CODEC.decode(_foreign(newer, record)) == submission()
    assert record["person"]["name"]["box"] in value


@given(st.binary(max_size=200))
def test_random_bytes_of_another_writer_never_raise_anything_else(data: bytes) -> None:
    newer = copy.deepcopy(catalog().events["cn.santai.Submission"])
    newer["fields"].insert(0, {"name": "later", "type": {"type": "map", "values": "double"}, "default": {}})
    _decodes_or_is_unreadable(b"\0" + _id_of_foreign(newer).to_bytes(4, "big") + data)


def test_events_of_others_and_things_that_are_no_record() -> None:
    for schema in (
        {"type": "record", "name": "Foreign", "namespace": "org.example", "fields": [{"name": "a", "type": "int"}]},
        "string",
        ["null", "string"],
        {"type": "record"},
        None,
        7,
        {"type": ["what"]},
    ):
        schema_id = _id_of_foreign(schema)
        with pytest.raises(Unreadable):
            CODEC.decode(b"\0" + schema_id.to_bytes(4, "big") + b"\2")


def test_a_writer_whose_type_cannot_be_read_as_ours() -> None:
    plain = copy.deepcopy(catalog().events["cn.santai.Urged"])
    for field in plain["fields"]:
        if field["name"] == "note":
            field["type"] = ["null", "string"]
    record = {"event_id": "e", "submission_id": "s", "system": "x", "at": 1, "note": "in the clear", "cause_id": ""}
    with pytest.raises(Unreadable) as caught:
        CODEC.decode(_foreign(plain, record))
    assert "in the clear" not in str(caught.value)


def test_every_field_that_may_be_null_is_so_in_both() -> None:
    assert {field.name for field in fields(Submission)} >= {"agent", "counterparty"}
    assert CODEC.decode(CODEC.encode(TOPIC, submission(text=None, person=Person()))).text is None


_FOREIGN: dict[str, int] = {}


def _id_of_foreign(schema: Any) -> int:
    text = json.dumps(schema, sort_keys=True)
    if text not in _FOREIGN:
        _FOREIGN[text] = IDS.add(schema)
    return _FOREIGN[text]


def _foreign(schema: Any, record: dict[str, Any]) -> bytes:
    out = BytesIO()
    schemaless_writer(out, parsed(schema), record)
    return b"\0" + _id_of_foreign(schema).to_bytes(4, "big") + out.getvalue()


def _as_dict(value: bytes) -> Any:
    return schemaless_reader(BytesIO(value[5:]), parsed(IDS.schema_of(int.from_bytes(value[1:5], "big"))), None)


def _from_dict(record: Any) -> bytes:
    out = BytesIO()
    schemaless_writer(out, parsed(catalog().events["cn.santai.Submission"]), record)
    return b"\0" + IDS.id_of(f"{TOPIC}-cn.santai.Submission").to_bytes(4, "big") + out.getvalue()


def _decodes_or_is_unreadable(value: bytes) -> None:
    try:
        CODEC.decode(value)
    except Unreadable:
        return
