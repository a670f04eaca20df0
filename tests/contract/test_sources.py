"""What every pull source must do, whatever the system: one suite, run on the stand-in and on the real things."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from connectors.api import Document, PullSource
from connectors.soap import SoapSource
from connectors.soap_settings import SoapSourceSettings
from connectors.sql import SqlSource
from connectors.sql_settings import SqlSourceSettings
from demo.gov_service.server import SECRET, GovService
from demo.legal_aid.clerk import Clerk
from mappings.systems import System
from schemas.errors import Retry
from tests.support.pull import Bench, MemorySource, system

PAGE = 4


class World(ABC):
    """A system with a source over it, and hands to change it."""

    of: System

    @abstractmethod
    def source(self) -> PullSource:
        """A new source, as after a restart."""

    @abstractmethod
    def unreachable(self) -> PullSource:
        """A source whose system is not there."""

    @abstractmethod
    def add(self, number: int) -> str:
        """A new record; its source key."""

    @abstractmethod
    def change(self, key: str) -> None:
        """The record becomes another version."""


class MemoryWorld(World):
    of = system("legal-aid")

    def __init__(self) -> None:
        self.shared = MemorySource(size=PAGE)

    def source(self) -> PullSource:
        return self.shared

    def unreachable(self) -> PullSource:
        return MemorySource(up=False)

    def add(self, number: int) -> str:
        self.shared.add(id=number, v=0)
        return str(number)

    def change(self, key: str) -> None:
        self.shared.add(id=int(key), v=len(self.shared.records))


class SqlWorld(World):
    of = system("legal-aid")

    def __init__(self, url: str, nowhere: int) -> None:
        self.url, self.nowhere = url, nowhere
        self.clerk = Clerk(url)
        self.clerk.create_tables()

    def _source(self, url: str) -> PullSource:
        section = dict(self.of.source or {}) | {"interval_seconds": 1, "sweep_seconds": 3600}
        return SqlSource("legal-aid", SqlSourceSettings.model_validate(section | {"url": url, "page_size": PAGE}))

    def source(self) -> PullSource:
        return self._source(self.url)

    def unreachable(self) -> PullSource:
        return self._source(f"mysql+pymysql://a:b@127.0.0.1:{self.nowhere}/x")

    def add(self, number: int) -> str:
        return str(self.clerk.file({"name": f"人{number}"}))

    def change(self, key: str) -> None:
        row = self.clerk.row(int(key))
        self.clerk.change(int(key), {"case_title": f"{row['case_title']}改"})


class SoapWorld(World):
    of = system("gov-service")

    def __init__(self, platform: GovService, nowhere: int) -> None:
        self.platform, self.nowhere = platform, nowhere

    def _source(self, url: str) -> PullSource:
        section = dict(self.of.source or {}) | {"app_key": "santai", "secret": SECRET, "interval_seconds": 1}
        return SoapSource(
            "gov-service", SoapSourceSettings.model_validate(section | {"endpoint": url, "page_size": PAGE})
        )

    def source(self) -> PullSource:
        return self._source(self.platform.url)

    def unreachable(self) -> PullSource:
        return self._source(f"http://127.0.0.1:{self.nowhere}/case")

    def add(self, number: int) -> str:
        self.platform.add_cases([{"project_no": f"P{number}", "applyer_name": f"人{number}]]>"}])
        return f"P{number}"

    def change(self, key: str) -> None:
        self.platform.add_cases([{"project_no": key, "title": "改"}])


@pytest.fixture(
    params=[
        "memory",
        pytest.param("sql", marks=pytest.mark.integration),
        pytest.param("soap", marks=pytest.mark.integration),
    ]
)
def world(request: pytest.FixtureRequest, free_port: int) -> Iterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
    elif request.param == "sql":
        made = SqlWorld(request.getfixturevalue("mariadb_url"), free_port)
        yield made
        made.clerk.close()
    else:
        yield SoapWorld(request.getfixturevalue("gov_service"), free_port)


@pytest.fixture
def bench(world: World, tmp_path: Path) -> Bench:
    return Bench(world.of, world.source(), f"sqlite:///{tmp_path / 'store.db'}")


def walk(source: PullSource, position: dict[str, Any] | None = None) -> tuple[list[Document], dict[str, Any]]:
    """All pages, each position stored as JSON in between; nothing is acknowledged."""
    found: list[Document] = []
    for _ in range(100):
        page = source.poll(position)
        found += page.documents
        position = json.loads(json.dumps(page.position))
        if not page.more:
            return found, position
    raise AssertionError("the source never says that it is at its end")


def test_an_empty_system_has_no_documents(world: World) -> None:
    assert walk(world.source())[0] == []


def test_from_the_beginning_everything_comes_in_bounded_pages(world: World) -> None:
    keys = {world.add(number) for number in range(3 * PAGE + 1)}
    source = world.source()
    assert 0 < len(source.poll(None).documents) <= PAGE
    assert {world.of.source_key(document.parsed) for document in walk(source)[0]} == keys


def test_what_was_not_saved_comes_again_byte_for_byte(world: World) -> None:
    for number in range(PAGE + 1):
        world.add(number)
    first = {world.of.source_key(document.parsed): document.body for document in walk(world.source())[0]}
    second = {world.of.source_key(document.parsed): document.body for document in walk(world.source())[0]}
    assert first == second
    assert len(first) == PAGE + 1


def test_a_saved_position_survives_a_restart(world: World) -> None:
    before = world.add(1)
    _, position = walk(world.source())
    after = world.add(2)
    found = {world.of.source_key(document.parsed) for document in walk(world.source(), position)[0]}
    assert after in found
    assert found <= {before, after}


def test_every_document_says_what_it_is(world: World) -> None:
    key = world.add(1)
    (document,) = {document.body: document for document in walk(world.source())[0]}.values()
    assert world.of.source_key(document.parsed) == key
    assert document.content_type in ("application/json", "application/xml")


def test_each_version_is_one_event(world: World, bench: Bench) -> None:
    keys = [world.add(number) for number in range(PAGE + 2)]
    assert sorted(change.source_key for change in bench.drain()) == sorted(keys)
    assert bench.drain() == []
    world.change(keys[0])
    assert [change.source_key for change in bench.drain()] == [keys[0]]
    assert bench.drain() == []


def test_records_written_while_it_is_read_are_not_skipped(world: World, bench: Bench) -> None:
    keys = [world.add(number) for number in range(2 * PAGE)]
    bench.runner.step()
    keys += [world.add(number) for number in range(100, 100 + PAGE)]
    bench.drain()
    bench.drain()
    assert sorted(change.source_key for change in bench.intake.changes) == sorted(keys)


def test_a_restart_after_any_page_loses_and_repeats_nothing(world: World, tmp_path: Path) -> None:
    keys = [world.add(number) for number in range(3 * PAGE)]
    seen: list[str] = []
    for _ in range(40):
        bench = Bench(world.of, world.source(), f"sqlite:///{tmp_path / 'store.db'}")
        more = bench.runner.step()
        seen += [change.source_key for change in bench.intake.changes]
        if not more:
            break
    assert sorted(seen) == sorted(keys)


def test_a_system_that_is_not_there_is_retried(world: World) -> None:
    source = world.unreachable()
    with ThreadPoolExecutor(1) as threads:
        polled = threads.submit(source.poll, None)
        with pytest.raises(Retry) as caught:
            polled.result(30)
    assert "人" not in str(caught.value)


def test_a_loop_finds_what_is_added_later(world: World, bench: Bench) -> None:
    found = threading.Event()
    inner = bench.intake.publish

    def publish(changes: Any) -> None:
        inner(changes)
        if len(bench.intake.changes) >= 3:
            found.set()

    bench.intake.publish = publish  # type: ignore[method-assign]
    world.add(1)
    stop = threading.Event()
    ended = bench.runner.start(stop)
    world.add(2)
    world.add(3)
    assert found.wait(30)
    stop.set()
    ended.result(30)
    assert len(bench.intake.changes) == 3
