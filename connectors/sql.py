"""A system of kind sql, as a source: a table whose changed rows are polled."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, and_, column, inspect, or_, select, table, text

from connectors import sql_position
from connectors.api import Document, Page
from connectors.sql_engine import open_engine, typed
from connectors.sql_position import Key, Position, Window
from connectors.sql_settings import SqlSourceSettings
from schemas.errors import Stop

CONTENT_TYPE = "application/json"
TRX_CACHE_S = 0.15


def _nothing(_seconds: float) -> None:
    return None


class SqlSource:
    """Polls a table by (cursor column, key); see sql_position for why nothing is skipped.

    Rows come again inside the overlap and in each sweep: the runner tells the changed ones by (key, row hash).
    `on_transaction_age` is told, once a round, how old the oldest open transaction is (seconds; 0: none).
    """

    def __init__(
        self, system: str, settings: SqlSourceSettings, on_transaction_age: Callable[[float], None] = _nothing
    ) -> None:
        self._system = system
        self._settings = settings
        self._on_transaction_age = on_transaction_age
        self._engine = open_engine(system, settings, read_only=True)
        self._columns: tuple[str, ...] = ()  # known once the table has been looked at
        self._quiet = threading.Event()  # never set: a pause
        self._asked_at = -math.inf
        self._window = Window(
            overlap=timedelta(seconds=settings.overlap_seconds),
            margin=timedelta(seconds=settings.margin_seconds),
            sweep_every=timedelta(seconds=settings.sweep_seconds),
        )

    def poll(self, position: dict[str, Any] | None) -> Page:
        """The next page of the round or of the sweep. Raises Retry or Stop."""
        at = sql_position.from_json(position)
        # AUTOCOMMIT: each statement sees what is committed when it begins, and no transaction of ours stays open.
        with (
            typed(self._system, worked=bool(self._columns)),
            self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        ):
            if not self._columns:
                self._columns = self._look(connection)
            if at.sweep_next and at.round is None:
                return self._sweep(connection, at)
            return self._round(connection, at)

    def acknowledge(self, documents: Iterable[Document]) -> None:
        """A table has no way to be told."""

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()

    def _round(self, connection: Connection, at: Position) -> Page:
        if at.round is None:
            at = sql_position.begin_round(at, self._now(connection), self._oldest(connection))
        walk = at.round
        stamp: ColumnElement[Any] = column(self._settings.cursor)
        key: ColumnElement[Any] = column(self._settings.key)
        wanted: ColumnElement[bool] = stamp.is_not(None)
        if walk is not None and walk.after is not None:
            wanted = and_(stamp >= walk.after[0], or_(stamp > walk.after[0], key > walk.after[1]))
        elif at.since is not None:
            wanted = stamp >= at.since
        rows = self._rows(connection, wanted, stamp, key)
        last = rows[-1] if rows else None
        after = (_moment(last[self._settings.cursor]), _key(last[self._settings.key])) if last else None
        at = sql_position.page_read(at, after, self._now(connection), self._window)
        if after is not None and len(rows) < self._settings.page_size:
            at = sql_position.page_read(at, None, self._now(connection), self._window)
        return self._page(rows, at)

    def _sweep(self, connection: Connection, at: Position) -> Page:
        key: ColumnElement[Any] = column(self._settings.key)
        wanted = key.is_not(None) if at.sweep_after is None else key > at.sweep_after
        rows = self._rows(connection, wanted, key)
        full = len(rows) == self._settings.page_size
        return self._page(rows, sql_position.sweep_read(at, _key(rows[-1][self._settings.key]) if full else None))

    def _page(self, rows: list[dict[str, Any]], at: Position) -> Page:
        documents = tuple(_document(row) for row in rows)
        return Page(documents, sql_position.to_json(at), more=at.round is not None or at.sweep_begun is not None)

    def _rows(
        self, connection: Connection, wanted: ColumnElement[bool], *order: ColumnElement[Any]
    ) -> list[dict[str, Any]]:
        source = table(self._settings.table, *(column(name) for name in self._columns))
        statement = select(source).where(wanted).order_by(*order).limit(self._settings.page_size)
        return [dict(row) for row in connection.execute(statement).mappings()]

    def _now(self, connection: Connection) -> datetime:
        return _moment(connection.scalar(text(self._settings.now)))

    def _oldest(self, connection: Connection) -> timedelta | None:
        if not self._settings.oldest_transaction:
            return None
        # InnoDB answers from a cache that it renews only when nobody has read it for 0.1 s: asked more often, it would
        # never show a transaction that has begun since.
        self._quiet.wait(max(0.0, self._asked_at + TRX_CACHE_S - time.monotonic()))
        age = connection.scalar(text(self._settings.oldest_transaction))
        self._asked_at = time.monotonic()
        self._on_transaction_age(max(0.0, float(age or 0)))
        return None if age is None else timedelta(seconds=max(0.0, float(age)))

    def _look(self, connection: Connection) -> tuple[str, ...]:
        """The columns to read. Raises Stop when the table lacks one."""
        there = [entry["name"] for entry in inspect(connection).get_columns(self._settings.table)]
        wanted = self._settings.columns or tuple(there)
        wanted = tuple(dict.fromkeys((self._settings.key, self._settings.cursor, *wanted)))
        missing = [name for name in wanted if name not in there]
        if missing:
            raise Stop(
                f"mappings/systems/{self._system}.yaml: source: table {self._settings.table} has no column"
                f" {', '.join(missing)}"
            )
        return wanted


def _document(row: dict[str, Any]) -> Document:
    """Canonical bytes, the same for the same row: sorted keys, no spaces, local times in ISO form."""
    body = orjson.dumps(row, default=_plain, option=orjson.OPT_SORT_KEYS)
    return Document(body, CONTENT_TYPE, orjson.loads(body))


def _plain(value: Any) -> str:
    """Column types JSON does not know. Decimals stay exact, as text; bytes become hexadecimal."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, Decimal | timedelta):
        return str(value)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def _moment(value: Any) -> datetime:
    """A cursor value as a time. What is no time (a zero date) sorts first; the sweep reads it."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        return datetime.min


def _key(value: Any) -> Key:
    if isinstance(value, int | str):
        return value
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    raise Stop(f"source.key：主键列应为整数或文字，不能是 {type(value).__name__}：请改 key")
