"""Builds the Faust app of the engine from steps."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import faust
from faust.auth import SASLCredentials, SSLCredentials
from faust.types.auth import SASLMechanism
from mode.supervisors import CrashingSupervisor
from yarl import URL

from schemas.errors import Stop
from streams.engine import agents
from streams.engine.api import StatefulStep, StatelessStep
from streams.engine.config import EngineConfig
from streams.engine.ownership import Writers
from streams.engine.recovery import BatchTables
from streams.engine.store import new_cache
from streams.engine.table import StepTable
from streams.engine.transport import BatchTransport

LOOK_S = 1.0


def build_app(
    config: EngineConfig, stateful: Sequence[StatefulStep] = (), stateless: Sequence[StatelessStep] = ()
) -> faust.App:
    """The app, ready for run_worker. Source and output topics must exist; changelogs are created when missing."""
    names = [step.name for step in stateful] + [step.name for step in stateless]
    if len(set(names)) != len(names):
        raise Stop(f"two steps have the same name: {sorted(names)}")
    config.workdir.mkdir(parents=True, exist_ok=True)
    app = faust.App(config.app_id, **_settings(config))
    app.transport = BatchTransport([URL(f"kafka://{host}") for host in config.bootstrap.split(",")], app, config)
    writers = Writers(config, len(stateful))
    app.tables.writers, app.tables.config = writers, config
    cache = new_cache() if config.store == "rocksdb" else None
    for step in stateful:
        table = app.tables.add(StepTable(app, step, config, cache))
        agents.add_stateful(app, step, table, config, writers)
    for plain in stateless:
        agents.add_stateless(app, plain, config, writers)
    app.on_before_shutdown.connect(_closing(writers), weak=False)
    app.task(_watching(app, config))
    for coroutine in config.background:
        app.task(_plainly(coroutine))
    return app


def changelog_topic(app_id: str, step: str) -> str:
    """The changelog of a stateful step: compacted, as many partitions as its input topic, never expired."""
    return f"{app_id}-{step}-changelog"


def _settings(config: EngineConfig) -> dict[str, Any]:
    return {
        "broker": [URL(f"kafka://{host}") for host in config.bootstrap.split(",")],
        "broker_credentials": _credentials(config.client),
        "version": 1,
        "autodiscover": False,
        "store": "memory://",  # Faust's own, unused: see StepTable
        "datadir": str(config.workdir / "faust"),
        "TableManager": BatchTables,
        "processing_guarantee": "at_least_once",
        "cython_optimizations": True,
        "agent_supervisor": CrashingSupervisor,
        "topic_partitions": config.partitions,
        "topic_replication_factor": config.replication,
        "topic_disable_leader": True,
        "table_standby_replicas": 0,
        "broker_session_timeout": config.session_timeout_s,
        "broker_heartbeat_interval": config.session_timeout_s * 0.3,
        "broker_commit_interval": config.commit_interval_s,
        "broker_commit_every": None,
        "broker_max_poll_records": config.max_batch_records,
        "broker_max_poll_interval": config.patience_s * 2,
        "consumer_max_fetch_size": 1 << 20,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": config.worker_id if config.static_membership else None,
        "stream_buffer_maxsize": 16_384,  # never reached: the consumer bounds what is in flight
        "stream_wait_empty": True,
        "stream_recovery_delay": 0.0,
        "producer_acks": -1,
        "producer_linger": 0.005,
        "producer_request_timeout": 1200,
        "web_enabled": False,
        "value_serializer": "raw",
        "key_serializer": "raw",
    }


def _credentials(client: Mapping[str, str]) -> Any:
    """The same security settings for Faust's own clients."""
    protocol = client.get("security.protocol", "PLAINTEXT").upper()
    if protocol == "PLAINTEXT":
        return None
    cafile = client.get("ssl.ca.location")
    if protocol == "SSL":
        return SSLCredentials(cafile=cafile)
    mechanism = client.get("sasl.mechanism", client.get("sasl.mechanisms", "PLAIN"))
    credentials = SASLCredentials(
        username=client.get("sasl.username"), password=client.get("sasl.password"), mechanism=SASLMechanism(mechanism)
    )
    if protocol == "SASL_SSL":
        credentials.ssl_context = SSLCredentials(cafile=cafile).context
    return credentials


def _watching(app: Any, config: EngineConfig) -> Callable[[], Awaitable[None]]:
    async def look_after_progress() -> None:
        """Ask the broker once a second what waits."""
        async for _ in app.itertimer(LOOK_S, name="progress"):
            await app.consumer.look()
            if config.on_lag is not None:
                config.on_lag(config.progress.lag_seconds(time.time()))

    return look_after_progress


def _plainly(coroutine: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    async def background() -> None:
        await coroutine()

    return background


def _closing(writers: Writers) -> Callable[..., Awaitable[None]]:
    async def close(*_: Any, **__: Any) -> None:
        await writers.close()

    return close
