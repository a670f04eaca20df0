"""One suite for both stores, and what only the lasting one promises."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.engine.store import MemoryStore, PartitionStore, RocksStore, new_cache

ROOT = Path(__file__).parents[3]


@pytest.fixture(params=["memory", "rocksdb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PartitionStore]:
    made: dict[str, Callable[[], PartitionStore]] = {
        "memory": MemoryStore,
        "rocksdb": lambda: RocksStore(tmp_path / "tally" / "0", new_cache()),
    }
    opened = made[request.param]()
    yield opened
    opened.close()


def test_a_new_store_is_empty(store: PartitionStore) -> None:
    assert store.offset is None
    assert store.get(b"k") is None
    assert list(store.items()) == []


def test_later_values_win_and_offsets_stay_when_not_told(store: PartitionStore) -> None:
    store.write({b"a": b"1", b"b": b"1"}, 5)
    store.write({b"a": b"2"}, None)
    assert store.offset == 5
    assert store.get(b"a") == b"2"
    assert dict(store.items()) == {b"a": b"2", b"b": b"1"}


def test_any_bytes_are_keys_and_values(store: PartitionStore) -> None:
    odd = {b"": b"", b"\x00santai\x00offset": b"x", b"\xff\xff": b"\x00", b"v": b"v"}
    store.write(odd, 1)
    assert dict(store.items()) == odd
    assert store.offset == 1
    assert all(store.get(key) == value for key, value in odd.items())


def test_rocksdb_keeps_values_and_offset_over_a_restart(tmp_path: Path) -> None:
    first = RocksStore(tmp_path / "s", new_cache())
    first.write({b"a": b"1"}, 41)
    first.write({}, 42)
    first.close()
    second = RocksStore(tmp_path / "s", new_cache())
    assert (second.offset, dict(second.items())) == (42, {b"a": b"1"})
    second.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from streams.engine.store import RocksStore, UNLOGGED_FROM, new_cache
store = RocksStore(Path(sys.argv[1]), new_cache())
padding = {b"p%d" % n: b"x" * 100 for n in range(UNLOGGED_FROM)}
for n in range(50):
    store.replay({b"r%d" % n: b"x" * 1000, b"last": b"%d" % n} | padding, n)
if sys.argv[2] == "then write":
    store.write({b"w": b"1"}, 50)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("then", ["then write", "nothing"])
def test_what_was_replayed_without_a_log_leaves_no_gap_after_a_crash(tmp_path: Path, then: str) -> None:
    path = tmp_path / "s"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path), then], check=False, cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL
    store = RocksStore(path, new_cache())
    upto = -1 if store.offset is None else store.offset
    assert upto == 50 or then == "nothing"
    kept = dict(store.items())
    assert kept.get(b"w") == (b"1" if then == "then write" else None)
    assert {k for k in kept if k.startswith(b"r")} == {b"r%d" % n for n in range(min(upto + 1, 50))}
    assert kept.get(b"last") == (None if upto < 0 else b"%d" % min(upto, 49))
    store.close()
