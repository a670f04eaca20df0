"""What Faust asks for its consumer: the engine's own. What is overridden and why is listed in overrides.py."""

from __future__ import annotations

from typing import Any

from faust.transport.consumer import Fetcher
from faust.transport.drivers import aiokafka as driver
from mode import Service

from streams.engine.config import EngineConfig
from streams.engine.consumer import BatchConsumer


class BatchFetcher(Fetcher):  # type: ignore[misc]
    """Runs the consumer's loop. Faust's, cancelled by a stop that meets a rebalance, crashes the worker for want of a
    supervisor."""

    @Service.task  # type: ignore[untyped-decorator]
    async def _fetcher(self) -> None:
        try:
            await self.app.consumer._drain_messages(self)
        finally:
            self.set_shutdown()


class BatchTransport(driver.Transport):  # type: ignore[misc]
    """Makes batch consumers and their fetchers."""

    Consumer = BatchConsumer
    Fetcher = BatchFetcher

    def __init__(self, url: list[Any], app: Any, config: EngineConfig) -> None:
        super().__init__(url, app)
        self.config = config
