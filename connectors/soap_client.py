"""Calls of the platform's SOAP operations: the wire, the token, and what may have happened when a call fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from hashlib import md5
from importlib.resources import files
from io import BytesIO
from typing import Any

import zeep
import zeep.exceptions
from lxml import etree

from connectors import soap_xml
from connectors.soap_codes import SIGN_REFUSED, TOKEN_EXPIRED, printable
from connectors.soap_settings import SoapConnection
from connectors.soap_wire import LostReply, NotSent, Wire
from connectors.soap_xml import BadXml, Head, Reply
from schemas.errors import Stop

_SHANGHAI = timezone(timedelta(hours=8))


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
            raise Stop(f"缺少 mappings/wsdl/{settings.wsdl}：请放入平台的 WSDL")
        self._wire = Wire(settings)
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
