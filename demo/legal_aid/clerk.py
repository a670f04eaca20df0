"""The legal-aid office of the demo: what its clerks do to their own database. Knows nothing of the hub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, text

_SCHEMA = Path(__file__).with_name("schema.sql")


class Clerk:
    """Writes the office's tables. Rows are plain mappings of column to value.

    `update_date` is the office's clock, now unless given: a column the applications fill, as such systems do.
    """

    def __init__(self, url: str) -> None:
        self._engine: Engine = create_engine(url, pool_pre_ping=True)

    def create_tables(self) -> None:
        """The office's tables, where they are missing."""
        with self._engine.begin() as connection:
            for statement in _SCHEMA.read_text(encoding="utf-8").split(";\n"):
                if statement.strip():
                    connection.execute(text(statement))

    def file(self, application: Mapping[str, Any], *, update_date: datetime | None = None) -> int:
        """An application is taken in; returns its row id."""
        with self._engine.begin() as connection:
            return _insert(connection, application, update_date)

    def change(self, row_id: int, changes: Mapping[str, Any], *, update_date: datetime | None = None) -> None:
        """A clerk edits a row; the mark of the hub's last writing goes away."""
        with self._engine.begin() as connection:
            _update(connection, row_id, {**changes, "hub_push_id": None, "hub_state": None}, update_date)

    def move(self, row_id: int, task_key: str, *, update_date: datetime | None = None) -> None:
        """A case goes on in the workflow: 待审, 补正, 给予, 不予, 指派, 承办, 结案, 归档."""
        self.change(row_id, {"task_key": task_key, "archiving": int(task_key == "归档")}, update_date=update_date)

    @contextmanager
    def filed_late(
        self, application: Mapping[str, Any], *, update_date: datetime | None = None, older_by: timedelta = timedelta()
    ) -> Iterator[int]:
        """An application whose transaction stays open until the block ends: its time is older than its commit."""
        with self._engine.connect() as connection, connection.begin():
            at = update_date or connection.scalar(text("SELECT NOW()"))
            yield _insert(connection, application, at - older_by if at else None)

    def row(self, row_id: int) -> dict[str, Any]:
        """One application as it stands. KeyError when there is none."""
        with self._engine.connect() as connection:
            found = connection.execute(text("SELECT * FROM oa_legal_aid WHERE id = :id"), {"id": row_id}).mappings()
            row = found.first()
        if row is None:
            raise KeyError(row_id)
        return dict(row)

    def inbox(self) -> list[dict[str, Any]]:
        """What others told the office, in order of arrival."""
        with self._engine.connect() as connection:
            rows = connection.execute(text("SELECT * FROM hub_inbox ORDER BY arrived_at, push_id")).mappings()
            return [dict(row) for row in rows]

    def work_off_inbox(self, *, update_date: datetime | None = None) -> int:
        """The office's own job: news of a row it has is noted there, with whose news it is. Returns how many."""
        with self._engine.begin() as connection:
            news = connection.execute(
                text("SELECT * FROM hub_inbox WHERE worked_off = 0 ORDER BY arrived_at, push_id FOR UPDATE")
            ).mappings()
            rows = [dict(row) for row in news]
            for row in rows:
                if row["row_id"] is not None:
                    noted = {"hub_push_id": row["push_id"], "hub_state": row["state"]}
                    _update(connection, row["row_id"], noted, update_date)
                done = text("UPDATE hub_inbox SET worked_off = 1 WHERE push_id = :id")
                connection.execute(done, {"id": row["push_id"]})
        return len(rows)

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()


def _insert(connection: Connection, values: Mapping[str, Any], update_date: datetime | None) -> int:
    row = {**values, **({"update_date": update_date} if update_date else {})}
    names = ", ".join(f"`{name}`" for name in row)
    marks = ", ".join(f":{name}" for name in row)
    return int(connection.execute(text(f"INSERT INTO oa_legal_aid ({names}) VALUES ({marks})"), row).lastrowid)


def _update(connection: Connection, row_id: int, values: Mapping[str, Any], update_date: datetime | None) -> None:
    sets = ", ".join(f"`{name}` = :{name}" for name in values)
    at = ":_at" if update_date else "NOW()"
    parameters = {**values, "_id": row_id, "_at": update_date}
    connection.execute(text(f"UPDATE oa_legal_aid SET {sets}, update_date = {at} WHERE id = :_id"), parameters)
