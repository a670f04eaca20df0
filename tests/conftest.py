"""Fixtures of all rooms. Every server is started by the first test that asks for it, so unit tests start nothing."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from demo.gov_service.server import GovService
from demo.gov_service.server import start as start_gov_service
from santai.platform.kafka import Kafka
from santai.platform.mariadb import MariaDb
from santai.platform.postgres import Postgres
from santai.platform.process import free_port as _free_port
from santai.platform.registry import Registry
from santai.platform.up import LocalPlatform

# print_blob: a failing example is printed so that it can be replayed from the output alone.
settings.register_profile("santai", print_blob=True, deadline=None)
settings.load_profile("santai")

SEED_OPTION = "--santai-seed"
SECONDS_OPTION = "--santai-chaos-seconds"
RATE_OPTION = "--santai-chaos-rate"


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--santai-seed N`` repeats a run's random choices (fault schedules, generated days)."""
    chosen = random.SystemRandom().randrange(2**31)
    parser.addoption(SEED_OPTION, type=int, default=chosen, help="seed of the `seed` fixture; printed in the header")
    parser.addoption(SECONDS_OPTION, type=float, default=30.0, help="how long the engine's random faults go on")
    parser.addoption(RATE_OPTION, type=int, default=1200, help="events a second meanwhile")


def pytest_report_header(config: pytest.Config) -> str:
    """The seed, so that a failing run can be repeated."""
    return f"seed: {SEED_OPTION} {config.getoption(SEED_OPTION)}"


_LONGEST_FIRST = ("faults", "integration", "contract")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Rooms that take longest come first, so that processes side by side end together."""
    rooms = {name: place for place, name in enumerate(_LONGEST_FIRST)}
    items.sort(key=lambda item: rooms.get(item.path.parent.name, len(rooms)))


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Seed for everything a test draws at random."""
    return int(request.config.getoption(SEED_OPTION))


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """The broker and the registry, shared by the session. Whoever kills a part starts it again."""
    with LocalPlatform(tmp_path_factory.mktemp("platform")) as running:
        yield running


@pytest.fixture
def kafka(platform: LocalPlatform) -> Kafka:
    """The running broker: ``.bootstrap``, ``.kill()``, ``.stop()``, ``.start()``, ``.suspend()``, ``.resume()``."""
    platform.kafka.start()
    return platform.kafka


@pytest.fixture
def registry(platform: LocalPlatform) -> Registry:
    """The running schema registry: ``.url`` and the same verbs as the broker."""
    platform.registry.start()
    return platform.registry


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the session's SQL servers."""
    return tmp_path_factory.mktemp("databases")


@pytest.fixture(scope="session")
def mariadb_server(databases: Path) -> Iterator[MariaDb]:
    """The MariaDB server, shared by the session."""
    server = MariaDb(databases)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_server(databases: Path) -> Iterator[Postgres]:
    """The PostgreSQL server, shared by the session."""
    server = Postgres(databases)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mariadb(mariadb_server: MariaDb) -> MariaDb:
    """The running MariaDB: ``.create_database(name)`` makes a further database and returns its SQLAlchemy URL."""
    mariadb_server.start()
    return mariadb_server


@pytest.fixture
def mariadb_url(mariadb: MariaDb) -> str:
    """SQLAlchemy URL of an empty MariaDB database of this test's own."""
    return mariadb.create_database(f"t{uuid.uuid4().hex}")


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> str:
    """SQLAlchemy URL of an empty PostgreSQL database of this test's own."""
    postgres_server.start()
    return postgres_server.create_database(f"t{uuid.uuid4().hex}")


@pytest.fixture(scope="session")
def gov_service_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GovService]:
    """The 政务服务平台 (the demo's Java SOAP server), shared by the session."""
    with start_gov_service(0, tmp_path_factory.mktemp("gov-service") / "journal.jsonl") as running:
        yield running


@pytest.fixture
def gov_service(gov_service_server: GovService) -> GovService:
    """The platform as freshly started: ``.url``, ``.add_cases()``, ``.journal()``, ``.fail_next()``, …"""
    gov_service_server.reset()
    return gov_service_server


@pytest.fixture
def topic_prefix() -> str:
    """A topic prefix (and a base for group ids) no other test has."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def free_port() -> int:
    """A loopback port nobody listens on."""
    return _free_port()
