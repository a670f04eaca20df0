"""The read model's fold: any order, any number of times, split into any batches, gives the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from santai.projector.fold import Change, rows_for
from santai.projector.schema import METADATA, RULES
from santai.projector.store import create_schema, merged, open_read_model, write
from schemas.events.common import Member
from schemas.events.inbox import Tick
from schemas.events.ticket import ReviewAsked, SubmissionAttached, SubmissionMoved, TicketNoted, TicketStateChanged
from tests.unit.santai.stories import A, B, C, life, opened

Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def engine() -> Iterable[Engine]:
    made = open_read_model("sqlite:///:memory:")
    create_schema(made)
    yield made
    made.dispose()


def dump(engine: Engine) -> Rows:
    with engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(select(rule.table).order_by(*rule.table.primary_key))]
            for name, rule in RULES.items()
        }


def folded(engine: Engine, batches: Iterable[Sequence[object]]) -> Rows:
    with engine.begin() as connection:
        for table in METADATA.sorted_tables:
            connection.execute(table.delete())
    for batch in batches:
        with engine.begin() as connection:
            write(connection, [change for event in batch for change in rows_for(event, b"sealed")], {})
    return dump(engine)


def parents(rows: Rows) -> dict[str, str]:
    return {row[0]: row[-1] for row in rows["submissions"]}


def test_a_life_ends_as_told(engine: Engine) -> None:
    rows = folded(engine, [life()])
    assert parents(rows) == {"sa": "sa", "sb": "sa", "sc": "sc"}
    tickets = {row[0]: dict(zip(RULES["tickets"].table.c.keys(), row, strict=True)) for row in rows["tickets"]}
    assert {key: row["state"] for key, row in tickets.items()} == {"sa": "ACCEPTED", "sb": "MERGED", "sc": "RECEIVED"}
    assert tickets["sb"]["merged_into"] == "sa"
    assert (tickets["sa"]["seq"], tickets["sa"]["family"], tickets["sa"]["opened"]) == (9, "legal-aid", b"sealed")
    assert [row[-2] for row in rows["tellings"]] == ["done"]
    assert len(rows["story"]) == 12
    assert len(rows["alerts"]) == len(rows["deadlines"]) == 1


@given(st.data())
def test_order_redelivery_and_batches_do_not_matter(data: st.DataObject) -> None:
    events = life()
    extra = data.draw(st.lists(st.sampled_from(events)))
    shuffled = data.draw(st.permutations(events + extra))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(shuffled) - 1), max_size=5)))
    batches = [shuffled[i:j] for i, j in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]
    engine = open_read_model("sqlite:///:memory:")
    create_schema(engine)
    try:
        assert folded(engine, batches) == folded(engine, [[event] for event in events])
    finally:
        engine.dispose()


def test_an_older_event_does_not_move_the_state_back(engine: Engine) -> None:
    closed = TicketStateChanged(
        event_id="c", ticket_id="sa", at=5, seq=7, members=(A,), state="CLOSED", previous="RESOLVED",
        submission_id="sa", system="12345",
    )  # fmt: skip
    rows = folded(engine, [[closed], [opened(A)]])
    (ticket,) = rows["tickets"]
    assert ticket[3] == "CLOSED"
    assert ticket[1] == 7


def test_a_move_half_seen_leaves_the_submission_with_the_live_ticket(engine: Engine) -> None:
    """Partitions have no order between them: the new holder may be known before the old one has let go."""
    moved = SubmissionMoved(
        event_id="m", ticket_id="sb", at=9_000, seq=2, members=(B, C), submission_id="sc", from_ticket="sa",
        to_ticket="sb",
    )  # fmt: skip
    attached = SubmissionAttached(
        event_id="at",
        ticket_id="sa",
        at=8_000,
        seq=2,
        members=(A, C),
        submission_id="sc",
        to_submission="sa",
        score=1.0,
    )
    assert parents(folded(engine, [[opened(A), opened(B), attached], [moved]]))["sc"] == "sb"


def test_nothing_personal_is_kept_in_the_clear() -> None:
    event = opened(
        A, person_name="王晓", id_number="11010519491231002X", phone="13900001111", title="欠薪", text="工地"
    )
    note = next(e for e in life() if isinstance(e, TicketNoted))
    for said in (str(rows_for(event, b"\x00sealed")), str(rows_for(note))):
        for secret in ("王晓", "11010519491231002X", "13900001111", "欠薪"):
            assert secret not in said


def test_a_null_character_cannot_reach_the_database() -> None:
    odd = Member(submission_id="s", system="web", source_key="a\x00b", number="\x00")
    assert "\x00" not in str([c.values for c in rows_for(opened(odd))]).replace("\\x00", "\x00")


def test_what_the_read_model_has_no_use_for_says_nothing() -> None:
    assert rows_for(Tick(partition=0, now=1)) == []


def test_the_time_of_a_ticket_never_goes_back(engine: Engine) -> None:
    late = TicketNoted(event_id="n", ticket_id="sa", at=9_000, seq=2, what="urged", submission_id="sa", system="12345")
    early = ReviewAsked(event_id="r", ticket_id="sa", at=1_500, seq=3, submission_id="sa", to_submission="sb")
    row = folded(engine, [[opened(A), late], [early]])["tickets"][0]
    assert row[1:3] == (3, 9_000)  # seq, at


_orders = st.tuples(st.integers(-1, 3), st.integers(-1, 3))


@given(st.lists(_orders, min_size=1, max_size=6))
def test_sql_merges_as_python_does(orders: list[tuple[int, int]]) -> None:
    changes = [
        Change("tickets", {"ticket_id": "t", "seq": seq, "at": at, "state": f"{seq}", "state_order": seq})
        for seq, at in orders
    ]
    engine = open_read_model("sqlite:///:memory:")
    create_schema(engine)
    try:
        for change in changes:
            with engine.begin() as connection:
                write(connection, [change], {})
        names = RULES["tickets"].table.c.keys()
        assert [dict(zip(names, row, strict=True)) for row in dump(engine)["tickets"]] == merged(changes)["tickets"]
    finally:
        engine.dispose()
