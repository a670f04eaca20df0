"""Changelogs read again on a real broker, and the stores that come of it, whenever it is interrupted."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec
from faust.types import TP

from santai.platform.kafka import Kafka
from streams.engine.config import EngineConfig
from streams.engine.ownership import BARRIER_KEY
from streams.engine.replay import NOTHING, Piece, Replay
from streams.engine.writer import Message, PartitionWriter, PlainWriter
from tests.support.engine import Rig, wait_until
from tests.support.topics import read_all

pytestmark = pytest.mark.integration

LOG = "changelog"
KILLS = 4


class Log:
    """A topic of two partitions, written as changelogs are."""

    def __init__(self, kafka: Kafka, name: str, folder: Path) -> None:
        self.topic = f"{name}-{LOG}"
        self.config = EngineConfig(
            app_id=name, bootstrap=kafka.bootstrap, worker_id="a", datadir=folder, dlq_topic="unused"
        )
        self.admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
        self.admin.create_topics([NewTopic(self.topic, 2, 1)])[self.topic].result(30)
        self.writer = PartitionWriter(self.config.producer(), f"{name}-0", 60, 60)
        self.writer.open(60)
        self.plain = PlainWriter(self.config.producer(), 60)

    def commit(self, *changes: tuple[bytes, bytes]) -> None:
        """A transaction in partition 0."""
        self.writer.commit([Message(self.topic, key, value, (), 0) for key, value in changes], lambda: True)

    def abort(self, *changes: tuple[bytes, bytes]) -> None:
        """A transaction in partition 0 that comes to nothing."""
        producer = self.writer._producer
        producer.begin_transaction()
        for key, value in changes:
            producer.produce(self.topic, value, key, 0)
        producer.flush()
        producer.abort_transaction()

    def barrier(self) -> None:
        """In both partitions."""
        self.plain.write([Message(self.topic, BARRIER_KEY, b"", (), p) for p in (0, 1)])

    def ends(self) -> dict[TP, int]:
        """The last offset of each partition."""
        asked = {TopicPartition(self.topic, p): OffsetSpec.latest() for p in (0, 1)}
        found = self.admin.list_offsets(asked)  # type: ignore[no-untyped-call]
        return {TP(tp.topic, tp.partition): told.result().offset - 1 for tp, told in found.items()}

    def read(self, *stored: int) -> dict[int, list[Piece]]:
        """What a replay hands over for each partition whose last stored offset is given."""
        ends = self.ends()
        replay = Replay(self.config, {TP(self.topic, p): offset for p, offset in enumerate(stored)}, ends)
        found: dict[int, list[Piece]] = {p: [] for p in range(len(stored))}
        while not replay.done:
            for tp, piece in replay.chunk().items():
                found[tp.partition].append(piece)
        replay.close()
        return found


@pytest.fixture
def log(kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Log:
    return Log(kafka, topic_prefix, tmp_path)


def folded(pieces: list[Piece]) -> dict[bytes, bytes]:
    """All changes, later ones winning; the pieces must follow each other."""
    together: dict[bytes, bytes] = {}
    for before, piece in zip([None, *pieces], pieces, strict=False):
        assert before is None or piece.after == before.offset
        together |= piece.changes
    return together


def test_committed_records_in_order_without_barriers_and_what_was_aborted(log: Log) -> None:
    log.barrier()
    log.commit((b"a", b"1"), (b"b", b"1"))
    log.abort((b"a", b"never"))
    log.commit((b"a", b"2"))
    log.barrier()
    read = log.read(NOTHING, NOTHING)
    assert folded(read[0]) == {b"a": b"2", b"b": b"1"}
    last = read_all(log.config.bootstrap, log.topic)
    assert (read[0][0].after, read[0][-1].offset) == (NOTHING, max(m.offset() for m in last if m.partition() == 0))
    assert folded(read[1]) == {}
    assert read[1][-1].offset == 1


def test_only_what_comes_after_what_is_stored(log: Log) -> None:
    log.commit((b"a", b"1"), (b"b", b"1"))  # offsets 0 and 1, then a control record
    log.commit((b"c", b"1"))
    log.barrier()
    read = log.read(0, NOTHING)
    assert folded(read[0]) == {b"b": b"1", b"c": b"1"}
    assert read[0][0].after == 0
    last = log.ends()
    assert log.read(last[TP(log.topic, 0)], last[TP(log.topic, 1)]) == {0: [], 1: []}


def test_a_log_that_ends_with_a_control_record_is_read_to_its_end(log: Log) -> None:
    """As where the tail was compacted away: the last offset is never handed over."""
    log.commit((b"a", b"1"))
    assert folded(log.read(NOTHING)[0]) == {b"a": b"1"}


def test_a_transaction_still_open_is_waited_for(log: Log) -> None:
    """A reader of committed records is told there is no more, and yet it is not at the end."""
    other = Producer({"bootstrap.servers": log.config.bootstrap, "transactional.id": f"{log.topic}-other"})
    other.init_transactions(30)
    log.commit((b"a", b"1"))
    other.begin_transaction()
    other.produce(log.topic, b"2", b"a", 0)
    other.flush()
    log.commit((b"b", b"1"))
    tp = TP(log.topic, 0)
    replay = Replay(log.config, {tp: NOTHING}, {tp: log.ends()[tp]})
    found = [replay.chunk()]
    while found[-1] or not found[0]:
        found.append(replay.chunk())
    assert not replay.done
    other.commit_transaction()
    while not replay.done:
        found.append(replay.chunk())
    replay.close()
    assert folded([chunk[tp] for chunk in found if tp in chunk]) == {b"a": b"2", b"b": b"1"}


def test_a_long_log_comes_in_pieces_that_follow_each_other(log: Log) -> None:
    for batch in range(20):
        log.commit(*((b"k%d" % n, b"%d" % batch) for n in range(2_000)))
    pieces = log.read(NOTHING)[0]
    assert len(pieces) > 1
    assert folded(pieces) == {b"k%d" % n: b"19" for n in range(2_000)}


@pytest.fixture
def rig(kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(kafka.bootstrap, topic_prefix, tmp_path)
    yield made
    made.clean_up()


def test_a_store_is_what_its_offset_says_whenever_recovery_is_killed(rig: Rig, seed: int) -> None:
    rig.send_many(20_000, keys=10_000)
    rig.start().wait_ready()
    rig.drain()
    assert rig.stop_all() == [0]
    stores = rig.folder / "data" / "a"
    full, chosen = size_of(stores), random.Random(seed)
    reached: list[bool] = []
    for _ in range(KILLS):
        shutil.rmtree(stores)
        worker, enough = rig.start(), chosen.randrange(full)
        wait_until(lambda w=worker, n=enough: size_of(stores) > n or w.ready_file.exists(), 60, "recovery")  # type: ignore[misc]
        worker.kill()
        reached.append(size_of(stores) > 0)
        assert rig.stores_ahead_or_apart() == [], f"seed {seed}"
    assert any(reached)
    rig.start().wait_ready()
    rig.drain()
    assert rig.stop_all() == [0]
    assert rig.verdict() == dict.fromkeys(rig.verdict(), 0)
    assert rig.stores_ahead_or_apart() == []


def size_of(folder: Path) -> int:
    """Bytes in files that are there at the moment."""
    found = 0
    for path in folder.glob("tables/tally/*/*"):
        try:
            found += path.stat().st_size
        except FileNotFoundError:
            continue
    return found
