"""Health and the two pages, over real HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import httpx
import pytest

from observability.health import Health, Heartbeat, Verdict
from observability.metrics import Metrics
from observability.serve import Server, serve


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def server(health: Health, metrics: Metrics) -> Iterator[Server]:
    with serve(0, health, metrics.registry) as server:
        yield server


def test_metrics_page(server: Server, metrics: Metrics) -> None:
    metrics.lag("santai.ticket.inbox.v1").set(2.5)
    page = httpx.get(f"{server.url}/metrics")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/plain")
    assert 'santai_consumer_lag_seconds{topic="santai.ticket.inbox.v1"} 2.5' in page.text
    openmetrics = httpx.get(f"{server.url}/metrics", headers={"Accept": "application/openmetrics-text"})
    assert openmetrics.text.endswith("# EOF\n")


def test_health_is_green_red_and_green_again(server: Server, health: Health) -> None:
    assert httpx.get(f"{server.url}/healthz").json() == {"ok": True, "checks": {}}
    health.add("kafka", lambda: Verdict(True))
    health.add("partition", lambda: Verdict(False, "分区 2 已 12 秒没有进展"))
    red = httpx.get(f"{server.url}/healthz")
    assert red.status_code == 503
    assert red.json() == {
        "ok": False,
        "checks": {
            "kafka": {"ok": True, "reason": "正常"},
            "partition": {"ok": False, "reason": "分区 2 已 12 秒没有进展"},
        },
    }
    health.remove("partition")
    assert httpx.get(f"{server.url}/healthz").status_code == 200


def test_a_check_that_fails_is_red_and_logged(server: Server, health: Health, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> Verdict:
        raise KeyError("x")

    health.add("broken", broken)
    with caplog.at_level(logging.WARNING):
        red = httpx.get(f"{server.url}/healthz")
    assert red.status_code == 503
    assert red.json()["checks"]["broken"]["reason"] == "检查本身出错：KeyError"
    assert "health check broken failed" in caplog.text


def test_other_paths(server: Server) -> None:
    assert httpx.get(f"{server.url}/").status_code == 404


def test_closing_frees_the_port(health: Health, metrics: Metrics) -> None:
    first = serve(0, health, metrics.registry)
    with pytest.raises(OSError, match="in use"):
        serve(first.port, health, metrics.registry)
    first.close()
    with serve(first.port, health, metrics.registry) as second:
        assert httpx.get(f"{second.url}/healthz").status_code == 200


def test_heartbeat() -> None:
    now = [100.0]
    heartbeat = Heartbeat(10, clock=lambda: now[0])
    now[0] += 10
    assert heartbeat().ok
    now[0] += 1
    assert heartbeat() == Verdict(False, "11 秒没有动静")
    heartbeat.beat()
    assert heartbeat().ok


def test_health_keeps_a_heartbeat_by_name(health: Health) -> None:
    heartbeat = health.heartbeat("poll", 60)
    assert health.report().checks == {"poll": Verdict(True)}
    assert heartbeat().ok
