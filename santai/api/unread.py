"""An answer reaches its sender also when the request's body was not read to its end.

A server that answers and closes while bytes are still coming makes the kernel reset the connection, and the sender may
see the reset in place of the answer. So the rest is read and thrown away first, up to a bound.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

DISCARD_BYTES_MAX = 64 << 20
DISCARD_S = 10.0
"""Beyond either bound the connection is closed: whoever sends more may see a reset."""


class ReadToTheEnd:
    """ASGI middleware: the answer goes out once the request has ended, or with `Connection: close`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        body = _Body(receive, awaits_leave=_header(scope, b"expect") is not None)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and not await body.ended():
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
            await send(message)

        await self._app(scope, body.receive, answer)


class _Body:
    """What has come of a request's body."""

    def __init__(self, receive: Receive, *, awaits_leave: bool) -> None:
        self._receive = receive
        self._ended = False
        self._awaits_leave = awaits_leave  # "Expect: 100-continue", and nobody has asked for the body yet

    async def receive(self) -> Message:
        """As the server's own."""
        self._awaits_leave = False
        message = await self._receive()
        self._ended = not (message["type"] == "http.request" and message.get("more_body"))
        return message

    async def ended(self) -> bool:
        """Whether all of it has come; what nobody wants is thrown away up to the bound, and not asked for."""
        left = DISCARD_BYTES_MAX
        try:
            async with asyncio.timeout(DISCARD_S):
                while not self._ended and not self._awaits_leave and left > 0:
                    left -= len((await self.receive()).get("body", b""))
        except TimeoutError:
            pass
        return self._ended


def _has_body(scope: Scope) -> bool:
    return _header(scope, b"transfer-encoding") is not None or (_header(scope, b"content-length") or b"0") != b"0"


def _header(scope: Scope, name: bytes) -> bytes | None:
    headers: Any = scope["headers"]
    return next((value for key, value in headers if key == name), None)
