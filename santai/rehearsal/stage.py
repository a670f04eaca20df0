"""The stage: local platform, the province's systems, and the hub's processes, started and stopped together."""

from __future__ import annotations

import json
import secrets
import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from confluent_kafka import Producer
from sqlalchemy import create_engine, text

from demo.gov_service import server as gov_service
from demo.legal_aid.clerk import Clerk
from santai.platform.mariadb import MariaDb
from santai.platform.process import Process, free_port
from santai.platform.up import LocalPlatform
from santai.services.cluster import create_topics, register_schemas
from santai.services.parts import codec_of, systems_of
from santai.services.ticker import send_tick
from santai.settings import Settings, load_settings
from schemas.errors import Stop

READY_S = 60.0
STOP_S = 30.0
_POLL_S = 0.1


@dataclass(slots=True)
class Stage:
    """Everything the demo runs on. Use `open` and `close`."""

    folder: Path
    workers: int = 1
    keep: bool = False
    settings: Settings = field(init=False)
    gov: gov_service.GovService = field(init=False)
    clerk: Clerk = field(init=False)
    environment: dict[str, str] = field(init=False)
    _processes: dict[str, Process] = field(default_factory=dict)
    # Children end with the thread that started them: one thread, which lives as long as the stage, starts them all.
    _hands: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _exit: ExitStack = field(default_factory=ExitStack)

    def open(self, say: Callable[[str], None]) -> None:
        """Start all of it, on empty data; returns once every process is ready."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        say("启动 Kafka 与模式注册中心")
        platform = self._exit.enter_context(LocalPlatform(self.folder / "platform"))
        say("启动法律援助系统的 MariaDB")
        database = MariaDb(self.folder / "platform")
        database.start()
        self._exit.callback(database.stop)
        self._fill(database)
        say("启动政务服务平台(SOAP)")
        self.gov = gov_service.start(0, self.folder / "gov-service.jsonl")
        self._exit.callback(self.gov.stop)
        ports = {name: free_port() for name in ("api", "platforms")}
        self._configure(platform, database, ports)
        self.clerk = Clerk(database.url("legal_aid"))
        self._exit.callback(self.clerk.close)
        systems = systems_of(self.settings, connect=False)
        create_topics(self.settings, systems)
        register_schemas(self.settings, systems)
        say("启动 12345 热线与公共法律服务网")
        self._spawn("platforms", [
            "-m", "demo.platforms", "--port", str(ports["platforms"]), "--hub", self.url,
            "--journal", str(self.folder / "platforms.jsonl"),
        ])  # fmt: skip
        say("启动枢纽:接口、连接器、流处理、投影")
        for name in ("api", "connectors", "projector"):
            self._spawn(name, ["-m", "santai", "run", name])
        for n in range(1, self.workers + 1):
            self.start_worker(n)
        self._await_ready()

    @property
    def url(self) -> str:
        """The hub's HTTP API."""
        return f"http://{self.settings.host}:{self.settings.port}"

    def start_worker(self, n: int) -> None:
        """Start stream worker number n."""
        self._spawn(f"streams-{n}", ["-m", "santai", "run", "streams"], SANTAI_WORKER_ID=str(n))

    def kill_worker(self, n: int = 1) -> None:
        """kill -9 of a stream worker, and a new one in its place."""
        self._processes[f"streams-{n}"].kill()
        self.start_worker(n)

    def tick(self, now_ms: int) -> None:
        """Simulated time, to every partition. The demo is its only ticker."""
        producer = Producer(self.settings.clients(acks="all"))
        send_tick(self.settings, codec_of(self.settings), producer, now_ms)
        if producer.flush(10):
            raise Stop("时间没有送达 Kafka")

    def garble(self) -> None:
        """Bytes nobody can read, on an intake topic."""
        producer = Producer(self.settings.clients(acks="all"))
        producer.produce(self.settings.topics.intake("12345"), b"\xff\x00 not a record", b"poison")
        if producer.flush(10):
            raise Stop("坏消息没有送达 Kafka")

    def echoes(self) -> int:
        """Every system returns what the hub wrote; the number of returned writings the web platforms sent."""
        sent = 0
        with httpx.Client(base_url=self.environment["SANTAI_WEB_URL"], timeout=60, trust_env=False) as control:
            for system in ("12345", "web"):
                answer = control.post("/control/echo", json={"system": system, "share": 0.5}).raise_for_status().json()
                sent += int(answer["sent"])
        self.clerk.work_off_inbox()
        return sent

    def close(self) -> None:
        """Stop what was started, the hub before what it stands on."""
        for process in reversed(self._processes.values()):
            process.stop(STOP_S)
        self._exit.close()
        self._hands.shutdown()

    def wait(self) -> None:
        """Until one of the processes ends; raises Stop naming it."""
        while True:
            for name, process in self._processes.items():
                if process.wait(_POLL_S):
                    raise Stop(f"{name} 已结束,见 {self._log(name)}")

    def _fill(self, database: MariaDb) -> None:
        engine = create_engine(database.url())
        with engine.begin() as connection:
            connection.execute(text(database.create_statement("legal_aid")))
        engine.dispose()
        clerk = Clerk(database.url("legal_aid"))
        clerk.create_tables()
        clerk.close()

    def _configure(self, platform: LocalPlatform, database: MariaDb, ports: dict[str, int]) -> None:
        platforms = f"http://127.0.0.1:{ports['platforms']}"
        self.environment = {
            "SANTAI_DATA_DIR": str(self.folder.resolve()),
            "SANTAI_BROKER": platform.bootstrap,
            "SANTAI_REGISTRY": platform.registry_url,
            "SANTAI_PORT": str(ports["api"]),
            "SANTAI_TICK_SECONDS": "0",
            "SANTAI_12345_SECRET": secrets.token_hex(24),
            "SANTAI_12345_URL": platforms,
            "SANTAI_WEB_SECRET": secrets.token_hex(24),
            "SANTAI_WEB_URL": platforms,
            "SANTAI_LEGAL_AID_URL": database.url("legal_aid"),
            # Simulated days lie before the database's own clock: a late row is found by comparing the whole table.
            "SANTAI_LEGAL_AID_INTERVAL_SECONDS": "0.5",
            "SANTAI_LEGAL_AID_SWEEP_SECONDS": "5",
            "SANTAI_GOV_SERVICE_URL": self.gov.url,
            "SANTAI_GOV_SERVICE_INTERVAL_SECONDS": "0.5",
            "SANTAI_GOV_SERVICE_SECRET": gov_service.SECRET,
        }
        self.settings = load_settings(
            data_dir=self.folder.resolve(), broker=platform.bootstrap, registry=platform.registry_url,
            port=ports["api"], tick_seconds=0,
        )  # fmt: skip

    def _spawn(self, name: str, arguments: list[str], **environment: str) -> None:
        command, settings = [sys.executable, *arguments], {**self.environment, **environment}
        self._processes[name] = self._hands.submit(Process.spawn, command, self._log(name), env=settings).result()

    def _log(self, name: str) -> Path:
        (self.folder / "log").mkdir(exist_ok=True)
        return self.folder / "log" / f"{name}.log"

    def _await_ready(self) -> None:
        until = time.monotonic() + READY_S
        waiting = {self.url, self.environment["SANTAI_WEB_URL"]}
        run = self.folder / "run"
        expected = {"connectors", "projector", *(f"streams-{n}" for n in range(1, self.workers + 1))}
        while waiting or not all((run / f"{name}.json").exists() for name in expected):
            waiting = {url for url in waiting if not _healthy(url)}
            ended = [name for name, p in self._processes.items() if not p.alive]
            if ended or time.monotonic() > until:
                names = ended or sorted(expected | {"api"})
                raise Stop(f"{'、'.join(names)} 没有启动,见 {self._log(names[0])}:{_tail(self._log(names[0]))}")
            next(iter(self._processes.values())).wait(_POLL_S)

    def addresses(self) -> dict[str, str]:
        """Where everything is, for whoever keeps it running."""
        found = {"接口": f"{self.url}/docs", "进度": f"{self.url}/tickets/编号", "Kafka": self.settings.bootstrap()}
        for path in sorted((self.folder / "run").glob("*.json")):
            found[f"指标 {path.stem}"] = json.loads(path.read_text())["url"] + "/metrics"
        return {**found, "模式注册中心": self.settings.registry_url(), "政务服务平台": self.gov.url}


def _healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=2, trust_env=False).status_code < 500
    except httpx.TransportError:
        return False


def _tail(path: Path) -> str:
    return " / ".join(path.read_text(errors="replace").strip().splitlines()[-3:]) if path.exists() else ""
