"""Locks on files: the kernel frees them when their holder dies, however it dies; the file stays and means nothing."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.errors import Stop


@contextmanager
def locked(path: Path, *, taken: str | None = None) -> Iterator[None]:
    """Hold an exclusive lock on the file, made if it is missing, for the length of a block.

    Waits while another process holds it, or, with `taken`, raises Stop with these words. OSError: no such place.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if taken else 0))
        except BlockingIOError:
            raise Stop(taken or "") from None
        yield
