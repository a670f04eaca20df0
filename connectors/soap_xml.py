"""The XML documents inside the platform's SOAP strings, built and parsed. Pure: no network, no SOAP library.

Everything the partner sends is taken for hostile: no DTD, no entities of its own, bounded depth, linear scans.
Source of the shapes: the platform's contract (head with Unid, AppKey, Time, Sign; body with Case elements) and what
vendors were seen to answer: success is `1` at one, `200` with an inner `1` at another, a duplicate shows only as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

# What vendors declare. The bytes on the wire are UTF-8 all the same, both ways.
DECLARATION = '<?xml version="1.0" encoding="GB2312"?>'
DUPLICATE_TEXT = "已存在该条服务信息"

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}\Z")
_CODE_NAMES = frozenset({"code", "resultcode", "status"})
_TEXT_NAMES = frozenset({"message", "msg", "resultmessage"})
_DEPTH_MAX = 32
_ENDINGS = {b"<![CDATA[": b"]]>", b"<!--": b"-->"}


class BadXml(Exception):
    """The document cannot be read or built. The message is Chinese and quotes nothing of the content."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before the body of each request."""

    unid: str
    app_key: str
    time: str  # yyyyMMddHHmmss, local
    sign: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the partner says of one record."""

    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response: the outcome of the whole, of each record where it tells them apart, values, and cases as bytes."""

    outcome: Outcome
    items: Mapping[str, Outcome] = field(default_factory=dict)  # by Unid
    values: Mapping[str, str] = field(default_factory=dict)  # other leaf elements; the first of a name
    cases: tuple[bytes, ...] = ()

    def of(self, unid: str) -> Outcome:
        """The outcome of one record. An answer that lists records but not this one says nothing of it: code empty."""
        return self.items.get(unid, Outcome("")) if self.items else self.outcome


def clean(text: str) -> str:
    """Without the characters XML 1.0 cannot carry (control characters, lone surrogates)."""
    return _ILLEGAL.sub("", text)


def escape(text: str) -> str:
    """Element content. `>` is escaped too, so what is built never holds "]]>" and fits into one CDATA section."""
    text = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\r", "&#13;")  # a parser would turn a bare one into a line feed


def cdata(text: str) -> str:
    """CDATA content, "]]>" split over two sections."""
    return "<![CDATA[" + clean(text).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def element(name: str, value: Any) -> str:
    """An element from a plain value: a mapping becomes children, a sequence is repeated, None is empty.

    Raises BadXml when the name is no plain XML name.
    """
    if not _NAME.match(name):
        raise BadXml("报文字段名不合规范")
    if isinstance(value, Mapping):
        return f"<{name}>" + "".join(element(str(key), child) for key, child in value.items()) + f"</{name}>"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return "".join(element(name, child) for child in value)
    if value is None:
        return f"<{name}/>"
    if isinstance(value, bool):
        value = "1" if value else "0"
    return f"<{name}>{escape(str(value))}</{name}>"


def request(head: Head, body: str) -> str:
    """The whole request document; the body is markup built by `element`."""
    return (
        f"{DECLARATION}<Request><Head>{element('Unid', head.unid)}{element('AppKey', head.app_key)}"
        f"{element('Time', head.time)}{element('Sign', head.sign)}</Head><Body>{body}</Body></Request>"
    )


def parse_reply(text: str) -> Reply:
    """Read a response of any vendor seen. Raises BadXml when it is not one.

    Cases are cut out as they came before the rest is parsed, so that one broken case does not block the others.
    """
    data = text.encode("utf-8", "replace")
    cases, rest = cut(data, "Case")
    reader = _Reader()
    reader.parse(rest)
    codes = reader.codes
    if not codes:
        raise BadXml("对方应答没有结果代码")
    outcome = Outcome("/".join(codes[:2]), " ".join(reader.texts))
    return Reply(outcome=outcome, items=reader.items, values=reader.values, cases=tuple(cases))


def cut(data: bytes, tag: str) -> tuple[list[bytes], bytes]:
    """The elements of that name, byte for byte, and what is left without them.

    Blind to everything else but CDATA sections and comments, so it also works inside what does not parse. An element
    that is never closed ends where the next one of its name begins, or stays in the rest.
    """
    found: list[bytes] = []
    rest: list[bytes] = []
    begun: int | None = None
    done = 0
    for start, end, kind in _tags(data, tag.encode()):
        if kind != "close":
            if begun is not None:
                found.append(data[begun:start])
                done = start
            rest.append(data[done:start])
            begun, done = start, start
        if kind != "open" and begun is not None:
            found.append(data[begun:end])
            begun, done = None, end
    rest.append(data[done:])
    return found, b"".join(rest)


def first_text(data: bytes, tag: str) -> str | None:
    """The plain content of the first element of that name, also in what does not parse; None if there is none."""
    match = re.search(rb"<" + tag.encode() + rb">\s*(?:<!\[CDATA\[)?([^<\]]{1,200})", data)
    return match[1].decode("utf-8", "replace").strip() if match else None


def _tags(data: bytes, tag: bytes) -> Iterator[tuple[int, int, str]]:
    """(start, end, open | close | empty) of the tags of one name; one pass, never back."""
    opener = re.compile(rb"<!\[CDATA\[|<!--|</?" + tag + rb"(?=[\s/>])")
    at = 0
    while match := opener.search(data, at):
        opening = match[0]
        ending = _ENDINGS.get(opening, b">")
        end = data.find(ending, match.end())
        if end < 0:
            return
        at = end + len(ending)
        if opening in _ENDINGS:
            continue
        if opening.startswith(b"</"):
            yield match.start(), at, "close"
        else:
            yield match.start(), at, "empty" if data[end - 1 : end] == b"/" else "open"


class _Reader:
    """Collects codes, texts, per-record outcomes and leaf values from one pass of the parser."""

    def __init__(self) -> None:
        self.codes: list[str] = []
        self.texts: list[str] = []
        self.items: dict[str, Outcome] = {}
        self.values: dict[str, str] = {}
        self._path: list[str] = []
        self._text: list[str] = []
        self._leaf = False
        self._item: dict[str, str] | None = None

    def parse(self, data: bytes) -> None:
        """Raises BadXml: broken, with a document type, or too deep."""
        parser = expat.ParserCreate(encoding="UTF-8")  # whatever the declaration says
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise BadXml(f"对方应答不是合格的XML（第{error.lineno}行）") from None

    def _doctype(self, *_: object) -> None:
        raise BadXml("对方应答带有文档类型声明，已拒绝")

    def _start(self, name: str, _attributes: object) -> None:
        if len(self._path) >= _DEPTH_MAX:
            raise BadXml("对方应答嵌套过深，已拒绝")
        if name.lower() in ("result", "item") and self._item is None:
            self._item = {}
        self._path.append(name)
        self._text.clear()
        self._leaf = True

    def _end(self, name: str) -> None:
        self._path.pop()
        if self._leaf:
            self._take(name, "".join(self._text).strip())
        elif name.lower() in ("result", "item") and self._item is not None:
            self._close_item(self._item)
            self._item = None
        self._leaf = False

    def _close_item(self, item: dict[str, str]) -> None:
        if "unid" in item:
            self.items[item["unid"]] = Outcome(item.get("code", ""), item.get("text", ""))
        elif "code" in item:  # not one record's: the inner code of a vendor that answers 200 outside
            self.codes.append(item["code"])
            self.texts.append(item.get("text", ""))

    def _take(self, name: str, text: str) -> None:
        lower = name.lower()
        if lower in ("result", "item"):  # a leaf: one vendor's whole code
            self._item = None
            self.codes.append(text)
        elif self._item is not None:
            key = "code" if lower in _CODE_NAMES else "text" if lower in _TEXT_NAMES else lower
            self._item.setdefault(key, text)
        elif lower in _CODE_NAMES:
            self.codes.append(text)
        elif lower in _TEXT_NAMES:
            self.texts.append(text)
        else:
            self.values.setdefault(name, text)
