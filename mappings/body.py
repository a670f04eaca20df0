"""Bytes of a system's message to plain data: JSON as it is, XML as nested dicts. Hostile input ends as Unmappable."""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

import orjson

from schemas.errors import Unmappable, place

BODY_BYTES_MAX = 1 << 20
_DEPTH_MAX = 32
_ELEMENTS_MAX = 20_000

_CHARSET = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml\s[^>]*?\?>\s*")
_DECLARED = re.compile(rb"^\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)")
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# The end of a CDATA section is the `]]>` that markup follows; any other was typed by a citizen.
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>(?=\s*<)", re.DOTALL)
_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_CHINESE = frozenset({"gb2312", "gbk", "gb18030", "cp936", "gb_2312-80", "x-gbk", "ms936"})


def parse_body(content_type: str, body: bytes) -> Any:
    """The document: what JSON holds, or the contents of the XML root (leaf elements as text, repeated ones as lists,
    attributes as `@name`, no namespaces, nothing in an element as None).

    Raises Unmappable: too large, not readable text, broken JSON or XML, DTD, too deep.
    """
    if len(body) > BODY_BYTES_MAX:
        raise Unmappable(f"报文超过 {BODY_BYTES_MAX // 1024} KB 上限")
    if not body.strip():
        raise Unmappable("报文为空")
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("xml") or (not kind.endswith("json") and body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")):
        return parse_xml(body, _charset(content_type))
    return _parse_json(body, _charset(content_type))


def parse_xml(body: bytes, charset: str | None = None) -> Any:
    """XML as nested dicts; see parse_body. Text that only lacks escaping (`]]>`, `&`, controls) is repaired."""
    text = _decode(body, charset)
    text = _DECLARATION.sub("", text.removeprefix("\ufeff"), count=1)
    try:
        return _Reader().read(text)
    except expat.ExpatError:
        pass
    try:
        return _Reader().read(_repair(text))
    except expat.ExpatError as error:
        raise Unmappable(f"XML 格式错误{place(error.lineno, error.offset)}") from None


def _parse_json(body: bytes, charset: str | None) -> Any:
    if charset in _CHINESE:
        body = _decode(body, charset).encode()
    try:
        return orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise Unmappable(f"JSON 格式错误{place(error.lineno, error.colno)}") from None


def _charset(content_type: str) -> str | None:
    match = _CHARSET.search(content_type)
    return match.group(1).lower() if match else None


def _decode(body: bytes, charset: str | None) -> str:
    """UTF-8 wherever it is valid UTF-8, whatever is declared: vendors declare GB2312 over UTF-8 bytes. GBK text is
    practically never valid UTF-8. GB18030 reads all that GB2312 and GBK can write."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = _DECLARED.match(body)
    name = (declared.group(1).decode("ascii", "replace").lower() if declared else None) or charset
    if name in _CHINESE:
        try:
            return body.decode("gb18030")
        except UnicodeDecodeError:
            pass
    raise Unmappable("报文编码无法识别，应为 UTF-8 或已声明的 GB18030")


def _repair(text: str) -> str:
    pieces: list[str] = []
    end = 0
    text = _NOT_XML.sub("", text)
    for match in _CDATA.finditer(text):
        pieces.append(_escape(text[end : match.start()]))
        inner = match.group(1).replace("]]]]><![CDATA[>", "]]>")
        pieces.append(inner.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
        end = match.end()
    pieces.append(_escape(text[end:]))
    return "".join(pieces)


def _escape(markup: str) -> str:
    return _AMPERSAND.sub("&amp;", markup.replace("]]>", "]]&gt;"))


class _Reader:
    """Builds the nested dicts while expat reads; no DTD, so no entities but the five."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._children: list[dict[str, Any]] = [{}]
        self._texts: list[list[str]] = [[]]
        self._elements = 0

    def read(self, text: str) -> Any:
        """Contents of the root element. ExpatError if it is not XML."""
        self._parser.Parse(text.encode("utf-8", "replace"), True)
        return next(iter(self._children[0].values()))

    def _start(self, _name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > _ELEMENTS_MAX or len(self._children) > _DEPTH_MAX:
            raise Unmappable("XML 层数或元素过多")
        own = {f"@{_local(key)}": value for key, value in attributes.items() if not key.startswith("xmlns")}
        self._children.append(dict(own))
        self._texts.append([])

    def _end(self, name: str) -> None:
        children, texts = self._children.pop(), self._texts.pop()
        text = "".join(texts).strip()
        value: Any = children or text or None
        if children and text:
            children["#text"] = text
        parent, key = self._children[-1], _local(name)
        if key not in parent:
            parent[key] = value
        elif isinstance(parent[key], list):
            parent[key].append(value)
        else:
            parent[key] = [parent[key], value]

    def _text(self, text: str) -> None:
        self._texts[-1].append(text)

    def _doctype(self, *_: object) -> None:
        raise Unmappable("XML 不允许使用 DTD")


def _local(name: str) -> str:
    return name.rpartition(":")[2]
