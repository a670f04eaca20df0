"""`santai run streams`: the Faust worker with the four steps of the road."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from confluent_kafka import Producer

import mappings
from mappings.routing import load_routing
from observability.health import Health, Verdict
from observability.metrics import Metrics
from observability.serve import serve
from santai.services.cluster import create_topics, register_schemas
from santai.services.parts import announce, codec_of, systems_of
from santai.settings import Settings
from schemas.codec import Codec, headers
from schemas.events.inbox import Tick
from schemas.events.ticket import Alert, ReviewAsked, SubmissionAttached, SubmissionLinked, TicketOpened
from streams.core.clocks import ClockBook
from streams.core.routing import Router
from streams.core.tickets import Rules
from streams.engine.app import build_app
from streams.engine.config import EngineConfig, OnBatch
from streams.engine.health import Progress
from streams.engine.worker import run_worker
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
    router = Router(load_routing(Path(mappings.__file__).parent / "routing.yaml"), systems)
    rules = Rules(index=lambda kind, value: sealer.index(kind, value).hex(), clocks=ClockBook.load())
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
            on_lag=lambda lag: _note_lag(metrics, lag),
            background=[_ticker(settings, codec)] if settings.tick_seconds else [],
        ),
        stateful=[
            TicketsStep(codec, topics, rules, _event_counter(metrics)),
            MatchStep(codec, topics, _no_count),
        ],
        stateless=[
            NormaliseStep(codec, topics, systems, lambda s, t, r: metrics.events(s, t, r).inc()),
            RouteStep(codec, topics, router),
        ],
    )
    health = Health()
    health.add("progress", lambda: _progress_verdict(progress))
    with serve(settings.metrics_port, health, metrics.registry, settings.host) as server:
        announce(settings, f"streams-{settings.worker_id}", server.url)
        return run_worker(app)


def _no_count(_relation: str) -> None:
    """Pairs are proposals; what was decided is counted where it is published."""


def _event_counter(metrics: Metrics) -> Callable[[object], None]:
    def count(event: object) -> None:
        decision = _DECISIONS.get(type(event))
        if decision:
            metrics.match_decisions(decision).inc()
        if isinstance(event, Alert):
            metrics.events(event.system, "Alert", event.stage).inc()

    return count


def _batch_counter(metrics: Metrics) -> OnBatch:
    def count(step: str, topic: str, partition: int, n_records: int, n_dead: int, seconds: float) -> None:
        metrics.batch_seconds(step).observe(seconds)
        metrics.batch_records(step).observe(n_records)
        if n_dead:
            metrics.events(step, "record", "dead").inc(n_dead)

    return count


def _note_lag(metrics: Metrics, lag: Mapping[str, float]) -> None:
    for topic, seconds in lag.items():
        metrics.lag(topic).set(seconds)


def _progress_verdict(progress: Progress) -> Verdict:
    if progress.healthy(time.time()):
        return Verdict(True)
    return Verdict(False, "有分区积压却没有进展:请看日志,必要时重启本进程")


def _ticker(settings: Settings, codec: Codec) -> Callable[[], Awaitable[None]]:
    """Wall time as records, to every partition of the inbox. Several workers may tick: time only ever goes on."""

    async def tick() -> None:
        producer = Producer(settings.clients(acks="all"))
        loop = asyncio.get_running_loop()
        while True:
            send_tick(settings, codec, producer, int(time.time() * 1000))
            await loop.run_in_executor(None, producer.flush, settings.tick_seconds)
            await asyncio.sleep(settings.tick_seconds)

    return tick


def send_tick(settings: Settings, codec: Codec, producer: Producer, now: int) -> None:
    """Put `now` (ms) into every partition of the inbox; the caller flushes."""
    topic = settings.topics.inbox
    for partition in range(settings.partitions):
        event = Tick(partition=partition, now=now)
        head = headers(event, "/santai/ticker")
        producer.produce(topic, codec.encode(topic, event), None, partition, headers=head)
    producer.poll(0)
