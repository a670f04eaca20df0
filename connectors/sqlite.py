"""SQLite files that several processes open at once."""

from __future__ import annotations

import sqlite3
import time

_WAIT_S = 30.0
_LOOK_AGAIN_S = 0.05


def prepare(connection: sqlite3.Connection, *pragmas: str) -> None:
    """Make a new connection one whose readers wait for no writer (WAL), whose writers wait for each other, and whose
    transactions begin when the caller says so; then the pragmas. Raises OperationalError if the file stays locked."""
    connection.isolation_level = None  # pysqlite must not open transactions of its own
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={int(_WAIT_S * 1000)}")
    _switch_to_wal(cursor)
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """Of two that switch a new file at once SQLite refuses one without waiting, whatever its timeout; and tells nobody
    when the other one is done."""
    until = time.monotonic() + _WAIT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(_LOOK_AGAIN_S)
