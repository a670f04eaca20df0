"""Apache Kafka, one KRaft node on the loopback."""

from __future__ import annotations

import base64
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from santai.platform import jars
from santai.platform.process import port_answers
from santai.platform.server import Server
from schemas.errors import Stop

# docker-compose.yml sets the same (tests/contract/test_compose.py).
BROKER_SETTINGS: dict[str, str] = {
    # Topics come from the topology; a mistyped name must fail.
    "auto.create.topics.enable": "false",
    # One node: every internal topic has one replica.
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # Fewer logs to open: the node starts sooner.
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.num.partitions": "8",
    # A first member need not wait for others; faults are noticed sooner than the default floor of 6 s allows.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # A broker back from kill -9 is let in only when its former session has ended: 9 s by default.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # The truths are kept without expiry, and so are the positions in them.
    "log.retention.ms": "-1",
    "log.retention.bytes": "-1",
    "offsets.retention.minutes": "525600",
    # 128 MB by default, a quarter of this node's heap.
    "log.cleaner.dedupe.buffer.size": "16777216",
}


def cluster_id() -> str:
    """A new one. Like Kafka's own it does not begin with a dash: its tools would take it for an option."""
    while (drawn := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return drawn


class Kafka(Server):
    """The broker. ``bootstrap`` is for clients."""

    name: ClassVar[str] = "kafka"

    def __init__(self, data_dir: Path, *, heap_mb: int = 512, settings: dict[str, str] | None = None) -> None:
        super().__init__(data_dir)
        self._heap_mb = heap_mb
        self._settings = BROKER_SETTINGS | (settings or {})

    @property
    def bootstrap(self) -> str:
        """``host:port`` for ``bootstrap.servers``."""
        return f"127.0.0.1:{self.port()}"

    def prepare(self) -> None:
        """Write the properties and format the log folder, which KRaft asks for once."""
        self._properties.write_text("".join(f"{key}={value}\n" for key, value in self._all_settings().items()))
        if (self._logs / "meta.properties").exists():
            return
        tool = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id()}", "--config", str(self._properties)]
        done = subprocess.run(
            [jars.java(), "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", jars.classpath("kafka"), *tool],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Stop(f"Kafka 无法初始化 {self._logs}:{done.stdout}{done.stderr}")

    def argv(self) -> Sequence[str]:
        """The broker's command line."""
        return [
            jars.java(),
            f"-Xmx{self._heap_mb}m",
            "-XX:+UseG1GC",
            "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
            "-cp",
            jars.classpath("kafka"),
            "kafka.Kafka",
            str(self._properties),
        ]

    def healthy(self) -> bool:
        """Whether the broker answers with itself in the metadata."""
        # The port first: a Kafka client backs off when refused, and would notice the start late.
        if not port_answers(self.port()):
            return False
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        try:
            return bool(admin.list_topics(timeout=2.0).brokers)
        except KafkaException:
            return False

    @property
    def _logs(self) -> Path:
        return self.folder / "logs"

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    def _all_settings(self) -> dict[str, str]:
        broker = f"PLAINTEXT://{self.bootstrap}"
        controller = f"127.0.0.1:{self.port('controller_port')}"
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@{controller}",
            "listeners": f"{broker},CONTROLLER://{controller}",
            "advertised.listeners": broker,
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(self._logs),
            **self._settings,
        }
