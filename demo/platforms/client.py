"""A platform's own side of the wire: sends its messages to the hub, many at once, until the hub has them."""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import httpx

from demo.platforms.signing import Credentials, outgoing

_AGAIN = {408, 425, 429, 500, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Sent:
    """How sending one message ended; status 0: the hub never answered."""

    status: int
    answer: dict[str, Any]
    attempts: int

    @property
    def accepted(self) -> bool:
        """The hub has it for good, or knows it as its own writing."""
        return self.status in (200, 202)


class PlatformClient:
    """Signs and sends; the same message again, under the same id, while the hub says it cannot keep it now."""

    def __init__(self, hub: str, credentials: Credentials, *, give_up_s: float = 60.0, timeout_s: float = 15.0) -> None:
        self._url = f"{hub.rstrip('/')}/intake/{credentials.system}"
        self._credentials = credentials
        self._give_up_s = give_up_s
        self._closing = threading.Event()
        self._http = httpx.Client(timeout=timeout_s, trust_env=False)

    def send(self, message: dict[str, Any] | bytes) -> Sent:
        """Send one message (bytes: as they are, to send what is not JSON)."""
        body = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
        message_id = f"msg_{uuid.uuid4().hex}"
        until = time.monotonic() + self._give_up_s
        pause_s, attempts = 0.1, 0
        while True:
            attempts += 1
            status, answer = self._once(body, message_id)
            if status and status not in _AGAIN:
                return Sent(status, answer, attempts)
            if time.monotonic() + pause_s > until or self._closing.wait(pause_s * random.uniform(0.5, 1.0)):
                return Sent(status, answer, attempts)
            pause_s = min(pause_s * 2, 2.0)

    def send_many(
        self,
        messages: Iterable[dict[str, Any] | bytes],
        *,
        workers: int = 8,
        on_sent: Callable[[Sent], None] = lambda _sent: None,
    ) -> list[Sent]:
        """Send all, up to `workers` at a time; the outcomes in the order of the messages."""

        def one(message: dict[str, Any] | bytes) -> Sent:
            sent = self.send(message)
            on_sent(sent)
            return sent

        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(one, messages))

    def close(self) -> None:
        """Stop trying and let go of connections."""
        self._closing.set()
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _once(self, body: bytes, message_id: str) -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": "application/json; charset=utf-8", **outgoing(self._credentials, body, message_id)}
        try:
            response = self._http.post(self._url, content=body, headers=headers)
            answer = response.json()
        except httpx.TransportError:
            return 0, {}
        except ValueError:
            return response.status_code, {}
        return response.status_code, answer if isinstance(answer, dict) else {}
