"""The whole wire between the demo's platforms and the hub's webhook rooms: HTTP both ways, echoes among it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from connectors.intake import Intake
from connectors.ledger import Ledger
from connectors.store import open_store
from connectors.webhook import WebhookIntake
from demo.platforms.client import PlatformClient
from demo.platforms.signing import Credentials
from mappings.systems import FOLDER, load_systems
from santai.platform.kafka import Kafka
from santai.platform.process import free_port as find_port
from schemas.topics import Topics
from tests.support.dispatching import SYSTEMS, delivery, make_dispatcher, produce
from tests.support.platforms import SECRET, PlatformServer
from tests.support.topics import create_topics, make_codec, producer_config, read_all

pytestmark = pytest.mark.integration


class Hub:
    """The webhook rooms behind a real HTTP server; `away` makes it answer 503 so many times."""

    def __init__(self, kafka: Kafka, topics: Topics, ledger: Ledger, port: int) -> None:
        self.url, self.away = f"http://127.0.0.1:{port}", 0
        self.intake = Intake(make_codec(), producer_config(kafka.bootstrap), topics)
        settings = {f"SANTAI_{name}_{part}": value for name in ("12345", "WEB") for part, value in
                    (("SECRET", SECRET), ("URL", "http://127.0.0.1:1"))}  # fmt: skip
        systems = load_systems(FOLDER, settings, set(SYSTEMS))
        doors = {name: WebhookIntake(systems[name], self.intake, ledger) for name in SYSTEMS}
        app = FastAPI()

        @app.post("/intake/{system}")
        async def intake(system: str, request: Request) -> JSONResponse:
            if self.away > 0:
                self.away -= 1
                return JSONResponse({"reason": "稍后"}, status_code=503)
            body, now = await request.body(), int(time.time() * 1000)
            status, answer = await run_in_threadpool(doors[system].handle, request.headers, body, now)
            return JSONResponse(answer, status_code=status)

        self._server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until = time.monotonic() + 20
        while not self._server.started:
            assert time.monotonic() < until
            self._thread.join(0.02)

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self.intake.close()


@pytest.fixture
def topics(kafka: Kafka, topic_prefix: str) -> Topics:
    topics = Topics(topic_prefix)
    create_topics(kafka.bootstrap, topics, SYSTEMS)
    return topics


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    engine = open_store(f"sqlite:///{tmp_path / 'ledger.db'}")
    yield Ledger(engine)
    engine.dispose()


@pytest.fixture
def hub(kafka: Kafka, topics: Topics, ledger: Ledger, free_port: int) -> Iterator[Hub]:
    hub = Hub(kafka, topics, ledger, free_port)
    yield hub
    hub.close()


@pytest.fixture
def platforms(hub: Hub, tmp_path: Path) -> Iterator[PlatformServer]:
    server = PlatformServer(find_port(), tmp_path / "journal.jsonl", hub.url)
    server.start()
    yield server
    server.kill()


def order(n: int) -> dict[str, Any]:
    return {"lx": "gd", "gdbh": f"GD{n}", "djsj": "2026-03-02 09:30:00", "sqrxm": "王晓", "sqbt": "讨薪"}


def case(n: int) -> dict[str, Any]:
    return {"event": "created", "case": {"no": f"W{n}", "createdAt": "2026-03-02T09:30:00+08:00", "title": "讨薪"}}


@pytest.mark.parametrize(("system", "make"), [("12345", order), ("web", case)])
def test_many_at_once_all_accepted_and_on_kafka(kafka: Kafka, topics: Topics, hub: Hub, system: str, make: Any) -> None:
    seen: list[int] = []
    with PlatformClient(hub.url, Credentials(system, SECRET)) as client:
        sent = client.send_many([make(n) for n in range(60)], workers=8, on_sent=lambda one: seen.append(one.status))
    assert {one.status for one in sent} == {202}
    assert len(seen) == 60
    kept = {make_codec().decode(r.value()).event_id for r in read_all(kafka.bootstrap, topics.intake(system))}
    assert kept == {one.answer["event_id"] for one in sent}


def test_the_client_sends_again_until_the_hub_has_it_but_not_what_is_refused(hub: Hub) -> None:
    hub.away = 3
    with PlatformClient(hub.url, Credentials("web", SECRET)) as client:
        assert (client.send(case(1)).status, hub.away) == (202, 0)
        refused = client.send(b"not json")
        assert (refused.status, refused.attempts) == (422, 1)
    with PlatformClient(hub.url, Credentials("web", "another secret 0123")) as client:
        assert client.send(case(2)).status == 401


def test_a_hub_that_is_not_there_is_given_up_in_time() -> None:
    with PlatformClient(f"http://127.0.0.1:{find_port()}", Credentials("web", SECRET), give_up_s=0.5) as client:
        sent = client.send(case(1))
    assert (sent.status, sent.accepted) == (0, False)
    assert sent.attempts > 1


def test_the_lever_sends_one_message(hub: Hub, platforms: PlatformServer) -> None:
    answer = httpx.post(f"{platforms.url}/control/send", json={"system": "12345", "message": order(7)}).json()
    assert answer["status"] == 202
    assert set(answer["answer"]) == {"event_id", "submission_id", "marks"}


def test_what_the_hub_wrote_comes_back_as_nothing_new(
    kafka: Kafka, topics: Topics, ledger: Ledger, hub: Hub, platforms: PlatformServer
) -> None:
    done = threading.Semaphore(0)
    dispatcher = make_dispatcher(
        kafka.bootstrap, topics, ledger, platforms.url, "w1", on_result=lambda _system, _result: done.release()
    )
    dispatcher.start()
    try:
        produce(kafka.bootstrap, topics, [delivery(s, f"T{n}", 1) for n in range(5) for s in SYSTEMS])
        for _ in range(10):
            assert done.acquire(timeout=30)
    finally:
        dispatcher.stop()
    for system in SYSTEMS:
        body = {"system": system, "share": 1.0}
        told = httpx.post(f"{platforms.url}/control/echo", json=body, timeout=30).json()
        assert told == {"sent": 5, "echoes": 5}
        assert read_all(kafka.bootstrap, topics.intake(system)) == []
        half = httpx.post(f"{platforms.url}/control/echo", json={**body, "share": 0.5}, timeout=30).json()
        assert half["sent"] < 5
    counts = httpx.get(f"{platforms.url}/control/counts").json()
    assert counts == {"unsigned": 0, "12345": {"applied": 5, "repeated": 0}, "web": {"applied": 5, "repeated": 0}}


def test_without_its_secrets_the_program_says_so_and_ends(tmp_path: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("SANTAI_")}
    argv = [
        sys.executable,
        "-m",
        "demo.platforms",
        "--port",
        "1",
        "--hub",
        "http://x",
        "--journal",
        str(tmp_path / "j"),
    ]
    ended = subprocess.run(argv, env=bare, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stderr.strip() == "缺少设置 SANTAI_12345_SECRET、SANTAI_WEB_SECRET"


def test_unsigned_and_unknown_calls_change_nothing(platforms: PlatformServer) -> None:
    assert httpx.post(f"{platforms.url}/hub/progress", content=json.dumps({})).status_code == 401
    assert httpx.get(f"{platforms.url}/control/journal/elsewhere").status_code == 404
    assert httpx.get(f"{platforms.url}/control/counts").json()["unsigned"] == 1
    assert platforms.journal("web") == []
