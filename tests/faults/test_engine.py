"""Workers killed, frozen, fenced; a broker that goes away. State and outputs against the truth, and mutants that must
not get away with it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from santai.platform.kafka import Kafka
from tests.conftest import RATE_OPTION, SECONDS_OPTION
from tests.support.engine import PARTITIONS, Rig, wait_until
from tests.support.engine_chaos import Chaos, Schedule

pytestmark = pytest.mark.faults

HELD_UP_S = 25


@pytest.fixture
def rig(kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(kafka.bootstrap, topic_prefix, tmp_path)
    yield made
    made.clean_up()


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("faults", "backlog"),
    [
        (("kill", "term", "stop"), 400),
        (("kill", "term", "stop"), 0),
        (("kill", "wipe", "guest", "stop"), 20_000),
        (("broker", "kill"), 400),
    ],
    ids=["ended and frozen, with a backlog", "ended and frozen", "stores lost, a third comes and goes", "broker lost"],
)
def test_random_faults_lose_and_repeat_nothing(
    rig: Rig, kafka: Kafka, seed: int, request: pytest.FixtureRequest, faults: tuple[str, ...], backlog: int
) -> None:
    """`--santai-chaos-seconds 120 --santai-chaos-rate 3000` makes it the long run."""
    seconds, rate = request.config.getoption(SECONDS_OPTION), request.config.getoption(RATE_OPTION)
    chaos = Chaos(rig, kafka, Schedule(seed, seconds=seconds, rate=rate, faults=faults, backlog=backlog))
    done = chaos.run()
    rig.drain()
    codes = rig.stop_all()
    told = f"seed {seed}, {done}"
    assert done, told
    assert rig.verdict() == dict.fromkeys(rig.verdict(), 0), told
    assert rig.stores_ahead_or_apart() == [], told
    assert set(codes) == {0}, told


def test_the_same_check_catches_a_worker_that_acks_first(rig: Rig, kafka: Kafka, seed: int) -> None:
    Chaos(rig, kafka, Schedule(seed, seconds=25, faults=("kill",), mutant="ack_first")).run()
    rig.drain(120)
    rig.stop_all()
    assert rig.verdict()["missing in state"] > 0, f"seed {seed}"


def fence(rig: Rig) -> None:
    """Takes all partitions from their owner, behind the group's back."""
    for partition in range(PARTITIONS):
        thief = rig.new_producer(**{"transactional.id": f"{rig.app}-tally-{partition}"})
        thief.init_transactions(30)


@pytest.mark.parametrize("mutant", [None, "write_before_commit"])
def test_an_owner_fenced_without_a_rebalance_takes_its_partitions_again(rig: Rig, mutant: str | None) -> None:
    """What it could not commit must not be in its store: the batch is done again, and its outputs are told then."""
    rig.start("a", mutant).wait_ready()
    rig.send_many(100)
    rig.drain()
    fence(rig)
    rig.send_many(100, "fenced")
    rig.drain(60)
    assert rig.stop_all() == [0]
    assert "batch dropped" in rig.folder.joinpath("log-a").read_text()
    assert (sum(rig.verdict().values()) == 0 and rig.stores_ahead_or_apart() == []) == (mutant is None)


def test_a_fenced_batch_left_unacked_would_hold_up_the_rebalance(rig: Rig) -> None:
    rig.start("a", "keep_unacked").wait_ready()
    rig.send_many(100)
    rig.drain()
    fence(rig)
    rig.send_many(100, "fenced")
    with pytest.raises(AssertionError, match="everything committed"):
        rig.drain(HELD_UP_S)


@pytest.mark.parametrize("fenced", [True, False])
def test_a_frozen_worker_comes_back_without_writing_old_state(rig: Rig, fenced: bool) -> None:
    """It is frozen between deciding a batch and writing it; meanwhile another worker goes on with the same keys."""
    helpers = "slow_commit" if fenced else "slow_commit,no_fence"
    for worker in "ab":
        rig.start(worker, helpers).wait_ready()
    rig.send_many(1000)
    wait_until(lambda: all(any_in_flight(rig, worker) for worker in "ab"), 60, "batches being written")
    rig.workers["a"].signal(signal.SIGSTOP)
    rig.send_many(1000, "frozen")
    rig.drain()  # by the other worker, once the session is over
    rig.workers["a"].signal(signal.SIGCONT)
    rig.send_many(500, "back")
    rig.drain()
    wait_until(lambda: len(rig.workers["a"].health()["partitions"]) == PARTITIONS // 2, 90, "a share again")
    assert rig.stop_all() == [0, 0]
    assert (sum(rig.verdict().values()) == 0 and rig.stores_ahead_or_apart() == []) == fenced


def test_a_worker_told_to_stop_while_the_broker_is_away_ends_soon_and_loses_nothing(rig: Rig, kafka: Kafka) -> None:
    worker = rig.start("a", "slow_commit")
    worker.wait_ready()
    rig.send_many(500)
    wait_until(lambda: any_in_flight(rig, "a"), 60, "a batch being written")
    kafka.suspend()
    try:
        began = time.monotonic()
        code = worker.stop()
        took_s = time.monotonic() - began
    finally:
        kafka.resume()
    assert code == 0
    assert took_s < 12
    said = worker.log.read_text()
    assert "不会丢失" in said
    assert "Traceback" not in said
    rig.start("a").wait_ready()
    rig.drain()
    assert rig.stop_all() == [0]
    assert rig.verdict() == dict.fromkeys(rig.verdict(), 0)


def any_in_flight(rig: Rig, worker: str) -> bool:
    """Whether the worker has a batch in the works."""
    return any(p["in_flight_batches"] for p in rig.workers[worker].health().get("partitions", []))


def test_an_outage_longer_than_the_transaction_timeout(rig: Rig, kafka: Kafka) -> None:
    rig.more |= {"transaction_timeout_s": 4}
    worker = rig.start()
    worker.wait_ready()
    rig.send_many(200)
    wait_until(lambda: worker.health().get("healthy") is True, 90, "healthy")
    kafka.suspend()
    try:
        began = time.monotonic()
        for i in range(200):
            rig.send(b"k%d" % i, b"outage%d" % i)
        wait_until(lambda: worker.health().get("healthy") is False, 60, "unhealthy while the broker is away")
        wait_until(lambda: time.monotonic() > began + 12, 30, "longer than the timeout")
    finally:
        kafka.resume()
    rig.drain(120)
    wait_until(lambda: worker.health().get("healthy") is True, 90, "healthy again")
    assert rig.stop_all() == [0]
    assert rig.verdict() == dict.fromkeys(rig.verdict(), 0)
