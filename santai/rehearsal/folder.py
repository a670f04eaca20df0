"""The folder a demo works in: emptied only when a demo made it, and by one demo at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from santai.platform.lock import locked
from schemas.errors import Stop

MARK = ".santai-demo"


def clear(folder: Path) -> Callable[[], None]:
    """Make the folder empty and ours, until what is returned is called. Stop when it holds something that no demo
    made, or when another demo runs on it."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise Stop(f"{folder} 不是演示的数据目录,不予清空:请另选一个目录")
    held = ExitStack()
    held.enter_context(locked(folder / MARK, taken=f"{folder} 上正有一次演示在运行:请等它结束,或用 --folder 另选目录"))
    for path in folder.iterdir():
        if path.name == MARK:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return held.close
