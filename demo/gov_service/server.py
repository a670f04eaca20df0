"""Starts the demo's 政务服务平台 (a Java SOAP server) and holds its controls."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from xml.sax.saxutils import escape

import httpx

from demo.gov_service.build import BuildFailed, class_path, tool

APP_KEY = "santai"
SECRET = "demo-platform-secret"


@dataclass(frozen=True, slots=True)
class Pushed:
    """One line of the platform's journal."""

    operation: str
    unid: str
    outcome: str  # applied, duplicate, or the code it was refused with
    fields: dict[str, str]


class GovService:
    """The running platform; ends with `stop`, or with the process that started it."""

    def __init__(self, process: subprocess.Popen[str], port: int, journal: Path) -> None:
        self._process = process
        self.journal_path = journal
        self.url = f"http://127.0.0.1:{port}/case"
        self._control = httpx.Client(base_url=f"http://127.0.0.1:{port}/control", trust_env=False, timeout=30)

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    def add_cases(self, cases: Iterable[Mapping[str, str]]) -> None:
        """The platform's clerks write cases: fields by name; a known project_no becomes a new version."""
        markup = "".join(
            "<Case>" + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in case.items()) + "</Case>"
            for case in cases
        )
        self._post("cases", content=f"<Cases>{markup}</Cases>".encode())

    def cases(self) -> list[dict[str, Any]]:
        """All cases as they stand: unid, acknowledged, fields."""
        return self._lines("cases")

    def journal(self) -> list[Pushed]:
        """What was pushed, in order."""
        return [
            Pushed(line["operation"], line["unid"], line["outcome"], line["fields"]) for line in self._lines("journal")
        ]

    def expire_tokens(self) -> None:
        """All tokens given out so far are refused from now on."""
        self._post("expire")

    def token_seconds(self, seconds: int) -> None:
        """How long tokens given out from now on last."""
        self._post("token-seconds", value=str(seconds))

    def style(self, name: str) -> None:
        """How success is answered: "0", "1", or "200" with an inner 1; the last two say duplicates in words only."""
        self._post("style", value=name)

    def fail_next(self, how: str, value: str = "", *, operation: str = "", times: int = 1) -> None:
        """Trouble for the next calls of an operation (or of any).

        How: code (value: the code), fault, http (value: the status), drop-before, drop-after (applied, reply lost),
        hang (applied, no reply for value milliseconds).
        """
        self._post("fail", how=how, value=value, operation=operation, times=str(times))

    def reset(self) -> None:
        """As freshly started: no cases, no tokens, nothing planned, an empty journal."""
        self._post("reset")

    def stop(self) -> None:
        """End the server and wait for it."""
        self._control.close()
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self.stop()

    def _post(self, path: str, content: bytes = b"", **query: str) -> None:
        self._control.post(path, params=query, content=content).raise_for_status()

    def _lines(self, path: str) -> list[dict[str, Any]]:
        answer = self._control.get(path).raise_for_status()
        return [json.loads(line) for line in answer.content.splitlines()]


def start(
    port: int, journal: Path, *, secret: str = SECRET, token_seconds: int = 1800, seconds_max: float = 120
) -> GovService:
    """Build if needed, start on 127.0.0.1 (port 0: any free one), return once it answers.

    Its log is beside the journal. Raises BuildFailed when it cannot be built or does not come up.
    """
    command = [tool("java"), "-Xmx256m", "-XX:+UseSerialGC", "-cp", class_path(), "gov.Main", str(port), str(journal)]
    settings = {"GOV_APP_KEY": APP_KEY, "GOV_SECRET": secret, "GOV_TOKEN_SECONDS": str(token_seconds)}
    journal.parent.mkdir(parents=True, exist_ok=True)
    log = journal.with_suffix(".log")
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **settings},
            start_new_session=True,
        )
    late = threading.Timer(seconds_max, process.kill)
    late.start()
    try:
        ready = process.stdout.readline() if process.stdout else ""
    finally:
        late.cancel()
    if not ready.startswith("READY "):
        process.kill()
        process.wait()
        raise BuildFailed(f"政务服务平台演示程序没有启动，见 {log.name}")
    return GovService(process, int(ready.split()[1]), journal)
