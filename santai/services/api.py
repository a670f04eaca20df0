"""`santai run api`: POST /intake/{system}, GET /tickets/{number}, the clerk's door, /healthz, /metrics, /docs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from connectors.intake import Intake
from connectors.ledger import Ledger
from connectors.publish import Publisher
from connectors.store import open_store
from connectors.webhook import WebhookIntake
from observability.health import Health
from observability.metrics import Metrics
from santai.api.app import create_app
from santai.api.clerk import ClerkDoor, clerk_scheme
from santai.api.serve import serve_api
from santai.projector.store import ready_read_model
from santai.review.decide import Decider
from santai.services.broker_watch import BrokerWatch
from santai.services.cluster import create_topics, register_schemas
from santai.services.parts import codec_of, sqlite_folder, stop_on_signals, systems_of, words_of
from santai.services.whereabouts import announced
from santai.settings import Settings


def run_api(settings: Settings) -> int:
    """Blocks until stopped; the exit code of the process."""
    scheme = clerk_scheme(settings.clerk_secret, settings.clerk_secret_old)
    systems = systems_of(settings, connect=True)
    create_topics(settings, systems)
    register_schemas(settings, systems)
    stop, metrics, health = stop_on_signals(), Metrics(), Health()
    for url in (settings.ledger_url, settings.read_model_url):
        sqlite_folder(url)
    ledger = Ledger(open_store(settings.ledger_url))
    read_model = ready_read_model(settings.read_model_url)  # out of reach at the start is a mistake, told at once
    intake = Intake(codec_of(settings), settings.clients(), settings.topics)
    broker = BrokerWatch(settings.clients(), settings.stall_seconds)
    health.add("broker", broker.verdict)
    webhooks = {
        name: WebhookIntake(system, intake, ledger, on_result=_counter(metrics, name))
        for name, system in systems.items()
        if system.kind == "webhook"
    }
    words = words_of(settings)
    publisher = Publisher(settings.clients())
    decider = Decider(read_model, codec_of(settings), settings.topics, publisher)
    app = create_app(
        read_model,
        webhooks,
        lambda: ((report := health.report()).ok, report.as_json()),
        metrics.registry,
        words=words,
        clerk=ClerkDoor(scheme, read_model, codec_of(settings), decider.decide, words),
        waiting_of=lambda tickets: ledger.waiting(systems, tickets),
    )
    url = f"http://{settings.host}:{settings.port}"
    try:
        with broker.watching(), ExitStack() as known:
            here = announced(settings.data_dir, "api", url)
            serve_api(app, settings.host, settings.port, stop, lambda: known.enter_context(here))
    finally:
        publisher.close()
        intake.close()
    return 0


def _counter(metrics: Metrics, system: str) -> Callable[[str, str], None]:
    metrics.watch_source(system)

    def count(_system: str, result: str) -> None:
        metrics.events(system, "webhook", result).inc()
        if result != "unsigned":  # a stranger at the door is no sign of life
            metrics.heard(system)

    return count
