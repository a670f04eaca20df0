"""Libraries cannot flood the log."""

from __future__ import annotations

import logging

import pytest

from streams.engine.logs import PER_WINDOW, RateLimited


def record(name: str) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "f", 1, "lost %s", ("node",), None)


def test_a_flood_is_cut_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    limited = RateLimited()
    through = sum(limited.filter(record("aiokafka.conn")) for _ in range(1000))
    assert through == PER_WINDOW
    now[0] = 11.0
    late = record("aiokafka.conn")
    assert limited.filter(late)
    assert late.getMessage() == f"lost node ({1000 - PER_WINDOW} records before this one were kept back)"


def test_our_own_records_always_pass() -> None:
    limited = RateLimited()
    assert all(limited.filter(record("streams.engine.agents")) for _ in range(1000))
