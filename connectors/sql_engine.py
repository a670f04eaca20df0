"""Connections to a partner's database, and what its errors mean for us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, NoSuchTableError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connectors.sql_settings import SqlConnection
from schemas.errors import Retry, Stop

# MariaDB and MySQL error numbers.
_DENIED = frozenset({1044, 1045, 1142, 1143, 1227, 1698})
_WRONG_SETTING = frozenset({1049, 1054, 1064, 1146, 1305})


def open_engine(system: str, settings: SqlConnection, *, read_only: bool) -> Engine:
    """An engine; connects to nothing yet. Raises Stop when the URL is no URL."""
    try:
        url = make_url(settings.url.get_secret_value())
        arguments: dict[str, Any] = {}
        if url.get_driver_name() == "pymysql":
            arguments = {
                "connect_timeout": settings.connect_timeout_seconds,
                "read_timeout": settings.read_timeout_seconds,
                "write_timeout": settings.read_timeout_seconds,
            }
        engine = create_engine(url, connect_args=arguments, pool_pre_ping=True, pool_size=2, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ImportError):
        raise Stop(f"mappings/systems/{system}.yaml: url：SQLAlchemy 无法使用这个数据库地址") from None
    if engine.dialect.name in ("mysql", "mariadb"):
        statements = [f"SET time_zone = '{settings.time_zone}'"]
        if read_only:
            statements.append("SET SESSION TRANSACTION READ ONLY")
        else:  # what does not fit is an error, never cut off in silence
            statements.append("SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')")
        event.listen(engine, "connect", lambda connection, _record: _run(connection, statements))
    return engine


def error_code(error: DBAPIError) -> int | None:
    """The server's error number."""
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def sql_state(error: DBAPIError) -> str:
    """The standard's class and subclass of the error, empty when the driver does not say."""
    return str(getattr(error.orig, "sqlstate", None) or "")


@contextmanager
def typed(system: str, *, worked: bool) -> Iterator[None]:
    """Raises Retry for trouble that passes, Stop for settings that are wrong. The driver's text is left out: it may
    quote values.

    A refused password is a wrong setting only if it never `worked`: a rotation passes.
    """
    try:
        yield
    except NoSuchTableError:
        raise Stop(f"mappings/systems/{system}.yaml: table：数据库中没有这张表") from None
    except PoolTimeout:
        raise Retry(f"{system}: no free connection to its database") from None
    except DBAPIError as error:
        code = error_code(error)
        if code in _WRONG_SETTING or (code in _DENIED and not worked):
            raise Stop(
                f"mappings/systems/{system}.yaml: the database refuses (error {code}): check url, table, columns and"
                " rights (PROCESS, to see open transactions)"
            ) from None
        raise Retry(f"{system}: its database is in trouble ({type(error.orig).__name__} {code})") from None


def _run(connection: Any, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
