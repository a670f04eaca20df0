"""The sql source on a real MariaDB: late commits, ties, sweeps, and trouble."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.kinds import open_source
from connectors.sql import SqlSource
from connectors.sql_settings import SqlSourceSettings
from demo.legal_aid.clerk import Clerk
from santai.platform.mariadb import MariaDb
from schemas.errors import Retry, Stop
from tests.support.pull import Bench, KnownEchoes, system

pytestmark = pytest.mark.integration

LEGAL_AID = system("legal-aid")
PERSON = {"name": "王晓", "id_card": "110101199003077758", "phone": "13800000000", "case_title": "讨薪"}


@pytest.fixture
def clerk(mariadb_url: str) -> Iterator[Clerk]:
    office = Clerk(mariadb_url)
    office.create_tables()
    yield office
    office.close()


class Polling:
    """The real source of the real table, with settings a test may change, and a runner around it."""

    def __init__(self, url: str, folder: Path, ledger: Any = None, **settings: Any) -> None:
        section = dict(LEGAL_AID.source or {}) | {"url": url, "interval_seconds": 0.05, "sweep_seconds": 86_400}
        self.settings = SqlSourceSettings.model_validate(section | settings)
        self.ages: list[float] = []
        self.source = SqlSource("legal-aid", self.settings, self.ages.append)
        self.bench = Bench(LEGAL_AID, self.source, f"sqlite:///{folder / 'store.db'}", ledger)

    def ids(self) -> list[int]:
        return [int(change.source_key) for change in self.bench.intake.changes]


@pytest.fixture
def polling(mariadb_url: str, clerk: Clerk, tmp_path: Path) -> Iterator[Polling]:
    made = Polling(mariadb_url, tmp_path, overlap_seconds=0, margin_seconds=1.5)
    yield made
    made.source.close()


def test_a_row_becomes_canonical_json_with_local_times(polling: Polling, clerk: Clerk) -> None:
    row_id = clerk.file({**PERSON, "incident_date": "2026-02-01", "sldate": "2026-03-05 09:30:00", "year": 2026})
    (change,) = polling.bench.drain()
    body = json.loads(change.body)
    assert change.source_key == str(row_id)
    assert body["sldate"] == "2026-03-05T09:30:00"
    assert body["incident_date"] == "2026-02-01"
    assert body["name"] == "王晓"
    assert "王晓" in change.body.decode()
    assert list(body) == sorted(body)
    assert set(body) == set(polling.settings.columns)
    assert polling.bench.drain() == []


@pytest.mark.parametrize("low_water", [True, False])
def test_only_the_oldest_transaction_saves_a_late_commit(
    mariadb_url: str, clerk: Clerk, tmp_path: Path, low_water: bool
) -> None:
    """The same schedule with and without the setting: without it the row is lost, so the schedule is a test."""
    off = {} if low_water else {"oldest_transaction": ""}
    polling = Polling(mariadb_url, tmp_path, overlap_seconds=0, margin_seconds=1, **off)
    polling.bench.drain()
    with clerk.filed_late(PERSON, older_by=timedelta(seconds=1)) as late:
        others = []
        for _ in range(5):
            others.append(clerk.file(PERSON))
            polling.bench.drain()
            threading.Event().wait(1.1)  # the server's clock must go on; nothing to wait for
        assert set(polling.ids()) == set(others)
    polling.bench.drain()
    assert (late in polling.ids()) is low_water
    polling.source.close()


def write(url: str, seed: int, stop_after: int) -> list[tuple[int, str]]:
    """One writer: transactions of random length that insert and change rows. Returns what it left in each row."""
    draw = random.Random(seed)
    engine = sa.create_engine(url)
    mine: dict[int, str] = {}
    for turn in range(stop_after):
        with engine.connect() as connection, connection.begin():
            for part in range(draw.randint(1, 4)):
                title = f"{seed}-{turn}-{part}"
                if mine and draw.random() < 0.4:
                    row = draw.choice(list(mine))
                    connection.execute(
                        sa.text("UPDATE oa_legal_aid SET case_title = :t, update_date = NOW() WHERE id = :id"),
                        {"t": title, "id": row},
                    )
                else:
                    row = connection.execute(
                        sa.text("INSERT INTO oa_legal_aid (name, case_title, update_date) VALUES ('x', :t, NOW())"),
                        {"t": title},
                    ).lastrowid
                mine[row] = title
            threading.Event().wait(draw.choice([0, 0, 0.2, 0.5, 1.5, 4]))  # the transaction stays open
    engine.dispose()
    return list(mine.items())


def test_eight_writers_with_held_transactions_lose_nothing(
    mariadb_url: str, polling: Polling, clerk: Clerk, seed: int
) -> None:
    polling.bench.drain()  # the first sweep, of the empty table: it must not be what finds the rows
    left: dict[int, str] = {}
    ended = threading.Event()

    def work() -> None:
        threads = []
        lock = threading.Lock()

        def one(number: int) -> None:
            rows = write(mariadb_url, seed * 8 + number, 12)
            with lock:
                left.update(rows)

        for number in range(8):
            threads.append(threading.Thread(target=one, args=(number,)))
            threads[-1].start()
        for thread in threads:
            thread.join()
        ended.set()

    writers = threading.Thread(target=work)
    writers.start()
    polling.bench.run_until(ended, 120)
    writers.join()
    polling.bench.drain()  # the round that was under way
    polling.bench.drain()  # one that began after the last commit
    assert len(left) > 100
    assert all(event.result == "ok" for event in polling.bench.events), [e.reason for e in polling.bench.events]
    versions = polling.bench.intake.versions()
    assert len(versions) == len(set(versions)), "a version was published twice"
    last = {int(change.source_key): json.loads(change.body)["case_title"] for change in polling.bench.intake.changes}
    assert last == left
    assert max(polling.ages) >= 3  # a transaction of four seconds was seen


def test_rows_of_one_second_cross_page_boundaries(mariadb_url: str, clerk: Clerk, tmp_path: Path) -> None:
    ids = [clerk.file(PERSON, update_date=None) for _ in range(3)]
    tie = clerk.row(ids[0])["update_date"]
    ids += [clerk.file(PERSON, update_date=tie) for _ in range(20)]
    polling = Polling(mariadb_url, tmp_path, page_size=4)
    page = polling.source.poll(None)
    assert len(page.documents) == 4
    polling.bench.drain()
    assert sorted(polling.ids()) == sorted(ids)
    polling.source.close()


def test_the_sweep_finds_what_the_clock_cannot(mariadb_url: str, clerk: Clerk, tmp_path: Path) -> None:
    polling = Polling(mariadb_url, tmp_path, sweep_seconds=1, page_size=3, overlap_seconds=0, margin_seconds=0)
    for _ in range(5):
        clerk.file(PERSON)
        polling.bench.drain()
        threading.Event().wait(0.5)
    long_ago = clerk.file(PERSON, update_date=clerk.row(1)["update_date"] - timedelta(days=3))
    deadline = threading.Event()
    for _ in range(100):
        polling.bench.drain()
        if long_ago in polling.ids():
            break
        deadline.wait(0.1)
    assert polling.ids().count(long_ago) == 1
    assert len(polling.ids()) == 6  # nothing came twice for it
    polling.source.close()


def test_rows_whose_clock_is_not_the_server_s_are_found(polling: Polling, clerk: Clerk) -> None:
    """A restored or simulated system: its timestamps lie years off, and it goes on from there."""
    polling.bench.drain()
    for day in range(1, 8):
        row = clerk.file(PERSON, update_date=datetime(2020, 1, day, 8))
        assert [int(change.source_key) for change in polling.bench.drain()] == [row]


def test_what_the_office_notes_of_our_writing_is_an_echo(mariadb_url: str, clerk: Clerk, tmp_path: Path) -> None:
    row = clerk.file(PERSON)
    push = "5d1a1f6e-0000-5000-8000-000000000001"
    written = LEGAL_AID.echo({"id": row, "hub_push_id": push, "hub_state": "ACCEPTED"})
    assert written is not None
    polling = Polling(mariadb_url, tmp_path, KnownEchoes({push: written.digest}))
    assert len(polling.bench.drain()) == 1
    with sa.create_engine(mariadb_url).begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO hub_inbox (push_id, ticket_id, kind, row_id, state)"
                " VALUES (:p, :p, 'state', :r, 'ACCEPTED')"
            ),
            {"p": push, "r": row},
        )
    assert clerk.work_off_inbox() == 1
    assert polling.bench.drain() == []
    assert polling.bench.events[-1].echoes + polling.bench.events[-2].echoes >= 1
    clerk.move(row, "指派")  # the office's own doing is told
    assert len(polling.bench.drain()) == 1
    polling.source.close()


def test_missing_columns_tables_and_rights_stop_with_one_clear_line(
    mariadb_url: str, mariadb: MariaDb, clerk: Clerk, tmp_path: Path
) -> None:
    cases: list[tuple[str, dict[str, Any], str]] = [
        (mariadb_url, {"columns": ["id", "no_such"]}, "no_such"),
        (mariadb_url, {"table": "nowhere"}, "没有这张表"),
        (mariadb_url.replace("root:", "root:wrong"), {}, "1045"),
        (mariadb_url, {"now": "SELECT nonsense("}, "1064"),
    ]
    for url, wrong, said in cases:
        polling = Polling(url, tmp_path, **wrong)
        with pytest.raises(Stop, match=said) as caught:
            polling.source.poll(None)
        assert "\n" not in str(caught.value)
        polling.source.close()
    database = sa.make_url(mariadb_url).database
    with sa.create_engine(mariadb.url()).begin() as connection:
        connection.exec_driver_sql("CREATE OR REPLACE USER reader@'127.0.0.1' IDENTIFIED BY 'r'")
        connection.exec_driver_sql(f"GRANT SELECT ON {database}.* TO reader@'127.0.0.1'")
    reader = sa.make_url(mariadb_url).set(username="reader", password="r").render_as_string(hide_password=False)
    with pytest.raises(Stop, match="PROCESS"):
        Polling(reader, tmp_path).source.poll(None)


def test_the_source_never_writes(mariadb_url: str, clerk: Clerk, polling: Polling) -> None:
    polling.bench.drain()
    with pytest.raises(sa.exc.DBAPIError, match="READ ONLY"), polling.source._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM oa_legal_aid")


def test_a_server_that_goes_away_is_retried_and_nothing_is_lost(
    mariadb: MariaDb, polling: Polling, clerk: Clerk
) -> None:
    first = clerk.file(PERSON)
    polling.bench.drain()
    mariadb.kill()
    with pytest.raises(Retry):
        polling.bench.runner.step()
    mariadb.start()
    second = clerk.file(PERSON)
    polling.bench.drain()
    assert polling.ids() == [first, second]


def test_an_unreachable_server_is_retried(tmp_path: Path, free_port: int) -> None:
    section = dict(LEGAL_AID.source or {}) | {"url": f"mysql+pymysql://a:b@127.0.0.1:{free_port}/x"}
    section |= {"interval_seconds": 1, "sweep_seconds": 60}
    pull = open_source("legal-aid", "sql", section)
    assert pull is not None
    with pytest.raises(Retry) as caught:
        pull.source.poll(None)
    assert "a:b" not in str(caught.value)


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ({}, "source.url"),
        ({"url": "nonsense", "table": "t", "key": "k", "cursor": "c"}, "url"),
        ({"url": "mysql+pymysql://x", "table": "t; DROP", "key": "k", "cursor": "c"}, "source.table"),
        ({"url": "mysql+pymysql://u:topsecret@x", "table": "t", "key": "k", "cursor": "c", "pages": 1}, "source.pages"),
        ({"url": "mysql+pymysql://x", "table": "t", "key": "k", "cursor": "c", "page_size": 10**6}, "page_size"),
    ],
)
def test_a_wrong_section_is_named(section: dict[str, Any], named: str) -> None:
    with pytest.raises(Stop, match=named) as caught:
        open_source("legal-aid", "sql", section)
    assert "topsecret" not in str(caught.value)
