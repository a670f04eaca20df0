"""The soap kind against a partner, or somebody in its place, who answers with whatever does harm."""

from __future__ import annotations

import gzip
import resource
import threading
import time
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.api import Told
from connectors.soap import SoapSink, SoapSource
from connectors.soap_settings import SoapSinkSettings, SoapSourceSettings
from mappings.message import Message
from schemas.errors import Retry
from tests.support.raw_http import Answer, RawServer, drip, http, soap

pytestmark = pytest.mark.integration

PUSH = "5d1a1f6e-0000-5000-8000-000000000001"
TOKEN = "<Response><Head><Code>0</Code></Head><Body><Token>t</Token><Valid>1800</Valid></Body></Response>"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
BOMB = gzip.compress(b" " * 200_000_000)
TOTAL_SECONDS = 2.0
MULTIPART = "Content-Type: multipart/related; boundary=x\r\n"
XML = "Content-Type: text/xml\r\n"


def plain(operation: str) -> bytes:
    return soap(operation, "<Response><Head><Code>0</Code></Head></Response>")


def doctype(operation: str, declaration: str) -> Answer:
    """A good answer behind a document type."""
    return [http(f"<!DOCTYPE s {declaration}>".encode() + plain(operation).partition(b"?>")[2])]


def raw() -> Answer:
    """Headers without a length: whatever follows is the body."""
    return [f"HTTP/1.1 200 OK\r\n{XML}\r\n".encode()]


HOSTILE: dict[str, Callable[[str, str], Answer]] = {  # of the operation and an address that must not be asked
    "doctype": lambda op, at: doctype(op, '[<!ENTITY x "y">]'),
    "xxe": lambda op, at: doctype(op, f'[<!ENTITY x SYSTEM "{at}">]'),
    "external dtd": lambda op, at: doctype(op, f'SYSTEM "{at}"'),
    "billion laughs": lambda op, at: [http(f"<!DOCTYPE s [{LAUGHS}]><s>&l9;</s>".encode())],
    "inner doctype": lambda op, at: [http(soap(op, f'<!DOCTYPE r SYSTEM "{at}"><r><Code>0</Code></r>'))],
    "inner laughs": lambda op, at: [http(soap(op, f"<!DOCTYPE r [{LAUGHS}]><r><Code>&l9;</Code></r>"))],
    "deep": lambda op, at: [http(b"<a>" * 100_000)],
    "inner deep": lambda op, at: [http(soap(op, "<a>" * 100_000))],
    "utf-16 doctype": lambda op, at: [http('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE s><s/>'.encode("utf-16"))],
    "not xml": lambda op, at: [http(b"{}", headers="Content-Type: application/json\r\n")],
    "not xml, says so": lambda op, at: [http(b"Internal error: 110101199003077758")],
    "no message": lambda op, at: [http(plain(op).replace(b"return>", b"other>"))],
    "empty return": lambda op, at: [http(soap(op, ""))],
    "no body": lambda op, at: [http(b"")],
    "endless": lambda op, at: chain(raw(), drip(b" " * 65536, 0)),
    "claims to be huge": lambda op, at: [f"HTTP/1.1 200 OK\r\n{XML}Content-Length: 99999999999\r\n\r\n".encode()],
    "compressed bomb": lambda op, at: [http(BOMB, headers=f"{XML}Content-Encoding: gzip\r\n")],
    "slow drip": lambda op, at: chain(raw(), drip(b" ", 0.05)),
    "slow headers": lambda op, at: chain([b"HTTP/1.1 200 OK\r\nX-A: "], drip(b"a", 0.05)),
    "endless headers": lambda op, at: [b"HTTP/1.1 200 OK\r\n", *(b"X-A: " + b"a" * 1000 + b"\r\n",) * 10_000],
    "not http": lambda op, at: [b"\x00\x01\x02\x03" * 100],
    "multipart": lambda op, at: [http(b"--x\r\n\r\n<a/>\r\n--x--", headers=MULTIPART)],
}


def limits(url: str) -> dict[str, Any]:
    return {
        "endpoint": url, "app_key": "k", "secret": SecretStr("s"), "response_bytes_max": 1 << 20,
        "read_timeout_seconds": 1.5, "total_timeout_seconds": TOTAL_SECONDS,
    }  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_answer_harms_nothing_and_the_next_good_one_works(name: str) -> None:
    fetched = threading.Event()

    def fetch(_operation: str) -> Answer:
        fetched.set()
        return [http(b"")]

    hostile = [True]

    def answer(operation: str) -> Answer:
        if operation == "getToken":
            return [http(soap(operation, TOKEN))]
        return HOSTILE[name](operation, elsewhere.url) if hostile[0] else [http(plain(operation))]

    with RawServer(fetch) as elsewhere, RawServer(answer) as server:
        sink = SoapSink("gov-service", SoapSinkSettings(**limits(server.url)))
        source = SoapSource("gov-service", SoapSourceSettings(**limits(server.url)))
        message = Message("pushCase", {"project_no": "P1"})
        begun, memory = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        result = sink.send(message, PUSH)
        assert result.told is Told.UNKNOWN  # it was sent; what became of it nobody can read
        assert "110101199003077758" not in result.reason
        with pytest.raises(Retry) as caught:
            source.poll(None)
        assert "110101199003077758" not in str(caught.value)
        assert time.monotonic() - begun < 2 * TOTAL_SECONDS + 10  # a busy machine's share
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 256 * 1024
        assert not fetched.is_set()
        hostile[0] = False
        assert sink.send(message, PUSH).told is Told.DONE
        assert source.poll(None).documents == ()
        sink.close()
        source.close()


def test_a_redirect_is_not_followed() -> None:
    moved = threading.Event()

    def other(operation: str) -> Answer:
        moved.set()
        return [http(plain(operation))]

    with RawServer(other) as elsewhere:
        location = f"Location: {elsewhere.url}\r\n"
        with RawServer(lambda _operation: [http(b"", status="307 Temporary Redirect", headers=location)]) as server:
            sink = SoapSink("gov-service", SoapSinkSettings(**limits(server.url)))
            assert sink.send(Message("pushCase", {}), PUSH).told is Told.RETRY
            sink.close()
    assert not moved.is_set()


def test_gb2312_may_be_declared_over_utf_8_on_both_levels() -> None:
    inner = '<?xml version="1.0" encoding="GB2312"?><r><Code>9999</Code><Message>已存在该条服务信息</Message></r>'

    def answer(operation: str) -> Answer:
        text = TOKEN if operation == "getToken" else inner
        return [http(soap(operation, text, declared="GB2312"), headers="Content-Type: text/xml; charset=GB2312\r\n")]

    with RawServer(answer) as server:
        sink = SoapSink("gov-service", SoapSinkSettings(**limits(server.url)))
        assert sink.send(Message("pushCase", {}), PUSH).told is Told.DONE
        sink.close()


def test_what_is_sent_says_gb2312_and_is_utf_8_in_one_cdata_section() -> None:
    def answer(operation: str) -> Answer:
        return [http(soap(operation, TOKEN) if operation == "getToken" else plain(operation))]

    with RawServer(answer) as server:
        sink = SoapSink("gov-service", SoapSinkSettings(**limits(server.url)))
        assert sink.send(Message("pushCase", {"title": "䶮]]>𠮷😀"}), PUSH).told is Told.DONE
        sent = server.requests[-1].decode()
        sink.close()
    assert '<xmlStr><![CDATA[<?xml version="1.0" encoding="GB2312"?><Request>' in sent
    assert "<title>䶮]]&gt;𠮷😀</title>" in sent
    assert sent.count("]]>") == 1
