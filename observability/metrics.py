"""Every metric of the project, in one place. Prefix `santai_`, seconds, `_total`; never a ticket or a person as label.

A process makes one `Metrics` and hands it to what counts; tests make their own. Label values are few and known: names
of systems, topics, steps, clocks. A labelled metric is called with its label values, in the order given here:
`metrics.events("12345", "Submission", "ok").inc()`; the children are kept, so asking again costs one dict lookup.

A metric is on a process's page from its first call on: a process that does not measure it says nothing of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

# `_created` series double the page and nobody reads them.
disable_created_metrics()  # type: ignore[no-untyped-call]

Kind = TypeVar("Kind", Counter, Gauge, Histogram)

_BATCH_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_BATCH_RECORDS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)
_END_TO_END_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 43_200)
_SIZES = (1, 2, 3, 5, 8, 13, 21, 50, 100, 250, 500)


class Measured(Generic[Kind]):
    """A metric; called with its label values it gives the child to count on. On the page from the first call on."""

    def __init__(self, metric: Kind, registry: CollectorRegistry) -> None:
        self.metric: Kind = metric
        self._registry = registry
        self._shown = False
        self._showing = threading.Lock()
        self._children: dict[tuple[str, ...], Kind] = {}

    def __call__(self, *values: str) -> Kind:
        """The child of these label values, in the order of the definition; of a metric without labels, itself."""
        child = self._children.get(values)
        if child is None:
            child = self._children[values] = self.metric.labels(*values) if self._labelled(values) else self.metric
            self._show()
        return child

    def forget(self, *values: str) -> None:
        """Take the child off the page: what it counted has moved to another process."""
        if self._children.pop(values, None) is not None:
            self.metric.remove(*values)

    def _labelled(self, values: tuple[str, ...]) -> bool:
        return bool(values or self.metric._labelnames)

    def _show(self) -> None:
        with self._showing:
            if not self._shown:
                self._registry.register(self.metric)
                self._shown = True


class Metrics:
    """All metrics over one registry."""

    def __init__(
        self, registry: CollectorRegistry | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.registry = registry = registry or CollectorRegistry()
        self._clock = clock
        self._heard: dict[str, float] = {}
        self._clock_states: set[tuple[str, str]] = set()
        ProcessCollector(registry=registry)

        def counter(name: str, text: str, *labels: str) -> Measured[Counter]:
            return Measured(Counter(name, text, labels, registry=None), registry)

        def gauge(name: str, text: str, *labels: str) -> Measured[Gauge]:
            return Measured(Gauge(name, text, labels, registry=None), registry)

        def histogram(name: str, text: str, buckets: Iterable[float], *labels: str) -> Measured[Histogram]:
            return Measured(Histogram(name, text, labels, registry=None, buckets=tuple(buckets)), registry)

        # --- the road ---
        # result: ok, duplicate, rejected (4xx), dead (to the DLQ), retry
        self.events = counter("santai_events_total", "Events handled.", "system", "type", "result")
        # mapping: name@version; stage: parse, identify, inbound, outbound
        self.mapping_errors = counter(
            "santai_mapping_errors_total", "Records or fields that did not map.", "mapping", "stage"
        )
        # from the source's receipt to the ticket event that tells of it
        self.end_to_end = histogram(
            "santai_ticket_end_to_end_seconds",
            "From the capture of a change to the ticket event it leads to.",
            _END_TO_END_SECONDS,
        )
        self.dlq = gauge("santai_dlq_messages", "Messages in the DLQ that nobody has dealt with.")

        # --- matching ---
        # decision: same, link, review, distinct
        self.match_decisions = counter("santai_match_decisions_total", "Decisions on pairs.", "decision")
        self.claims_waiting = gauge("santai_claims_waiting_seconds", "Age of the oldest claim without a verdict.")
        self.block_size = histogram("santai_block_size", "Claims in a block when one is added.", _SIZES)
        self.component_size = histogram(
            "santai_component_size", "Submissions in a component when it is folded.", _SIZES
        )

        self.reviews_open = gauge("santai_reviews_open", "Questions that wait for a clerk's decision.")
        # since the receipt of the later of the two; 0 when none is open
        self.review_oldest = gauge("santai_review_oldest_seconds", "Age of the oldest open question.")

        # --- tickets ---
        # open tickets by clock and stage (running, near, yellow, red), of the partitions this process owns
        self.clock_state = gauge("santai_ticket_clock_state", "Open tickets by stage of a clock.", "clock", "state")

        # --- deliveries ---
        # result: done, refused, retry, unknown
        self.deliveries = counter("santai_deliveries_total", "Attempts to tell a system.", "system", "result")

        # --- the engine ---
        self.lag = gauge("santai_consumer_lag_seconds", "Age of the oldest unprocessed record.", "topic")
        # 0 while the partition moves or nothing waits
        self.stalled = gauge(
            "santai_partition_stalled_seconds", "Since a partition last moved while records wait.", "topic", "partition"
        )
        self.batch_seconds = histogram("santai_batch_seconds", "Time a batch took.", _BATCH_SECONDS, "step")
        self.batch_records = histogram("santai_batch_records", "Records in a batch.", _BATCH_RECORDS, "step")

        # --- sources; see watch_source ---
        self._silence = gauge("santai_source_silence_seconds", "Since a source was last heard of.", "system")
        self._silence_limit = gauge(
            "santai_source_silence_limit_seconds", "Silence from which on a source needs a look.", "system"
        )

    def defined(self) -> list[Counter | Gauge | Histogram]:
        """All that there are, whether this process measures them or not."""
        return [measured.metric for measured in vars(self).values() if isinstance(measured, Measured)]

    def set_clock_states(self, counts: Mapping[tuple[str, str], int]) -> None:
        """How many open tickets stand at each (clock, stage) now; what is not named leaves the page.

        A process tells of its own partitions only, so it calls again with what is left when it loses one.
        """
        for gone in self._clock_states - counts.keys():
            self.clock_state.forget(*gone)
        for key, count in counts.items():
            self.clock_state(*key).set(count)
        self._clock_states = set(counts)

    def watch_source(self, system: str, limit_seconds: float = 3600) -> None:
        """From now on the page tells how long the source has been silent, and how long it may be."""
        self._heard.setdefault(system, self._clock())
        self._silence(system).set_function(lambda: self._clock() - self._heard[system])
        self._silence_limit(system).set(limit_seconds)

    def watch_sink(self, system: str) -> None:
        """The sink's counts start on the page at 0: of a counter that first appears as 1 no increase is seen."""
        for result in ("done", "refused", "retry", "unknown"):
            self.deliveries(system, result)

    def heard(self, system: str) -> None:
        """The source was heard of: a message came in, or a poll was answered, even if with nothing new."""
        self._heard[system] = self._clock()
