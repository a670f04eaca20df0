"""One process of a kind and worker id in a data folder: two would write to the same tables, or push twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from santai.platform.lock import locked
from santai.trouble import os_reason
from schemas.errors import Stop


@contextmanager
def alone(data_dir: Path, kind: str, worker_id: str) -> Iterator[None]:
    """Hold the place of this worker for the length of a block. Stop when another process holds it."""
    file = data_dir / "run" / f"{kind}-{worker_id}.lock"
    place = f"数据目录 {data_dir} 中已有 SANTAI_WORKER_ID 同为 {worker_id} 的 {kind} 进程"
    with ExitStack() as held:
        try:
            held.enter_context(locked(file, taken=f"{place}：请换一个编号，或先停止那个进程"))
        except OSError as e:
            raise Stop(f"无法写 {file}（{os_reason(e)}）：请检查 SANTAI_DATA_DIR") from None
        yield
