"""A broker that is restarted in earnest: API, connectors, projector go on, the ticker ticks on, health tells both."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from demo.scenario import messages
from santai.platform.kafka import Kafka
from santai.platform.registry import Registry
from santai.services.cluster import create_topics, register_schemas
from santai.services.parts import codec_of
from santai.services.ticker import ticker
from santai.settings import Settings, load_settings
from schemas.events.inbox import Tick
from tests.support.road import STALL_S, Road, until
from tests.support.supervision import supervised
from tests.support.topics import read_all

pytestmark = pytest.mark.integration

GO_ON = ("api", "connectors", "projector")
"""The stream worker may end and be started again by its supervisor; these may not."""

LOST = "已受理的不会丢失"


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_the_processes_that_ask_the_broker_get_well_by_themselves(road: Road, how: str) -> None:
    road.await_green(*road.stage.hub)
    before = {name: road.stage.process(name).identity for name in GO_ON}
    logged = {name: len(log_of(road, name)) for name in GO_ON}
    missed, taken = road.matter("12345"), road.matter("12345")
    kafka = road.platform.kafka
    getattr(kafka, how)()
    try:
        for name in ("api", "projector"):
            until(lambda name=name: not road.green(name), f"{name} red", STALL_S + 60)
        assert road.send("12345", messages.hotline_ticket(missed, missed.tellings[0])).status == 503
    finally:
        kafka.start()
    with supervised(road.stage):
        for matter in (missed, taken):
            assert road.send("12345", messages.hotline_ticket(matter, matter.tellings[0])).status == 202
            road.awaited(matter.tellings[0].number)
        assert road.get(missed.tellings[0].number).status_code == httpx.codes.OK
    road.await_green(*road.stage.hub)
    assert {name: road.stage.process(name).identity for name in GO_ON} == before
    for name in GO_ON:
        until(lambda name=name: told_of_the_outage(road, name, logged[name]), f"{name} tells that Kafka is back", 20)


def log_of(road: Road, name: str) -> str:
    """All that the process has logged so far."""
    return (road.stage.folder / "log" / f"{name}.log").read_text()


def told_of_the_outage(road: Road, name: str, before: int) -> bool:
    """One line on loss (none within a minute of the last), one on return, and nothing of the library's own."""
    whole = log_of(road, name)
    said = whole[before:]
    assert not re.search(r"rdkafka#|^%\d\|", said, re.MULTILINE), said
    assert whole.count(LOST) >= 1
    assert said.count(LOST) <= 1
    return said.count(LOST) == said.count("Kafka 已恢复应答：")


@contextmanager
def ticking(settings: Settings) -> Iterator[None]:
    """The ticker in a loop of its own, as beside a stream worker; what ends it is raised at the end."""
    loop = asyncio.new_event_loop()
    tick = loop.create_task(ticker(settings, codec_of(settings))())

    def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(tick)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
        assert not tick.done(), "the ticker has ended"
    finally:
        loop.call_soon_threadsafe(tick.cancel)
        thread.join()
        loop.close()


def test_the_ticker_ticks_on(kafka: Kafka, registry: Registry, topic_prefix: str, tmp_path: Path) -> None:
    settings = load_settings(
        data_dir=tmp_path, broker=kafka.bootstrap, registry=registry.url, prefix=topic_prefix, partitions=2,
        tick_seconds=0.2,
    )  # fmt: skip
    create_topics(settings, [])
    register_schemas(settings, [])
    codec = codec_of(settings)

    def ticks() -> dict[int, int]:
        """How many each partition has."""
        found: dict[int, int] = {}
        for message in read_all(kafka.bootstrap, settings.topics.inbox):
            event = codec.decode(message.value())
            assert isinstance(event, Tick)
            assert event.partition == message.partition()
            found[event.partition] = found.get(event.partition, 0) + 1
        return found

    def more_than(before: dict[int, int]) -> bool:
        now = ticks()
        return all(now.get(partition, 0) > before.get(partition, 0) + 2 for partition in range(2))

    with ticking(settings):
        until(lambda: more_than({}), "the first ticks")
        for how in ("stop", "kill"):
            getattr(kafka, how)()
            kafka.start()
            before = ticks()
            until(lambda before=before: more_than(before), f"ticks after {how}")
