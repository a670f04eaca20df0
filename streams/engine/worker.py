"""Runs an app as this process' worker, until it is told to stop or cannot go on."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import threading
from typing import Any

import uvloop
from faust.worker import Worker

from schemas.errors import Stop
from streams.engine.declared import declare_changelogs
from streams.engine.logs import quieten

log = logging.getLogger(__name__)

STOP_S = 8.0
"""How long stopping may take: in-flight batches are finished and committed first. While the broker is away they cannot
be, and waiting for it is the next process' business."""

COLLECT_AFTER = (50_000, 20, 50)
"""Thresholds of the garbage collector; cycles may hold some megabytes until then."""

EXIT_FINE, EXIT_CRASH, EXIT_STOP = 0, 1, 2


def run_worker(app: Any) -> int:
    """Blocks until SIGTERM or SIGINT (0), a crash (1) or a Stop (2): the exit code to end the process with.

    Must run in the main thread. A worker that cannot stop within STOP_S ends the process at once, with the same code:
    what was not acked is done again by the next one.
    """
    quieten()
    threading.excepthook = _thread_ended
    try:
        declare_changelogs(app.tables.config, [table.changelog_topic_name for table in app.tables.values()])
    except Stop as stop:
        log.critical("%s", stop)
        return EXIT_STOP
    _calm_collector()
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = Worker(app, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False, loglevel=None)
    worker.spinner = None
    _watch_stop(worker, app)
    try:
        worker.execute_from_commandline()
    except SystemExit as end:
        if end.code in (0, None):
            return EXIT_FINE
    except Stop as stop:
        log.critical("%s", stop)
        return EXIT_STOP
    except Exception as error:  # noqa: BLE001 - the last frame before the process ends: tell it and say so by code
        if worker._signal_stop_future is not None and app.crash_reason is None:
            log.warning("worker was told to stop while it started: %s", type(error).__name__)
            return EXIT_FINE  # nothing was acked that is not done
        log.critical("worker ended: %s: %s", type(error).__name__, error)
    return EXIT_STOP if isinstance(app.crash_reason, Stop) else EXIT_CRASH


def _calm_collector() -> None:
    """What is loaded by now stays; batches are thousands of objects that live for a moment and hardly ever in cycles.
    By default a fifth of the event loop's time goes into looking for them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    """aiokafka's thread is cancelled when it is stopped while the broker is away: one line, not a traceback."""
    name = ended.thread.name if ended.thread is not None else "?"
    log.warning("thread %s ended: %s", name, ended.exc_type.__name__)


def _watch_stop(worker: Any, app: Any) -> None:
    """From when the worker is asked to stop, or crashes, it has STOP_S."""
    asked = worker.loop.create_task(worker.wait_until_stopped())

    def arm(_: Any) -> None:
        timer = threading.Timer(STOP_S, _end, (worker, app))
        timer.daemon = True
        timer.start()

    asked.add_done_callback(arm)


def _end(worker: Any, app: Any) -> None:
    """The end that waits for nobody: as after kill -9, the next worker takes over what is not acked."""
    log.warning("%.0f 秒内未能停妥（Kafka 可能没有应答），进程就此结束；未确认的消息重启后重新处理，不会丢失", STOP_S)
    told = worker._signal_stop_future is not None and app.crash_reason is None
    os._exit(EXIT_FINE if told else EXIT_CRASH)
