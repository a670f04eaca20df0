"""`santai run projector`: ticket events to the read model."""

from __future__ import annotations

from observability.health import Health, Verdict
from observability.metrics import Metrics
from observability.serve import serve
from santai.projector.projector import Projected, Projector
from santai.projector.store import open_read_model
from santai.services.cluster import admin
from santai.services.parts import announce, codec_of, sqlite_folder, stop_on_signals
from santai.settings import Settings


def run_projector(settings: Settings) -> int:
    """Blocks until stopped; the exit code of the process."""
    admin(settings)  # an unreachable broker is said in one line, before anything else
    stop, metrics, health = stop_on_signals(), Metrics(), Health()
    sqlite_folder(settings.read_model_url)
    projector = Projector(
        codec_of(settings),
        settings.clients(),
        settings.topics,
        open_read_model(settings.read_model_url),
        lambda done: _count(metrics, done),
    )
    health.add("projector", lambda: _verdict(projector))
    with serve(settings.metrics_port, health, metrics.registry, settings.host) as server:
        announce(settings, "projector", server.url)
        projector.run(stop)
    return 0


def _count(metrics: Metrics, done: Projected) -> None:
    metrics.batch_seconds("project").observe(done.seconds)
    metrics.batch_records("project").observe(done.records)
    for topic, seconds in done.lag_seconds.items():
        metrics.lag(topic).set(seconds)


def _verdict(projector: Projector) -> Verdict:
    waits = projector.waits_since_s()
    return Verdict(True) if waits is None else Verdict(False, f"Kafka 或数据库不可用,已等待 {waits:.0f} 秒")
