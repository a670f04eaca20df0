"""Bad input on the whole road: turned away, or kept and marked, or quarantined; and the next good one goes through."""

from __future__ import annotations

import json
from typing import Any

import pytest

from demo.scenario import messages
from tests.support.road import POISON, Road, header, until

pytestmark = pytest.mark.integration

PARTITIONS = range(4)


def goes_through(road: Road, system: str = "12345") -> None:
    """A good submission of the system, now, becomes a ticket."""
    matter = road.matter(system)
    (telling,) = matter.tellings
    make = messages.hotline_ticket if system == "12345" else messages.web_case
    assert road.send(system, make(matter, telling)).status == 202
    road.awaited(f"{system}:{telling.number}")


def test_a_wrong_signature_is_turned_away_and_leaves_nothing(road: Road) -> None:
    matter = road.matter("12345", "web")
    before, dead = road.intake_counts(), len(road.records(road.topics.dlq))
    for system, message in (
        ("12345", messages.hotline_ticket(matter, matter.tellings[0])),
        ("web", messages.web_case(matter, matter.tellings[1])),
    ):
        sent = road.client(system, "not-the-secret-that-was-agreed-on").send(message)
        assert sent.status == 401
        assert sent.answer["reason"]
    assert road.intake_counts() == before
    assert len(road.records(road.topics.dlq)) == dead
    goes_through(road)


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"lx": "gd", "gdbh": "GD20260302-坏", "djsj": "昨天上午", "sqrxm": "不可外泄甲"}, "djsj"),
        ({"lx": "gd", "djsj": "2026-03-02 09:00:00", "sqrxm": "不可外泄乙"}, "gdbh"),
    ],
)
def test_what_does_not_map_is_answered_with_field_and_reason_and_kept_sealed(
    road: Road, message: dict[str, Any], field: str
) -> None:
    before = len(road.records(road.topics.dlq))
    sent = road.send("12345", message)
    assert sent.status == 422
    assert sent.answer["field"] == field
    assert sent.answer["reason"]
    fresh = road.records(road.topics.dlq)[before:]
    assert len(fresh) == 1
    assert header(fresh[0], "__connect.errors.topic") == road.topics.intake("12345")
    assert header(fresh[0], "x-santai-mapping").startswith("12345@")
    secret = message["sqrxm"].encode()
    assert secret not in (fresh[0].value() or b"")
    assert all(secret not in value for _, value in fresh[0].headers() or ())
    raw = road.codec.decode(fresh[0].value())
    assert json.loads(raw.body) == message
    goes_through(road)


@pytest.mark.parametrize("body", ["<case><no>1</case>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", '{"event": '])
def test_a_body_that_is_no_document_is_answered_and_kept(road: Road, body: str) -> None:
    content_type = "application/xml; charset=GB2312" if body.startswith("<") else "application/json"
    before = len(road.records(road.topics.dlq))
    response = road.post("web", body.encode(), content_type)
    assert response.status_code == 422
    assert response.json()["reason"]
    (kept,) = road.records(road.topics.dlq)[before:]
    assert road.codec.decode(kept.value()).body == body.encode()
    goes_through(road, "web")


def test_broken_xml_behind_the_door_is_quarantined_and_its_partition_moves_on(road: Road) -> None:
    good = road.matter("gov-service")
    (case,) = good.tellings
    topic = road.topics.intake("gov-service")
    road.raw("gov-service", case.number, b"<Case><project_no>1</Case>", "application/xml")
    broken = until(lambda: [m for (t, _, _), m in road.dead().items() if t == topic], "the broken one")[-1]
    assert road.codec.decode(broken.value()).body == b"<Case><project_no>1</Case>"
    road.stage.gov.add_cases([messages.gov_case(good, case)])
    road.awaited(f"gov-service:{case.number}")


def test_bad_fields_are_marked_and_the_record_is_kept(road: Road) -> None:
    matter = road.matter("12345")
    (hotline,) = matter.tellings
    broken_id = matter.person.id_number[:-1] + ("1" if matter.person.id_number[-1] != "1" else "2")
    message = {
        **messages.hotline_ticket(matter, hotline),
        "zjhm": broken_id, "sfsj": "上个月某天", "sqlx": "没有这种类型", "sflb": "没有这种服务",
    }  # fmt: skip
    sent = road.send("12345", message)
    assert sent.status == 202
    assert {mark["field"] for mark in sent.answer["marks"]} == {"zjhm", "sfsj", "sqlx", "sflb"}
    answer = road.awaited(hotline.number, lambda a: a["progress"] and a["members"][0]["marks"])
    told = {mark["field"]: (mark["title"], mark["reason"]) for mark in answer["members"][0]["marks"]}
    assert set(told) == {"person.id_number", "incident_date", "kind", "family"}
    assert told["person.id_number"] == ("申请人证件号码", "身份证号码校验位不符")
    story = road.santai("trace", hotline.number)
    assert "申请人证件号码" in story.stdout
    assert broken_id not in story.stdout + repr(answer) + repr(sent.answer)
    kept = road.submission("12345", f"{hotline.number}@{messages.local(hotline.received_at)}")
    marked = {mark.field: mark for mark in kept.marks}
    assert {"person.id_number", "incident_date", "kind", "family"} <= marked.keys()
    assert all(mark.reason for mark in marked.values())
    assert broken_id not in repr(kept.marks)
    assert (kept.person.id_number, kept.incident_date, kept.kind, kept.family) == (None, None, None, None)
    assert kept.person.name == matter.person.name
    assert kept.text == matter.text


def test_a_state_nobody_knows_is_told_and_moves_nothing(road: Road) -> None:
    matter = road.matter("12345")
    (hotline,) = matter.tellings
    assert road.send("12345", messages.hotline_ticket(matter, hotline)).answer["marks"] == []
    before = road.awaited(hotline.number)
    sent = road.send("12345", messages.hotline_note(hotline, "zt", "1", hotline.received_at, zt="飞走了"))
    assert (sent.status, sent.answer["marks"]) == (202, [{"field": "zt", "reason": "代码不在代码表中"}])
    after = road.awaited(hotline.number, lambda a: len(a["progress"]) > len(before["progress"]))
    assert after["state"] == before["state"]
    assert "代码不认识" in after["progress"][-1]["what"]
    done = road.send("12345", messages.hotline_note(hotline, "zt", "1", hotline.received_at, zt="已办结"))
    assert (done.status, done.answer["marks"]) == (202, [])
    road.awaited(hotline.number, lambda a: a["state"] == "CLOSED")


def test_a_time_of_registration_far_ahead_does_not_count(road: Road) -> None:
    matter = road.matter("12345")
    (hotline,) = matter.tellings
    sent = road.send("12345", {**messages.hotline_ticket(matter, hotline), "djsj": "2090-01-01 09:00:00"})
    assert (sent.status, [mark["field"] for mark in sent.answer["marks"]]) == (202, ["djsj"])
    answer = road.awaited(hotline.number, lambda a: a["members"][0]["marks"])
    assert answer["received_at"] < "2089"
    assert [mark["field"] for mark in answer["members"][0]["marks"]] == ["received_at"]


def test_unreadable_bytes_first_middle_and_last_in_a_partition(road: Road) -> None:
    """Each lands in the DLQ byte for byte with its place, and what lies between and after comes through."""
    topic = road.topics.intake("web")
    places: list[tuple[int, int]] = [(p, 0) for p in PARTITIONS]  # written before anything else, see Road
    for _ in range(2):
        matter = road.matter("web")
        assert road.send("web", messages.web_case(matter, matter.tellings[0])).status == 202
        for partition in PARTITIONS:
            places.append((partition, road.poison(topic, partition)))
        road.awaited(f"web:{matter.tellings[0].number}")
    wanted = {(topic, partition, offset) for partition, offset in places}
    until(lambda: wanted <= road.dead().keys(), "dead letters")
    dead = road.dead()
    for place in wanted:
        assert dead[place].value() == POISON
        assert header(dead[place], "__connect.errors.stage") == "decode"
    goes_through(road, "web")
