"""From what one poll of the broker brought to the rows and the offsets of one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from confluent_kafka import KafkaError, Message

from connectors.dead_letters import error_headers
from connectors.publish import Outgoing
from santai.projector.fold import Change, rows_for
from santai.projector.store import Place
from schemas.errors import DeadLetter, Retry, Stop

Fold = Callable[[object, bytes], list[Change]]


class Decoder(Protocol):
    """What the projector needs of the codec."""

    def decode(self, value: bytes | None) -> Any:
        """The event. Raises Unreadable."""


@dataclass(slots=True)
class Batch:
    """Rows to merge, offsets to move on to, records that go to the DLQ."""

    changes: list[Change] = field(default_factory=list)
    ends: dict[Place, int] = field(default_factory=dict)
    dead: list[Outgoing] = field(default_factory=list)
    records: int = 0
    behind: dict[Place, int | None] = field(default_factory=dict)
    """For each partition heard of: its last record's timestamp in ms, None when the end was reached after it."""


def fold_batch(
    messages: Iterable[Message], decoder: Decoder, dlq: str, *, compacted: str, fold: Fold = rows_for
) -> Batch:
    """Fold what a poll brought; an end of partition moves the offset past control records that nobody delivers.

    `compacted` is the topic in which a record without a value means that its key is gone. Raises Stop when offsets or
    rights are wrong, Retry when the broker is in trouble.
    """
    batch = Batch()
    for message in messages:
        place = (message.topic() or "", message.partition() or 0)
        error = message.error()
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:
                batch.ends[place] = max(batch.ends.get(place, 0), message.offset() or 0)
                batch.behind[place] = None
            else:
                judge(error, place)
            continue
        batch.ends[place] = (message.offset() or 0) + 1
        batch.records += 1
        batch.behind[place] = message.timestamp()[1]
        value = message.value()
        if value is None and place[0] == compacted:
            continue
        try:
            batch.changes.extend(fold(decoder.decode(value), value or b""))
        except DeadLetter as reason:
            batch.dead.append(dead_record(message, reason, dlq))
    return batch


def judge(error: KafkaError, place: Place) -> None:
    """What an error of the broker asks for: nothing where librdkafka helps itself. Raises Stop or Retry."""
    where = f"{place[0]}/{place[1]}"
    match error.code():
        case KafkaError._AUTO_OFFSET_RESET | KafkaError.OFFSET_OUT_OF_RANGE:
            # Going on at another offset would leave a hole that nobody sees.
            raise Stop(f"读模型记录的位置在 {where} 中已不存在：请核对集群与数据是否配套，然后重建读模型")
        case KafkaError.TOPIC_AUTHORIZATION_FAILED | KafkaError.GROUP_AUTHORIZATION_FAILED:
            raise Stop(f"没有读取 {where} 的权限：请为投影进程授权")
        case KafkaError.UNKNOWN_TOPIC_OR_PART | KafkaError._UNKNOWN_PARTITION | KafkaError._UNKNOWN_TOPIC:
            raise Retry(f"{where} 还不存在：请先创建主题")
        case _ if error.fatal():
            raise Retry(f"与 Kafka 的连接须重建（{error.name()}）")


def dead_record(message: Message, reason: DeadLetter, dlq: str) -> Outgoing:
    """The record, byte for byte, with where it came from and why."""
    kept = [
        (name, value if isinstance(value, bytes) else (value or "").encode()) for name, value in message.headers() or ()
    ]
    why = error_headers(
        reason,
        kept,
        topic=message.topic() or "",
        partition=message.partition() or 0,
        offset=message.offset() or 0,
    )
    key = message.key()
    return Outgoing(dlq, key.encode() if isinstance(key, str) else key, message.value() or b"", why)
