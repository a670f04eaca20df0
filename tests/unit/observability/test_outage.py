"""An outage of the broker is two lines, however much its clients have to say of it."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer

from observability.logs import set_up
from observability.outage import CALM_S, GRACE_S, LIBRDKAFKA, QUIET_S, Outage

FAIL = "FAIL [rdkafka#producer-1] 127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outage(clock: Clock) -> Outage:
    return Outage(clock)


@pytest.fixture
def stderr() -> Iterator[io.StringIO]:
    """What a process with our logging writes."""
    root, stream = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    set_up("WARNING", stream=stream)
    yield stream
    root.handlers[:], root.level = before


def passes(outage: Outage, name: str, message: str) -> bool:
    return outage.filter(logging.LogRecord(name, logging.ERROR, "", 0, message, (), None))


def test_one_line_on_loss_and_one_on_return(outage: Outage, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(100):
        clock.now += 1
        outage.lost("_TRANSPORT", 5.0)
        assert not passes(outage, "aiokafka.consumer.fetcher", "whatever it says while it is away")
    outage.back()
    outage.back()
    assert [record.getMessage() for record in caplog.records] == [
        "Kafka 没有应答（_TRANSPORT）：已受理的不会丢失，恢复后自动继续；请检查 Kafka 与网络",
        "Kafka 已恢复应答：中断约 104 秒，省去客户端库的日志 100 行",
    ]


def test_a_broker_that_comes_and_goes_is_told_once_a_minute(
    outage: Outage, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(10):
        outage.lost("_TRANSPORT")
        clock.now += 2
        outage.back()
        clock.now += 2
    assert len(caplog.records) == 2
    clock.now += CALM_S
    outage.lost("_TRANSPORT")
    assert len(caplog.records) == 3


def test_before_a_watch_has_noticed_lines_about_connections_wait(outage: Outage, clock: Clock) -> None:
    assert not passes(outage, "rdkafka", FAIL)
    clock.now += GRACE_S + 1
    assert passes(outage, "rdkafka", FAIL), "one broker of several, say: the hub goes on, and somebody must know"
    clock.now += QUIET_S + 1
    assert not passes(outage, "rdkafka", FAIL), "another trouble: a watch may notice it yet"


@pytest.mark.parametrize("apart_s", [1.0, GRACE_S - 1, GRACE_S + 1, QUIET_S - 1, QUIET_S + 1])
def test_an_outage_soon_after_another_is_not_taken_for_its_remains(
    outage: Outage, clock: Clock, apart_s: float
) -> None:
    outage.lost("_TRANSPORT")
    outage.back()
    clock.now += 0.5
    assert not passes(outage, "rdkafka", FAIL), "said of the outage that is over"
    clock.now += apart_s
    for _ in range(6):  # until a watch notices
        assert not passes(outage, "rdkafka", FAIL)
        clock.now += 1


def test_what_lasts_after_an_outage_is_told(outage: Outage, clock: Clock) -> None:
    outage.lost("_TRANSPORT")
    outage.back()
    for _ in range(5):
        assert not passes(outage, "rdkafka", FAIL)
        clock.now += GRACE_S / 2
    clock.now += GRACE_S / 2
    assert passes(outage, "rdkafka", FAIL)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rdkafka", "FAIL [rdkafka#producer-1] SASL authentication error: Authentication failed (in state AUTH_REQ)"),
        ("aiokafka", "Topic authorization denied"),
        ("santai.services.projector", "connection of ours"),
    ],
)
def test_what_is_no_outage_is_not_kept_back(outage: Outage, name: str, message: str) -> None:
    assert passes(outage, name, message)
    outage.lost("_TRANSPORT")
    assert passes(outage, name, message)


def test_librdkafka_speaks_through_our_logging(stderr: io.StringIO, capfd: pytest.CaptureFixture[str]) -> None:
    producer = Producer({"bootstrap.servers": "127.0.0.1:1", "logger": LIBRDKAFKA})
    for _ in range(20):
        producer.poll(0.05)
    assert stderr.getvalue() == ""
    assert capfd.readouterr().err == ""
