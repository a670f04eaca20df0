"""One process of a kind and worker id in a data folder: two would write to the same tables, or push twice."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from santai.trouble import os_reason
from schemas.errors import Stop


@contextmanager
def alone(data_dir: Path, kind: str, worker_id: str) -> Iterator[None]:
    """Hold the place of this worker for the length of a block. Stop when another process holds it.

    The kernel frees the place when its holder dies, however it dies; the file stays and means nothing.
    """
    file = data_dir / "run" / f"{kind}-{worker_id}.lock"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = file.open("ab")
    except OSError as e:
        raise Stop(f"无法写 {file}（{os_reason(e)}）：请检查 SANTAI_DATA_DIR") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            place = f"数据目录 {data_dir} 中已有 SANTAI_WORKER_ID 同为 {worker_id} 的 {kind} 进程"
            raise Stop(f"{place}：请换一个编号，或先停止那个进程") from None
        except OSError as e:
            raise Stop(f"无法锁定 {file}（{os_reason(e)}）：请检查 SANTAI_DATA_DIR") from None
        yield
