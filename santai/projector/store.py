"""The read model's database: opening it, and writing rows and offsets in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    case,
    create_engine,
    delete,
    event,
    func,
    inspect,
    literal,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.schema import CreateIndex, CreateTable

from connectors.sqlite import prepare
from santai.projector.fold import Change
from santai.projector.schema import MEMBERSHIPS, METADATA, OFFSETS, RULES, SUBMISSIONS, TICKETS, Rule
from schemas.errors import Retry, SantaiError, Stop

Place = tuple[str, int]
"""A topic and one of its partitions."""

_CHUNK = 500  # bound parameters in one statement; SQLite's limit was 999 for long
_CREATION = 7_305_121_846  # any number, the same for all: two processes must not create the tables at once


class Overtaken(SantaiError):
    """Somebody else has moved an offset: another projector is at work, or a rebuild has begun. Reload the offsets."""


def open_read_model(url: str) -> Engine:
    """An engine for SQLite (its folder is made) or PostgreSQL; connects to nothing yet. Raises Stop for other URLs."""
    try:
        parsed = make_url(url)
        name = parsed.get_backend_name()
        if name == "postgresql" and "+" not in parsed.drivername:
            parsed = parsed.set(drivername="postgresql+psycopg")
        if name not in ("sqlite", "postgresql"):
            raise Stop(f"读模型只支持 sqlite 或 postgresql，不支持 {name}：请修改 SANTAI_READ_MODEL")
        if name == "sqlite":
            return _open_sqlite(parsed)
        return create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except (ArgumentError, NoSuchModuleError) as error:
        raise Stop("读模型的数据库地址无法使用：请检查 SANTAI_READ_MODEL") from error


def ready_read_model(url: str) -> Engine:
    """An engine of a database that answers, with all tables made. Raises Stop as `open_read_model`, Retry when the
    database is out of reach."""
    engine = open_read_model(url)
    try:
        create_schema(engine)
    except DBAPIError as error:
        raise retry(error) from error
    return engine


def existing_read_model(url: str) -> Engine:
    """An engine of a database that holds a read model; makes nothing. Raises Stop when there is none, else as
    `ready_read_model`."""
    remedy = "请核对 SANTAI_DATA_DIR（相对路径从当前目录算起）和 SANTAI_READ_MODEL，或先执行 santai run projector"
    file = _sqlite_file(url)
    if file is not None and not file.is_file():
        raise Stop(f"没有读模型 {file}：{remedy}")
    engine = open_read_model(url)
    try:
        if not inspect(engine).has_table(SUBMISSIONS.name):
            raise Stop(f"读模型{f' {file} ' if file else '的数据库'}中还没有表：{remedy}")
    except DBAPIError as error:
        raise retry(error) from error
    return engine


def _sqlite_file(url: str) -> Path | None:
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None  # told when it is opened
    on_disk = parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:"
    return Path(str(parsed.database)) if on_disk else None


def _open_sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)

    def connected(connection: Any, _record: object) -> None:
        # NORMAL: a power cut may undo the last commits, never half of one; rows and offsets go back together and what
        # is missing is folded again.
        prepare(connection, "synchronous=NORMAL", "cache_size=-65536")

    def begun(connection: Connection) -> None:
        # Deferred: readers get a snapshot; a writer's first statement here is always a write, which waits its turn.
        connection.exec_driver_sql("BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


def create_schema(engine: Engine) -> None:
    """Make what is missing of tables and indexes; harmless when all is there, or when two do it at once."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _CREATION})
        for table in METADATA.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in sorted(table.indexes, key=lambda index: str(index.name)):
                connection.execute(CreateIndex(index, if_not_exists=True))


def passing(error: DBAPIError) -> bool:
    """Is it the server, or the way to it, rather than what was asked of it?"""
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def retry(error: DBAPIError) -> Retry:
    """The trouble without the driver's text, which may quote values."""
    kind = type(error.orig).__name__
    return Retry(f"读模型的数据库不可用（{kind}）：请检查它是否在运行、磁盘是否有空间")


def load_offsets(engine: Engine, places: Iterable[Place]) -> dict[Place, int]:
    """Where to go on for each partition: 0 for one never seen, and a row is made for it."""
    wanted = sorted(set(places))
    with engine.begin() as connection:
        if wanted:
            rows = [{"topic": topic, "partition": partition, "next_offset": 0} for topic, partition in wanted]
            connection.execute(_insert(connection, OFFSETS).on_conflict_do_nothing(), rows)
        found = connection.execute(select(OFFSETS)).all()
    return {(row.topic, row.partition): row.next_offset for row in found if (row.topic, row.partition) in set(wanted)}


def write(connection: Connection, changes: Sequence[Change], moves: Mapping[Place, tuple[int, int]]) -> None:
    """Within the caller's transaction: move the offsets, then merge the changes.

    `moves` gives for each partition the offset expected and the new one. Raises Overtaken when one is not the expected:
    the caller's transaction must then be rolled back.
    """
    # Offsets first and in one order: a second projector waits here, and finds itself overtaken.
    for (topic, partition), (expected, new) in sorted(moves.items()):
        moved = connection.execute(
            update(OFFSETS)
            .where(OFFSETS.c.topic == topic, OFFSETS.c.partition == partition, OFFSETS.c.next_offset == expected)
            .values(next_offset=new)
        )
        if moved.rowcount != 1:
            raise Overtaken(f"offset of {topic}/{partition} is not {expected} any more")
    for name, rows in merged(changes).items():
        connection.execute(_upsert(connection.dialect.name, name), rows)
    _settle_parents(connection, changes)


def merged(changes: Iterable[Change]) -> dict[str, list[dict[str, Any]]]:
    """One full row for each key of each table, in order of key. Pure; the database merges by the same rules."""
    tables: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
    for change in changes:
        rule = RULES[change.table]
        row = {**rule.blank(), **change.values}
        rows = tables.setdefault(change.table, {})
        key = tuple(row[name] for name in rule.key)
        known = rows.get(key)
        rows[key] = row if known is None else rule.merge(known, row)
    return {name: [tables[name][key] for key in sorted(tables[name])] for name in RULES if name in tables}


def empty(engine: Engine) -> None:
    """Forget all that is folded, and the offsets: projectors at work notice and fold everything again.

    The marks of what was redriven stay: they come from no event.
    """
    with engine.begin() as connection:
        # Offsets first: this waits for a batch under way, and what it wrote is then seen by the next statements.
        connection.execute(delete(OFFSETS))
        for rule in RULES.values():
            connection.execute(delete(rule.table))


def _insert(connection: Connection, table: Any) -> Any:
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


@cache
def _upsert(dialect: str, name: str) -> Any:
    rule = RULES[name]
    statement: Any = (sqlite if dialect == "sqlite" else postgresql).insert(rule.table)
    if not rule.groups:
        return statement.on_conflict_do_nothing(index_elements=rule.key)
    return statement.on_conflict_do_update(
        index_elements=rule.key,
        set_=dict(_assignments(rule, statement.excluded)),
        where=or_(*(_newer(rule, group.order, statement.excluded) for group in rule.groups)),
    )


def _assignments(rule: Rule, new: Any) -> Iterator[tuple[str, ColumnElement[Any]]]:
    for group in rule.groups:
        newer = _newer(rule, group.order, new)
        for column in group.columns:
            yield column, case((newer, new[column]), else_=rule.table.c[column])


def _newer(rule: Rule, order: Sequence[str], new: Any) -> ColumnElement[bool]:
    if len(order) == 1:
        return new[order[0]] > rule.table.c[order[0]]  # type: ignore[no-any-return]
    return tuple_(*(new[name] for name in order)) > tuple_(*(rule.table.c[name] for name in order))


def _settle_parents(connection: Connection, changes: Iterable[Change]) -> None:
    """Point every submission that one of these tickets ever held to the ticket that holds it now.

    A function of tickets and memberships alone, so it does not matter in what order they came to be.
    """
    touched = sorted({str(change.values["ticket_id"]) for change in changes if change.table == "tickets"})
    for start in range(0, len(touched), _CHUNK):
        concerned = select(MEMBERSHIPS.c.submission_id).where(
            MEMBERSHIPS.c.ticket_id.in_(touched[start : start + _CHUNK])
        )
        connection.execute(
            update(SUBMISSIONS)
            .where(SUBMISSIONS.c.submission_id.in_(concerned))
            .values(ticket_id=func.coalesce(_holder(), SUBMISSIONS.c.submission_id))
        )


def _holder() -> Any:
    """The ticket whose latest list names the submission.

    Its own ticket may name it still: as a shell that was merged, or from when it was only received (seq 0). Any other
    goes before these. While a move is only half seen, two live tickets may claim it: then the one that spoke last.
    """
    return (
        select(TICKETS.c.ticket_id)
        .join(MEMBERSHIPS, and_(TICKETS.c.ticket_id == MEMBERSHIPS.c.ticket_id))
        .where(MEMBERSHIPS.c.submission_id == SUBMISSIONS.c.submission_id, MEMBERSHIPS.c.seq == TICKETS.c.members_seq)
        .order_by(
            case((or_(TICKETS.c.state == "MERGED", TICKETS.c.members_seq <= 0), literal(1)), else_=literal(0)),
            TICKETS.c.members_at.desc(),
            TICKETS.c.ticket_id,
        )
        .limit(1)
        .correlate(SUBMISSIONS)
        .scalar_subquery()
    )
