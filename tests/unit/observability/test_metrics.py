"""Metrics: the names others rely on, registries of their own, children kept, silence as of the moment of asking."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client.parser import text_string_to_metric_families

from observability.metrics import Metrics
from observability.serve import metrics_page


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    page = metrics_page(metrics.registry)[1].decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


# What architecture.md promises to others, with the labels.
PROMISED = {
    "santai_events": ("system", "type", "result"),
    "santai_mapping_errors": ("mapping", "stage"),
    "santai_match_decisions": ("decision",),
    "santai_dlq_messages": (),
    "santai_consumer_lag_seconds": ("topic",),
    "santai_source_silence_seconds": ("system",),
    "santai_ticket_end_to_end_seconds": (),
    "santai_ticket_clock_state": ("clock", "state"),
    "santai_deliveries": ("system", "result"),
}


def test_the_promised_names_and_labels_are_there() -> None:
    defined = {metric._name: tuple(metric._labelnames) for metric in Metrics().defined()}
    assert {name: defined.get(name) for name in PROMISED} == PROMISED
    assert all(name.startswith("santai_") for name in defined)


def test_a_metric_is_on_the_page_of_those_who_measure_it_only() -> None:
    metrics = Metrics()
    page = metrics_page(metrics.registry)[1].decode()
    assert not [line for line in page.splitlines() if "santai_" in line]
    metrics.dlq().set(0)
    metrics.block_size().observe(2)
    page = metrics_page(metrics.registry)[1].decode()
    families = {line.split()[2] for line in page.splitlines() if line.startswith("# HELP santai_")}
    assert families == {"santai_dlq_messages", "santai_block_size"}
    assert "santai_dlq_messages 0.0" in page


def test_two_threads_may_measure_first() -> None:
    for _ in range(50):
        metrics, start = Metrics(), threading.Barrier(4)

        def count(metrics: Metrics = metrics, start: threading.Barrier = start) -> None:
            start.wait()
            metrics.deliveries("web", "done").inc()

        with ThreadPoolExecutor(4) as hands:
            for done in [hands.submit(count) for _ in range(4)]:
                done.result()


def test_every_process_has_its_own_registry() -> None:
    one, other = Metrics(), Metrics()
    one.events("12345", "Submission", "ok").inc(3)
    key = ("santai_events_total", (("result", "ok"), ("system", "12345"), ("type", "Submission")))
    assert samples(one)[key] == 3
    assert key not in samples(other)


def test_children_are_kept_and_can_be_forgotten() -> None:
    metrics = Metrics()
    child = metrics.clock_state("web-message", "yellow")
    child.set(4)
    assert metrics.clock_state("web-message", "yellow") is child
    metrics.clock_state.forget("web-message", "yellow")
    metrics.clock_state.forget("web-message", "yellow")
    assert not [name for name, _ in samples(metrics) if name == "santai_ticket_clock_state"]
    metrics.clock_state("web-message", "yellow").set(1)
    assert samples(metrics)["santai_ticket_clock_state", (("clock", "web-message"), ("state", "yellow"))] == 1


def test_a_wrong_number_of_label_values_is_an_error() -> None:
    with pytest.raises(ValueError, match="label"):
        Metrics().events("12345")


def test_silence_grows_until_the_source_is_heard() -> None:
    clock = Clock()
    metrics = Metrics(clock=clock)
    metrics.watch_source("legal-aid", 600)
    of = (("system", "legal-aid"),)
    clock.now += 90
    assert samples(metrics)["santai_source_silence_seconds", of] == 90
    assert samples(metrics)["santai_source_silence_limit_seconds", of] == 600
    metrics.heard("legal-aid")
    clock.now += 5
    assert samples(metrics)["santai_source_silence_seconds", of] == 5


def test_watching_again_does_not_hide_a_silence() -> None:
    clock = Clock()
    metrics = Metrics(clock=clock)
    metrics.watch_source("web")
    clock.now += 50
    metrics.watch_source("web")
    assert samples(metrics)["santai_source_silence_seconds", (("system", "web"),)] == 50


def test_a_watched_sink_counts_from_zero() -> None:
    metrics = Metrics()
    metrics.watch_sink("web")
    counts = {labels: value for (name, labels), value in samples(metrics).items() if name == "santai_deliveries_total"}
    assert {dict(labels)["result"] for labels in counts} == {"done", "refused", "retry", "unknown"}
    assert set(counts.values()) == {0}


def test_clock_states_are_those_of_now() -> None:
    metrics = Metrics()
    metrics.set_clock_states({("web-message", "yellow"): 2, ("web-message", "red"): 1})
    metrics.set_clock_states({("web-message", "red"): 3})
    states = {dict(labels)["state"]: value for (name, labels), value in samples(metrics).items() if "clock" in name}
    assert states == {"red": 3}
