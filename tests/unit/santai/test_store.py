"""Rows and offsets: together or not at all, and only by whoever expects the offset that is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from santai.projector.fold import Change, rows_for
from santai.projector.schema import OFFSETS, TICKETS
from santai.projector.store import Overtaken, create_schema, empty, load_offsets, open_read_model, write
from schemas.errors import Stop
from tests.unit.santai.stories import A, opened

P = ("events", 0)
Q = ("events", 1)


def tickets(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(TICKETS)).scalar_one()


def offset(engine: Engine) -> int | None:
    with engine.connect() as connection:
        found = select(OFFSETS.c.next_offset).where(OFFSETS.c.topic == P[0], OFFSETS.c.partition == P[1])
        return connection.execute(found).scalar_one_or_none()


def test_offsets_begin_at_zero_and_move_with_the_rows(read_model: Engine) -> None:
    assert load_offsets(read_model, [P, Q]) == {P: 0, Q: 0}
    with read_model.begin() as connection:
        write(connection, rows_for(opened(A)), {P: (0, 7)})
    assert load_offsets(read_model, [P, Q]) == {P: 7, Q: 0}
    assert tickets(read_model) == 1


def test_whoever_expects_another_offset_writes_nothing(read_model: Engine) -> None:
    load_offsets(read_model, [P, Q])
    with read_model.begin() as connection:
        write(connection, [], {P: (0, 7)})
    with pytest.raises(Overtaken), read_model.begin() as connection:
        write(connection, rows_for(opened(A)), {Q: (0, 3), P: (0, 9)})
    assert load_offsets(read_model, [P, Q]) == {P: 7, Q: 0}
    assert tickets(read_model) == 0


def test_an_offset_that_was_emptied_is_not_the_expected_one(read_model: Engine) -> None:
    load_offsets(read_model, [P])
    empty(read_model)
    with pytest.raises(Overtaken), read_model.begin() as connection:
        write(connection, rows_for(opened(A)), {P: (0, 1)})


def test_rows_that_fail_take_their_offset_back(read_model: Engine) -> None:
    load_offsets(read_model, [P])
    broken = Change("tickets", {"ticket_id": "t", "seq": 2**70, "at": 1})
    with pytest.raises(OverflowError), read_model.begin() as connection:
        write(connection, [*rows_for(opened(A)), broken], {P: (0, 5)})
    assert (offset(read_model), tickets(read_model)) == (0, 0)


@pytest.mark.parametrize("url", ["mysql://h/d", "nonsense", "oracle+cx_oracle://h/d", ""])
def test_a_url_that_cannot_be_used_is_said_in_one_line(url: str) -> None:
    with pytest.raises(Stop) as said:
        open_read_model(url)
    assert "\n" not in str(said.value)


def test_the_folder_of_a_sqlite_file_is_made(tmp_path: Path) -> None:
    engine = open_read_model(f"sqlite:///{tmp_path / 'a' / 'b' / 'r.db'}")
    create_schema(engine)
    create_schema(engine)
    assert tickets(engine) == 0
    engine.dispose()
