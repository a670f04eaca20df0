"""What every process is put together from: systems, codec, stores."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from mappings.systems import System, load_systems
from observability.health import Health
from observability.metrics import Metrics
from observability.serve import serve
from santai.services.whereabouts import announced
from santai.settings import Settings
from santai.trouble import os_reason
from santai.words import Words
from schemas.codec import Codec
from schemas.errors import Stop
from schemas.registry import RegistrySchemaIds


def systems_of(settings: Settings, *, connect: bool) -> dict[str, System]:
    """The systems to join. With `connect` the addresses and secrets of their files are filled from the environment."""
    env: Mapping[str, str] | None = os.environ if connect else None
    return load_systems(settings.systems_dir, env, settings.systems or None)


def words_of(settings: Settings) -> Words:
    """Chinese words for what people are shown, with the systems' own titles."""
    return Words.load(systems={name: s.title for name, s in systems_of(settings, connect=False).items()})


def codec_of(settings: Settings) -> Codec:
    """A codec over the registry's ids and the settings' keys."""
    return Codec(settings.sealer(), RegistrySchemaIds(settings.registry_url()))


@contextmanager
def watched(settings: Settings, name: str, health: Health, metrics: Metrics) -> Iterator[None]:
    """/metrics and /healthz of a process for the length of a block, announced. Stop when the port is taken."""
    try:
        server = serve(settings.metrics_port, health, metrics.registry, settings.host)
    except OSError as e:
        where = f"{settings.host}:{settings.metrics_port}"
        raise Stop(f"指标端口 {where} 不可用({os_reason(e)}):请换 SANTAI_METRICS_PORT,0 为任意空闲端口") from None
    with server, announced(settings.data_dir, name, server.url):
        yield


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set. Call it in the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def sqlite_folder(url: str) -> None:
    """Make the folder of a SQLite file. Stop when it cannot be made."""
    prefix = "sqlite:///"
    if url.startswith(prefix):
        try:
            os.makedirs(os.path.dirname(url.removeprefix(prefix)) or ".", exist_ok=True)
        except OSError as e:
            raise Stop(f"无法建立数据目录:{os_reason(e)};请检查 SANTAI_DATA_DIR") from None
