"""A dispatcher over the shipped systems, in this process or by `python -m tests.support.dispatching` in its own."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterable
from typing import Any

from confluent_kafka import Producer

from connectors.api import Sink
from connectors.dispatch import Pace
from connectors.dispatcher import Dispatcher
from connectors.ledger import Ledger
from connectors.store import open_store
from connectors.webhook_sink import WebhookSink
from mappings.systems import FOLDER, load_systems
from schemas.events.common import Member
from schemas.events.delivery import Delivery
from schemas.ids import deterministic_id, submission_id
from schemas.topics import Topics
from tests.support.platforms import SECRET
from tests.support.topics import make_codec, producer_config

SYSTEMS = ("12345", "web")
STATES = ("ACCEPTED", "SIGNED", "IN_PROGRESS", "RESOLVED", "CLOSED")
PACE = Pace(lease_ms=5_000, backoff_ms=50, backoff_ms_max=400)


def delivery(system: str, ticket: str, seq: int, **changes: Any) -> Delivery:
    """The ticket's seq-th news for the system's own record of it."""
    ticket_id = submission_id("12345", ticket)
    number = f"GD{ticket}" if system == "12345" else f"W{ticket}"
    source_key = f"{number}@2026-03-02 09:30:00" if system == "12345" else number
    made: dict[str, Any] = {
        "event_id": deterministic_id("push", ticket_id, seq, system),
        "ticket_id": ticket_id,
        "seq": seq,
        "system": system,
        "kind": "state",
        "member": Member(submission_id=f"s-{number}", system=system, source_key=source_key, number=number),
        "at": 1_772_415_000_000 + seq,
        "state": STATES[seq % len(STATES)],
        "by_system": "window",
        "text": "张三的件有了进展",
    }
    return Delivery(**(made | changes))


def produce(bootstrap: str, topics: Topics, deliveries: Iterable[Delivery | tuple[str, bytes]]) -> None:
    """Write deliveries, or (system, raw bytes), as the route step does."""
    producer = Producer({**producer_config(bootstrap), "partitioner": "murmur2_random", "enable.idempotence": True})
    codec = make_codec()
    for item in deliveries:
        if isinstance(item, Delivery):
            topic = topics.deliveries(item.system)
            producer.produce(topic, codec.encode(topic, item), item.ticket_id.encode())
        else:
            producer.produce(topics.deliveries(item[0]), item[1], b"k")
    assert producer.flush(20) == 0


def make_dispatcher(
    bootstrap: str,
    topics: Topics,
    ledger: Ledger,
    url: str,
    worker_id: str,
    *,
    sinks: dict[str, Sink] | None = None,
    on_result: Callable[[str, str], None] = lambda _system, _result: None,
) -> Dispatcher:
    """Not started yet."""
    settings = {
        "SANTAI_12345_SECRET": SECRET,
        "SANTAI_12345_URL": url,
        "SANTAI_WEB_SECRET": SECRET,
        "SANTAI_WEB_URL": url,
    }
    systems = load_systems(FOLDER, settings, set(SYSTEMS))
    if sinks is None:
        sinks = {name: WebhookSink(name, {**(systems[name].sink or {}), "timeout_s": 1.0}) for name in SYSTEMS}
    return Dispatcher(
        systems,
        sinks,
        ledger,
        make_codec(),
        topics,
        consumer_config={"bootstrap.servers": bootstrap, "session.timeout.ms": 3000, "heartbeat.interval.ms": 500},
        producer_config=producer_config(bootstrap),
        worker_id=worker_id,
        pace=PACE,
        on_result=on_result,
    )


def main() -> int:
    """Arguments: bootstrap, prefix, ledger URL, platforms' URL, worker id. Says "started", ends cleanly on SIGTERM."""
    bootstrap, prefix, ledger_url, url, worker_id = sys.argv[1:]
    dispatcher = make_dispatcher(bootstrap, Topics(prefix), Ledger(open_store(ledger_url)), url, worker_id)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    dispatcher.start()
    print("started", flush=True)
    try:
        while not dispatcher.wait(0.5):
            pass
    finally:
        dispatcher.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
