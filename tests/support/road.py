"""The whole hub over the session's broker, registry and MariaDB: what tests of the road send, ask and read back."""

from __future__ import annotations

import itertools
import json
import os
import random
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from confluent_kafka import Message, Producer
from prometheus_client.parser import text_string_to_metric_families

from demo.platforms.client import PlatformClient, Sent
from demo.platforms.signing import Credentials, outgoing
from demo.scenario.people import Citizen, Registry
from demo.scenario.plan import CHINA, Matter, Telling
from santai.platform.mariadb import MariaDb
from santai.platform.up import LocalPlatform
from santai.rehearsal.stage import Stage
from santai.services.parts import codec_of
from schemas.codec import Codec
from schemas.events.intake import RawChange
from schemas.ids import submission_id
from schemas.topics import Topics
from streams.engine.partitioner import partition_of
from tests.support.supervision import health
from tests.support.topics import read_all

Answer = dict[str, Any]
SYSTEMS = ("12345", "gov-service", "legal-aid", "web")
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA)
WAIT_S = 180.0
STALL_S = 5.0
POISON = b"\xff\x00 nobody can read this"


def until(found: Callable[[], Any], what: str, timeout_s: float = WAIT_S) -> Any:
    """Wait for something that other processes do; the first answer that is true."""
    end, pace = time.monotonic() + timeout_s, threading.Event()
    while not (answer := found()):
        assert time.monotonic() < end, f"waited {timeout_s:.0f} s in vain: {what}"
        pace.wait(0.1)
    return answer


class Road:
    """A stage of its own prefix, with the levers of all four systems."""

    def __init__(self, folder: Path, prefix: str, seed: int, platform: LocalPlatform, database: MariaDb) -> None:
        # No sweeps: a late row must be found by the cursor's own rule.
        more = {
            "SANTAI_STALL_SECONDS": str(STALL_S), "SANTAI_LEGAL_AID_SWEEP_SECONDS": "86400",
            "SANTAI_CLERK_SECRET": secrets.token_hex(24),
        }  # fmt: skip
        self.stage = Stage(folder, prefix=prefix, platform=platform, database=database, more=more)
        self.platform = platform
        self.topics = Topics(prefix)
        self._people = Registry(random.Random(seed))
        self._numbers = itertools.count(random.Random(seed).randrange(10**6, 9 * 10**6))
        self._exit = ExitStack()

    def __enter__(self) -> Road:
        self._exit.callback(self.stage.close)
        try:
            self.stage.open(lambda _what: None)
        except BaseException:
            self._exit.close()
            raise
        for partition in range(self.stage.settings.partitions):
            assert self.poison(self.topics.intake("web"), partition) == 0, "the first record of its partition"
        self.clients = {
            "12345": self.client("12345", self.stage.environment["SANTAI_12345_SECRET"]),
            "web": self.client("web", self.stage.environment["SANTAI_WEB_SECRET"]),
        }
        self._http = self._exit.enter_context(httpx.Client(base_url=self.stage.url, timeout=30, trust_env=False))
        self._control = self._exit.enter_context(
            httpx.Client(base_url=self.stage.environment["SANTAI_WEB_URL"], timeout=60, trust_env=False)
        )
        return self

    def __exit__(self, *_error: object) -> None:
        self._exit.close()

    # --- what is told

    def client(self, system: str, secret: str) -> PlatformClient:
        """Somebody who signs as the system, with this secret."""
        client = PlatformClient(self.stage.url, Credentials(system, secret))
        self._exit.callback(client.close)
        return client

    def matter(self, *systems: str, family: str = "legal-aid", person: Citizen | None = None) -> Matter:
        """A new person's new matter, told to the systems ten minutes apart; nothing of it quotes a number."""
        matter = Matter(
            person or self._people.citizen(), family, self._people.firm(), "讨要工资", "被拖欠工资三个月", []
        )
        for n, system in enumerate(systems):
            at = MORNING.replace(minute=10 * n)
            matter.tellings.append(Telling(system, self.number(system), at, knows_id=True))
        return matter

    def number(self, system: str) -> str:
        """A fresh number, as the system gives them."""
        n = next(self._numbers)
        return {
            "12345": f"GD2026{n}", "web": f"WEB-{n}", "legal-aid": f"法援〔2026〕{n}号", "gov-service": f"2303{n}",
        }[system]  # fmt: skip

    def send(self, system: str, message: Mapping[str, Any] | bytes) -> Sent:
        """By a platform, signed."""
        return self.clients[system].send(message if isinstance(message, bytes) else dict(message))

    def post(self, system: str, body: bytes, content_type: str) -> httpx.Response:
        """One signed call with a body that is not JSON."""
        headers = outgoing(Credentials(system, self.stage.environment[f"SANTAI_{system.upper()}_SECRET"]), body, "m1")
        return self._http.post(f"/intake/{system}", content=body, headers={**headers, "content-type": content_type})

    def echo(self, system: str) -> dict[str, int]:
        """A platform sends all that the hub wrote to it back."""
        answer = self._control.post("/control/echo", json={"system": system}).raise_for_status()
        echoed: dict[str, int] = answer.json()
        return echoed

    def platform_journal(self, system: str) -> list[dict[str, Any]]:
        """What the hub wrote to 12345 or web."""
        entries: list[dict[str, Any]] = self._control.get(f"/control/journal/{system}").raise_for_status().json()
        return entries

    # --- what is answered

    def get(self, number: str) -> httpx.Response:
        """GET /tickets/{number}."""
        return self._http.get(f"/tickets/{quote(number)}")

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Any request to the hub."""
        return self._http.request(method, path, **request)

    def progress(self, number: str) -> Answer | None:
        """The answer, None when there is none yet."""
        response = self.get(number)
        if response.status_code != httpx.codes.OK:
            return None
        answer: Answer = response.json()
        return answer

    def awaited(self, number: str, good: Callable[[Answer], Any] = lambda a: a["progress"]) -> Answer:
        """The answer once it is good; by default once the ticket event was seen."""
        last: list[Answer | None] = [None]

        def found() -> Answer | None:
            last[0] = self.progress(number)
            return last[0] if last[0] is not None and good(last[0]) else None

        try:
            answer: Answer = until(found, number)
        except AssertionError as e:
            raise AssertionError(f"{e}; last answer: {last[0]}; the hub: {health(self.stage)}") from None
        return answer

    def settled(self, number: str, state: str, systems: Iterable[str]) -> Answer:
        """The answer once exactly these systems have confirmed to know the state."""
        wanted = set(systems)
        return self.awaited(
            number,
            lambda a: {t["system"] for t in a["tellings"] if t["state"] == state and t["result"] == "done"} >= wanted,
        )

    # --- what lies in Kafka

    def records(self, topic: str) -> list[Message]:
        """All committed records."""
        return read_all(self.platform.bootstrap, topic)

    def intake_counts(self) -> dict[str, int]:
        """Raw changes by system."""
        return {system: len(self.records(self.topics.intake(system))) for system in SYSTEMS}

    def produce(self, topic: str, key: bytes | None, value: bytes, partition: int | None = None) -> int:
        """Straight to Kafka, past all doors, as a broken or hostile producer might; the record's offset."""
        producer = Producer({"bootstrap.servers": self.platform.bootstrap, "acks": "all"})
        if partition is None:
            partition = partition_of(key or b"", self.stage.settings.partitions)
        written: list[tuple[Any, Message]] = []
        producer.produce(topic, value, key, partition, on_delivery=lambda error, m: written.append((error, m)))
        assert producer.flush(30) == 0
        ((error, message),) = written
        assert error is None
        return int(message.offset() or 0)

    def poison(self, topic: str, partition: int) -> int:
        """Bytes nobody can read; their offset."""
        return self.produce(topic, None, POISON, partition)

    def dead(self) -> dict[tuple[str, int, int], Message]:
        """Dead letters by where they came from."""
        return {_origin(m): m for m in self.records(self.topics.dlq)}

    @property
    def codec(self) -> Codec:
        """With the hub's keys."""
        return codec_of(self.stage.settings)

    def raw(self, system: str, key: str, body: bytes, content_type: str) -> None:
        """A raw change as a connector would publish it, whatever its body."""
        change = RawChange(
            event_id=f"raw-{key}", system=system, source_key=key, captured_at=time.time_ns() // 10**6,
            content_type=content_type, body=body,
        )  # fmt: skip
        topic = self.topics.intake(system)
        self.produce(topic, key.encode(), self.codec.encode(topic, change))

    def submission(self, system: str, source_key: str) -> Any:
        """The canonical submission of a record; waits for it."""
        wanted = submission_id(system, source_key).encode()

        def found() -> Any:
            events = (self.codec.decode(m.value()) for m in self.records(self.topics.inbox) if m.key() == wanted)
            return next((e for e in events if type(e).__name__ == "Submission"), None)

        return until(found, f"submission {source_key}")

    # --- what the processes say

    def metrics(self, name: str) -> str:
        """A process's page."""
        return self.stage.ask(name, "/metrics").raise_for_status().text

    def sample(self, process: str, metric: str, **labels: str) -> float:
        """One value of a process's page; 0 when it is not there."""
        for family in text_string_to_metric_families(self.metrics(process)):
            for found in family.samples:
                if found.name == metric and labels.items() <= found.labels.items():
                    return float(found.value)
        return 0.0

    def green(self, name: str) -> bool:
        """Whether the process says it is healthy."""
        return self.stage.ask(name, "/healthz").status_code == httpx.codes.OK

    def await_green(self, *names: str) -> None:
        """All of these processes say that they are healthy; what they say when they do not."""
        said: dict[str, Any] = {}

        def all_green() -> bool:
            said.update({name: self.stage.ask(name, "/healthz").json() for name in names})
            return all(answer["ok"] for answer in said.values())

        try:
            until(all_green, "green")
        except AssertionError as e:
            raise AssertionError(f"{e}: {said}") from None

    def santai(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command line, with the hub's settings."""
        return santai(*arguments, env=self.stage.environment)


def santai(*arguments: str, env: Mapping[str, str], timeout_s: float = 240) -> subprocess.CompletedProcess[str]:
    """The command line with these settings and no others."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SANTAI_")}
    return subprocess.run(
        [sys.executable, "-m", "santai", *arguments],
        env={**clean, "COLUMNS": "200", **env},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def header(message: Message, name: str) -> str:
    """The last header of this name."""
    found = [v for n, v in message.headers() or () if n == name]
    value = found[-1] if found else b""
    return value.decode() if isinstance(value, bytes) else str(value)


def as_json(text: str) -> Any:
    """Parsed; says what it was when it is none."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as e:
        raise AssertionError(f"no JSON: {text!r}") from e


def _origin(message: Message) -> tuple[str, int, int]:
    said = {name: header(message, f"__connect.errors.{name}") for name in ("topic", "partition", "offset")}
    return said["topic"], int(said["partition"]), int(said["offset"])
