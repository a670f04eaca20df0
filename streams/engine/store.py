"""Where one partition's keys are kept: a value for each key, and up to where in the changelog they reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

import rocksdict

BLOCK_CACHE_BYTES = 64 << 20
"""Shared by all partitions of the worker; Faust's default is 2 GiB for each."""
WRITE_BUFFER_BYTES = 8 << 20
WRITE_BUFFERS = 2
UNLOGGED_FROM = 1_000
"""Changes. A file flushed for fewer costs more than logging them."""

_OFFSET_KEY = b"\x00santai\x00offset"
_VALUE = b"v"


def _how(*, logged: bool) -> rocksdict.WriteOptions:
    options = rocksdict.WriteOptions()
    options.disable_wal = not logged
    return options


_LOGGED, _UNLOGGED = _how(logged=True), _how(logged=False)


class PartitionStore(Protocol):
    """Keys of one partition of one step. Not thread-safe: used on the event loop only."""

    offset: int | None
    """Of the last changelog record these keys contain; None when they contain none."""

    def get(self, key: bytes) -> bytes | None:
        """The value last stored for the key, or None."""

    def write(self, changes: Mapping[bytes, bytes], offset: int | None) -> None:
        """Stores all changes and the offset (None: unchanged), or nothing."""

    def replay(self, changes: Mapping[bytes, bytes], offset: int) -> None:
        """As write, for what the changelog still has: a crash may lose it, and then the offset too."""

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """All keys and values, ordered by key in stores that have an order."""

    def close(self) -> None:
        """Releases files and memory. What was written stays, in stores that last."""


class MemoryStore:
    """Forgets everything when the partition goes. For tests, and for tables that are cheap to replay."""

    def __init__(self) -> None:
        self.offset: int | None = None
        self._data: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        """See PartitionStore."""
        return self._data.get(key)

    def write(self, changes: Mapping[bytes, bytes], offset: int | None) -> None:
        """See PartitionStore."""
        self._data.update(changes)
        self.offset = offset if offset is not None else self.offset

    def replay(self, changes: Mapping[bytes, bytes], offset: int) -> None:
        """See PartitionStore."""
        self.write(changes, offset)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """See PartitionStore."""
        yield from list(self._data.items())

    def close(self) -> None:
        """See PartitionStore."""
        self._data.clear()


class RocksStore:
    """RocksDB: a restart replays only what the changelog holds beyond `offset`.

    Values and offset go in one WriteBatch: after a crash both are there or neither, and a power cut loses at most the
    latest batches, which the changelog still has.
    """

    def __init__(self, path: Path, cache: rocksdict.Cache) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = rocksdict.Rdict(str(path), options=_options(cache))
        found = self._db.get(_OFFSET_KEY)
        self.offset: int | None = None if found is None else int(found)
        self._unlogged = False

    def get(self, key: bytes) -> bytes | None:
        """See PartitionStore."""
        value: bytes | None = self._db.get(_VALUE + key)
        return value

    def write(self, changes: Mapping[bytes, bytes], offset: int | None) -> None:
        """See PartitionStore."""
        if self._unlogged:
            # What the log does not have must be in files before the log goes on, or a crash would leave a gap.
            self._db.flush()
            self._unlogged = False
        self._write(changes, offset, _LOGGED)

    def replay(self, changes: Mapping[bytes, bytes], offset: int) -> None:
        """See PartitionStore. Many are written without RocksDB's own log, which takes a third of the work."""
        if len(changes) < UNLOGGED_FROM and not self._unlogged:
            self.write(changes, offset)
            return
        self._unlogged = True
        self._write(changes, offset, _UNLOGGED)

    def _write(self, changes: Mapping[bytes, bytes], offset: int | None, how: rocksdict.WriteOptions) -> None:
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in changes.items():
            batch.put(_VALUE + key, value)
        if offset is not None:
            batch.put(_OFFSET_KEY, str(offset).encode())
        self._db.write(batch, how)
        self.offset = offset if offset is not None else self.offset

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """See PartitionStore."""
        pairs: Iterable[tuple[bytes, bytes]] = self._db.items(from_key=_VALUE)
        for key, value in pairs:
            if not key.startswith(_VALUE):
                return
            yield key[len(_VALUE) :], value

    def close(self) -> None:
        """See PartitionStore."""
        self._db.close()


def new_cache() -> rocksdict.Cache:
    """The block cache that all stores of a worker share."""
    return rocksdict.Cache(BLOCK_CACHE_BYTES)


def _options(cache: rocksdict.Cache) -> rocksdict.Options:
    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(WRITE_BUFFER_BYTES)
    options.set_max_write_buffer_number(WRITE_BUFFERS)
    options.set_max_open_files(256)
    options.set_keep_log_file_num(2)
    options.set_compression_type(rocksdict.DBCompressionType.lz4())
    table = rocksdict.BlockBasedOptions()
    table.set_block_cache(cache)
    table.set_bloom_filter(10, block_based=False)
    options.set_block_based_table_factory(table)
    return options
