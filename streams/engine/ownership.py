"""Who may write a partition: taken when recovery starts, from whoever had it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import ParamSpec, TypeVar

from streams.engine.config import EngineConfig
from streams.engine.writer import Message, OwnershipLost, PartitionWriter, PlainWriter, Written

P = ParamSpec("P")
T = TypeVar("T")

BARRIER_KEY = b"\x00santai\x00barrier"
"""Reserved in every changelog. Faust's recovery waits for the last offset to be delivered, and a transaction's control
record never is: so a plain record is written last. Ignored when reading."""

OPEN_S = 60.0
MAX_THREADS = 64


class Writers:
    """The writers of one worker, and the threads they block in."""

    def __init__(self, config: EngineConfig, stateful_steps: int) -> None:
        self._config = config
        self._owned: dict[tuple[str, int], PartitionWriter] = {}
        self._plain: PlainWriter | None = None
        threads = min(MAX_THREADS, 4 + config.partitions * max(1, stateful_steps))
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="kafka-write")

    async def own(self, partitions: Mapping[tuple[str, int], str]) -> None:
        """Become the only writer of these (step, partition) -> changelog topic, and mark the end of each changelog:
        what lies before the mark is complete. What is not named is let go."""
        old, self._owned = self._owned, {}
        opened = await self._opened(partitions)
        await self._run(
            self.plain().write,
            [Message(changelog, BARRIER_KEY, b"", (), p) for (_, p), changelog in partitions.items()],
        )
        self._owned = dict(zip(partitions, opened, strict=True))
        for writer in old.values():
            self._threads.submit(writer.close)

    def owns(self, step: str, partition: int) -> bool:
        """Whether there is a writer for it; another worker may have fenced it since."""
        return (step, partition) in self._owned

    async def commit(
        self, step: str, partition: int, messages: list[Written], wanted: Callable[[], bool]
    ) -> int | None:
        """One transaction. See PartitionWriter.commit."""
        writer = self._owned.get((step, partition))
        if writer is None:
            raise OwnershipLost(f"{step}-{partition} is not ours")
        return await self._run(writer.commit, messages, wanted)

    async def write(self, messages: list[Written]) -> None:
        """Without a transaction. See PlainWriter.write."""
        await self._run(self.plain().write, messages)

    def plain(self) -> PlainWriter:
        """The writer without transactions, made when first needed."""
        if self._plain is None:
            self._plain = PlainWriter(self._config.producer(), self._config.patience_s)
        return self._plain

    async def close(self) -> None:
        """Let go of everything."""
        owned, self._owned = self._owned, {}
        closing = [self._run(writer.close) for writer in owned.values()]
        if self._plain is not None:
            closing.append(self._run(self._plain.close))
        await asyncio.gather(*closing)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _opened(self, partitions: Iterable[tuple[str, int]]) -> list[PartitionWriter]:
        """New writers. When this is cancelled, it ends when no thread is at it any more: one opened late would fence
        its successor."""
        wanted = threading.Event()
        wanted.set()
        opening = [self._threads.submit(self._open, step, p, wanted.is_set) for step, p in partitions]
        try:
            return await asyncio.gather(*map(asyncio.wrap_future, opening))
        except asyncio.CancelledError:
            wanted.clear()
            await asyncio.to_thread(wait, opening)
            raise

    def _open(self, step: str, partition: int, wanted: Callable[[], bool]) -> PartitionWriter:
        config = self._config
        writer = PartitionWriter(
            config.producer(),
            f"{config.app_id}-{step}-{partition}",
            config.transaction_timeout_s,
            config.patience_s,
        )
        writer.open(OPEN_S, wanted)
        return writer

    async def _run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: function(*args, **kwargs))
