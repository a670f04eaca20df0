"""Where the hub's processes serve /metrics and /healthz: a file for each in `run/` of the data folder."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """One process; several may have one name. `born_s` tells it from a later one with the same id."""

    name: str
    url: str
    pid: int
    host: str
    born_s: float

    @property
    def gone(self) -> bool:
        """Whether it ran on this machine and does so no more; of others nothing is known."""
        if self.host != socket.gethostname():
            return False
        try:
            return psutil.Process(self.pid).create_time() != self.born_s
        except psutil.NoSuchProcess:
            return True


@contextmanager
def announced(data_dir: Path, name: str, url: str) -> Iterator[None]:
    """Say where this process serves, for the length of a block. What crashed processes left behind is cleared away."""
    folder = data_dir / "run"
    folder.mkdir(parents=True, exist_ok=True)
    for path, found in _read(folder):
        if found.gone:
            path.unlink(missing_ok=True)
    me = Whereabouts(name, url, os.getpid(), socket.gethostname(), psutil.Process().create_time())
    place = folder / f"{name}-{me.host}-{me.pid}.json"
    draft = place.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(me)) + "\n")
    draft.replace(place)
    try:
        yield
    finally:
        place.unlink(missing_ok=True)


def whereabouts(data_dir: Path) -> list[Whereabouts]:
    """All processes that say where they are, by name; those that crashed on this machine are left out."""
    found = (found for _path, found in _read(data_dir / "run") if not found.gone)
    return sorted(found, key=lambda w: (w.name, w.host, w.pid))


def _read(folder: Path) -> Iterator[tuple[Path, Whereabouts]]:
    for path in folder.glob("*.json"):
        try:
            yield path, Whereabouts(**json.loads(path.read_text()))
        except (FileNotFoundError, ValueError, TypeError):  # gone meanwhile, or none of ours
            continue
