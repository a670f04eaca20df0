"""The connectors' SQL store: the ledger of pushes and the positions of pull sources, on SQLite or PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    false,
    inspect,
    text,
)
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connectors.sqlite import prepare
from schemas.errors import Retry, Stop

metadata = MetaData()

pushes = Table(
    "pushes",
    metadata,
    Column("push_id", Text, primary_key=True),
    Column("system", Text, nullable=False),
    Column("ticket_id", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text),
    Column("status", Text, nullable=False),
    Column("settled", Boolean, nullable=False),  # done or refused: nothing more will be sent
    Column("attempts", Integer, nullable=False),
    Column("unknowns", Integer, nullable=False),  # attempts whose outcome nobody knows
    Column("next_try_at", BigInteger, nullable=False),  # ms
    Column("lease_owner", Text),
    Column("lease_until", BigInteger, nullable=False),  # ms; 0: nobody's
    Column("payload", LargeBinary, nullable=False),  # the delivery as it came: personal fields under seal
    Column("echo_digest", Text),
    Column("reason", Text, nullable=False),
    Column("receipted", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

# Partial: what is settled stays for ever (a refold must find it) and must not slow down what is open.
_open = pushes.c.settled == false()
Index("pushes_order", pushes.c.system, pushes.c.ticket_id, pushes.c.seq, pushes.c.push_id,
      sqlite_where=_open, postgresql_where=_open)  # fmt: skip
Index("pushes_due", pushes.c.system, pushes.c.next_try_at, sqlite_where=_open, postgresql_where=_open)
_owing = (pushes.c.settled != false()) & (pushes.c.receipted == false())
Index("pushes_owing", pushes.c.system, pushes.c.updated_at, sqlite_where=_owing, postgresql_where=_owing)

positions = Table(
    "positions",
    metadata,
    Column("system", Text, primary_key=True),
    Column("position", JSON, nullable=False),
)

seen = Table(
    "seen",
    metadata,
    Column("system", Text, primary_key=True),
    Column("source_key", Text, primary_key=True),
    Column("row_hash", Text, nullable=False),
    Column("own_digest", Text),  # of the part our own writing does not change
)

_CREATION = 7_305_121_845  # any number, the same for all: two processes must not create the tables at once


def open_store(url: str) -> Engine:
    """An engine with the tables made. Raises Stop when the URL is unusable, Retry when the server is not there."""
    engine = _engine(url)
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _CREATION})
        metadata.create_all(connection)
    return engine


def _engine(url: str) -> Engine:
    try:
        engine = create_engine(url, pool_pre_ping=True, pool_size=16, max_overflow=16)
    except Exception as error:  # SQLAlchemy raises many types for a URL it cannot use, import errors among them
        raise Stop(f"推送台账的数据库地址无法使用（{type(error).__name__}）：请检查 SANTAI_LEDGER") from error
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    elif engine.dialect.name != "postgresql":
        raise Stop(f"推送台账只支持 sqlite 或 postgresql，不支持 {engine.dialect.name}：请修改 SANTAI_LEDGER")
    return engine


def existing_store(url: str) -> Engine | None:
    """An engine, if the tables are there; makes nothing. Raises as `open_store`."""
    file = url.removeprefix("sqlite:///")
    if file != url and not os.path.isfile(file):
        return None
    engine = _engine(url)
    with reading(engine) as connection:
        return engine if inspect(connection).has_table(pushes.name) else None


def _prepare_sqlite(engine: Engine) -> None:
    """WAL, so that readers do not wait; every commit on the disk, because Kafka's offset is committed after it."""

    def connected(connection: Any, _record: object) -> None:
        prepare(connection, "synchronous=FULL")

    def begun(connection: Connection) -> None:
        # A transaction that reads first and writes later would fail, not wait, when another has written in between.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, committed at the end. Raises Retry when the database is in trouble; nothing is written then."""
    with _typed(), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection to read from, each statement by itself. Raises Retry when the database is in trouble."""
    with _typed(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


@contextmanager
def _typed() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise Retry("推送台账的数据库没有空闲连接：请稍后再试") from error
    except (OperationalError, InterfaceError, InternalError) as error:
        # The server or the way to it. The driver's text is left out: it may quote values.
        kind = type(error.orig).__name__
        raise Retry(f"推送台账的数据库不可用（{kind}）：请检查它是否在运行、磁盘是否有空间") from error
