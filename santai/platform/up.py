"""The broker and the registry together: what ``santai up`` starts and what the demo and the tests run on."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from santai.platform.kafka import Kafka
from santai.platform.lock import locked
from santai.platform.registry import Registry

DATA_DIR = Path(".santai/platform")


class LocalPlatform:
    """Broker and registry over one data folder. As a context manager it stops what it started itself."""

    def __init__(self, data_dir: Path = DATA_DIR, *, keep: bool = False, kafka_heap_mb: int = 512) -> None:
        self.data_dir = data_dir.resolve()
        self.kafka = Kafka(self.data_dir, heap_mb=kafka_heap_mb)
        self.registry = Registry(self.data_dir)
        self._keep = keep
        self._started: list[Kafka | Registry] = []

    @property
    def bootstrap(self) -> str:
        """``host:port`` of the broker."""
        return self.kafka.bootstrap

    @property
    def registry_url(self) -> str:
        """Base URL of the registry's Confluent API."""
        return self.registry.url

    def start(self) -> None:
        """Start what does not run yet and wait until both are healthy. Stop, naming the log, when one is not."""
        with locked(self.data_dir / "start.lock"):
            try:
                # The registry first: it takes longest, and the broker's formatting goes on meanwhile.
                for server in (self.registry, self.kafka):
                    if server.begin(keep=self._keep):
                        self._started.append(server)
                self.kafka.await_healthy()
                self.registry.await_healthy()
            except BaseException:
                self.release()
                raise

    def stop(self) -> list[str]:
        """Stop both, whoever started them; which of them ran. Data and ports stay."""
        with locked(self.data_dir / "start.lock"):
            servers = {"registry": self.registry, "broker": self.kafka}
            ran = [name for name, server in servers.items() if server.pid is not None]
            for server in servers.values():
                server.stop()
            self._started.clear()
        return ran

    def release(self) -> None:
        """Stop only what this object started."""
        for server in self._started:
            server.stop()
        self._started.clear()

    def __enter__(self) -> LocalPlatform:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def up(data_dir: Path = DATA_DIR, *, keep: bool = True) -> LocalPlatform:
    """The platform over the data folder, running and healthy; one that already runs is found, not started again.

    With ``keep`` it outlives this process until ``down``. Stop when a program is missing or a server does not start.
    """
    platform = LocalPlatform(data_dir, keep=keep)
    platform.start()
    return platform


def down(data_dir: Path = DATA_DIR) -> list[str]:
    """Stop the platform over the data folder, whoever started it; what ran. Data stays; nothing happens when none
    runs."""
    return LocalPlatform(data_dir).stop() if data_dir.exists() else []
