"""The wire to a SOAP partner: bounded in bytes and time, no redirects, and never a document but the vendored WSDL."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
import zeep

from connectors.soap_settings import SoapConnection
from schemas.errors import Retry, Stop

_MEDIA_TYPES = ("text/xml", "application/xml", "application/soap+xml")
_NOT_TAKEN = frozenset({429, 503})


class NotSent(Retry):
    """The partner certainly has not taken it."""


class LostReply(Retry):
    """The partner may have taken it: no answer came, or none that can be read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What zeep reads of an HTTP response."""

    status_code: int
    headers: dict[str, str]
    content: bytes
    encoding: str = "utf-8"


class _Deadline:
    """Cuts a connection when the whole call has taken too long: a partner that drips never trips a read timeout."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._socket: socket.socket | None = None
        self.passed = False

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """httpx's trace hook: remembers the socket of the call's own connection."""
        if event == "connection.connect_tcp.complete":
            self._socket = info["return_value"].get_extra_info("socket")

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        self.passed = True
        if self._socket is not None:
            with suppress(OSError):  # closed just now
                self._socket.shutdown(socket.SHUT_RDWR)


class Wire(zeep.Transport):  # type: ignore[misc]
    """zeep's way to the network. Each call has a connection of its own."""

    def __init__(self, settings: SoapConnection) -> None:
        super().__init__()
        self.session.close()  # zeep's own HTTP client is not used
        self._settings = settings
        self._http = httpx.Client(
            timeout=httpx.Timeout(settings.read_timeout_seconds, connect=settings.connect_timeout_seconds),
            limits=httpx.Limits(max_keepalive_connections=0),
            headers={"Accept-Encoding": "identity", "Connection": "close"},
            follow_redirects=False,
            trust_env=False,
        )

    def load(self, url: str) -> bytes:
        """No document but the vendored WSDL, which is handed over and so never asked for here."""
        raise Stop(f"mappings/wsdl/{self._settings.wsdl} 引用了另一份文件：请合并为一份")

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> Answer:
        """Raises NotSent or LostReply. Nothing is logged: messages hold personal data."""
        with _Deadline(self._settings.total_timeout_seconds) as deadline:
            traced = {"trace": deadline.trace}
            try:
                with self._http.stream("POST", address, content=message, headers=headers, extensions=traced) as answer:
                    self._judge(answer)
                    return Answer(answer.status_code, dict(answer.headers), self._read(answer))
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                raise NotSent(f"连接不上对方服务（{type(error).__name__}）") from None
            except httpx.TimeoutException as error:
                raise LostReply(f"等待对方应答超时（{type(error).__name__}）") from None
            except httpx.HTTPError as error:
                if deadline.passed:
                    raise LostReply("对方应答过慢，已放弃") from None
                raise LostReply(f"与对方的连接中断（{type(error).__name__}）") from None

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def _judge(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if 300 <= status < 400:
            raise NotSent(f"对方要求跳转（HTTP {status}），已拒绝")
        if status in _NOT_TAKEN or 400 <= status < 500:
            raise NotSent(f"对方拒收（HTTP {status}）")
        if status not in (200, 500):
            raise LostReply(f"对方应答异常（HTTP {status}）")
        if answer.headers.get("content-type", "").partition(";")[0].strip().lower() not in _MEDIA_TYPES:
            raise LostReply("对方应答不是XML")
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise LostReply("对方应答经过压缩，未曾要求，已拒绝")

    def _read(self, answer: httpx.Response) -> bytes:
        content = bytearray()
        for chunk in answer.iter_raw():
            content += chunk
            if len(content) > self._settings.response_bytes_max:
                raise LostReply("对方应答超过大小上限，已丢弃")
        if b"<!DOCTYPE" in content:
            raise LostReply("对方应答带有文档类型声明，已拒绝")
        return _without_false_encoding(bytes(content))


def _without_false_encoding(content: bytes) -> bytes:
    """Vendors declare GB2312 over UTF-8 bytes. What is UTF-8 is read as UTF-8: text in GBK practically never is."""
    declaration = content.find(b"?>") + 2 if content.startswith(b"<?xml") else 0
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return content
    return content[declaration:]
