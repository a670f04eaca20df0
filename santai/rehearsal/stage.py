"""The stage: local platform, the province's systems, and the hub's processes, started and stopped together."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from confluent_kafka import Producer

from demo.gov_service import server as gov_service
from demo.legal_aid.clerk import Clerk
from santai.platform.mariadb import MariaDb
from santai.platform.process import Process, free_port
from santai.platform.up import LocalPlatform
from santai.rehearsal.folder import clear
from santai.services.cluster import create_topics, register_schemas
from santai.services.parts import codec_of, systems_of
from santai.services.ticker import send_tick
from santai.services.whereabouts import whereabouts
from santai.settings import Settings, load_settings
from schemas.errors import Stop

READY_S = 120.0
SENT_S = 60.0
"""How long a record may take to reach a broker that was just killed and started again."""
STOP_S = 30.0
_POLL_S = 0.1
PREFIX = "santai"


@dataclass(slots=True)
class Stage:
    """Everything the demo runs on. Use `open` and `close`.

    A platform and a database that are given are used as they are, and left running: under a prefix of its own a stage
    is alone there. `more` are further settings of the hub's processes.
    """

    folder: Path
    workers: int = 1
    prefix: str = PREFIX
    platform: LocalPlatform | None = None
    database: MariaDb | None = None
    more: Mapping[str, str] = field(default_factory=dict)
    settings: Settings = field(init=False)
    gov: gov_service.GovService = field(init=False)
    clerk: Clerk = field(init=False)
    environment: dict[str, str] = field(init=False)
    _processes: dict[str, Process] = field(default_factory=dict)
    _killing: threading.Lock = field(default_factory=threading.Lock)
    # Children end with the thread that started them: one thread, which lives as long as the stage, starts them all.
    _hands: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _exit: ExitStack = field(default_factory=ExitStack)

    def open(self, say: Callable[[str], None]) -> None:
        """Start all of it, on empty data; returns once every process is ready."""
        self._exit.callback(clear(self.folder))
        for name in [name for name in os.environ if name.startswith("SANTAI_")]:
            del os.environ[name]  # nothing of another hub's settings: the demo must not write anywhere else
        if self.platform is None:
            say("启动 Kafka 与模式注册中心")
            self.platform = self._exit.enter_context(LocalPlatform(self.folder / "platform"))
        if self.database is None:
            say("启动法律援助系统的 MariaDB")
            self.database = MariaDb(self.folder / "platform")
            self.database.start()
            self._exit.callback(self.database.stop)
        office = self._office(self.database)
        say("启动政务服务平台(SOAP)")
        self.gov = gov_service.start(0, self.folder / "gov-service.jsonl")
        self._exit.callback(self.gov.stop)
        ports = {name: free_port() for name in ("api", "platforms")}
        self._configure(self.platform, office, ports)
        self.clerk = Clerk(office)
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
        self.start_hub()

    @property
    def url(self) -> str:
        """The hub's HTTP API."""
        return f"http://{self.settings.host}:{self.settings.port}"

    @property
    def hub(self) -> tuple[str, ...]:
        """Names of the hub's processes."""
        return "api", "connectors", "projector", *(f"streams-{n}" for n in range(1, self.workers + 1))

    def start_hub(self) -> None:
        """Start those of the hub's processes that do not run; returns once every one is ready."""
        for name in self.hub:
            if name not in self._processes or not self._processes[name].alive:
                self._start(name)
        self._await_ready()

    def crash_hub(self) -> None:
        """kill -9 of all of the hub's processes, and new ones in their place."""
        with self._killing:
            for name in self.hub:
                self._processes[name].kill()
            self.start_hub()

    def kill_worker(self, n: int = 1) -> None:
        """kill -9 of a stream worker, and a new one in its place. Several threads may ask."""
        with self._killing:
            self._processes[f"streams-{n}"].kill()
            self._start(f"streams-{n}")

    def has_worked(self, n: int = 1) -> bool:
        """Whether a stream worker has handled a batch since it was started."""
        try:
            page = self.ask(f"streams-{n}", "/metrics").text
        except (Stop, httpx.TransportError):
            return False
        return "\nsantai_batch_records_count{" in page

    def ask(self, name: str, path: str) -> httpx.Response:
        """GET of a process of the hub, where it serves /metrics and /healthz. Stop: it does not serve yet."""
        pid = self._processes[name].identity.pid
        url = next((w.url for w in whereabouts(self.folder) if w.pid == pid), None)
        if url is None:
            raise Stop(f"{name} 还没有就绪")
        return httpx.get(url + path, timeout=10, trust_env=False)

    def process(self, name: str) -> Process:
        """A process of the hub, or `platforms`."""
        return self._processes[name]

    def tick(self, now_ms: int) -> None:
        """Simulated time, to every partition. The demo is its only ticker."""
        producer = Producer(self.settings.clients(acks="all"))
        send_tick(self.settings, codec_of(self.settings), producer, now_ms)
        if producer.flush(SENT_S):
            raise Stop("时间没有送达 Kafka")

    def garble(self) -> None:
        """Bytes nobody can read, on an intake topic."""
        producer = Producer(self.settings.clients(acks="all"))
        producer.produce(self.settings.topics.intake("12345"), b"\xff\x00 not a record", b"poison")
        if producer.flush(SENT_S):
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

    def _office(self, database: MariaDb) -> str:
        """URL of the legal-aid office's own database, made with its tables."""
        url = database.create_database("legal_aid" if self.prefix == PREFIX else f"{self.prefix}_legal_aid")
        clerk = Clerk(url)
        clerk.create_tables()
        clerk.close()
        return url

    def _configure(self, platform: LocalPlatform, office: str, ports: dict[str, int]) -> None:
        platforms = f"http://127.0.0.1:{ports['platforms']}"
        self.environment = {
            "SANTAI_DATA_DIR": str(self.folder.resolve()),
            "SANTAI_BROKER": platform.bootstrap,
            "SANTAI_REGISTRY": platform.registry_url,
            "SANTAI_PREFIX": self.prefix,
            "SANTAI_PORT": str(ports["api"]),
            "SANTAI_TICK_SECONDS": "0",
            "SANTAI_12345_SECRET": secrets.token_hex(24),
            "SANTAI_12345_URL": platforms,
            "SANTAI_WEB_SECRET": secrets.token_hex(24),
            "SANTAI_WEB_URL": platforms,
            "SANTAI_LEGAL_AID_URL": office,
            # Simulated days lie before the database's own clock: a late row is found by comparing the whole table.
            "SANTAI_LEGAL_AID_INTERVAL_SECONDS": "0.5",
            "SANTAI_LEGAL_AID_SWEEP_SECONDS": "5",
            "SANTAI_GOV_SERVICE_URL": self.gov.url,
            "SANTAI_GOV_SERVICE_INTERVAL_SECONDS": "0.5",
            "SANTAI_GOV_SERVICE_SECRET": gov_service.SECRET,
            **self.more,
        }
        self.settings = load_settings(
            data_dir=self.folder.resolve(), broker=platform.bootstrap, registry=platform.registry_url,
            port=ports["api"], tick_seconds=0, prefix=self.prefix,
        )  # fmt: skip

    def _start(self, name: str) -> None:
        kind, _, n = name.partition("-")
        self._spawn(name, ["-m", "santai", "run", kind], **({"SANTAI_WORKER_ID": n} if n else {}))

    def _spawn(self, name: str, arguments: list[str], **environment: str) -> None:
        command, settings = [sys.executable, *arguments], {**self.environment, **environment}
        self._processes[name] = self._hands.submit(Process.spawn, command, self._log(name), env=settings).result()

    def _log(self, name: str) -> Path:
        (self.folder / "log").mkdir(exist_ok=True)
        return self.folder / "log" / f"{name}.log"

    def _await_ready(self) -> None:
        until = time.monotonic() + READY_S
        while waiting := [name for name in ("platforms", *self.hub) if not self._ready(name)]:
            ended = [name for name, p in self._processes.items() if not p.alive]
            if ended or time.monotonic() > until:
                names = ended or waiting
                raise Stop(f"{'、'.join(names)} 没有启动,见 {self._log(names[0])}:{_tail(self._log(names[0]))}")
            self._processes["api"].wait(_POLL_S)

    def _ready(self, name: str) -> bool:
        """Whether it answers, red or green."""
        with contextlib.suppress(Stop, httpx.TransportError):
            if name == "platforms":
                return httpx.get(f"{self.environment['SANTAI_WEB_URL']}/healthz", timeout=2, trust_env=False).is_success
            return bool(self.ask(name, "/healthz").status_code)
        return False

    def addresses(self) -> dict[str, str]:
        """Where everything is, for whoever keeps it running."""
        found = {"接口": f"{self.url}/docs", "进度": f"{self.url}/tickets/编号", "Kafka": self.settings.bootstrap()}
        for process in whereabouts(self.folder):
            found[f"指标 {process.name}"] = process.url + "/metrics"
        return {
            **found,
            "模式注册中心": self.settings.registry_url(),
            "热线与法律服务网": self.environment["SANTAI_12345_URL"],
            "法律援助数据库": self.environment["SANTAI_LEGAL_AID_URL"],
            "政务服务平台": self.gov.url,
            "读模型": self.settings.read_model_url,
            "推送台账": self.settings.ledger_url,
        }


def _tail(path: Path) -> str:
    return " / ".join(path.read_text(errors="replace").strip().splitlines()[-3:]) if path.exists() else ""
