"""Loading: what is wrong with a mapping is said with file, line, path and a suggestion; settings are filled."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.fields import AHEAD_MS_MAX, Complaint
from mappings.systems import FOLDER, System, lint, load_systems
from schemas.errors import Stop, Unmappable
from schemas.events.common import Mark
from schemas.events.inbox import StatusChanged, Submission

_SYSTEMS = load_systems(FOLDER, None)

GOOD = """\
system: toy
title: 玩具系统
version: 3
kind: webhook
source_key: no
inbound:
  - when: "what == 'case'"
    emit: Submission
    fields:
      received_at: at
      family: {from: family, code: family}
      text: text
  - when: "what == 'state'"
    emit: StatusChanged
    fields: {at: at, state: {from: state, code: 12345-state}}
echo: {push_id: push, fields: {no: no}}
outbound:
  always: {no: key.no}
  tell:
    - kinds: [state]
      operation: tell
source: {secret: "${TOY_SECRET}", url: "http://${TOY_HOST:-localhost}:${TOY_PORT:-80}/", deep: [{x: "${TOY_SECRET}"}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(FOLDER.parent / "codes", tmp_path / "codes")
    (tmp_path / "systems").mkdir()
    return tmp_path / "systems"


def _write(folder: Path, text: str = GOOD) -> Path:
    path = folder / "toy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_we_ship_is_clean() -> None:
    assert lint(FOLDER) == []


def test_settings_come_from_the_environment(folder: Path) -> None:
    _write(folder)
    toy = load_systems(folder, {"TOY_SECRET": "s", "TOY_HOST": "h"})["toy"]
    assert toy.source == {"secret": "s", "url": "http://h:80/", "deep": [{"x": "s"}]}
    assert (toy.name, toy.title, toy.version, toy.kind, toy.sink, toy.mapping) == (
        "toy",
        "玩具系统",
        3,
        "webhook",
        None,
        "toy@3",
    )


def test_all_missing_settings_are_told_in_one_line_and_where_they_are_described(folder: Path) -> None:
    _write(folder, GOOD + "sink: {key: '${TOY_KEY}', again: '${TOY_SECRET}'}\n")
    with pytest.raises(Stop) as stop:
        load_systems(folder, {"TOY_SECRET": ""})
    message = str(stop.value)
    assert message.startswith("缺少设置：toy.yaml 要 TOY_SECRET、TOY_KEY。")
    assert "README 的 Settings 一节" in message
    assert "mapping lint" not in message, "it knows nothing of settings"
    assert "\n" not in message
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    assert "### Settings\n" in readme


def test_without_an_environment_sections_stay_as_written(folder: Path) -> None:
    _write(folder)
    source = load_systems(folder, None)["toy"].source
    assert source is not None
    assert source["secret"] == "${TOY_SECRET}"


def test_only_the_systems_asked_for(folder: Path) -> None:
    _write(folder)
    (folder / "broken.yaml").write_text("system: [", encoding="utf-8")
    assert list(load_systems(folder, None, only=["toy"])) == ["toy"]
    with pytest.raises(Stop, match="没有这个系统的映射文件"):
        load_systems(folder, None, only=["toy", "absent"])


def test_an_empty_folder_stops(folder: Path) -> None:
    with pytest.raises(Stop, match="没有任何系统"):
        load_systems(folder, None)


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("emit: Submission", "emit: Submision", ":8: inbound[0].emit：未知的值“Submision”，是否想写“Submission”"),
        ("received_at: at", "recieved_at: at", "Submission 没有字段“recieved_at”，是否想写“received_at”"),
        ("      received_at: at\n", "", "缺少必填字段“received_at”"),
        ("code: family", "code: famly", ":11: inbound[0].fields.family.code：没有代码表“famly”，是否想写“family”"),
        ("code: family", "code: grade", "代码表“grade”对应 grade，此处需要 family"),
        (
            "text: text",
            "text: {from: text, as: txt}",
            ":12: inbound[0].fields.text.as：没有名为“txt”的转换，是否想写“text”",
        ),
        ("text: text", "text: {from: text, value: x}", "须且只能写一个"),
        ("text: text", "text: {frm: text}", "未知的键“frm”，是否想写“from”"),
        ("text: text", "text: 'a ||'", "表达式有误"),
        ("family: {from: family, code: family}", "family: {value: famly}", "未知的值“famly”"),
        ("version: 3", "version: three", ":3: version：应为整数"),
        ("version: 3", "version: 3\nversion: 4", ":4: YAML 有误：键“version”重复"),
        ("version: 3", "versoin: 3", "未知的键“versoin”，是否想写“version”"),
        ("kind: webhook", "kind: webhok", "未知的值“webhok”，是否想写“webhook”"),
        ("system: toy", "system: toys", "应与文件名“toy”一致"),
        ("kinds: [state]", "kinds: [stat]", "未知的值“stat”，是否想写“state”"),
        ("operation: tell", "operation: tell\n      states: [ACEPTED]", "未知的值“ACEPTED”，是否想写“ACCEPTED”"),
        (
            "operation: tell",
            "operation: tell\n      when: \"state == 'CLOSD'\"",
            "“state”不会是“CLOSD”，是否想写“CLOSED”",
        ),
        ("operation: tell", "operation: tell\n      body: {x: sate}", "没有名为“sate”的来源字段，是否想写“state”"),
        (
            "operation: tell",
            "operation: tell\n      body: {x: {from: state, code: gov-service-result}}",
            "写不出：ACCEPTED",
        ),
        ("fields: {no: no}}", "fields: {on: no}}", "outbound.always 中没有“on”"),
        ("source_key: no", "source_key: []", "至少要有一个标识字段"),
        ("inbound:", "inbound: []\nx:", "未知的键“x”"),
    ],
)
def test_findings(folder: Path, old: str, new: str, finding: str) -> None:
    assert old in GOOD
    path = _write(folder, GOOD.replace(old, new, 1))
    findings = lint(folder)
    assert any(finding in line for line in findings), findings
    assert all(line.startswith(str(path)) for line in findings)
    with pytest.raises(Stop):
        load_systems(folder, None)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("title: x\ntarget: stat\ncodes: {}\n", "未知的目标“stat”，是否想写“state”"),
        ("title: x\ntarget: state\ncodes: {a: ACEPTED}\n", ":3: codes.a：未知的值“ACEPTED”，是否想写“ACCEPTED”"),
        ("title: x\ntarget: grade\ncodes: {a: true}\n", "未知的值“True”"),
        ("title: x\ntarget: state\ncodes: {}\nout: {ACEPTED: a}\n", ":4: out.ACEPTED：未知的值"),
        ("title: x\ncodes: {}\n", "target：缺少必填项"),
        ("title: x\ntarget: state\ncodes: {'01': ACCEPTED, '01': CLOSED}\n", "键“01”重复"),
    ],
)
def test_findings_in_code_tables(folder: Path, text: str, finding: str) -> None:
    _write(folder)
    (folder.parent / "codes" / "bad.yaml").write_text(text, encoding="utf-8")
    assert any(finding in line for line in lint(folder)), lint(folder)


def _toy(folder: Path) -> Any:
    _write(folder)
    return load_systems(folder, None)["toy"]


def test_ids_are_those_of_record_and_version(folder: Path) -> None:
    toy = _toy(folder)
    first, again, other = (
        toy.map_inbound({"what": "case", "no": 7, "at": "2026-03-05"}, "cause", body).events
        for body in ("d1", "d1", "d2")
    )
    assert first == again
    assert first[0].event_id != other[0].event_id
    assert first[0].submission_id == other[0].submission_id
    assert (first[0].source_key, first[0].cause_id, first[0].mapping) == ("7", "cause", "toy@3")


@pytest.mark.parametrize(
    "bad", ["\x00", "\n", "\r", "\t", "\x1b[2J", "\x7f", "\x85", "\x9b1m", "\u2028", "\u202e", "\u2066"]
)
@pytest.mark.parametrize("key", ["{}W7", "W{}7", "W7{}"])
def test_a_key_that_a_terminal_would_obey_does_not_map(key: str, bad: str) -> None:
    with pytest.raises(Unmappable) as error:
        _SYSTEMS["web"].source_key({"case": {"no": key.format(bad)}})
    assert (error.value.field, error.value.reason) == ("case.no", "标识字段含有控制字符")


@pytest.mark.parametrize("key", ["GD20260305001", "法援〔2026〕12号", "a b", "Ａ－１", "W/1?x=%0A"])
def test_a_key_of_printable_characters_stays_as_it_is(key: str) -> None:
    assert _SYSTEMS["web"].source_key({"case": {"no": key}}) == key


def test_a_bad_field_is_marked_without_its_value(folder: Path) -> None:
    (event,) = (
        _toy(folder).map_inbound({"what": "case", "no": 7, "at": "2026-03-05", "text": "长" * 20_001}, "", "").events
    )
    assert isinstance(event, Submission)
    assert event.text is None
    assert event.marks == (Mark(field="text", problem="too_long", reason="超过 20000 字上限"),)


def test_a_code_that_becomes_known_counts_when_it_is_sent_again(folder: Path) -> None:
    """Kept without its state, the note has an id of its own: it does not stand in the way of the note that is read."""
    document = {"what": "state", "no": 7, "at": "2026-03-05", "state": "飞走了"}
    mapped = _toy(folder).map_inbound(document, "", "d")
    (blind,) = mapped.events
    assert isinstance(blind, StatusChanged)
    assert (blind.state, mapped.complaints) == ("", (Complaint("state", "代码不在代码表中"),))
    table = folder.parent / "codes" / "12345-state.yaml"
    table.write_text(
        table.read_text(encoding="utf-8").replace("  办结:", "  飞走了: TERMINATED\n  办结:"), encoding="utf-8"
    )
    mapped = _toy(folder).map_inbound(document, "", "d")
    (seeing,) = mapped.events
    assert isinstance(seeing, StatusChanged)
    assert (seeing.state, mapped.complaints) == ("TERMINATED", ())
    assert seeing.event_id != blind.event_id


def test_beside_a_submission_an_unknown_code_is_a_mark_and_no_note() -> None:
    document = {"id": 77, "task_key": "飞走了", "sldate": "2026-03-05 10:00:00", "update_date": "2026-03-05 10:00:00"}
    mapped = _SYSTEMS["legal-aid"].map_inbound(document, "", "d")
    (submission,) = mapped.events
    assert isinstance(submission, Submission)
    assert [mark.field for mark in submission.marks] == ["state"]
    assert mapped.complaints == (Complaint("task_key", "代码不在代码表中"),)


@pytest.mark.parametrize(("ahead_ms", "marked"), [(AHEAD_MS_MAX, False), (AHEAD_MS_MAX + 1, True)])
def test_a_time_ahead_of_the_receipt(folder: Path, ahead_ms: int, marked: bool) -> None:
    taken = 1_772_676_000_000
    document = {"what": "case", "no": 7, "at": taken + ahead_ms}
    (event,) = _toy(folder).map_inbound(document, "", "d", taken).events
    assert isinstance(event, Submission)
    assert event.received_at == (taken if marked else taken + ahead_ms)
    assert [mark.problem for mark in event.marks] == (["future"] if marked else [])
    (unasked,) = _toy(folder).map_inbound(document, "", "d").events
    assert isinstance(unasked, Submission)
    assert unasked.received_at == taken + ahead_ms


def test_a_message_of_no_kind_names_the_field_that_tells_kinds_apart(folder: Path) -> None:
    with pytest.raises(Unmappable) as error:
        _toy(folder).map_inbound({"what": "?", "no": 7}, "", "")
    assert error.value.field == "what"


def ours_only(system: System, before: str | None, document: dict[str, Any]) -> bool:
    return system.changed_ours_only(before, system.own_digest(document), document)


@pytest.mark.parametrize(
    ("name", "before", "ours", "own"),
    [
        (
            "legal-aid",
            {"id": 7, "name": "王晓", "update_date": "1", "task_key": "指派"},
            {"update_date": "2", "hub_push_id": "p", "hub_state": "CLOSED"},
            {"task_key": "承办"},
        ),
        (
            "gov-service",
            {"project_no": "P", "title": "甲", "handle_status": "23", "data_ver": "1"},
            {"hub_unid": "p", "hub_state": "CLOSED", "handle_status": "60", "result_type": "1", "data_ver": "2"},
            {"title": "乙"},
        ),
    ],
)
def test_our_writing_is_told_from_their_own_changes(
    name: str, before: dict[str, Any], ours: dict[str, Any], own: dict[str, Any]
) -> None:
    system = _SYSTEMS[name]
    seen = system.own_digest(before)
    assert ours_only(system, seen, before | ours)
    assert not ours_only(system, seen, before | own | ours)
    assert ours_only(system, None, before | ours)


@pytest.mark.parametrize(
    "own",
    [{"handle_status": "60"}, {"handle_time": "2026-03-02 11:00:00"}, {"satisfaction": "5", "assess_number": "n"}],
)
def test_what_both_write_and_our_last_push_did_not_say_is_theirs(own: dict[str, Any]) -> None:
    """The platform closes a case or rates it, and an urge of ours comes on top before anybody looked."""
    system = _SYSTEMS["gov-service"]
    before = {"project_no": "P", "handle_status": "23", "data_ver": "1"}
    urge = {"hub_unid": "p", "hub_state": "", "event_name": "催办", "data_ver": "3"}
    seen = system.own_digest(before)
    assert ours_only(system, seen, before | urge)
    assert not ours_only(system, seen, before | own | urge)
    rating = {"satisfaction": "4", "assess_number": "q", "hub_assess": "q"}
    state = {"handle_status": "41", "hub_state": "IN_PROGRESS"}
    assert ours_only(system, seen, before | urge | rating | state), "pushes of ours before the last one"
    assert not ours_only(system, "of another shape", before | urge)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
)
_SEEDS: dict[str, dict[str, Any]] = {
    "12345": {
        "lx": "gd",
        "gdbh": "GD1",
        "djsj": "2026-03-05 10:00:00",
        "sqrxm": "王晓",
        "lxdh": "1",
        "sqnr": "a",
        "glgdbh": "b",
    },
    "web": {"event": "created", "case": {"no": "W1", "createdAt": "2026-03-05"}, "applicant": {"name": "王晓"}},
    "legal-aid": {"id": 1, "update_date": "2026-03-05", "name": "王晓", "task_key": "承办", "archiving": 0},
    "gov-service": {"project_no": "P1", "apply_date": "2026-03-05", "handle_status": "23", "satisfaction": "5"},
}


@given(st.sampled_from(sorted(_SEEDS)), st.data())
def test_whatever_a_field_holds_the_record_maps_or_is_unmappable(name: str, data: st.DataObject) -> None:
    document = orjson.loads(orjson.dumps(_SEEDS[name]))
    for _ in range(data.draw(st.integers(1, 3))):
        document[data.draw(st.sampled_from(sorted(document)))] = data.draw(_JSON)
    _SYSTEMS[name].echo(document)
    with suppress(Unmappable):
        for event in _SYSTEMS[name].map_inbound(document, "c", "d").events:
            assert isinstance(event.received_at if isinstance(event, Submission) else event.at, int)
            assert not isinstance(event, StatusChanged) or event.state
