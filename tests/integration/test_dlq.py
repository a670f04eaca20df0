"""Dead letters on the real broker: shown without their bodies, sent back byte for byte and once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from rich.console import Console
from sqlalchemy import Engine, update

from connectors.dead_letters import error_headers
from santai.dead_letters import render_dead, render_ls
from santai.dlq import Dlq
from santai.platform.kafka import Kafka
from santai.projector.schema import REDRIVEN
from santai.projector.store import open_read_model
from schemas.errors import Unmappable, Unreadable
from schemas.topics import Topics
from tests.support.projection import make_topics

pytestmark = pytest.mark.integration

BODY = b"\x00\x00\x00\x00\x01 13900001111 \xe7\x8e\x8b\xe6\x99\x93"


@pytest.fixture
def topics(kafka: Kafka, topic_prefix: str) -> Topics:
    made = Topics(topic_prefix)
    make_topics(kafka.bootstrap, made)
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'r.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    made = open_read_model(url)
    yield made
    made.dispose()


@pytest.fixture
def dlq(kafka: Kafka, topics: Topics, engine: Engine) -> Dlq:
    return Dlq({"bootstrap.servers": kafka.bootstrap}, topics, engine)


@pytest.fixture
def fill(kafka: Kafka, topics: Topics) -> None:
    """Two records with one trouble, one with another, one from nowhere; the first offset is 0."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    own = [("ce_id", b"e"), ("x-santai-attempt", b"2")]
    for n in range(2):
        why = error_headers(Unreadable("封签打不开"), own, topic=topics.events, partition=1, offset=40 + n)
        producer.produce(topics.dlq, BODY, b"key-number-%d" % n, headers=why)
    why = error_headers(Unmappable("日期无法识别", field="djsj"), topic=topics.inbox, mapping="12345/1")
    producer.produce(topics.dlq, b"{}", b"short", headers=why)
    producer.produce(topics.dlq, b"?", None, headers=error_headers(Unreadable("x"), topic="elsewhere.topic"))
    assert producer.flush(30) == 0


def records(kafka: Kafka, topic: str, partitions: int = 3) -> list[Any]:
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": "none", "enable.partition.eof": True})
    consumer.assign([TopicPartition(topic, number, 0) for number in range(partitions)])
    found, ended = [], 0
    while ended < partitions:
        message = consumer.poll(30)
        assert message is not None
        if message.error() is None:
            found.append(message)
        else:
            ended += 1
    consumer.close()
    return found


def test_an_empty_dlq_says_so(dlq: Dlq) -> None:
    out = StringIO()
    render_ls(dlq.ls(), Console(file=out))
    assert "死信队列是空的" in out.getvalue()
    assert dlq.count() == 0
    assert dlq.show(0) is None


@pytest.mark.usefixtures("fill")
def test_troubles_are_grouped_and_bodies_stay_hidden(dlq: Dlq, topics: Topics) -> None:
    troubles = dlq.ls()
    assert troubles[0].offsets == (0, 1)
    assert {t.reason for t in troubles} >= {"decode: 封签打不开", "mapping: 日期无法识别 (field djsj)"}
    assert dlq.count() == 4
    dead = dlq.show(1)
    assert dead is not None
    assert (dead.topic, dead.from_partition, dead.from_offset) == (topics.events, 1, 41)
    assert (dead.stage, dead.error, dead.attempt, dead.bytes) == ("decode", "Unreadable", 3, len(BODY))
    assert dlq.show(99) is None
    out = StringIO()
    render_ls(troubles, Console(file=out, width=200))
    render_dead(dead, Console(file=out, width=200))
    said = out.getvalue() + repr(dead)
    assert "封签打不开" in said
    assert "0 1" in said  # what show and redrive ask for
    assert not any(secret in said for secret in ("13900001111", "王晓", "key-number"))


@pytest.mark.usefixtures("fill")
def test_a_record_goes_back_byte_for_byte_and_once(dlq: Dlq, topics: Topics, kafka: Kafka) -> None:
    first = dlq.redrive([0, 2, 0])
    assert [(r.offset, r.topic, r.refusal) for r in first] == [(0, topics.events, ""), (2, topics.inbox, "")]
    (again,) = dlq.redrive([0])
    assert "已经送回过" in again.refusal
    (back,) = records(kafka, topics.events)
    assert (back.key(), back.value()) == (b"key-number-0", BODY)
    headers = dict(back.headers())
    assert headers == {
        "ce_id": b"e",
        "x-santai-attempt": b"3",
        "x-santai-redriven-from": f"{topics.dlq}/0/0".encode(),
    }
    # Refused once more, it counts on.
    why = dict(error_headers(Unreadable("again"), back.headers(), topic=topics.events))
    assert why["x-santai-attempt"] == b"4"
    assert dlq.count() == 2
    shown = dlq.show(0)
    assert shown is not None
    assert shown.redriven


@pytest.mark.usefixtures("fill")
def test_two_people_at_once_send_it_once(dlq: Dlq, topics: Topics, kafka: Kafka) -> None:
    with ThreadPoolExecutor(4) as pool:
        told = [result[0].refusal for result in pool.map(lambda _n: dlq.redrive([1]), range(4))]
    assert sorted(map(bool, told)) == [False, True, True, True]
    assert len(records(kafka, topics.events)) == 1


@pytest.mark.usefixtures("fill")
def test_one_without_an_answer_has_to_be_asked_for(dlq: Dlq, engine: Engine, topics: Topics, kafka: Kafka) -> None:
    dlq.redrive([0])
    with engine.begin() as connection:
        connection.execute(update(REDRIVEN).values(done=False))
    (refused,) = dlq.redrive([0])
    assert "没有得到答复" in refused.refusal
    (sent,) = dlq.redrive([0], again=True)
    assert not sent.refusal
    assert len(records(kafka, topics.events)) == 2


@pytest.mark.usefixtures("fill")
def test_nothing_goes_where_it_does_not_belong(dlq: Dlq) -> None:
    (elsewhere, nowhere) = dlq.redrive([3, 77])
    assert "来源主题" in elsewhere.refusal
    assert "没有这条记录" in nowhere.refusal
    assert dlq.count() == 4
