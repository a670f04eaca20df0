"""Progress and lag, with time handed in."""

from __future__ import annotations

from streams.engine.health import Progress

TP = ("inbox", 0)
OTHER = ("inbox", 1)


def ready(now: float = 1000.0) -> Progress:
    progress = Progress(stall_s=10)
    progress.assigned([TP, OTHER], now)
    progress.looked({TP: 5, OTHER: 0}, {TP: 5, OTHER: 0}, now)
    return progress


def keep_looking(progress: Progress, now: float) -> None:
    progress.looked({}, {}, now)


def test_lag_is_the_age_of_the_oldest_record_not_the_count_of_offsets() -> None:
    progress = ready()
    progress.delivered(TP, 8, oldest=990.0, now=1000.0)
    progress.delivered(TP, 9, oldest=999.0, now=1000.5)
    assert progress.lag_seconds(1001.0) == {"inbox": 11.0}
    progress.done(TP, 8, 1001.0)
    assert progress.lag_seconds(1001.0) == {"inbox": 2.0}
    progress.done(TP, 9, 1001.0)
    assert progress.lag_seconds(1001.0) == {"inbox": 0.0}


def test_control_records_at_the_end_are_no_lag_once_read_past() -> None:
    progress = ready()
    progress.delivered(TP, 8, oldest=999.0, now=1000.0)
    progress.done(TP, 8, 1000.1)
    progress.looked({TP: 9}, {TP: 9}, 1000.2)
    assert progress.lag_seconds(1100.0) == {"inbox": 0.0}
    keep_looking(progress, 1100.0)
    assert progress.healthy(1100.0)


def test_records_not_fetched_count_from_when_they_were_seen() -> None:
    progress = ready()
    progress.looked({TP: 7}, {TP: 5}, 1003.0)
    assert progress.lag_seconds(1005.0) == {"inbox": 2.0}


def test_unhealthy_when_records_wait_and_nothing_is_done() -> None:
    progress = ready()
    progress.delivered(TP, 8, oldest=1000.0, now=1000.0)
    keep_looking(progress, 1011.0)
    assert progress.healthy(1010.0)
    assert not progress.healthy(1011.0)
    progress.done(TP, 8, 1011.0)
    assert progress.healthy(1011.5)


def test_a_long_idle_time_is_not_held_against_the_first_record_after_it() -> None:
    progress = ready()
    keep_looking(progress, 5000.0)
    progress.delivered(TP, 8, oldest=5000.0, now=5000.0)
    assert progress.healthy(5009.0)


def test_a_partition_that_works_through_a_backlog_is_healthy() -> None:
    progress = ready()
    progress.looked({TP: 10_000}, {TP: 5}, 1000.0)
    for i in range(100):
        now = 1000.0 + i
        progress.delivered(TP, 6 + i, oldest=1000.0, now=now)
        progress.done(TP, 6 + i, now + 0.5)
        progress.looked({TP: 10_000}, {TP: 6 + i}, now + 0.6)
    assert progress.healthy(1100.0)
    assert progress.lag_seconds(1100.0) == {"inbox": 100.0}


def test_a_rebalance_does_not_excuse_waiting() -> None:
    progress = ready()
    progress.delivered(TP, 8, oldest=1000.0, now=1000.0)
    progress.assigned([TP], 1008.0)
    keep_looking(progress, 1011.0)
    assert not progress.healthy(1011.0)


def test_a_broker_that_never_answered_is_unhealthy_once_it_was_asked() -> None:
    progress = Progress(stall_s=10)
    progress.assigned([TP], 1000.0)
    assert progress.healthy(1100.0)  # tables are being recovered
    progress.asked(1100.0)
    progress.asked(1109.0)
    assert progress.healthy(1109.0)
    assert not progress.healthy(1111.0)
    progress.looked({TP: 0}, {TP: 0}, 1111.0)
    assert progress.healthy(1111.0)


def test_a_silent_broker_is_unhealthy() -> None:
    progress = ready()
    assert progress.healthy(1009.0)
    assert not progress.healthy(1011.0)


def test_a_worker_without_partitions_is_healthy() -> None:
    progress = ready()
    progress.assigned([], 1001.0)
    assert progress.healthy(9999.0)


def test_the_snapshot_names_the_stalled_partition() -> None:
    progress = ready()
    progress.delivered(OTHER, 1, oldest=1000.0, now=1000.0)
    keep_looking(progress, 1020.0)
    told = progress.snapshot(1020.0)
    assert told["healthy"] is False
    assert [(p["partition"], p["stalled"]) for p in told["partitions"]] == [(0, False), (1, True)]  # type: ignore[attr-defined]
