"""A new SQLite file that several open at the same moment."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from connectors.sqlite import prepare

_AT_ONCE = 8
_FILES = 20


def test_a_new_file_may_be_opened_by_several_at_once(tmp_path: Path) -> None:
    """SQLite refuses a second switch to WAL without waiting: of 60 new files 7 were told to be locked."""
    for n in range(_FILES):
        together = threading.Barrier(_AT_ONCE)

        def opened(file: Path, together: threading.Barrier) -> str:
            connection = sqlite3.connect(file, check_same_thread=False)
            together.wait()
            prepare(connection, "synchronous=FULL")
            mode: str = connection.execute("PRAGMA journal_mode").fetchone()[0]
            connection.close()
            return mode

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            ran = [pool.submit(opened, tmp_path / f"{n}.db", together) for _ in range(_AT_ONCE)]
            assert {future.result() for future in ran} == {"wal"}
