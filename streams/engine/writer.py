"""Writing to Kafka: one transaction per partition batch, or a flushed idempotent produce for stateless steps.

All functions here block: the engine calls them in threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Producer

from schemas.errors import SantaiError
from streams.engine.api import Output

CALL_S = 5.0
"""How long one call into librdkafka may block before it is looked whether going on makes sense."""
PAUSE_S = 0.2
BY_KEY = -1
"""The partition that lets the producer's partitioner decide."""

_LOST = frozenset(
    {
        KafkaError._FENCED,
        KafkaError._FATAL,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.PRODUCER_FENCED,
        KafkaError.INVALID_PRODUCER_ID_MAPPING,
    }
)


class OwnershipLost(SantaiError):
    """The partition has another owner, or this writer can go on no more: drop the batch without ack; the next
    assignment brings a new writer."""


class WriteFailed(SantaiError):
    """The broker did not take the records in all the time there was: end the worker, nothing was acked."""


class Message(NamedTuple):
    """A record of the engine's own to be written. Unlike a step's Output it may have no value: a dead letter is kept as
    it came."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    partition: int | None = None


Written = Output | Message


class PartitionWriter:
    """The only writer of one partition of one step: its transactional id is the partition's, so that opening it fences
    every earlier one and settles what that left open."""

    def __init__(self, settings: dict[str, Any], transactional_id: str, timeout_s: float, patience_s: float) -> None:
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._producer = Producer(
            {
                **settings,
                "transactional.id": transactional_id,
                "transaction.timeout.ms": int(timeout_s * 1000),
            }
        )

    def open(self, timeout_s: float, wanted: Callable[[], bool] = lambda: True) -> None:
        """Become the owner. Raises WriteFailed when the broker cannot be won over within timeout_s, or is not yet and
        that is no longer `wanted`."""
        if not wanted():
            raise WriteFailed("ownership of a partition is no longer wanted")
        deadline = time.monotonic() + timeout_s
        try:
            self._until_done(self._producer.init_transactions, deadline, wanted)
        except KafkaException as error:
            raise WriteFailed(f"no ownership of a partition within {timeout_s:.0f} s: {_code(error)}") from error

    def commit(self, messages: Sequence[Written], wanted: Callable[[], bool]) -> int | None:
        """Write all or nothing, trying again what can be tried again; offset of the last message.

        Raises OwnershipLost when fenced, broken for good, or no longer `wanted` between two attempts (what became of
        the transaction is then settled by the next owner); WriteFailed when patience ran out.
        """
        with self._lock:
            deadline = time.monotonic() + self._patience_s
            while True:
                try:
                    return self._transaction(messages, deadline, wanted)
                except KafkaException as error:
                    self._recover(error, deadline, wanted)

    def close(self) -> None:
        """Let go; an open transaction is left to the next owner or to the broker."""
        # Not Producer.close: it aborts what is open, which a commit still waiting in another thread does not allow.
        self._producer.purge()

    def _transaction(self, messages: Sequence[Written], deadline: float, wanted: Callable[[], bool]) -> int | None:
        offsets: list[int] = []

        def report(error: KafkaError | None, written: Any) -> None:
            if error is None:
                offsets.append(written.offset())

        self._producer.begin_transaction()
        last = len(messages) - 1
        for index, message in enumerate(messages):
            _produce(self._producer, message, report if index == last else None, deadline)
        self._until_done(self._producer.commit_transaction, deadline, wanted)
        self._producer.poll(0)
        return offsets[-1] if offsets else None

    def _recover(self, error: KafkaException, deadline: float, wanted: Callable[[], bool]) -> None:
        """Bring the producer back to where a transaction can begin, or raise what the caller has to do."""
        cause: KafkaError = error.args[0]
        if cause.code() in _LOST or cause.fatal():
            raise OwnershipLost(_code(error)) from error
        if time.monotonic() > deadline:
            raise WriteFailed(f"no transaction within {self._patience_s:.0f} s: {_code(error)}") from error
        if not wanted():
            raise OwnershipLost("no longer ours") from error
        try:
            self._until_done(self._producer.abort_transaction, deadline, wanted)
        except KafkaException as worse:
            raise OwnershipLost(f"{_code(error)}, then {_code(worse)}") from worse
        self._producer.poll(PAUSE_S)

    def _until_done(self, call: Callable[[float], Any], deadline: float, wanted: Callable[[], bool]) -> None:
        """librdkafka's transactional calls time out without having failed: they are to be called again."""
        while True:
            try:
                call(CALL_S)
                return
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > deadline or not wanted():
                    raise
                self._producer.poll(PAUSE_S)


class PlainWriter:
    """Idempotent, not transactional: shared by all stateless steps of a worker and by barrier records."""

    def __init__(self, settings: dict[str, Any], patience_s: float) -> None:
        self._patience_s = patience_s
        self._producer = Producer(
            {**settings, "message.timeout.ms": int(patience_s * 1000), "delivery.report.only.error": True}
        )

    def write(self, messages: Iterable[Written]) -> None:
        """Returns once all in-sync replicas have all. Raises WriteFailed otherwise."""
        deadline = time.monotonic() + self._patience_s
        failed: list[KafkaError] = []
        for message in messages:
            _produce(self._producer, message, lambda error, _: failed.append(error), deadline)
        while self._producer.flush(CALL_S):
            if failed or time.monotonic() > deadline:
                break
        if failed:
            raise WriteFailed(f"{len(failed)} records not written: {failed[0].name()}")
        if len(self._producer) and time.monotonic() > deadline:
            raise WriteFailed(f"records not written within {self._patience_s:.0f} s")

    def close(self) -> None:
        """Let go of what is left unwritten."""
        self._producer.purge()


def _produce(producer: Any, message: Written, report: Any, deadline: float) -> None:
    """Into the producer's queue, waiting while it is full."""
    topic, key, value, headers, partition = message
    more: dict[str, Any] = {"headers": list(headers)} if headers else {}
    if report is not None:
        more["on_delivery"] = report
    while True:
        try:
            producer.produce(topic, value, key, BY_KEY if partition is None else partition, **more)
            return
        except BufferError:
            if time.monotonic() > deadline:
                raise WriteFailed("the producer's queue stayed full") from None
            producer.poll(PAUSE_S)


def _code(error: KafkaException) -> str:
    name: str = error.args[0].name()
    return name
