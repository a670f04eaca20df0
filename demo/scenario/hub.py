"""The hub as anybody sees it: progress by number, over HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx

from demo.scenario.plan import Telling

Answer = dict[str, Any]
_PACE_S = 0.1


class Hub:
    """Asks for progress; several questions at once."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=20, trust_env=False)
        self._pool = ThreadPoolExecutor(6)
        self._pace = threading.Event()

    def progress(self, t: Telling) -> Answer | None:
        """What the hub says of a submission's number; None when it does not know it, or cannot answer now."""
        try:
            response = self._http.get(f"/tickets/{quote(f'{t.system}:{t.number}')}")
        except httpx.TransportError:
            return None
        if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.SERVICE_UNAVAILABLE):
            return None
        response.raise_for_status()
        answer: Answer = response.json()
        return answer

    def all(self, tellings: Iterable[Telling]) -> dict[Telling, Answer | None]:
        """Progress of many."""
        asked = list(tellings)
        return dict(zip(asked, self._pool.map(self.progress, asked), strict=True))

    def wait_for(
        self, tellings: Iterable[Telling], good: Callable[[Telling, Answer | None], bool], timeout_s: float
    ) -> list[Telling]:
        """Ask until the hub's answer is good for all; returns those for which it is not when the time is over."""
        left, until = list(tellings), time.monotonic() + timeout_s
        while left:
            left = [t for t, answer in self.all(left).items() if not good(t, answer)]
            if time.monotonic() > until:
                break
            if left:
                self._pace.wait(_PACE_S)
        return left

    def close(self) -> None:
        """Hang up."""
        self._pool.shutdown()
        self._http.close()


def opened(_t: Telling, answer: Answer | None) -> bool:
    """Its ticket event was seen: it has a ticket, its own or one it was attached to."""
    return answer is not None and bool(answer["progress"])
