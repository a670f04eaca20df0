"""What an installation's service manager does for the hub's processes: look after them, start again what ended."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import httpx

from santai.rehearsal.stage import Stage
from schemas.errors import Stop

LOOK_S = 0.2


def health(stage: Stage) -> dict[str, Any]:
    """What each process of the hub says of itself; of one that does not answer, whether it runs."""
    said: dict[str, Any] = {}
    for name in stage.hub:
        try:
            said[name] = stage.ask(name, "/healthz").json()
        except (Stop, httpx.TransportError) as e:
            said[name] = f"{type(e).__name__}, {'runs' if stage.process(name).alive else 'has ended'}"
    return said


@contextlib.contextmanager
def supervised(stage: Stage) -> Iterator[None]:
    """Meanwhile, what ends is started again, as often as it takes."""
    over = threading.Event()

    def supervise() -> None:
        while not over.wait(LOOK_S):
            with contextlib.suppress(Stop):  # one ended while it started: the next look sees it
                stage.start_hub()

    thread = threading.Thread(target=supervise)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
