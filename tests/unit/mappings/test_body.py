"""Bodies as systems send them, and as attackers do."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.body import BODY_BYTES_MAX, parse_body, parse_xml
from schemas.errors import Unmappable

XML = "application/xml"


def test_xml_becomes_nested_dicts() -> None:
    body = b'<n:Case xmlns:n="urn:x" n:id="7"><a> t </a><b/><c k="v">t</c><d><e>1</e><e>2</e><e>3</e></d></n:Case>'
    assert parse_body(XML, body) == {
        "@id": "7",
        "a": "t",
        "b": None,
        "c": {"@k": "v", "#text": "t"},
        "d": {"e": ["1", "2", "3"]},
    }


@pytest.mark.parametrize("declared", ["GB2312", "gbk", "GB18030", "UTF-8"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_bytes_win_over_the_declaration(declared: str, encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{declared}"?>\n<a><b>王䶮𠮷·</b></a>'.encode(encoding)
    if encoding == "gb18030" and declared == "UTF-8":
        with pytest.raises(Unmappable):
            parse_body(XML, body)
    else:
        assert parse_body(XML, body) == {"b": "王䶮𠮷·"}


def test_the_kind_is_seen_from_the_first_byte_when_not_said() -> None:
    assert parse_body("text/plain", b"\xef\xbb\xbf <a><b>1</b></a>") == {"b": "1"}
    assert parse_body("", b'{"b": 1}') == {"b": 1}
    assert parse_body("text/xml; charset=gbk", "<a><b>王</b></a>".encode("gbk")) == {"b": "王"}
    assert parse_body("application/json; charset=GB2312", '{"b": "王"}'.encode("gbk")) == {"b": "王"}
    assert parse_body("application/cloudevents+json", b"\xef\xbb\xbf{}") == {}


_free_text = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from("]>&<["), max_size=40
)


@given(_free_text)
def test_a_citizen_may_type_anything_into_cdata(text: str) -> None:
    """Also what ends it: a vendor wraps the text as it is. Only `]]>` before a `<` cannot be told from markup."""
    if "]]>" in text and "<" in text.partition("]]>")[2].lstrip()[:1]:
        return
    if any(part.lstrip().startswith("<") for part in text.split("]]>")[1:]) or "<![CDATA[" in text:
        return
    assert (parse_xml(f"<a><b><![CDATA[{text}]]></b></a>".encode())["b"] or "") == text.strip()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  ",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a>&nbsp</a",
        b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        b"<?xml version='1.0' encoding='UTF-16'?>\xff\xfe<\x00a\x00",
        b"<a>" * 100 + b"</a>" * 100,
        b"<a>" + b"<b/>" * 30_000 + b"</a>",
        b"<a>" + b"x" * BODY_BYTES_MAX + b"</a>",
        b"\x00\x01\x02",
        b"{",
        b"[" * 100_000,
        b'{"a": 1}x',
        b'{"a": NaN}',
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
    ],
)
def test_bad_bodies_are_unmappable(body: bytes) -> None:
    with pytest.raises(Unmappable) as error:
        parse_body("application/json" if body[:1] in b"{[" else XML, body)
    assert error.value.stage == "mapping"


@given(st.binary(max_size=200), st.sampled_from([XML, "application/json", "", "text/xml; charset=gbk"]))
def test_any_bytes_are_read_or_unmappable(body: bytes, content_type: str) -> None:
    with suppress(Unmappable):
        parse_body(content_type, body)
