"""Everything of Faust and aiokafka that the engine overrides or leans on beyond their public interfaces.

| theirs | ours | why |
|---|---|---|
| `AIOKafkaConsumerThread._create_worker_consumer` | `BatchConsumerThread` | read_committed; short fetches |
| `AIOKafkaConsumerThread._seek_wait` | used | sets `_read_offset` to the offset sought |
| `driver.Consumer._new_consumer_thread` | `BatchConsumer` | our thread |
| `Consumer._drain_messages` | `BatchConsumer` | one message for each partition and fetch, bounded by room |
| `Consumer.on_partitions_revoked` | `BatchConsumer` | commits first what is acked; Faust forgets it |
| `Consumer.on_partitions_assigned` | `BatchConsumer` | numbers assignments: late batches are known; pauses at once |
| `Consumer.stop_flow`, `.resume_flow`, `.resume_partitions` | `BatchConsumer` | batches not begun are void |
| `Consumer.perform_seek` | `BatchConsumer` | also where nothing is committed (aiokafka does not), or beyond the end |
| `Consumer.ack` | `BatchConsumer` | not for ended assignments, nor past a dropped batch |
| `Consumer._new_offset` | `BatchConsumer` | highest acked + 1, or the idle position; Faust's gaps commit too far |
| `Consumer._filter_tps_with_pending_acks` | `BatchConsumer` | idle partitions are committed too |
| `Consumer._commit_offsets`, `._should_commit`, `.wait_empty`, `._get_active_partitions` | used | |
| `Fetcher._fetcher` | `BatchFetcher` | a stop that meets a rebalance is no crash |
| `Recovery._wait` | `BatchRecovery` | no progress in time is an error; Faust takes it for a stop, and never recovers |
| `Recovery._build_highwaters` | `BatchRecovery` | ownership first |
| `Recovery._build_offsets` | `BatchRecovery` | changelogs are read by a consumer of their own |
| `Recovery.on_recovery_completed`, `._resume_streams` | `BatchRecovery` | seek, clear queues, then flow |
| `Recovery._restart_recovery`, `._seek_offsets` | used | |
| `TableManager.recovery` | `BatchTables` | our recovery |
| `Collection.persisted_offset`, `.apply_changelog_batch`, `.on_stop`, `.on_…` below | `StepTable` | our stores |
| `App._on_partitions_revoked`, `._on_partitions_assigned`, `._stop_consumer` | used | the order of their steps |
| `fetcher.Fetcher.fetched_records`, `TopicPartitionState.position` | used | positions pass control records |
| `AIOKafkaConsumer.seek_to_committed` (aiokafka) | used | does nothing without a committed offset |
| `GroupCoordinator.request_rejoin` (aiokafka) | used | a fenced owner asks for an assignment |

Both versions are pinned. The fingerprints below are those of the sources the engine was written against; the test
that compares them fails when an upgrade changes one: read the difference, then change the engine or the fingerprint.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher as AioFetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.consumer.subscription_state import TopicPartitionState
from faust.app.base import App
from faust.tables.base import Collection
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport import consumer
from faust.transport.drivers import aiokafka as driver
from mode.services import ServiceTask

from streams.engine.consumer import BatchConsumer
from streams.engine.consumer_thread import BatchConsumerThread
from streams.engine.recovery import BatchRecovery, BatchTables
from streams.engine.table import StepTable
from streams.engine.transport import BatchFetcher

LEANED_ON: tuple[tuple[type[Any], str, str], ...] = (
    (driver.AIOKafkaConsumerThread, "_create_worker_consumer", "9246a21942b3"),
    (driver.AIOKafkaConsumerThread, "_seek_wait", "906df6f0e086"),
    (driver.AIOKafkaConsumerThread, "_fetch_records", "8e15801cd1ae"),
    (driver.AIOKafkaConsumerThread, "_commit", "d26ce85fdec4"),
    (driver.Consumer, "_new_consumer_thread", "991867355aba"),
    (consumer.Consumer, "_drain_messages", "b62bd6539aeb"),
    (consumer.Consumer, "on_partitions_revoked", "bff85c032527"),
    (consumer.Consumer, "on_partitions_assigned", "cb323f47e1bb"),
    (consumer.Consumer, "stop_flow", "3cdef0be226f"),
    (consumer.Consumer, "resume_flow", "ec1fff970fcf"),
    (consumer.Consumer, "resume_partitions", "ac313cef15ef"),
    (consumer.Consumer, "perform_seek", "3abec3df46b4"),
    (consumer.Consumer, "ack", "386826236bb5"),
    (consumer.Consumer, "_new_offset", "0a7caf14c0a2"),
    (consumer.Consumer, "_filter_tps_with_pending_acks", "c45de12732d4"),
    (consumer.Consumer, "_commit_offsets", "ba855c1ad21f"),
    (consumer.Consumer, "_should_commit", "c4a45ac66a56"),
    (consumer.Consumer, "wait_empty", "75adf6c03e52"),
    (consumer.Consumer, "_get_active_partitions", "21ad56751fc3"),
    (consumer.Fetcher, "_fetcher", "95b99a83fbd6"),
    (Recovery, "_wait", "a17ce9f74487"),
    (Recovery, "_build_highwaters", "e325e558d2b6"),
    (Recovery, "on_recovery_completed", "8952e57ca77c"),
    (Recovery, "_resume_streams", "65a824f3789d"),
    (Recovery, "_restart_recovery", "8cff0a470388"),
    (Recovery, "_build_offsets", "2f47238c12aa"),
    (Recovery, "_seek_offsets", "0d0a5bb059c9"),
    (TableManager, "recovery", "2b52459b4383"),
    (Collection, "persisted_offset", "8469a7e06600"),
    (Collection, "apply_changelog_batch", "a4d80df8d663"),
    (Collection, "on_rebalance", "0c2b0d7d4c76"),
    (Collection, "on_recovery_completed", "f95cbbb1b097"),
    (Collection, "on_stop", "df75fdcefeda"),
    (App, "_on_partitions_revoked", "289e06db160c"),
    (App, "_on_partitions_assigned", "87d6dabfbdaf"),
    (App, "_stop_consumer", "f6eba0a41adf"),
    (AioFetcher, "fetched_records", "377ee3925c9f"),
    (TopicPartitionState, "position", "e5c9720d0fec"),
    (AIOKafkaConsumer, "seek_to_committed", "1c44c254fdbb"),
    (GroupCoordinator, "request_rejoin", "e8a7d9edf086"),
)


def fingerprint(owner: type[Any], name: str) -> str:
    """Of a method's source as installed."""
    attribute = inspect.getattr_static(owner, name)
    function: Callable[..., Any] = getattr(attribute, "fget", None) or getattr(attribute, "fun", None) or attribute
    return blake2b(inspect.getsource(function).encode(), digest_size=6).hexdigest()


def changed(known: Iterable[tuple[type[Any], str, str]] = LEANED_ON) -> list[str]:
    """Methods whose installed source is not the one the engine was written against."""
    return [
        f"{owner.__module__}.{owner.__name__}.{name}: {found}"
        for owner, name, expected in known
        if (found := fingerprint(owner, name)) != expected
    ]


def overridden() -> set[str]:
    """Names of all methods and properties the engine's classes redefine."""
    ours = (BatchConsumerThread, BatchConsumer, BatchFetcher, BatchRecovery, BatchTables, StepTable)
    return {
        name
        for cls in ours
        for name, value in vars(cls).items()
        if not name.startswith("__") and (callable(value) or isinstance(value, (property, ServiceTask)))
        if any(hasattr(base, name) for base in cls.__mro__[1:])
    }
