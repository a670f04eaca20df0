"""A loopback TCP proxy that loses replies at a chosen moment."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class _Loss:
    """What to lose: the answer to the next request with these bytes, on a connection that has sent `after`."""

    trigger: bytes
    after: bytes
    deliver: bool


class LossyProxy:
    """Passes bytes on to a port of the loopback, but for what it is told to lose."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._loss: _Loss | None = None
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, trigger: bytes, *, after: bytes = b"", deliver: bool = True) -> None:
        """For the next request that holds `trigger`: it reaches the server, but the connection is cut before the
        answer; or, without `deliver`, it reaches nobody and nothing is ever answered."""
        self._loss = _Loss(trigger, after, deliver)

    def close(self) -> None:
        """Nobody listens any more, and connections are cut."""
        for one in (self._listener, *self._sockets):  # a closed socket alone would still accept one more
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [client, server]
                lost = threading.Event()
                threading.Thread(target=self._up, args=(client, server, lost), daemon=True).start()
                threading.Thread(target=self._down, args=(server, client, lost), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        sent = b""
        with suppress(OSError):
            while data := client.recv(65536):
                sent += data
                loss = self._loss
                if loss is not None and loss.trigger in data and loss.after in sent:
                    self._loss = None
                    lost.set()
                    if not loss.deliver:
                        continue
                server.sendall(data)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

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
