"""Who asks the broker beside the work asks with a client that is made anew after trouble, and never waits for it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from sqlalchemy import Engine

from santai.projector import projector as room
from santai.projector.position import ends
from santai.projector.projector import Projector
from santai.projector.store import load_offsets
from santai.services import broker_watch
from santai.services.broker_watch import BrokerWatch
from schemas.errors import Retry
from schemas.topics import Topics
from tests.support.engine import wait_until

AWAY = {"bootstrap.servers": "127.0.0.1:1", "log_level": 0}
TOPICS = Topics("t")


class Unread:
    """Nothing is decoded here."""

    def decode(self, value: bytes | None) -> Any:
        raise AssertionError(value)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[AdminClient]:
    """The projector's clients, in order; a broker is asked for 0.3 s."""
    clients: list[AdminClient] = []

    def make(*args: Any, **kwargs: Any) -> AdminClient:
        clients.append(AdminClient(*args, **kwargs))
        return clients[-1]

    monkeypatch.setattr(room, "AdminClient", make)
    monkeypatch.setattr(room, "ends", partial(ends, timeout_s=0.3))
    return clients


def asking(engine: Engine, config: Mapping[str, Any]) -> Projector:
    load_offsets(engine, [(TOPICS.events, 0)])
    return Projector(Unread(), config, TOPICS, engine)


def test_a_client_that_got_no_answer_is_not_asked_again(read_model: Engine, made: list[AdminClient]) -> None:
    projector = asking(read_model, AWAY)
    for _ in range(2):
        with pytest.raises(Retry):
            projector.drained()
    assert len(made) == 2


def test_the_watch_is_green_while_the_broker_answers_and_red_when_it_is_gone() -> None:
    host = Producer({"test.mock.num.brokers": 1, "log_level": 0})  # a broker within librdkafka, while this lives
    address = next(iter(host.list_topics(timeout=10).brokers.values()))
    watch = BrokerWatch({"bootstrap.servers": f"127.0.0.1:{address.port}"}, 1.0, every_s=0.05, answer_s=0.3)
    begun = time.monotonic()
    with watch.watching():
        wait_until(lambda: time.monotonic() - begun > 1.5, 5, "longer than a stall may take")
        assert watch.verdict().ok
        del host
        wait_until(lambda: not watch.verdict().ok, 10, "red")
        assert "Kafka" in watch.verdict().reason
        assert "没有应答" in watch.verdict().reason


def test_the_watch_asks_with_a_new_client_after_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    clients: list[AdminClient] = []

    def make(config: dict[str, Any]) -> AdminClient:
        clients.append(AdminClient(config))
        return clients[-1]

    monkeypatch.setattr(broker_watch, "AdminClient", make)
    with BrokerWatch(AWAY, 1.0, every_s=0.05, answer_s=0.1).watching():
        wait_until(lambda: len(clients) > 1, 10, "another client")
