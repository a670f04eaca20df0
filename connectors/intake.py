"""Raw changes on their way to Kafka: the last step before a system may be told that we have its message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.dead_letters import error_headers
from connectors.publish import Outgoing, Publisher
from schemas.codec import Codec
from schemas.errors import DeadLetter
from schemas.events.intake import RawChange
from schemas.headers import headers
from schemas.topics import Topics

# A record with its headers must fit the broker's default of 1 MiB; what is sealed does not compress.
RECORD_BYTES_MAX = 1_000_000


class Intake:
    """Thread-safe; callers at the same time share the producer's batches.

    `producer_config` is librdkafka's: `bootstrap.servers` and whatever the cluster asks of its clients.
    """

    def __init__(
        self, codec: Codec, producer_config: Mapping[str, Any], topics: Topics, *, timeout_s: float = 10.0
    ) -> None:
        self._codec = codec
        self._topics = topics
        self._publisher = Publisher(producer_config, timeout_s=timeout_s)

    def publish(self, changes: Sequence[RawChange], *, traceparent: str | None = None) -> None:
        """Returns once all in-sync replicas have all changes.

        Raises Retry when that was not confirmed in time (some may be written: ids are deterministic, give them
        again), DeadLetter when one is too large for Kafka (none is written).
        """
        self._publisher.publish([self._record(change, traceparent) for change in changes])

    def dead_letter(self, raw: RawChange, error: DeadLetter, *, mapping: str = "") -> None:
        """Keep a change that does not map, sealed, under the key and in the bytes it would have in its intake topic.

        Raises as `publish` does.
        """
        record = self._record(raw, None)
        told = error_headers(error, record.headers, topic=record.topic, mapping=mapping)
        self._publisher.publish([Outgoing(self._topics.dlq, record.key, record.value, told)])

    def close(self) -> None:
        """Wait for what is under way, then let go of the broker."""
        self._publisher.close()

    def _record(self, change: RawChange, traceparent: str | None) -> Outgoing:
        topic = self._topics.intake(change.system)
        value = self._codec.encode(topic, change)
        if len(value) > RECORD_BYTES_MAX:
            raise DeadLetter("intake", f"消息密封后有 {len(value)} 字节，超过上限 {RECORD_BYTES_MAX}", field="body")
        # The source's own key keeps a record's versions in order. Personal data is never part of a source key.
        key = change.source_key.encode()
        return Outgoing(topic, key, value, headers(change, f"/santai/connectors/{change.system}", traceparent))
