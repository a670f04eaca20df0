"""What the hub wrote to the platforms: a line of JSON each call, on the disk before it is answered."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any


class Journal:
    """Knows a push id again, also after a restart: the second call with it changes nothing and is counted."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._entries: list[dict[str, Any]] = []
        self._known: set[tuple[str, str]] = set()
        self._file = path.open("ab+")
        self._load()

    def write(self, system: str, operation: str, push_id: str, body: dict[str, Any]) -> bool:
        """Apply a call; False when it was applied before."""
        with self._lock:
            first = (system, push_id) not in self._known
            entry = {
                "n": len(self._entries) + 1,
                "system": system,
                "operation": operation,
                "push_id": push_id,
                "applied": first,
                "body": body,
            }
            self._file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
            self._keep(entry)
            return first

    def entries(self, system: str | None = None) -> list[dict[str, Any]]:
        """All calls so far, in order, or those of one system."""
        with self._lock:
            return [entry for entry in self._entries if system in (None, entry["system"])]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _load(self) -> None:
        self._file.seek(0)
        good = 0
        for line in self._file.readlines():
            if not line.endswith(b"\n"):
                break  # cut off by a crash: never answered, so never promised
            good += len(line)
            self._keep(json.loads(line))
        self._file.truncate(good)

    def _keep(self, entry: dict[str, Any]) -> None:
        self._entries.append(entry)
        self._known.add((entry["system"], entry["push_id"]))
