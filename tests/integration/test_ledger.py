"""The ledger's contract: one suite, run on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from connectors.ledger import Ledger
from connectors.positions import Positions
from connectors.pushes import Mark, Plan, PushRow, Status
from connectors.store import metadata, open_store, writing
from schemas.errors import Retry, Stop

pytestmark = pytest.mark.integration

S = "12345"
LEASE = 1_000


def plan(push_id: str, *, ticket: str = "t1", seq: int = 1, system: str = S) -> Plan:
    return Plan(
        push_id=push_id,
        system=system,
        ticket_id=ticket,
        seq=seq,
        kind="state",
        state="SIGNED",
        payload=push_id.encode(),
    )


def send_all(ledger: Ledger, rows: list[PushRow], owner: str, now: int) -> set[str]:
    return ledger.sending({row.push_id: f"echo-{row.push_id}" for row in rows}, owner=owner, now=now)


class LedgerContract:
    @pytest.fixture
    def engine(self) -> Engine:
        """Each kind of database gives its own."""
        raise NotImplementedError

    @pytest.fixture
    def ledger(self, engine: Engine) -> Ledger:
        return Ledger(engine)

    def lease(self, ledger: Ledger, now: int, owner: str = "a", limit: int = 10, system: str = S) -> list[PushRow]:
        return ledger.lease(system, owner, limit=limit, now=now, until=now + LEASE)

    def ids(self, ledger: Ledger, now: int, owner: str = "a", limit: int = 10, system: str = S) -> list[str]:
        return [row.push_id for row in self.lease(ledger, now, owner, limit, system)]

    def test_planning_again_changes_nothing(self, ledger: Ledger) -> None:
        assert ledger.plan([plan("p1"), plan("p2", seq=2), plan("p1")], now=5) == 2
        assert ledger.plan([plan("p1"), plan("p3", seq=3)], now=9) == 1
        assert ledger.counts() == {(S, "planned"): 3}
        row = ledger.pushed("p1")
        assert row is not None
        assert (row.created_at, row.payload, row.status, row.attempts) == (5, b"p1", "planned", 0)
        assert ledger.pushed("nobody's") is None

    def test_a_settled_push_is_never_planned_again(self, ledger: Ledger) -> None:
        ledger.plan([plan("p1")], now=0)
        self.lease(ledger, 1)
        ledger.mark([Mark(push_id="p1", status=Status.DONE)], owner="a", now=2)
        assert ledger.plan([plan("p1")], now=3) == 0
        assert self.ids(ledger, 10_000) == []

    def test_only_the_head_of_a_ticket_goes_out_and_tickets_do_not_wait_for_each_other(self, ledger: Ledger) -> None:
        ledger.plan(
            [plan("p2", seq=2), plan("p1", seq=1), plan("q7", ticket="t2", seq=7), plan("q9", ticket="t2", seq=9)],
            now=0,
        )
        assert sorted(self.ids(ledger, 1)) == ["p1", "q7"]
        assert self.ids(ledger, 1, "b") == []
        ledger.mark([Mark(push_id="q7", status=Status.REFUSED, reason="不受理")], owner="a", now=2)
        assert self.ids(ledger, 3, "b") == ["q9"]

    def test_equal_seqs_go_out_one_after_the_other(self, ledger: Ledger) -> None:
        ledger.plan([plan("pb"), plan("pa")], now=0)
        assert self.ids(ledger, 1) == ["pa"]
        ledger.mark([Mark(push_id="pa", status=Status.DONE)], owner="a", now=2)
        assert self.ids(ledger, 3) == ["pb"]

    def test_systems_are_apart(self, ledger: Ledger) -> None:
        ledger.plan([plan("p1"), plan("w1", seq=2, system="web")], now=0)
        assert self.ids(ledger, 1, system="web") == ["w1"]
        assert self.ids(ledger, 1) == ["p1"]

    def test_a_failing_push_holds_its_ticket_until_its_next_try(self, ledger: Ledger) -> None:
        ledger.plan([plan("p1"), plan("p2", seq=2), plan("q1", ticket="t2")], now=0)
        assert sorted(self.ids(ledger, 1)) == ["p1", "q1"]
        ledger.mark([Mark(push_id="p1", status=Status.PLANNED, next_try_at=500, reason="忙")], owner="a", now=2)
        assert self.ids(ledger, 499) == []
        assert ledger.next_due(S, now=499) == 500
        assert self.ids(ledger, 500) == ["p1"]
        ledger.mark([Mark(push_id="p1", status=Status.DONE)], owner="a", now=501)
        assert self.ids(ledger, 501) == ["p2"], "the one behind is due at once"

    def test_the_limit_holds(self, ledger: Ledger) -> None:
        ledger.plan([plan(f"p{n}", ticket=f"t{n}") for n in range(9)], now=0)
        assert len(self.ids(ledger, 1, limit=4)) == 4
        assert len(self.ids(ledger, 1, limit=4)) == 4
        assert len(self.ids(ledger, 1, limit=4)) == 1

    def test_begun_attempts_are_counted_and_carry_the_echo(self, ledger: Ledger) -> None:
        ledger.plan([plan("p1")], now=0)
        assert send_all(ledger, self.lease(ledger, 1), "a", 2) == {"p1"}
        row = ledger.pushed("p1")
        assert row is not None
        assert (row.status, row.attempts, row.echo_digest) == ("sending", 1, "echo-p1")
        assert ledger.is_echo("p1", "echo-p1")
        assert not ledger.is_echo("p1", "changed by a person")
        assert not ledger.is_echo("p1", None)
        assert not ledger.is_echo("unknown", "echo-p1")

    def test_without_a_digest_nothing_is_an_echo(self, ledger: Ledger) -> None:
        ledger.plan([plan("p1")], now=0)
        assert not ledger.is_echo("p1", None)

    def test_a_worker_past_its_lease_may_not_send(self, ledger: Ledger) -> None:
        ledger.plan([plan("p1")], now=0)
        rows = self.lease(ledger, 1)
        assert send_all(ledger, rows, "a", 1 + LEASE) == set()

    def test_what_a_dead_worker_had_begun_is_unknown_and_goes_out_again(self, ledger: Ledger) -> None:
        ledger.plan([plan("p1"), plan("p2", seq=2)], now=0)
        send_all(ledger, self.lease(ledger, 1), "a", 2)
        assert self.ids(ledger, LEASE, "b") == []
        (row,) = self.lease(ledger, 1 + LEASE, "b")
        assert (row.push_id, row.status, row.unknowns, row.attempts) == ("p1", "unknown", 1, 1)
        assert ledger.mark([Mark(push_id="p1", status=Status.DONE)], owner="a", now=LEASE + 2) == [], "b has it now"
        (done,) = ledger.mark([Mark(push_id="p1", status=Status.DONE)], owner="b", now=LEASE + 3)
        assert (done.push_id, done.status, done.updated_at) == ("p1", "done", LEASE + 3)

    def test_a_worker_that_only_held_it_leaves_no_doubt(self, ledger: Ledger) -> None:
        ledger.plan([plan("p1")], now=0)
        self.lease(ledger, 1)
        (row,) = self.lease(ledger, 1 + LEASE, "b")
        assert (row.status, row.unknowns) == ("planned", 0)

    def test_release_gives_back_at_once(self, ledger: Ledger) -> None:
        ledger.plan([plan("p1"), plan("q1", ticket="t2"), plan("r1", ticket="t3")], now=0)
        rows = self.lease(ledger, 1, limit=2)
        self.lease(ledger, 1, "b")
        send_all(ledger, rows[:1], "a", 2)
        assert ledger.release("a", now=3) == 2
        again = {row.push_id: (row.status, row.unknowns) for row in self.lease(ledger, 4, "c")}
        assert again == {rows[0].push_id: ("unknown", 1), rows[1].push_id: ("planned", 0)}

    def test_an_unknown_outcome_is_flagged_each_time(self, ledger: Ledger) -> None:
        ledger.plan([plan("p1")], now=0)
        for now in (1, 2):
            send_all(ledger, self.lease(ledger, now), "a", now)
            ledger.mark([Mark(push_id="p1", status=Status.UNKNOWN, next_try_at=now + 1)], owner="a", now=now)
        row = ledger.pushed("p1")
        assert row is not None
        assert (row.status, row.unknowns, row.attempts) == ("unknown", 2, 2)
        assert ledger.counts() == {(S, "unknown"): 1}

    def test_receipts_are_owed_until_they_are_durable(self, ledger: Ledger) -> None:
        ledger.plan([plan(f"p{n}", ticket=f"t{n}") for n in range(4)], now=0)
        self.lease(ledger, 1)
        ledger.mark([Mark(push_id="p1", status=Status.DONE)], owner="a", now=5)
        ledger.mark([Mark(push_id="p0", status=Status.REFUSED, reason="不收")], owner="a", now=6)
        ledger.mark([Mark(push_id="p2", status=Status.DONE, silent=True)], owner="a", now=6)
        assert [row.push_id for row in ledger.unreceipted(S, before=5, limit=9)] == ["p1"]
        assert [(row.push_id, row.reason) for row in ledger.unreceipted(S, before=6, limit=9)] == [
            ("p1", ""),
            ("p0", "不收"),
        ]
        assert len(ledger.unreceipted(S, before=6, limit=1)) == 1
        ledger.receipted(["p1"])
        assert [row.push_id for row in ledger.unreceipted(S, before=9, limit=9)] == ["p0"]

    def test_workers_share_without_taking_one_twice(self, ledger: Ledger, engine: Engine) -> None:
        ledger.plan([plan(f"p{t}.{n}", ticket=f"t{t}", seq=n) for t in range(12) for n in range(4)], now=0)
        sent: list[str] = []
        lock = threading.Lock()

        def work(owner: str) -> None:
            mine = Ledger(engine)
            while len(sent) < 48:
                rows = self.lease(mine, 1, owner, limit=3)
                for push_id in send_all(mine, rows, owner, 1):
                    with lock:
                        sent.append(push_id)
                mine.mark([Mark(push_id=row.push_id, status=Status.DONE) for row in rows], owner=owner, now=2)

        threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(sent) == len(set(sent)) == 48
        for t in range(12):
            order = [push_id for push_id in sent if push_id.startswith(f"p{t}.")]
            assert order == sorted(order)
        assert ledger.counts() == {(S, "done"): 48}

    def test_positions_come_back_as_saved(self, engine: Engine) -> None:
        positions = Positions(engine)
        assert positions.load("legal-aid") is None
        positions.save("legal-aid", {"since": 3, "key": "甲"})
        positions.save("legal-aid", {"since": 4})
        positions.save("gov-service", {"cursor": "x"})
        assert positions.load("legal-aid") == {"since": 4}

    def test_seen_rows_are_told_by_their_hash(self, engine: Engine) -> None:
        positions = Positions(engine)
        many = [(f"k{n}", "h") for n in range(900)]
        positions.remember("legal-aid", many, {})
        positions.remember("legal-aid", [], {})
        positions.remember("legal-aid", [("k1", "h2"), ("k1", "h3")], {"k1": "own"})
        assert positions.own_parts("legal-aid", {"k1", "k2", "none"}) == {"k1": "own"}
        assert positions.unseen("legal-aid", many) == [("k1", "h")]
        assert positions.unseen("legal-aid", [("k1", "h3"), ("new", "h")]) == [("new", "h")]
        assert len(positions.unseen("other", many)) == 900


def check_any_history(engine: Engine, data: st.DataObject) -> None:
    """Workers that finish, fail, lose the answer or die: each push settles, in the order of its ticket."""
    with writing(engine) as connection:
        for table in metadata.sorted_tables:
            connection.execute(table.delete())
    ledger = Ledger(engine)
    wanted = [plan(f"{t}-{n}", ticket=t, seq=n) for t in "ab" for n in range(3)]
    ledger.plan(wanted, now=0)
    now, settled = 0, []
    for _ in range(40):
        now += 400
        owner = data.draw(st.sampled_from("xyz"))
        for row in ledger.lease(S, owner, limit=2, now=now, until=now + LEASE):
            send_all(ledger, [row], owner, now)
            fate = data.draw(st.sampled_from([Status.DONE, Status.REFUSED, Status.UNKNOWN, Status.PLANNED, None]))
            if fate is not None:
                ledger.mark([Mark(push_id=row.push_id, status=fate, next_try_at=now + 300)], owner=owner, now=now)
            if fate in (Status.DONE, Status.REFUSED):
                settled.append(row.push_id)
    while rows := ledger.lease(S, "a", limit=10, now=(now := now + LEASE), until=now + LEASE):
        send_all(ledger, rows, "a", now)
        ledger.mark([Mark(push_id=row.push_id, status=Status.DONE) for row in rows], owner="a", now=now)
        settled += [row.push_id for row in rows]
    assert sorted(settled) == sorted(item.push_id for item in wanted)
    for t in "ab":
        order = [push_id for push_id in settled if push_id.startswith(t)]
        assert order == sorted(order)


class TestOnSqlite(LedgerContract):
    @pytest.fixture
    def engine(self, tmp_path: Path) -> Iterator[Engine]:
        engine = open_store(f"sqlite:///{tmp_path / 'ledger.db'}")
        yield engine
        engine.dispose()

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_any_history_keeps_order_and_loses_nothing(self, engine: Engine, data: st.DataObject) -> None:
        check_any_history(engine, data)

    def test_the_looks_for_work_use_the_partial_indexes(self, engine: Engine, ledger: Ledger) -> None:
        seen: list[str] = []
        with engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert raw is not None
            raw.set_trace_callback(seen.append)
        ledger.lease(S, "a", limit=5, now=1, until=2)
        ledger.next_due(S, now=1)
        ledger.unreceipted(S, before=1, limit=5)
        with engine.connect() as connection:
            connection.connection.driver_connection.set_trace_callback(None)  # type: ignore[union-attr]
            plans = [
                " ".join(str(row.detail) for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement))
                for statement in seen
                if " pushes" in statement
            ]
        work, due, owing = plans
        assert "USING INDEX pushes_due" in work
        assert "pushes_order" in work
        assert "pushes_due" in due
        assert "pushes_owing" in owing
        assert not any("SCAN pushes" in steps for steps in plans), plans

    def test_a_full_disk_is_trouble_that_passes(self, engine: Engine, ledger: Ledger) -> None:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=1")
        with pytest.raises(Retry):
            ledger.plan([plan(f"p{n}", ticket="x" * 1000) for n in range(500)], now=0)


class TestOnPostgresql(LedgerContract):
    @pytest.fixture
    def engine(self, postgres_url: str) -> Iterator[Engine]:
        engine = open_store(postgres_url)
        yield engine
        with writing(engine) as connection:
            metadata.drop_all(connection)
        engine.dispose()

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_any_history_keeps_order_and_loses_nothing(self, engine: Engine, data: st.DataObject) -> None:
        check_any_history(engine, data)

    def test_many_processes_may_start_at_once(self, postgres_url: str) -> None:
        engine = open_store(postgres_url)
        with writing(engine) as connection:
            metadata.drop_all(connection)
        engine.dispose()
        with ThreadPoolExecutor(6) as pool:
            for opened in pool.map(open_store, [postgres_url] * 6):
                opened.dispose()


def test_an_unusable_url_stops() -> None:
    with pytest.raises(Stop, match="SANTAI_LEDGER"):
        open_store("no such thing")
    with pytest.raises(Stop, match="只支持 sqlite 或 postgresql"):
        open_store("mysql+pymysql://u:p@127.0.0.1:1/x")


def test_an_absent_server_is_trouble_that_passes(free_port: int) -> None:
    with pytest.raises(Retry):
        open_store(f"postgresql+psycopg://u:p@127.0.0.1:{free_port}/x")
