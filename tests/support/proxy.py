"""A loopback TCP proxy that loses replies at a chosen moment."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self


class LossyProxy:
    """Passes bytes on to a port. When a client's bytes hold `trigger`, they still reach the server, but the next
    answer does not reach the client: the connection is cut. Once for each `arm`."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._trigger: bytes | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, trigger: bytes) -> None:
        """Lose the answer to the next request that holds these bytes."""
        self._trigger = trigger

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                lost = threading.Event()
                threading.Thread(target=self._up, args=(client, server, lost), daemon=True).start()
                threading.Thread(target=self._down, args=(server, client, lost), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if self._trigger is not None and self._trigger in data:
                    self._trigger = None
                    lost.set()
                server.sendall(data)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _down(self, server: socket.socket, client: socket.socket, lost: threading.Event) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if lost.is_set():
                    break
                client.sendall(data)
        for end in (client, server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
