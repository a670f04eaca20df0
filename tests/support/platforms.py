"""The demo's platforms as a partner to test against: a process that journals, deduplicates and misbehaves on demand."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

SECRET = "0123456789abcdef secret"


class PlatformServer:
    """The demo's platforms as their own process, started again when a test has killed them."""

    def __init__(self, port: int, journal: Path, hub: str = "http://127.0.0.1:1") -> None:
        self._hub = hub
        self.port, self.url, self._journal = port, f"http://127.0.0.1:{port}", journal
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Up and answering, with no faults waiting."""
        if self._process is None:
            self._process = start_platforms(self.port, self._journal, self._hub)
        httpx.delete(f"{self.url}/control/fault").raise_for_status()

    def fault(self, system: str, **what: Any) -> None:
        """The next calls misbehave; see demo.platforms.faults."""
        httpx.post(f"{self.url}/control/fault", json={"system": system, **what}).raise_for_status()

    def journal(self, system: str) -> list[dict[str, Any]]:
        """All calls of the hub, in order."""
        entries: list[dict[str, Any]] = httpx.get(f"{self.url}/control/journal/{system}").json()
        return entries

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def start_platforms(port: int, journal: Path, hub: str) -> subprocess.Popen[bytes]:
    """The demo's platforms, ready."""
    env = {**os.environ, "SANTAI_12345_SECRET": SECRET, "SANTAI_WEB_SECRET": SECRET}
    argv = [sys.executable, "-m", "demo.platforms", "--port", str(port), "--hub", hub, "--journal", str(journal)]
    server = subprocess.Popen(argv, env=env)
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert server.poll() is None, "the platforms ended"
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)  # another program's start: nothing to await but its port
        else:
            return server
    server.kill()
    raise AssertionError("the platforms did not start")
