"""Calls of the platform's SOAP operations: the wire, the token, and what may have happened when a call fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import md5
from importlib.resources import files
from io import BytesIO
from typing import Any

import httpx
import zeep
import zeep.exceptions
from lxml import etree

from connectors import soap_xml
from connectors.soap_codes import SIGN_REFUSED, TOKEN_EXPIRED, printable
from connectors.soap_settings import SoapConnection
from connectors.soap_xml import BadXml, Head, Reply
from schemas.errors import Retry, Stop

_SHANGHAI = timezone(timedelta(hours=8))
_MEDIA_TYPES = ("text/xml", "application/xml", "application/soap+xml")
_NOT_TAKEN = frozenset({429, 503})


class NotSent(Retry):
    """The partner certainly has not taken it."""


class LostReply(Retry):
    """The partner may have taken it: no answer came, or none that can be read."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What zeep reads of an HTTP response."""

    status_code: int
    headers: dict[str, str]
    content: bytes
    encoding: str = "utf-8"


class _Wire(zeep.Transport):  # type: ignore[misc]
    """zeep's way to the network: bounded in bytes and time, no redirects, and no document but the vendored WSDL."""

    def __init__(self, settings: SoapConnection) -> None:
        super().__init__()
        self.session.close()  # zeep's own HTTP client is not used
        self._settings = settings
        timeout = httpx.Timeout(settings.read_timeout_seconds, connect=settings.connect_timeout_seconds)
        self._http = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False)

    def load(self, url: str) -> bytes:
        """No document but the vendored WSDL, which is handed over and so never asked for here."""
        raise Stop(f"mappings/wsdl/{self._settings.wsdl} imports another document: put it inline")

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> _Answer:
        """Raises NotSent or LostReply. Nothing is logged: messages hold personal data."""
        deadline = time.monotonic() + self._settings.total_timeout_seconds
        try:
            with self._http.stream("POST", address, content=message, headers=headers) as response:
                self._judge(response.status_code)
                content = self._read(response, deadline)
                media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
                if media_type not in _MEDIA_TYPES:
                    raise LostReply("对方应答不是XML")
                return _Answer(response.status_code, dict(response.headers), content)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise NotSent(f"连接不上对方服务（{type(error).__name__}）") from None
        except httpx.TimeoutException as error:
            raise LostReply(f"等待对方应答超时（{type(error).__name__}）") from None
        except httpx.HTTPError as error:
            raise LostReply(f"与对方的连接中断（{type(error).__name__}）") from None

    def _judge(self, status: int) -> None:
        if 300 <= status < 400:
            raise NotSent(f"对方要求跳转（HTTP {status}），已拒绝")
        if status in _NOT_TAKEN or 400 <= status < 500:
            raise NotSent(f"对方拒收（HTTP {status}）")
        if status not in (200, 500):
            raise LostReply(f"对方应答异常（HTTP {status}）")

    def _read(self, response: httpx.Response, deadline: float) -> bytes:
        content = bytearray()
        for chunk in response.iter_bytes(65536):
            content += chunk
            if len(content) > self._settings.response_bytes_max:
                raise LostReply("对方应答超过大小上限，已丢弃")
            if time.monotonic() > deadline:
                raise LostReply("对方应答过慢，已放弃")
        if b"<!DOCTYPE" in content:
            raise LostReply("对方应答带有文档类型声明，已拒绝")
        return bytes(content)

    def close(self) -> None:
        self._http.close()


class SoapClient:
    """One platform's operations. Shared by threads.

    Raises NotSent, LostReply (both Retry), and Stop when key or secret are refused before anything ever worked.
    """

    def __init__(self, system: str, settings: SoapConnection, clock: Callable[[], float] = time.time) -> None:
        self._system = system
        self._settings = settings
        self._clock = clock  # seconds since the epoch
        self._lock = threading.Lock()
        self._token: tuple[str, float] | None = None  # and until when it is used
        self._worked = False
        wsdl = files("mappings") / "wsdl" / settings.wsdl
        if not wsdl.is_file():
            raise Stop(f"mappings/wsdl/{settings.wsdl} is missing: put the platform's WSDL there")
        self._wire = _Wire(settings)
        strict = zeep.Settings(
            strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=True, force_https=False
        )
        client = zeep.Client(BytesIO(wsdl.read_bytes()), transport=self._wire, settings=strict)
        binding = next(iter(client.wsdl.bindings))
        self._service = client.create_service(binding, settings.endpoint)

    def call(self, operation: str, body: str, unid: str) -> Reply:
        """One operation; the body is markup. An expired token is replaced and the call made once more."""
        reply = self._call(operation, body, unid, self._fresh_token())
        if reply.outcome.code == TOKEN_EXPIRED:
            reply = self._call(operation, body, unid, self._fresh_token(refused=True))
        return reply

    def close(self) -> None:
        """Let go of connections."""
        self._wire.close()

    def _call(self, operation: str, body: str, unid: str, token: str) -> Reply:
        now = self._now()
        head = Head(unid=unid, app_key=self._settings.app_key, time=now, sign=self._sign(now))
        document = soap_xml.request(head, body)
        # The document never holds "]]>" (see soap_xml.escape): one CDATA section takes it.
        return self._invoke(operation, token=token, xmlStr=etree.CDATA(document))

    def _fresh_token(self, refused: bool = False) -> str:
        with self._lock:
            if not refused and self._token and self._clock() < self._token[1]:
                return self._token[0]
            asked = self._clock()
            now = self._now()
            try:
                reply = self._invoke("getToken", appKey=self._settings.app_key, timestamp=now, sign=self._sign(now))
            except LostReply as error:  # of the token, not of what was to be said
                raise NotSent(str(error)) from None
            token = reply.values.get("Token")
            if reply.outcome.code not in self._settings.success or not token:
                if reply.outcome.code == SIGN_REFUSED and not self._worked:
                    raise Stop(
                        f"mappings/systems/{self._system}.yaml: the platform refuses app_key or secret: check them and"
                        " this machine's clock"
                    )
                raise NotSent(f"取令牌失败（代码{printable(reply.outcome.code)}）")
            valid = _seconds(reply.values.get("Valid"), self._settings.token_valid_seconds)
            self._worked = True
            self._token = (token, asked + max(valid - self._settings.token_refresh_seconds, valid / 2))
            return token

    def _invoke(self, operation: str, **arguments: Any) -> Reply:
        with _typed():
            answer = self._service[operation](**arguments)
            if not isinstance(answer, str):
                raise BadXml("对方应答为空")
            return soap_xml.parse_reply(answer)

    def _now(self) -> str:
        return datetime.fromtimestamp(self._clock(), _SHANGHAI).strftime("%Y%m%d%H%M%S")

    def _sign(self, timestamp: str) -> str:
        """The platform's rule, not our choice: MD5(appKey + secret + yyyyMMddHHmmss)."""
        text = self._settings.app_key + self._settings.secret.get_secret_value() + timestamp
        return md5(text.encode(), usedforsecurity=False).hexdigest()


def _seconds(text: str | None, default: float) -> float:
    return float(text) if text and text.isdecimal() and 0 < int(text) <= 86_400 else default


@contextmanager
def _typed() -> Iterator[None]:
    """zeep's errors quote the answer: only their kind goes on."""
    try:
        yield
    except zeep.exceptions.Fault:
        raise LostReply("对方服务内部错误（SOAP Fault）") from None
    except zeep.exceptions.Error as error:
        raise LostReply(f"对方应答不能识别（{type(error).__name__}）") from None
    except BadXml as error:
        raise LostReply(str(error)) from None
