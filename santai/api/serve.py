"""Serving an application in-process, with a stop that finishes what is under way."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI

from santai.trouble import os_reason
from schemas.errors import Stop

DRAIN_S = 10
WATCH_S = 0.2


def serve_api(
    app: FastAPI, host: str, port: int, stop: threading.Event, on_listening: Callable[[], object] = lambda: None
) -> None:
    """Serve until `stop` is set; requests under way are finished (at most 10 s). Raises Stop when the port is taken.

    `on_listening` is called once the port is ours.
    """
    listening = _listen(host, port)
    with listening:
        on_listening()
        server = _server(app)
        watcher = threading.Thread(target=_watch, args=(server, stop), name="http-stop", daemon=True)
        watcher.start()
        try:
            server.run(sockets=[listening])
        finally:
            stop.set()
            watcher.join()


@contextlib.contextmanager
def serving(app: FastAPI, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in a thread for the length of a `with` block; gives the base URL. Port 0: any free one."""
    stop = threading.Event()
    with _listen(host, port) as listening:
        server = _server(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="http", daemon=True)
        thread.start()
        try:
            # Connections are taken by the kernel from `listen` on, so nobody needs to wait for the server to be up.
            yield f"http://{host}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(DRAIN_S + 5)
            stop.set()


def _server(app: FastAPI) -> uvicorn.Server:
    config = uvicorn.Config(
        app, log_config=None, access_log=False, timeout_graceful_shutdown=DRAIN_S, server_header=False, ws="none"
    )
    server = uvicorn.Server(config)
    # Signals belong to whoever runs the process, not to one of its parts.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
    return server


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=512)
    except OSError as error:
        raise Stop(
            f"HTTP 端口 {host}:{port} 不可用（{os_reason(error)}）：请检查 SANTAI_HOST 和 SANTAI_PORT"
        ) from error


def _watch(server: uvicorn.Server, stop: threading.Event) -> None:
    stop.wait()
    server.should_exit = True
