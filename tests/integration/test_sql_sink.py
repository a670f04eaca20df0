"""The sql sink on a real MariaDB: every way a try can end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.api import Sink, Told
from connectors.kinds import open_sink
from demo.legal_aid.clerk import Clerk
from mappings.message import Message
from santai.platform.mariadb import MariaDb
from schemas.events.delivery import Delivery
from tests.support.proxy import LossyProxy
from tests.support.pull import system

pytestmark = pytest.mark.integration

LEGAL_AID = system("legal-aid")
PUSH = "5d1a1f6e-0000-5000-8000-000000000001"
OTHER = "5d1a1f6e-0000-5000-8000-000000000002"


@pytest.fixture
def clerk(mariadb_url: str) -> Iterator[Clerk]:
    office = Clerk(mariadb_url)
    office.create_tables()
    yield office
    office.close()


def sink_of(url: str, **settings: Any) -> Sink:
    made = open_sink("legal-aid", "sql", dict(LEGAL_AID.sink or {}) | {"url": url} | settings)
    assert made is not None
    return made


@pytest.fixture
def sink(mariadb_url: str, clerk: Clerk) -> Iterator[Sink]:
    made = sink_of(mariadb_url)
    yield made
    made.close()


def message(**body: Any) -> Message:
    return Message("insert", {"ticket_id": OTHER, "kind": "state", "state": "ACCEPTED"} | body)


def test_what_the_mapping_writes_arrives(sink: Sink, clerk: Clerk) -> None:
    delivery = Delivery(
        event_id=PUSH, ticket_id=OTHER, seq=1, system="legal-aid", kind="open", at=1_772_672_400_000, state="RECEIVED",
        by_system="12345", person_name="䶮晓", id_number="110101199003077758", phone="13800000000", title="讨薪]]>",
        text="工地欠薪😀", cause_id=OTHER,
    )  # fmt: skip
    rendered = LEGAL_AID.map_outbound(delivery)
    assert rendered is not None
    assert sink.send(rendered, PUSH).told is Told.DONE
    (row,) = clerk.inbox()
    assert (row["push_id"], row["applicant"], row["content"]) == (PUSH, "䶮晓", "工地欠薪😀")
    assert row["happened_at"].isoformat() == "2026-03-05T09:00:00"


def test_the_same_push_again_is_done_and_written_once(sink: Sink, clerk: Clerk) -> None:
    assert [sink.send(message(), PUSH).told for _ in range(3)] == [Told.DONE] * 3
    assert len(clerk.inbox()) == 1


def test_another_unique_key_is_not_taken_for_the_push(sink: Sink, clerk: Clerk, mariadb_url: str) -> None:
    with sa.create_engine(mariadb_url).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE hub_inbox ADD UNIQUE (ticket_id)")
    assert sink.send(message(), PUSH).told is Told.DONE
    assert sink.send(message(), OTHER).told is Told.REFUSED
    assert [row["push_id"] for row in clerk.inbox()] == [PUSH]


@pytest.mark.parametrize(
    "body",
    [
        {"kind": None},  # NOT NULL
        {"kind": "x" * 17},  # too long: never cut off
        {"row_id": "王晓"},  # no number
        {"happened_at": "soon"},
        {"kind": "forbidden"},  # CHECK
        {"content": {"nested": 1}},
    ],
)
def test_what_the_table_can_never_take_is_refused(
    sink: Sink, clerk: Clerk, mariadb_url: str, body: dict[str, Any]
) -> None:
    with sa.create_engine(mariadb_url).begin() as connection:
        connection.exec_driver_sql("ALTER TABLE hub_inbox ADD CHECK (kind <> 'forbidden')")
    result = sink.send(message(**body), PUSH)
    assert result.told is Told.REFUSED
    assert "王晓" not in result.reason
    assert clerk.inbox() == []
    assert sink.send(message(), PUSH).told is Told.DONE  # the next valid one works


def test_an_operation_it_does_not_have_is_refused(sink: Sink) -> None:
    assert sink.send(Message("drop", {}), PUSH).told is Told.REFUSED


@pytest.mark.parametrize("wrong", [{"table": "nowhere"}, {}])
def test_a_wrong_setting_is_not_the_push_s_fault(mariadb_url: str, clerk: Clerk, wrong: dict[str, Any]) -> None:
    sink = sink_of(mariadb_url, **wrong)
    sent = message() if wrong else message(no_such_column=1)
    assert sink.send(sent, PUSH).told is Told.RETRY
    sink.close()


def test_a_server_that_is_away_is_retried(mariadb: MariaDb, sink: Sink, clerk: Clerk) -> None:
    mariadb.kill()
    assert sink.send(message(), PUSH).told is Told.RETRY
    mariadb.start()
    assert sink.send(message(), PUSH).told is Told.DONE
    assert len(clerk.inbox()) == 1


def test_a_lock_is_retried(mariadb_url: str, sink: Sink, clerk: Clerk) -> None:
    quick = sink_of(mariadb_url, read_timeout_seconds=1)
    with sa.create_engine(mariadb_url).connect() as other, other.begin():
        other.exec_driver_sql(f"INSERT INTO hub_inbox (push_id, ticket_id, kind) VALUES ('{PUSH}', 'x', 'x')")
        assert quick.send(message(), PUSH).told is Told.RETRY
        other.rollback()
    assert quick.send(message(), PUSH).told is Told.DONE
    quick.close()


@pytest.mark.parametrize(("lost", "told"), [(b"INSERT INTO", Told.RETRY), (b"COMMIT", Told.UNKNOWN)])
def test_a_lost_answer(mariadb: MariaDb, mariadb_url: str, clerk: Clerk, lost: bytes, told: Told) -> None:
    """Before the commit nothing can be there; of a commit nobody knows, and the second try finds out."""
    with LossyProxy(mariadb.port()) as proxy:
        through = sa.make_url(mariadb_url).set(port=proxy.port).render_as_string(hide_password=False)
        sink = sink_of(through)
        proxy.arm(lost, after=b"INSERT INTO")  # connecting has commits of its own
        assert sink.send(message(), PUSH).told is told
        assert sink.send(message(), PUSH).told is Told.DONE
        sink.close()
    assert [row["push_id"] for row in clerk.inbox()] == [PUSH]
