"""The local platform as its users rely on it: found again, restarted, killed, stopped without a trace."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
import sqlalchemy
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from santai.platform.kafka import Kafka
from santai.platform.mariadb import MariaDb
from santai.platform.postgres import Postgres
from santai.platform.process import port_is_free
from santai.platform.registry import Registry
from santai.platform.up import LocalPlatform, down, up

pytestmark = pytest.mark.integration

SCHEMA = '{"type": "record", "name": "Kept", "fields": [{"name": "text", "type": "string"}]}'


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder of this module's own, its platform kept up between the tests and ended after them."""
    folder = tmp_path_factory.mktemp("kept")
    yield folder
    down(folder)


def produce(bootstrap: str, topic: str, values: list[bytes]) -> None:
    """Write the values and wait until the broker has them all."""
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all"})
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(20.0) == 0


def consume(bootstrap: str, topic: str, count: int) -> list[bytes | None]:
    """Read the first records of partition 0."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        return [message.value() for message in consumer.consume(count, timeout=20.0)]
    finally:
        consumer.close()


def make_topic(bootstrap: str, topic: str) -> None:
    """One partition, one replica."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(20.0)


def register(url: str, subject: str) -> int:
    """Register the schema through the Confluent API; its id."""
    answer = httpx.post(f"{url}/subjects/{subject}/versions", json={"schema": SCHEMA}, timeout=20.0)
    return int(answer.raise_for_status().json()["id"])


def test_up_twice_finds_the_running_one(data_dir: Path) -> None:
    first = up(data_dir)
    second = up(data_dir)
    assert (second.bootstrap, second.registry_url) == (first.bootstrap, first.registry_url)
    assert (second.kafka.pid, second.registry.pid) == (first.kafka.pid, first.registry.pid)
    assert second.kafka.healthy()
    assert second.registry.healthy()


def test_a_finder_that_leaves_stops_nothing(data_dir: Path) -> None:
    owner = up(data_dir)
    with LocalPlatform(data_dir) as finder:
        assert finder.kafka.pid == owner.kafka.pid
    assert owner.kafka.healthy()


def test_down_leaves_no_process_and_up_has_the_same_addresses_and_data(data_dir: Path) -> None:
    before = up(data_dir)
    addresses = (before.bootstrap, before.registry_url)
    pids = [before.kafka.pid, before.registry.pid]
    number = register(before.registry_url, "kept-across-down")
    down(data_dir)
    assert not any(psutil.pid_exists(pid) for pid in pids if pid)
    assert port_is_free(before.kafka.port())
    down(data_dir)  # safe to repeat
    after = up(data_dir)
    assert (after.bootstrap, after.registry_url) == addresses
    assert register(after.registry_url, "kept-across-down") == number


def test_a_port_taken_meanwhile_is_replaced(data_dir: Path, free_port: int) -> None:
    platform = up(data_dir)
    platform.registry.stop()
    blocker = subprocess.Popen(
        [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(platform.registry.port())],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        taken = platform.registry.port()
        while port_is_free(taken):
            assert blocker.poll() is None
        platform.registry.start(keep=True)
        assert platform.registry.port() != taken
        assert platform.registry.healthy()
    finally:
        blocker.kill()
        blocker.communicate()


def test_topics_are_not_made_by_mistyping(kafka: Kafka, topic_prefix: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    admin.list_topics(f"{topic_prefix}.mistyped", timeout=10.0)
    assert f"{topic_prefix}.mistyped" not in admin.list_topics(timeout=10.0).topics


def test_a_killed_broker_keeps_its_records_and_its_address(kafka: Kafka, topic_prefix: str) -> None:
    topic = f"{topic_prefix}.kept"
    make_topic(kafka.bootstrap, topic)
    values = [b"%d" % number for number in range(100)]
    produce(kafka.bootstrap, topic, values)
    address = kafka.bootstrap
    kafka.kill()
    assert not kafka.healthy()
    kafka.start()
    assert kafka.bootstrap == address
    assert consume(address, topic, 100) == values


def test_a_suspended_broker_is_not_healthy_until_it_resumes(kafka: Kafka) -> None:
    kafka.suspend()
    try:
        assert not kafka.healthy()
    finally:
        kafka.resume()
    kafka.await_healthy()


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_the_registry_remembers_ids_across_restarts(registry: Registry, topic_prefix: str, end: str) -> None:
    number = register(registry.url, topic_prefix)
    getattr(registry, end)()
    registry.start()
    assert register(registry.url, topic_prefix) == number
    answer = httpx.get(f"{registry.url}/schemas/ids/{number}", timeout=20.0).raise_for_status()
    assert '"Kept"' in answer.json()["schema"]


def test_servers_die_with_a_process_that_crashes(tmp_path: Path) -> None:
    """kill -9 of whoever started the platform leaves no orphan."""
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from santai.platform.postgres import Postgres
        server = Postgres(Path(sys.argv[1]))
        server.start()
        print(server.pid, flush=True)
        sys.stdin.read()
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        server = psutil.Process(int(starter.stdout.readline()))
        starter.kill()
        server.wait(10.0)
    assert not server.is_running()


@pytest.mark.parametrize("url_fixture", ["mariadb_url", "postgres_url"])
def test_databases_keep_what_was_committed_when_killed(request: pytest.FixtureRequest, url_fixture: str) -> None:
    engine = sqlalchemy.create_engine(request.getfixturevalue(url_fixture), poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE kept (words VARCHAR(20))")
        connection.execute(sqlalchemy.text("INSERT INTO kept VALUES (:words)"), {"words": "一次接收、三台通行"})
    server: MariaDb | Postgres = request.getfixturevalue(url_fixture.replace("_url", "_server"))
    server.kill()
    server.start()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT words FROM kept").scalar() == "一次接收、三台通行"


def test_a_server_that_cannot_start_says_so_with_the_end_of_its_log(tmp_path: Path) -> None:
    broken = Kafka(tmp_path, settings={"log.retention.ms": "never"})
    with pytest.raises(Exception, match=r"(?s)kafka.*log\.retention\.ms"):
        broken.start()
    assert broken.pid is None
