"""/metrics and /healthz of a process that has no web server of its own."""

from __future__ import annotations

import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from observability.health import Health

_REQUEST_SECONDS = 10  # a scraper that does not finish its request is let go


class Server:
    """A running server. `close` ends it; also a context manager."""

    def __init__(self, host: str, port: int, health: Health, registry: CollectorRegistry) -> None:
        self._server = ThreadingHTTPServer((host, port), _handler(health, registry))
        self._server.daemon_threads = True
        self.host, self.port = host, int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="observability", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self.host}:{self.port}"

    def close(self) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def serve(port: int, health: Health, registry: CollectorRegistry, host: str = "127.0.0.1") -> Server:
    """Serve /metrics and /healthz (200 or 503, JSON) in a thread. Port 0: a free one. OSError: the port is taken."""
    return Server(host, port, health, registry)


def metrics_page(registry: CollectorRegistry, accept: str = "") -> tuple[str, bytes]:
    """Content type and body of /metrics, as the scraper wants it; for processes with a web server of their own."""
    encode, content_type = choose_encoder(accept)
    return content_type, encode(registry)


def health_page(health: Health) -> tuple[int, bytes]:
    """Status and JSON body of /healthz."""
    report = health.report()
    status = HTTPStatus.OK if report.ok else HTTPStatus.SERVICE_UNAVAILABLE
    return int(status), json.dumps(report.as_json(), ensure_ascii=False).encode()


def _handler(health: Health, registry: CollectorRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _REQUEST_SECONDS

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                content_type, body = metrics_page(registry, self.headers.get("Accept", ""))
                self._answer(HTTPStatus.OK, content_type, body)
            elif path == "/healthz":
                status, body = health_page(health)
                self._answer(status, "application/json; charset=utf-8", body)
            else:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", "只有 /metrics 和 /healthz\n".encode())

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """A line for each scrape tells nothing."""

    return Handler
