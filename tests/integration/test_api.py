"""The HTTP application over PostgreSQL and a real socket, and how it stops."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from santai.api.app import create_app
from santai.api.serve import serve_api, serving
from santai.platform.postgres import Postgres
from santai.projector.fold import rows_for
from santai.projector.reviews import decision_on, questions, reasons_between, waiting
from santai.projector.store import create_schema, open_read_model, write
from santai.words import Words
from schemas.errors import Stop
from schemas.events.common import Review
from schemas.events.ticket import ReviewDecided, TicketState
from tests.unit.santai.stories import C, life

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def words() -> Words:
    return Words.load()


@pytest.fixture
def read_model(postgres_url: str) -> Iterator[Engine]:
    engine = open_read_model(postgres_url)
    create_schema(engine)
    with engine.begin() as connection:
        write(connection, [change for event in life() for change in rows_for(event)], {})
    yield engine
    engine.dispose()


class Slow:
    """A webhook that waits until it is let go, as one does while Kafka is slow."""

    def __init__(self) -> None:
        self.entered, self.go = threading.Event(), threading.Event()

    def handle(self, headers: Mapping[str, str], body: bytes, now: int) -> tuple[int, Mapping[str, Any]]:
        self.entered.set()
        assert self.go.wait(30)
        return 202, {"submission_id": "s"}


def test_numbers_on_postgresql(read_model: Engine, words: Words) -> None:
    app = create_app(read_model, {}, lambda: (True, {}), CollectorRegistry(), words=words)
    with serving(app) as url:
        answers = [httpx.get(f"{url}/tickets/{quote(n, safe='')}") for n in ("GDa", "kb", "sb", "12345:GDb")]
        unknown = [httpx.get(f"{url}/tickets/{quote(n, safe='')}").status_code for n in ("\x00", "x" * 511, "'; --")]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert unknown == [404, 404, 404]


def test_the_queue_on_postgresql(read_model: Engine) -> None:
    asked = Review(submission_id="sc", to_submission="sa", at=2_000, reasons=("id_equal",))
    told = TicketState(
        event_id="q", ticket_id="sc", seq=90, state="RECEIVED", members=(C,), received_at=2_000, at=2_000,
        reviews=(asked,),
    )  # fmt: skip
    ruled = ReviewDecided(
        event_id="r", ticket_id="sc", at=3_000, seq=91, members=(C,), submission_id="sc", to_submission="sa",
        same=False, by="li", reason="已核对",
    )  # fmt: skip
    for events, open_now in (([told], [("sc", "sa")]), ([ruled], [])):
        with read_model.begin() as connection:
            write(connection, [change for event in events for change in rows_for(event)], {})
        with read_model.connect() as connection:
            found = [(q.submission.submission_id, q.other.submission_id) for q in questions(connection, 9)]
            assert (found, waiting(connection)[0]) == (open_now, len(open_now))
    with read_model.connect() as connection:
        (answered,) = questions(connection, 9, decided=True)
        assert answered.decision == decision_on(connection, "sa", "sc")
        assert reasons_between(connection, "sa", "sc") == ("id_equal",)


def test_the_database_goes_away_and_comes_back(read_model: Engine, postgres_server: Postgres, words: Words) -> None:
    app = create_app(read_model, {}, lambda: (True, {}), CollectorRegistry(), words=words)
    with serving(app) as url:
        postgres_server.kill()
        try:
            away = httpx.get(f"{url}/tickets/GDa", timeout=30)
        finally:
            postgres_server.start()
        assert (away.status_code, away.headers["retry-after"]) == (503, "5")
        assert httpx.get(f"{url}/tickets/GDa", timeout=30).status_code == 200


def test_tables_that_nobody_has_made_yet_are_503(postgres_url: str, words: Words) -> None:
    app = create_app(open_read_model(postgres_url), {}, lambda: (True, {}), CollectorRegistry(), words=words)
    with serving(app) as url:
        assert httpx.get(f"{url}/tickets/GDa").status_code == 503


def test_what_is_under_way_is_finished_before_it_stops(read_model: Engine, words: Words, free_port: int) -> None:
    """And a slow message keeps nobody else waiting."""
    slow, stop = Slow(), threading.Event()
    app = create_app(read_model, {"12345": slow}, lambda: (True, {}), CollectorRegistry(), words=words)
    with ThreadPoolExecutor(2) as pool:
        served = pool.submit(serve_api, app, "127.0.0.1", free_port, stop)
        url = f"http://127.0.0.1:{free_port}"
        with httpx.Client(transport=httpx.HTTPTransport(retries=10), timeout=30) as client:
            answer = pool.submit(client.post, f"{url}/intake/12345", content=b"x")
            assert slow.entered.wait(30)
            assert httpx.get(f"{url}/healthz").status_code == 200
            stop.set()
            slow.go.set()
            assert answer.result(30).status_code == 202
        served.result(30)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_a_taken_port_is_said_in_one_line(words: Words) -> None:
    app = create_app(open_read_model("sqlite://"), {}, lambda: (True, {}), CollectorRegistry(), words=words)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Stop, match="SANTAI_PORT"):
        serve_api(app, "127.0.0.1", taken.getsockname()[1], threading.Event())
