"""`santai run projector`: ticket events to the read model."""

from __future__ import annotations

import logging
import threading
import time

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError

from observability.health import Health, Verdict
from observability.metrics import Metrics
from santai.dlq import Dlq
from santai.projector.projector import Projected, Projector
from santai.projector.reviews import waiting
from santai.projector.schema import DEADLINES, TICKETS
from santai.projector.store import Place, ready_read_model
from santai.services.broker_watch import BrokerWatch
from santai.services.cluster import admin
from santai.services.parts import codec_of, sqlite_folder, stop_on_signals, watched
from santai.settings import Settings
from schemas.errors import Retry

log = logging.getLogger(__name__)

SURVEY_S = 15.0
PROGRESS_S = 1.0


def run_projector(settings: Settings) -> int:
    """Blocks until stopped; the exit code of the process."""
    admin(settings)  # an unreachable broker is said in one line, before anything else
    stop, metrics, health = stop_on_signals(), Metrics(), Health()
    sqlite_folder(settings.read_model_url)
    engine = ready_read_model(settings.read_model_url)  # out of reach at the start is a mistake, told at once
    projector = Projector(
        codec_of(settings),
        settings.clients(),
        settings.topics,
        engine,
        lambda done: _count(metrics, done),
    )
    progress = Progress(projector, settings.stall_seconds)
    health.add("projector", lambda: _verdict(projector))
    health.add("progress", progress.verdict)
    survey = Survey(settings, engine, metrics)
    broker = BrokerWatch(settings.clients(), settings.stall_seconds)
    with watched(settings, "projector", health, metrics), broker.watching():
        watching = [threading.Thread(target=w.run, args=(stop,), daemon=True) for w in (survey, progress)]
        for watch in watching:
            watch.start()
        try:
            projector.run(stop)
        finally:
            stop.set()
            for watch in watching:
                watch.join()
    return 0


class Progress:
    """Does the read model get on? A broker that keeps its connections and answers nothing looks, to a consumer, like
    one that has nothing to say; so the ends of the topics are asked for beside it."""

    def __init__(self, projector: Projector, stall_s: float) -> None:
        self._projector = projector
        self._stall_s = stall_s
        self._positions: dict[Place, int] = {}
        self._fine = time.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Until stopped; what cannot be asked for counts as no progress."""
        while not stop.wait(PROGRESS_S):
            try:
                self.look()
            except Retry as e:
                log.info("progress_unknown", extra={"why": str(e)})

    def look(self) -> None:
        """Fine: all is in SQL, or more than last time. Raises Retry when broker or database does not answer."""
        drained, positions = self._projector.drained(), self._projector.positions()
        if drained or positions != self._positions:
            self._positions, self._fine = positions, time.monotonic()

    def verdict(self) -> Verdict:
        """Red after the time a stall may take."""
        still_s = time.monotonic() - self._fine
        return Verdict(True) if still_s <= self._stall_s else Verdict(False, f"读模型已 {still_s:.0f} 秒没有进展")


class Survey:
    """What only the whole read model and the DLQ can say, looked up now and then: clocks by stage, open questions, dead
    letters."""

    def __init__(self, settings: Settings, engine: Engine, metrics: Metrics) -> None:
        self._dlq = Dlq(settings.clients(), settings.topics, engine)
        self._engine = engine
        self._metrics = metrics

    def run(self, stop: threading.Event) -> None:
        """Until stopped; a look that fails is made again next time."""
        while not stop.wait(SURVEY_S):
            try:
                self.look()
            except (Retry, DBAPIError) as e:
                log.warning("survey_failed", extra={"why": type(e).__name__})

    def look(self) -> None:
        """Set the gauges."""
        open_clocks = (
            select(DEADLINES.c.clock, DEADLINES.c.stage, func.count())
            .join(
                TICKETS, (TICKETS.c.ticket_id == DEADLINES.c.ticket_id) & (TICKETS.c.deadlines_seq == DEADLINES.c.seq)
            )
            .where(DEADLINES.c.stage.in_(("running", "near", "yellow", "red")))
            .group_by(DEADLINES.c.clock, DEADLINES.c.stage)
        )
        with self._engine.connect() as connection:
            states = {(str(clock), str(stage)): int(n) for clock, stage, n in connection.execute(open_clocks)}
            reviews, oldest = waiting(connection)
        self._metrics.set_clock_states(states)
        self._metrics.reviews_open().set(reviews)
        self._metrics.review_oldest().set(0 if oldest is None else max(0.0, time.time() - oldest / 1000))
        self._metrics.dlq().set(self._dlq.count())


def _count(metrics: Metrics, done: Projected) -> None:
    if done.records:
        metrics.batch_seconds("project").observe(done.seconds)
        metrics.batch_records("project").observe(done.records)
    for topic, seconds in done.lag_seconds.items():
        metrics.lag(topic).set(seconds)


def _verdict(projector: Projector) -> Verdict:
    waits = projector.waits_since_s()
    return Verdict(True) if waits is None else Verdict(False, f"Kafka 或数据库不可用,已等待 {waits:.0f} 秒")
