"""`santai run streams`: the Faust worker with the four steps of the road."""

from __future__ import annotations

import time
from collections.abc import Mapping

from mappings.routing import FILE as ROUTING_FILE
from mappings.routing import load_routing
from observability.health import Health, Verdict
from observability.metrics import Metrics
from santai.services.broker_watch import BrokerWatch
from santai.services.cluster import create_topics, register_schemas
from santai.services.parts import codec_of, systems_of, watched
from santai.services.ticker import ticker
from santai.settings import Settings
from schemas.events.ticket import Alert, ReviewAsked, SubmissionAttached, SubmissionLinked, TicketOpened
from streams.core.clocks import ClockBook
from streams.core.routing import Router
from streams.core.tickets import Rules
from streams.engine.api import Record
from streams.engine.app import build_app
from streams.engine.config import EngineConfig, OnBatch
from streams.engine.health import Progress
from streams.engine.worker import run_worker
from streams.steps.emit import INTAKE_AT
from streams.steps.match import MatchStep
from streams.steps.normalise import NormaliseStep
from streams.steps.route import RouteStep
from streams.steps.tickets import TicketsStep
from streams.topology import APP_ID

_DECISIONS = {
    TicketOpened: "distinct",
    SubmissionAttached: "same",
    SubmissionLinked: "link",
    ReviewAsked: "review",
}


def run_streams(settings: Settings) -> int:
    """Blocks until stopped; the exit code of the process."""
    systems = systems_of(settings, connect=False)
    create_topics(settings, systems)
    register_schemas(settings, systems)
    codec, metrics, topics = codec_of(settings), Metrics(), settings.topics
    sealer = settings.sealer()
    progress = Progress(settings.stall_seconds)
    router = Router(load_routing(settings.systems_dir.parent / ROUTING_FILE), systems)
    rules = Rules(index=lambda kind, value: sealer.index(kind, value).hex(), clocks=ClockBook.load())
    watch = Watching(metrics)
    tickets = TicketsStep(codec, topics, rules, watch)
    app = build_app(
        EngineConfig(
            app_id=f"{settings.prefix}-{APP_ID}",
            bootstrap=settings.bootstrap(),
            worker_id=settings.worker_id,
            datadir=settings.data_dir.resolve() / "state",
            dlq_topic=topics.dlq,
            partitions=settings.partitions,
            replication=settings.replication,
            client=settings.client,
            session_timeout_s=settings.session_timeout_seconds,
            progress=progress,
            on_batch=_batch_counter(metrics),
            on_lag=lambda lag: watch.looked(lag, progress, tickets.waits_since()),
            background=[ticker(settings, codec)] if settings.tick_seconds else [],
        ),
        stateful=[
            tickets,
            MatchStep(codec, topics, metrics.block_size().observe),
        ],
        stateless=[
            NormaliseStep(
                codec,
                topics,
                systems,
                lambda *labels: metrics.events(*labels).inc(),
                lambda *labels: metrics.mapping_errors(*labels).inc(),
            ),
            RouteStep(codec, topics, router),
        ],
    )
    health = Health()
    health.add("progress", lambda: _progress_verdict(progress))
    broker = BrokerWatch(settings.clients(), settings.stall_seconds)
    with watched(settings, f"streams-{settings.worker_id}", health, metrics), broker.watching():
        return run_worker(app)


class Watching:
    """Counts what the steps tell."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def published(self, event: object, cause: Record) -> None:
        """Decisions, alerts, and how long a ticket event took from the raw change."""
        decision = _DECISIONS.get(type(event))
        if decision:
            self._metrics.match_decisions(decision).inc()
            intake_at = next((value for name, value in cause.headers if name == INTAKE_AT), None)
            if intake_at is not None:
                self._metrics.end_to_end().observe(max(0.0, time.time() - int(intake_at) / 1000))
        if isinstance(event, Alert):
            self._metrics.events(event.system, "Alert", event.stage).inc()

    def component(self, members: int) -> None:
        """How large the folded components are."""
        self._metrics.component_size().observe(members)

    def looked(self, lag: Mapping[str, float], progress: Progress, waits_since_ms: int | None) -> None:
        """About once a second: lag, stalls, claims without a verdict."""
        now = time.time()
        for topic, seconds in lag.items():
            self._metrics.lag(topic).set(seconds)
        self._metrics.claims_waiting().set(max(0.0, now - waits_since_ms / 1000) if waits_since_ms else 0)
        for (topic, partition), seconds in progress.stalled_seconds(now).items():
            self._metrics.stalled(topic, str(partition)).set(seconds)


def _batch_counter(metrics: Metrics) -> OnBatch:
    def count(step: str, topic: str, partition: int, n_records: int, n_dead: int, seconds: float) -> None:
        metrics.batch_seconds(step).observe(seconds)
        metrics.batch_records(step).observe(n_records)
        if n_dead:
            metrics.events(step, "record", "dead").inc(n_dead)

    return count


def _progress_verdict(progress: Progress) -> Verdict:
    if progress.healthy(time.time()):
        return Verdict(True)
    return Verdict(False, "有分区积压却没有进展:请看日志,必要时重启本进程")
