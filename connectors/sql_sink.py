"""A system of kind sql, as a sink: an inbox table it works off by itself. The push id is the table's primary key."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, column, insert, select, table
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connectors.api import Result, Told
from connectors.sql_engine import error_code, open_engine, sql_state
from connectors.sql_settings import SqlSinkSettings
from mappings.message import Message

_DATA_STATES = ("22", "23")  # the standard's classes: data that does not fit, constraint violated
# MariaDB and MySQL numbers that carry no such state: a CHECK (two kinds), a value that is no value of its type.
_DATA_CODES = frozenset({1265, 1292, 1364, 1366, 1406, 3819, 4025})
_NOT_THERE = "收件库连接不上"


class SqlSink:
    """Inserts one row a push, in one transaction; a push id that is there already is done."""

    def __init__(self, system: str, settings: SqlSinkSettings) -> None:
        self._settings = settings
        self._engine: Engine = open_engine(system, settings, read_only=False)

    def send(self, message: Message, push_id: str) -> Result:
        """Never raises for what the database answers."""
        if message.operation not in self._settings.operations:
            return Result(Told.REFUSED, "对方没有这项操作")
        row = {**message.body, self._settings.key: push_id}
        if any(isinstance(value, dict | list | tuple) for value in row.values()):
            return Result(Told.REFUSED, "收件表不收嵌套字段")
        try:
            connection = self._engine.connect()
        except (DBAPIError, PoolTimeout) as error:
            return Result(Told.RETRY, f"{_NOT_THERE}（{_kind(error)}）")
        with connection:
            return self._insert(connection, row)

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()

    def _insert(self, connection: Connection, row: dict[str, Any]) -> Result:
        inbox = table(self._settings.table, *(column(name) for name in row))
        try:
            connection.execute(insert(inbox).values(row))
        except DBAPIError as error:
            # Nothing was committed, so whatever happened the row is not there by this try.
            return self._refusal(connection, row[self._settings.key], error)
        try:
            connection.commit()
        except DBAPIError as error:
            return Result(Told.UNKNOWN, f"收件库未确认提交（{_kind(error)}）")
        return Result(Told.DONE)

    def _refusal(self, connection: Connection, push_id: str, error: DBAPIError) -> Result:
        if isinstance(error, IntegrityError) and not error.connection_invalidated:
            try:
                connection.rollback()
                if self._has(connection, push_id):
                    return Result(Told.DONE, "对方已有此件")
            except DBAPIError as again:
                return Result(Told.RETRY, f"{_NOT_THERE}（{_kind(again)}）")
        if sql_state(error)[:2] in _DATA_STATES or error_code(error) in _DATA_CODES:
            return Result(Told.REFUSED, f"收件表不接受此件（{_kind(error)}）")
        return Result(Told.RETRY, f"收件库暂不能写入（{_kind(error)}）")

    def _has(self, connection: Connection, push_id: str) -> bool:
        """A duplicate key may be another unique key of the table."""
        key: ColumnElement[str] = column(self._settings.key)
        found = select(key).select_from(table(self._settings.table)).where(key == push_id)
        return connection.execute(found).first() is not None


def _kind(error: DBAPIError | PoolTimeout) -> str:
    """Type and number only: the driver's text may quote values."""
    if isinstance(error, DBAPIError):
        return f"{type(error.orig).__name__} {error_code(error) or ''}".strip()
    return type(error).__name__
