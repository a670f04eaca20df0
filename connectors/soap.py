"""A system of kind soap: a platform whose cases are pulled and which is told by push operations."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from connectors import soap_xml
from connectors.api import Document, Page, Result, Told
from connectors.soap_client import SoapClient
from connectors.soap_codes import judge, printable
from connectors.soap_settings import SoapSinkSettings, SoapSourceSettings
from connectors.soap_wire import LostReply, NotSent
from connectors.soap_xml import BadXml
from mappings.body import parse_body
from mappings.message import Message
from schemas.errors import Retry, Stop, Unmappable
from schemas.ids import deterministic_id

CONTENT_TYPE = "application/xml"


class SoapSource:
    """Pulls cases the platform has not been told are safe, and acknowledges them when they are.

    The position is the cursor within one walk; each walk begins anew, so what was pulled but never acknowledged comes
    again.
    """

    def __init__(self, system: str, settings: SoapSourceSettings, clock: Callable[[], float] = time.time) -> None:
        self._system = system
        self._settings = settings
        self._client = SoapClient(system, settings, clock)

    def poll(self, position: dict[str, Any] | None) -> Page:
        """One page of cases. Raises Retry, or Stop when key or secret are refused at the very first call."""
        cursor = str((position or {}).get("cursor", ""))
        body = soap_xml.element("Cursor", cursor) + soap_xml.element("Size", self._settings.page_size)
        reply = self._client.call("pullCases", body, deterministic_id("pull", cursor, time.monotonic_ns()))
        if reply.outcome.code not in self._settings.success:
            raise Retry(f"{self._system}: 取件失败（代码{printable(reply.outcome.code)}）")
        documents = tuple(_document(case) for case in reply.cases)
        following = reply.values.get("Cursor", "")
        more = len(documents) >= self._settings.page_size and following not in ("", cursor)
        return Page(documents, {"cursor": following if more else ""}, more)

    def acknowledge(self, documents: Iterable[Document]) -> None:
        """Tell the platform; what it does not accept it sends again. Raises Retry."""
        found = (soap_xml.first_text(document.body, "Unid") for document in documents)
        unids = sorted({unid for unid in found if unid})
        if not unids:
            return
        body = soap_xml.element("Unids", {"Unid": unids})
        reply = self._client.call("ack", body, deterministic_id("ack", *unids))
        if reply.outcome.code not in self._settings.success:
            raise Retry(f"{self._system}: 回执失败（代码{printable(reply.outcome.code)}）")

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()


class SoapSink:
    """Tells the platform. The push id is the Unid: sent again, the platform answers that it has it."""

    def __init__(self, system: str, settings: SoapSinkSettings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._client = SoapClient(system, settings, clock)

    def send(self, message: Message, push_id: str) -> Result:
        """One push. Never raises for what the platform answers."""
        return self.send_batch(message.operation, [(message, push_id)])[push_id]

    def send_batch(self, operation: str, pushes: Sequence[tuple[Message, str]]) -> dict[str, Result]:
        """Several pushes of one operation in one call, each with its own outcome: a batch may succeed in part."""
        if operation not in self._settings.operations:
            return {push_id: Result(Told.REFUSED, "对方没有这项操作") for _, push_id in pushes}
        results: dict[str, Result] = {}
        bodies: dict[str, str] = {}
        for message, push_id in pushes:
            try:
                bodies[push_id] = soap_xml.element("Case", {"Unid": push_id, **message.body})
            except BadXml as error:
                results[push_id] = Result(Told.REFUSED, str(error))
        if bodies:
            results.update(self._send(operation, bodies))
        return results

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def _send(self, operation: str, bodies: dict[str, str]) -> dict[str, Result]:
        unid = next(iter(bodies)) if len(bodies) == 1 else deterministic_id("batch", *bodies)
        try:
            reply = self._client.call(operation, "".join(bodies.values()), unid)
        except NotSent as error:
            return {push_id: Result(Told.RETRY, str(error)) for push_id in bodies}
        except Stop:  # the source says so loudly; a push waits until the setting is right
            return {push_id: Result(Told.RETRY, "对方不认可应用标识或密钥，请检查设置与本机时钟") for push_id in bodies}
        except LostReply as error:
            return {push_id: Result(Told.UNKNOWN, str(error)) for push_id in bodies}
        return {push_id: judge(reply.of(push_id), self._settings.success) for push_id in bodies}


def _document(case: bytes) -> Document:
    """A case as it came. One that does not parse is passed on all the same: the DLQ keeps it."""
    parsed: Any = None
    with suppress(Unmappable):
        parsed = parse_body(CONTENT_TYPE, case)
    return Document(case, CONTENT_TYPE, parsed)
