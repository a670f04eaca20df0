"""Folders of fetched programs, outside the checkout, shared by all checkouts of one user."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from santai.platform.lock import locked


def cache_root() -> Path:
    """Where fetched programs are kept: $XDG_CACHE_HOME/santai, else ~/.cache/santai."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "santai"


def filled(folder: Path, fill: Callable[[Path], None]) -> Path:
    """The folder, filled once: a folder that exists is complete.

    ``fill`` writes into an empty folder beside it, which is then renamed, so that neither a crash nor a second
    process ever leaves or sees half of it. Errors of ``fill`` pass through and leave nothing behind.
    """
    if folder.is_dir():
        return folder
    with locked(folder.with_name(folder.name + ".lock")):
        if folder.is_dir():
            return folder
        draft = Path(tempfile.mkdtemp(prefix=folder.name + ".", dir=folder.parent))
        try:
            fill(draft)
            draft.chmod(0o755)
            draft.rename(folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
    return folder
