"""The projector on the real broker and both databases: crashes, rivals, outages and poison change no row."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from sqlalchemy import Engine, delete, inspect, select

from santai.platform.kafka import Kafka
from santai.platform.postgres import Postgres
from santai.platform.registry import Registry
from santai.projector.position import waiting
from santai.projector.projector import Projected, Projector
from santai.projector.schema import METADATA, OFFSETS, STORY
from santai.projector.store import create_schema, empty, open_read_model
from schemas.codec import Codec
from schemas.errors import Stop
from schemas.events.ticket import TicketStateChanged
from schemas.topics import Topics
from tests.support.projection import Keyed, Rows, dump, in_order, make_codec, make_topics, produce, seeded_events, until

pytestmark = pytest.mark.integration

SEED = 20261101


@dataclass
class World:
    """A broker with seeded events, and where rows go."""

    broker: str
    registry: str
    topics: Topics
    codec: Codec
    events: list[Keyed] = field(default_factory=list)

    def tell(self, seed: int = SEED, tickets: int = 120) -> None:
        told = seeded_events(seed, tickets, self.topics)
        produce(self.broker, self.codec, told)
        self.events += told

    def projector(self, engine: Engine, **more: Any) -> Projector:
        config = {"bootstrap.servers": self.broker}
        return Projector(self.codec, config, self.topics, engine, stand_back_s=0.5, **more)

    def drained(self, engine: Engine) -> bool:
        """Asked from outside, as a script would."""
        admin = AdminClient({"bootstrap.servers": self.broker})
        return not any(waiting(engine, admin, (self.topics.events, self.topics.state, self.topics.alerts)).values())

    def send(self, topic: str, value: bytes | None, key: bytes = b"k", **headers: bytes) -> None:
        producer = Producer({"bootstrap.servers": self.broker})
        producer.produce(topic, value, key, headers=list(headers.items()))
        assert producer.flush(30) == 0

    def dead_letters(self) -> list[Any]:
        consumer = Consumer({"bootstrap.servers": self.broker, "group.id": "none", "enable.partition.eof": True})
        consumer.assign([TopicPartition(self.topics.dlq, 0, 0)])
        found = []
        while (message := consumer.poll(30)) is not None and message.error() is None:
            found.append(message)
        consumer.close()
        return found


@pytest.fixture
def world(kafka: Kafka, registry: Registry, topic_prefix: str) -> World:
    topics = Topics(topic_prefix)
    make_topics(kafka.bootstrap, topics)
    return World(kafka.bootstrap, registry.url, topics, make_codec(registry.url, topics))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'read.db'}"
    found: str = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = open_read_model(url)
    create_schema(made)
    yield made
    made.dispose()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Engine]:
    """SQLite, for what has nothing to do with the kind of database."""
    made = open_read_model(f"sqlite:///{tmp_path / 'read.db'}")
    create_schema(made)
    yield made
    made.dispose()


@contextmanager
def running(projector: Projector) -> Iterator[Projector]:
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(projector.run, stop)
        try:
            yield projector
        finally:
            stop.set()
            run.result(30)


@contextmanager
def process(world: World, url: str, batch_records_max: int = 40) -> Iterator[subprocess.Popen[bytes]]:
    told = {
        "broker": world.broker, "registry": world.registry, "prefix": world.topics.prefix, "url": url,
        "batch_records_max": batch_records_max,
    }  # fmt: skip
    child = subprocess.Popen([sys.executable, "-m", "tests.integration.projector_worker", json.dumps(told)])
    try:
        yield child
    finally:
        child.kill()
        child.wait(30)


def undisturbed(world: World, folder: Path) -> Rows:
    """Rows of one projector that nothing happens to."""
    engine = open_read_model(f"sqlite:///{folder / 'undisturbed.db'}")
    create_schema(engine)
    with running(world.projector(engine)) as projector:
        until(lambda: world.drained(engine))
        assert projector.drained()
    rows = dump(engine)
    engine.dispose()
    return in_order(rows)


def written(engine: Engine) -> int:
    with engine.connect() as connection:
        return sum(row.next_offset for row in connection.execute(select(OFFSETS)))


def test_everything_arrives_and_the_end_is_known(world: World, engine: Engine, tmp_path: Path) -> None:
    """Aborted records are not seen, and control records do not keep the projector from its end."""
    world.tell()
    done: list[Projected] = []
    with running(world.projector(engine, on_batch=done.append)) as projector:
        until(projector.drained)
    rows = dump(engine)
    story = {(k.event.event_id, k.event.ticket_id) for k in world.events if k.topic == world.topics.events}
    assert {(row[0], row[1]) for row in rows["story"]} == story
    assert len(rows["submissions"]) == 120
    assert sum(batch.records for batch in done) == len(world.events)
    assert set(done[-1].lag_seconds.values()) == {0.0}
    assert in_order(rows) == undisturbed(world, tmp_path)


def test_killed_at_any_moment_it_ends_in_the_same_rows(world: World, url: str, engine: Engine, tmp_path: Path) -> None:
    world.tell()
    rng = random.Random(SEED)
    for _ in range(3):
        with process(world, url) as child:
            goal = written(engine) + rng.randrange(50, 200)
            until(lambda goal=goal: written(engine) >= goal or world.drained(engine))
            child.send_signal(signal.SIGKILL)
    assert written(engine) > 0
    with running(world.projector(engine)):
        until(lambda: world.drained(engine))
    assert in_order(dump(engine)) == undisturbed(world, tmp_path)


def test_two_at_once_end_in_the_same_rows(world: World, url: str, engine: Engine, tmp_path: Path) -> None:
    """Both work on the same partitions; when one dies the other goes on."""
    world.tell()
    with process(world, url) as first, process(world, url):
        until(lambda: written(engine) > 200)
        world.tell(SEED + 1)
        first.send_signal(signal.SIGKILL)
        until(lambda: world.drained(engine))
    assert in_order(dump(engine)) == undisturbed(world, tmp_path)


def test_a_process_ends_cleanly_when_asked(world: World, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'read.db'}"
    engine = open_read_model(url)
    create_schema(engine)
    world.tell(tickets=5)
    with process(world, url) as child:
        until(lambda: world.drained(engine))
        child.send_signal(signal.SIGTERM)
        assert child.wait(30) == 0


def test_emptied_while_it_runs_it_folds_everything_again(world: World, engine: Engine) -> None:
    world.tell()
    with running(world.projector(engine)) as projector:
        until(projector.drained)
        before = dump(engine)
        empty(engine)
        assert not any(dump(engine).values())
        world.tell(SEED + 1, tickets=1)
        until(lambda: world.drained(engine))
    after = dump(engine)
    assert {name: [row for row in rows if row in before[name]] for name, rows in after.items()} == before
    assert len(after["submissions"]) == len(before["submissions"]) + 1


def test_what_cannot_be_read_goes_to_the_dlq_byte_for_byte(world: World, small: Engine) -> None:
    """Poison first, in the middle and last; each is there with its key, bytes, headers and where it came from."""
    poison = [b"\x00\x00\x00\xff\xffnonsense", b"no magic", b""]
    for number, value in enumerate(poison):
        world.send(world.topics.events, value, b"k%d" % number, mine=b"h", **{"x-santai-attempt": b"2"})
        world.tell(SEED + number, tickets=3)
    with running(world.projector(small)) as projector:
        until(projector.drained)
    dead = world.dead_letters()
    assert sorted((m.key(), m.value() or b"") for m in dead) == [(b"k%d" % n, v) for n, v in enumerate(poison)]
    for message in dead:
        headers = dict(message.headers())
        assert headers["mine"] == b"h"
        assert headers["__connect.errors.topic"] == world.topics.events.encode()
        assert headers["__connect.errors.stage"] == b"decode"
        assert headers["x-santai-attempt"] == b"3"
    assert len(dump(small)["submissions"]) == 9


def test_a_key_that_is_gone_from_the_compacted_topic_is_no_trouble(world: World, small: Engine) -> None:
    world.send(world.topics.state, None)
    with running(world.projector(small)) as projector:
        until(projector.drained)
    assert not world.dead_letters()


def test_a_record_that_the_database_refuses_does_not_stop_the_others(world: World, engine: Engine) -> None:
    world.tell(tickets=3)
    huge = TicketStateChanged(
        event_id="e", ticket_id="t", at=1, seq=2**62, state="CLOSED", previous="x", submission_id="s", system="web"
    )
    world.send(world.topics.events, world.codec.encode(world.topics.events, huge))
    world.tell(SEED + 1, tickets=3)
    with running(world.projector(engine)) as projector:
        until(projector.drained)
    (dead,) = world.dead_letters()
    assert dict(dead.headers())["__connect.errors.stage"] == b"project"
    assert len(dump(engine)["submissions"]) == 6


def test_an_outage_of_the_broker_is_waited_out(world: World, kafka: Kafka, tmp_path: Path) -> None:
    engine = open_read_model(f"sqlite:///{tmp_path / 'read.db'}")
    create_schema(engine)
    world.tell(tickets=10)
    with running(world.projector(engine)) as projector:
        until(projector.drained)
        kafka.kill()
        try:
            until(lambda: projector.waits_since_s() is not None)
        finally:
            kafka.start()
        world.tell(SEED + 1, tickets=10)
        until(lambda: world.drained(engine))
        until(lambda: projector.waits_since_s() is None)
    assert len(dump(engine)["submissions"]) == 20


def test_an_outage_of_the_database_is_waited_out(
    world: World, postgres_server: Postgres, postgres_url: str, tmp_path: Path
) -> None:
    engine = open_read_model(postgres_url)
    create_schema(engine)
    world.tell(tickets=10)
    with running(world.projector(engine)) as projector:
        until(projector.drained)
        postgres_server.kill()
        try:
            world.tell(SEED + 1, tickets=10)
            until(lambda: projector.waits_since_s() is not None)
        finally:
            postgres_server.start()
        until(lambda: projector.waits_since_s() is None)
        until(lambda: world.drained(engine))
    assert in_order(dump(engine)) == undisturbed(world, tmp_path)


def test_it_halts_where_going_on_would_leave_a_hole(world: World, small: Engine) -> None:
    """SQL knows an offset that the broker does not have: another cluster's, or a topic made anew."""
    world.tell(tickets=2)
    with small.begin() as connection:
        connection.execute(OFFSETS.insert().values(topic=world.topics.events, partition=0, next_offset=10**6))
    with pytest.raises(Stop, match="重建读模型"):
        world.projector(small).run(threading.Event())


def test_topics_that_come_late_are_waited_for(world: World, small: Engine, topic_prefix: str) -> None:
    topics = Topics(f"{topic_prefix}-late")
    projector = Projector(world.codec, {"bootstrap.servers": world.broker}, topics, small)
    with running(projector):
        until(lambda: projector.waits_since_s() is not None)
        make_topics(world.broker, topics)
        until(lambda: projector.waits_since_s() is None)


def test_it_goes_on_from_the_offsets_in_sql(world: World, small: Engine) -> None:
    """It is the offsets in SQL that count: with these kept, rows that were lost by hand are not folded again."""
    world.tell(tickets=3)
    with running(world.projector(small)) as projector:
        until(projector.drained)
    with small.begin() as connection:
        connection.execute(delete(STORY))
    with running(world.projector(small)) as projector:
        until(lambda: world.drained(small))
    assert not dump(small)["story"]


def test_making_the_schema_twice_at_once_is_harmless(url: str) -> None:
    engines = [open_read_model(url) for _ in range(4)]
    with ThreadPoolExecutor(len(engines)) as pool:
        list(pool.map(create_schema, engines))
    with engines[0].connect() as connection:
        assert {table.name for table in METADATA.sorted_tables} <= set(inspect(connection).get_table_names())
    for engine in engines:
        engine.dispose()
