"""`santai run connectors`: pulls from the systems that are asked, tells every system."""

from __future__ import annotations

import threading
from concurrent.futures import Future

from connectors.dispatcher import Dispatcher
from connectors.intake import Intake
from connectors.kinds import open_sink, open_source
from connectors.ledger import Ledger
from connectors.positions import Positions
from connectors.pull import Polled, PullRunner
from connectors.store import open_store
from mappings.systems import System
from observability.health import Health, Verdict
from observability.metrics import Metrics
from santai.services.broker_watch import BrokerWatch
from santai.services.cluster import create_topics, register_schemas
from santai.services.parts import codec_of, sqlite_folder, stop_on_signals, systems_of, watched
from santai.settings import Settings

WATCH_S = 1.0


def run_connectors(settings: Settings) -> int:
    """Blocks until stopped; the exit code of the process."""
    systems = systems_of(settings, connect=True)
    create_topics(settings, systems)
    register_schemas(settings, systems)
    stop, metrics, health = stop_on_signals(), Metrics(), Health()
    sqlite_folder(settings.ledger_url)
    store = open_store(settings.ledger_url)
    ledger, positions = Ledger(store), Positions(store)
    intake = Intake(codec_of(settings), settings.clients(), settings.topics)
    sinks = {n: sink for n, s in systems.items() if (sink := open_sink(n, s.kind, s.sink)) is not None}
    for name in sinks:
        metrics.watch_sink(name)
    dispatcher = Dispatcher(
        systems,
        sinks,
        ledger,
        codec_of(settings),
        settings.topics,
        consumer_config=settings.clients(),
        producer_config=settings.clients(),
        worker_id=settings.worker_id,
        on_result=lambda system, result: metrics.deliveries(system, result).inc(),
    )
    broker = BrokerWatch(settings.clients(), settings.stall_seconds)
    health.add("broker", broker.verdict)
    health.add("deliveries", lambda: Verdict(dispatcher.healthy, "正常" if dispatcher.healthy else "推送线程已停"))
    pulls = [
        pull for s in systems.values() if (pull := _pull(s, intake, positions, ledger, metrics, health)) is not None
    ]
    try:
        with watched(settings, "connectors", health, metrics), broker.watching():
            dispatcher.start()
            _watch(stop, dispatcher, [runner.start(stop) for runner in pulls])
    finally:
        dispatcher.stop()
        intake.close()
        for sink in sinks.values():
            sink.close()
    return 0


def _pull(
    system: System, intake: Intake, positions: Positions, ledger: Ledger, metrics: Metrics, health: Health
) -> PullRunner | None:
    opened = open_source(system.name, system.kind, system.source)
    if opened is None:
        return None
    metrics.watch_source(system.name)
    trouble: dict[str, str] = {}
    health.add(f"pull-{system.name}", lambda: Verdict(not trouble, trouble.get("why", "正常")))

    def noted(polled: Polled) -> None:
        metrics.events(system.name, "poll", polled.result).inc()
        if polled.result == "ok":
            metrics.heard(system.name)
            metrics.events(system.name, "RawChange", "ok").inc(polled.published)
            metrics.events(system.name, "RawChange", "echo").inc(polled.echoes)
            trouble.clear()
        else:
            trouble["why"] = f"拉取失败:{polled.reason}"

    return PullRunner(system, opened.source, intake, positions, ledger, noted, interval_seconds=opened.interval_seconds)


def _watch(stop: threading.Event, dispatcher: Dispatcher, pulls: list[Future[None]]) -> None:
    """Until stopped; a loop that died takes the process with it, to be started anew."""
    while not stop.is_set() and not dispatcher.wait(WATCH_S):
        for pull in pulls:
            if pull.done():
                pull.result()
    stop.set()
