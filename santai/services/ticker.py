"""Time as records: a tick is sent to every partition of the inbox."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from confluent_kafka import Producer

from santai.settings import Settings
from schemas.codec import Codec, headers
from schemas.events.inbox import Tick


def ticker(settings: Settings, codec: Codec) -> Callable[[], Awaitable[None]]:
    """Wall time, every `tick_seconds`. Several workers may tick: time only ever goes on."""

    async def tick() -> None:
        producer = Producer(settings.clients(acks="all"))
        loop = asyncio.get_running_loop()
        while True:
            send_tick(settings, codec, producer, int(time.time() * 1000))
            await loop.run_in_executor(None, producer.flush, settings.tick_seconds)
            await asyncio.sleep(settings.tick_seconds)

    return tick


def send_tick(settings: Settings, codec: Codec, producer: Producer, now: int) -> None:
    """Put `now` (ms) into every partition of the inbox; the caller flushes."""
    topic = settings.topics.inbox
    for partition in range(settings.partitions):
        event = Tick(partition=partition, now=now)
        head = headers(event, "/santai/ticker")
        producer.produce(topic, codec.encode(topic, event), None, partition, headers=head)
    producer.poll(0)
