"""A tiny HTTP server that answers with exactly the bytes it is told to."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self

Answer = Iterable[bytes]


def soap(operation: str, inner: str, *, declared: str = "UTF-8") -> bytes:
    """An envelope whose `return` holds the text, as CDATA; whatever encoding is declared, the bytes are UTF-8."""
    content = inner.replace("]]>", "]]]]><![CDATA[>")
    return (
        f'<?xml version="1.0" encoding="{declared}"?>'
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<n:{operation}Response xmlns:n="http://platform.zwfw.example/case"><return><![CDATA[{content}]]></return>'
        f"</n:{operation}Response></s:Body></s:Envelope>"
    ).encode()


def http(body: bytes, *, status: str = "200 OK", headers: str = "Content-Type: text/xml; charset=utf-8\r\n") -> bytes:
    """A whole HTTP response."""
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


class RawServer:
    """One answer a connection, which is then closed; `answer(operation)` yields the bytes."""

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        self._answer = answer
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/case"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # a closed socket alone would still accept one more
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client:
            client.settimeout(10)
            request = b""
            while b"Envelope>" not in request and (data := client.recv(65536)):
                request += data
            self.requests.append(request)
            operation = request.partition(b"<ns0:")[2].partition(b" ")[0].decode()
            for piece in self._answer(operation):
                client.sendall(piece)


def drip(piece: bytes, every_s: float) -> Answer:
    """The same bytes again and again, slowly."""
    while True:
        yield piece
        time.sleep(every_s)
