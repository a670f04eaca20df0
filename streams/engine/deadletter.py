"""Sifting a batch: what cannot be handled goes to the DLQ as it came, the rest goes on."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from schemas.errors import DeadLetter, Retry, Stop, fingerprint
from streams.engine.api import Outcome, Record, StateReader
from streams.engine.config import VALUE_BYTES_MAX
from streams.engine.partitioner import partition_of
from streams.engine.writer import Message

log = logging.getLogger(__name__)

Process = Callable[[Sequence[Record], StateReader], Outcome]

ATTEMPT = "x-santai-attempt"
FINGERPRINT = "x-santai-fingerprint"
ERRORS = "__connect.errors."


class Misrouted(DeadLetter):
    """The record's key belongs to another partition: folded here, its key would have two writers."""

    def __init__(self) -> None:
        super().__init__("partition", "key does not hash to this partition; produce with murmur2_random and redrive")


class TooLarge(DeadLetter):
    """What a step makes of the record fits into no Kafka record. Tried again, it would end every worker there is."""

    def __init__(self, what: str) -> None:
        super().__init__("size", f"{what} would be larger than {VALUE_BYTES_MAX} bytes")


@dataclass(frozen=True, slots=True)
class Dead:
    """A record that cannot be handled, and what may be told about why."""

    record: Record
    stage: str
    error_class: str
    message: str


@dataclass(slots=True)
class Sifted:
    """What became of a batch."""

    outcome: Outcome = field(default_factory=Outcome)
    dead: list[Dead] = field(default_factory=list)


class Overlay:
    """State as it stands after some changes that are not stored yet."""

    def __init__(self, below: StateReader) -> None:
        self._below = below
        self.changes: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        """See StateReader."""
        value = self.changes.get(key)
        return self._below.get(key) if value is None else value


def misrouted(records: Sequence[Record], partitions: int) -> tuple[Sequence[Record], list[Dead]]:
    """Records that belong here (those without a key do), and those that do not; all come from one partition."""
    # Each key once: hashing is the dear part, and a batch often has several records of one key.
    keys = {r.key for r in records}
    wrong = {key for key in keys if key is not None and partition_of(key, partitions) != records[0].partition}
    if not wrong:
        return records, []
    dead = [_dead(r, Misrouted()) for r in records if r.key in wrong]
    return [r for r in records if r.key not in wrong], dead


def sift(records: Sequence[Record], process: Process, state: StateReader) -> Sifted:
    """The whole batch at once; if that fails, without the records that fail alone.

    Raises Retry and Stop as they come: they say nothing about the records.
    """
    if not records:
        return Sifted()
    whole = _try(records, process, state)
    if isinstance(whole, Outcome):
        return Sifted(whole)
    if len(records) == 1:
        return Sifted(dead=[_dead(records[0], whole)])
    return _one_by_one(records, process, state)


def _one_by_one(records: Sequence[Record], process: Process, state: StateReader) -> Sifted:
    merged, good, dead = Outcome(), [], []
    overlay = Overlay(state)
    for record in records:
        found = _try([record], process, overlay)
        if isinstance(found, Outcome):
            good.append(record)
            merged.outputs.extend(found.outputs)
            overlay.changes.update(found.changes)
        else:
            dead.append(_dead(record, found))
    merged.changes = overlay.changes
    # Steps may see effects of one record on the next within a batch that they cannot see across calls (memory follows
    # only in `applied`): so the good ones are done again together. Where only the combination fails, apart is right.
    together = _try(good, process, state) if good and dead else None
    return Sifted(together if isinstance(together, Outcome) else merged, dead)


def _try(records: Sequence[Record], process: Process, state: StateReader) -> Outcome | Exception:
    try:
        return _fitting(process(records, state))
    except (Retry, Stop, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever a step raises is about its input; it is told in the DLQ
        return error


def _fitting(outcome: Outcome) -> Outcome:
    """The outcome, unless the broker would refuse a record of it."""
    for output in outcome.outputs:
        if len(output.value) > VALUE_BYTES_MAX:
            raise TooLarge(f"an output to {output.topic}")
    if any(len(value) > VALUE_BYTES_MAX for value in outcome.changes.values()):
        raise TooLarge("the state of a key")
    return outcome


def _dead(record: Record, error: Exception) -> Dead:
    if isinstance(error, DeadLetter):
        dead = Dead(record, error.stage, type(error).__name__, str(error))
    else:
        # A foreign message could hold personal data: where it was raised must do.
        dead = Dead(record, "process", type(error).__name__, "unexpected")
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "-"
    coordinates = (record.topic, record.partition, record.offset)
    log.error("dead letter %s[%d]@%d: %s in %s at %s", *coordinates, dead.error_class, dead.stage, where)
    return dead


def to_message(dead: Dead, dlq_topic: str) -> Message:
    """Key and value byte for byte, the original headers, and on top what went wrong."""
    record = dead.record
    kept = [(k, v) for k, v in record.headers if not k.startswith(ERRORS) and k not in (ATTEMPT, FINGERPRINT)]
    told = {
        f"{ERRORS}topic": record.topic,
        f"{ERRORS}partition": str(record.partition),
        f"{ERRORS}offset": str(record.offset),
        f"{ERRORS}stage": dead.stage,
        f"{ERRORS}exception.class.name": dead.error_class,
        f"{ERRORS}exception.message": dead.message,
        ATTEMPT: str(_attempts(record) + 1),
        FINGERPRINT: fingerprint(dead.stage, dead.error_class, dead.message),
    }
    return Message(dlq_topic, record.key, record.value, [*kept, *((k, v.encode()) for k, v in told.items())])


def _attempts(record: Record) -> int:
    """How often the record was dead-lettered before; nonsense in the header counts as never."""
    digits = next((v for k, v in record.headers if k == ATTEMPT), b"0")
    return int(digits) if digits.isdigit() and len(digits) < 10 else 0
