"""The sink side of a connectors process: reads deliveries into the ledger and runs one lane a system."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from connectors.api import Sink
from connectors.deliveries import DeliveryReader
from connectors.dispatch import Lane, OnResult, Pace
from connectors.ledger import Ledger
from connectors.publish import Publisher
from mappings.systems import System
from schemas.codec import Codec
from schemas.topics import Topics

log = logging.getLogger(__name__)


class Dispatcher:
    """Threads and their end. Any number of processes may share a ledger, each under a worker id of its own.

    The worker id is stable over restarts: what a former self had begun is taken up at once. Two living processes must
    not share one (each would take the other's leases for its own). `sinks` names the systems to tell; `send` is called
    from several threads at once, for different tickets. The sinks stay the caller's to close.
    """

    def __init__(
        self,
        systems: Mapping[str, System],
        sinks: Mapping[str, Sink],
        ledger: Ledger,
        codec: Codec,
        topics: Topics,
        *,
        consumer_config: Mapping[str, Any],
        producer_config: Mapping[str, Any],
        worker_id: str,
        pace: Pace | None = None,
        on_result: OnResult = lambda _system, _result: None,
    ) -> None:
        self._ledger = ledger
        self._worker_id = worker_id
        self._stopping = threading.Event()
        self._failure: Exception | None = None
        self._publisher = Publisher(producer_config)
        self._lanes = {
            name: Lane(
                systems[name],
                sink,
                ledger,
                codec,
                self._publisher,
                topics,
                worker_id=worker_id,
                pace=pace or Pace(),
                on_result=on_result,
                stopping=self._stopping,
            )
            for name, sink in sinks.items()
        }
        self._reader = DeliveryReader(
            list(sinks),
            ledger,
            codec,
            self._publisher,
            topics,
            consumer_config=consumer_config,
            worker_id=worker_id,
            planned=lambda system: self._lanes[system].wake(),
            stopping=self._stopping,
        )
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
            for name, work in [
                ("deliveries", self._reader.run),
                *((f"lane-{name}", lane.run) for name, lane in self._lanes.items()),
            ]
        ]

    def start(self) -> None:
        """Take up what a former self left, and begin. Raises Retry when the ledger is out of reach."""
        left = self._ledger.release(self._worker_id, now=int(time.time() * 1000))
        if left:
            log.warning("pushes_taken_up", extra={"number": left})
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begin nothing more, wait for what is under way, write down how it ended. Harmless when called twice."""
        self._stopping.set()
        for lane in self._lanes.values():
            lane.wake()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        self._publisher.close()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until stopped (True) or the time is over (False). Raises what ended a thread, if one failed."""
        stopped = self._stopping.wait(timeout_s)
        if self._failure is not None:
            raise self._failure
        return stopped

    @property
    def healthy(self) -> bool:
        """All threads are at work."""
        return self._failure is None and all(thread.is_alive() for thread in self._threads)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as failure:
            # Half a dispatcher is worse than none: all stop, `wait` raises it, whoever supervises starts anew.
            log.exception("dispatcher_failed", extra={"error": type(failure).__name__})
            self._failure = failure
            self._stopping.set()
            for lane in self._lanes.values():
                lane.wake()
