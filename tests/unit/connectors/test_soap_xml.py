"""The XML in the platform's strings: what is built can be read back, and what is read may be anything."""

from __future__ import annotations

import time
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors import soap_xml
from connectors.soap_xml import BadXml, Head, Outcome

HEAD = Head(unid="u-1", app_key="santai", time="20260305090000", sign="0" * 32)
ANY_TEXT = st.text(max_size=60) | st.text("]>[<!CDAT&;\x00\x0b\r\n\ud800䶮𠮷😀", max_size=40)


def built(body: str) -> ElementTree.Element:
    found = ElementTree.fromstring(soap_xml.request(HEAD, body)).find("Body")
    assert found is not None
    return found


def reply(body: str, head: str = "<Code>0</Code><Message>成功</Message>") -> str:
    return f"{soap_xml.DECLARATION}<Response><Head>{head}</Head><Body>{body}</Body></Response>"


@given(ANY_TEXT)
@example("]]>")
@example("]]]]>><![CDATA[")
@example("二级\x0b控制\x00符")
@example("䶮𠮷😀")
def test_any_text_survives_but_for_what_xml_cannot_carry(text: str) -> None:
    document = soap_xml.request(HEAD, soap_xml.element("Case", {"title": text}))
    assert "]]>" not in document  # so that it fits into one CDATA section
    document.encode()
    found = ElementTree.fromstring(document).findtext("Body/Case/title")
    assert (found or "") == soap_xml.clean(text)


@given(ANY_TEXT.map(lambda text: text.replace("\r", "")))
@example("a]]>b")
@example("]]>]]>")
def test_cdata_content_is_the_text(text: str) -> None:
    assert (ElementTree.fromstring(f"<a>{soap_xml.cdata(text)}</a>").text or "") == soap_xml.clean(text)


def test_control_characters_and_lone_surrogates_are_dropped() -> None:
    assert soap_xml.clean("甲\x00\x08\x0b\x1f\ud800\uffff乙\t\n") == "甲乙\t\n"


def test_values_become_elements() -> None:
    case = built(soap_xml.element("Case", {"a": None, "b": True, "n": 3, "list": ["x", "y"], "map": {"in": "z"}}))[0]
    assert [(child.tag, child.text) for child in case] == [
        ("a", None), ("b", "1"), ("n", "3"), ("list", "x"), ("list", "y"), ("map", None),
    ]  # fmt: skip
    assert case.findtext("map/in") == "z"


@pytest.mark.parametrize("name", ["", "1a", "a b", "a>", "姓名", "a" * 65, "a\n"])
def test_a_name_that_is_no_element_name_is_refused(name: str) -> None:
    with pytest.raises(BadXml):
        soap_xml.element(name, "x")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (reply(""), Outcome("0", "成功")),
        ("<Response><code>1</code><msg>ok</msg></Response>", Outcome("1", "ok")),
        ("<Response><Result>1</Result></Response>", Outcome("1")),
        (
            "<r><code>200</code><message>OK</message><data><code>1</code><message>保存成功</message></data></r>",
            Outcome("200/1", "OK 保存成功"),
        ),
        (reply("<Result><Code>1</Code></Result>", "<Code>200</Code>"), Outcome("200/1", "")),
        (reply("", "<Code>9999</Code><Message>已存在该条服务信息</Message>"), Outcome("9999", "已存在该条服务信息")),
    ],
)
def test_the_answers_of_several_vendors_are_read(text: str, outcome: Outcome) -> None:
    read = soap_xml.parse_reply(text).outcome
    assert (read.code, read.text.strip()) == (outcome.code, outcome.text)


def test_each_record_of_a_batch_has_its_own_outcome() -> None:
    results = "".join(
        f"<Result><Unid>{unid}</Unid><Code>{code}</Code><Message>{text}</Message></Result>"
        for unid, code, text in [("a", "0", "成功"), ("b", "2002", "缺项"), ("c", "9999", "已存在该条服务信息")]
    )
    read = soap_xml.parse_reply(reply(f"<Results>{results}</Results>"))
    assert read.outcome.code == "0"
    assert [read.of(unid).code for unid in "abc"] == ["0", "2002", "9999"]
    assert read.of("d") == Outcome("")  # listed nowhere: nothing is known of it


CASE_TEXT = st.text("甲乙]]>&\n x\x0b</Case", max_size=20).map(soap_xml.cdata) | st.just("<!-- </Case> -->")


@given(st.lists(CASE_TEXT.map(lambda text: f"<Case><Unid>1</Unid><t>{text}</t></Case>"), max_size=5))
def test_cases_come_out_byte_for_byte(cases: list[str]) -> None:
    read = soap_xml.parse_reply(reply(f"<Cursor>7</Cursor><Cases>{''.join(cases)}</Cases>"))
    assert read.cases == tuple(case.encode() for case in cases)
    assert read.values["Cursor"] == "7"


def test_a_broken_case_does_not_hide_the_others() -> None:
    broken = "<Case><Unid>b</Unid><t>\x0b&无</t><x></Case>"
    good = "<Case><Unid>g</Unid></Case>"
    read = soap_xml.parse_reply(reply(f"<Cases>{good}{broken}{good}</Cases>"))
    assert [case.decode() for case in read.cases] == [good, broken, good]
    assert [soap_xml.first_text(case, "Unid") for case in read.cases] == ["g", "b", "g"]


def test_a_case_cut_short_ends_where_the_next_begins() -> None:
    cases, rest = soap_xml.cut(b"<r><Case><a>1</a><Case><a>2</a></Case><Case/></r>", "Case")
    assert cases == [b"<Case><a>1</a>", b"<Case><a>2</a></Case>", b"<Case/>"]
    assert rest == b"<r></r>"


def test_other_names_that_begin_alike_are_left_alone() -> None:
    assert soap_xml.cut(b"<Cases><CaseNo>1</CaseNo></Cases>", "Case") == ([], b"<Cases><CaseNo>1</CaseNo></Cases>")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no xml",
        "<Response>",
        "<Response/>",  # no code
        '<!DOCTYPE r [<!ENTITY a "b">]><Response><Code>0</Code></Response>',
        '<!DOCTYPE r SYSTEM "http://127.0.0.1:1/x.dtd"><Response><Code>0</Code></Response>',
        "<Response><Code>&x;</Code></Response>",
        "<r>" * 40 + "<Code>0</Code>" + "</r>" * 40,
    ],
)
def test_what_is_no_answer_is_refused(text: str) -> None:
    with pytest.raises(BadXml) as caught:
        soap_xml.parse_reply(text)
    assert "x.dtd" not in str(caught.value)


@pytest.mark.parametrize("piece", ["<Case ", "<![CDATA[", "<Case>", "</Case>", "<!--", "<Unid>", "]]>"])
def test_hostile_repetition_takes_linear_time(piece: str) -> None:
    text = piece * (2_000_000 // len(piece))
    begun = time.perf_counter()
    with pytest.raises(BadXml):
        soap_xml.parse_reply(text)
    assert time.perf_counter() - begun < 5
