"""The engine on a real broker, workers as processes. Where a cure is tested, the check must fail without it."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from santai.platform.kafka import Kafka
from streams.engine.app import changelog_topic
from streams.engine.partitioner import partition_of
from tests.support.engine import PARTITIONS, Rig, wait_until

pytestmark = pytest.mark.integration

CLEAN = {
    "missing in state": 0,
    "phantoms": 0,
    "wrong keys": 0,
    "missing in outputs": 0,
    "repeated outputs": 0,
    "dead letters": 0,
}


@pytest.fixture
def rig(kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Iterator[Rig]:
    made = Rig(kafka.bootstrap, topic_prefix, tmp_path)
    yield made
    made.clean_up()


def with_copy(rig: Rig, source: str) -> str:
    """Adds the stateless step behind a topic; where it writes to."""
    copied = f"{rig.name}-copied"
    rig.create(**{copied: PARTITIONS})
    rig.more |= {"copy_in": [source], "copy_out": copied}
    return copied


def test_backlog_and_live_events_take_effect_once_and_the_worker_stops_cleanly(rig: Rig) -> None:
    rig.send_many(300)
    rig.start().wait_ready()
    rig.send_many(300, "live")
    rig.send_many(300)  # all known already
    rig.drain()
    assert rig.stop_all() == [0]
    assert rig.verdict() == CLEAN
    assert rig.stores_ahead_or_apart() == []


def test_two_workers_share_the_partitions(rig: Rig) -> None:
    rig.send_many(300)
    for worker in "ab":
        rig.start(worker)
    for worker in "ab":
        rig.workers[worker].wait_ready()

    def partitions_of(worker: str) -> set[int]:
        return {p["partition"] for p in rig.workers[worker].health().get("partitions", [])}

    wait_until(
        lambda: (
            all(len(partitions_of(w)) == PARTITIONS // 2 for w in "ab")
            and partitions_of("a") | partitions_of("b") == set(range(PARTITIONS))
        ),
        30,
        "two partitions each",
    )
    rig.send_many(300, "live")
    rig.drain()
    assert rig.stop_all() == [0, 0]
    assert rig.verdict() == CLEAN


@pytest.mark.parametrize("mutant", [None, "no_idle_commit"])
def test_lag_vanishes_on_a_topic_that_ends_in_control_records(rig: Rig, mutant: str | None) -> None:
    copied = with_copy(rig, rig.out)
    worker = rig.start(mutant=mutant)
    rig.send_many(100)
    rig.drain()
    wait_until(lambda: sum(1 for _ in rig.read(copied)) == 100, 90, "all copied")
    if mutant:
        with pytest.raises(AssertionError, match="everything copied is committed"):
            wait_until(lambda: rig.lag(rig.out) == 0, 5, "everything copied is committed")
    else:
        wait_until(lambda: rig.lag(rig.out) == 0, 90, "everything copied is committed")
        wait_until(lambda: set(worker.health()["lag_s"].values()) == {0.0}, 60, "no lag by record age")
    assert rig.stop_all() == [0]


def test_poison_anywhere_goes_to_the_dlq_and_the_rest_goes_on(rig: Rig) -> None:
    copied = with_copy(rig, rig.inp)
    bad = [b"poison-first", b"boom-middle", b"poison-middle", b"boom-last"]
    for value in bad:
        if value.endswith(b"middle"):
            rig.send_many(50, f"after-{value.decode()}-", keys=1)
        rig.producer.produce(rig.inp, value, b"k0", headers=[("ce_id", value)])
    rig.producer.flush()
    rig.start()
    rig.drain()
    assert rig.stop_all() == [0]
    assert rig.verdict() == CLEAN | {"dead letters": 2 * len(bad)}
    assert {m.value() for m in rig.read(copied)} == rig.truth[b"k0"]
    offsets = {m.value(): (m.partition(), m.offset()) for m in rig.read(rig.inp)}
    for message in rig.read(rig.dlq):
        headers = dict(message.headers())
        partition, offset = offsets[message.value()]
        assert message.key() == b"k0"
        assert headers["ce_id"] == message.value()
        assert headers["__connect.errors.topic"] == rig.inp.encode()
        assert headers["__connect.errors.partition"] == str(partition).encode()
        assert headers["__connect.errors.offset"] == str(offset).encode()
        assert headers["x-santai-attempt"] == b"1"
        unexpected = message.value().startswith(b"boom")
        assert headers["__connect.errors.exception.class.name"] == (b"ValueError" if unexpected else b"DeadLetter")
        assert not unexpected or headers["__connect.errors.exception.message"] == b"unexpected"
    assert "Zhang San" not in rig.folder.joinpath("log-a").read_text()


def test_a_tombstone_reaches_the_step_and_the_dlq_as_a_tombstone(rig: Rig) -> None:
    rig.producer.produce(rig.inp, None, b"gone")
    rig.send_many(10)
    rig.start()
    rig.drain()
    assert rig.stop_all() == [0]
    assert [(m.key(), m.value()) for m in rig.read(rig.dlq)] == [(b"gone", None)]
    assert rig.verdict() == CLEAN | {"dead letters": 1}


def test_large_records_stop_nothing(rig: Rig) -> None:
    """Poison as large as a record may be goes to the DLQ with its headers; so does what would make a key's state too
    large to be kept."""
    rig.producer = rig.new_producer(**{"message.max.bytes": 1_048_000})
    rig.producer.produce(rig.inp, b"poison" + bytes(1_040_000), b"k0")
    rig.send(b"k1", b"a" * 600_000)
    rig.producer.produce(rig.inp, b"b" * 600_000, b"k1")
    rig.send_many(10)
    rig.start()
    rig.drain()
    assert rig.stop_all() == [0]
    assert rig.verdict() == CLEAN | {"dead letters": 2}
    assert sorted(len(m.value()) for m in rig.read(rig.dlq)) == [600_000, 1_040_006]


def test_every_compression_is_read(rig: Rig) -> None:
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        rig.producer = rig.new_producer(**{"compression.type": codec})
        rig.send_many(50, codec)
    rig.start()
    rig.drain()
    assert rig.stop_all() == [0]
    assert rig.verdict() == CLEAN


@pytest.mark.parametrize("mutant", [None, "read_uncommitted"])
def test_what_a_foreign_transaction_took_back_has_no_effect(rig: Rig, mutant: str | None) -> None:
    foreign = rig.new_producer(**{"transactional.id": f"{rig.name}-foreign"})
    foreign.init_transactions(30)
    rig.start(mutant=mutant)
    for end, tag in ((foreign.abort_transaction, b"aborted"), (foreign.commit_transaction, b"kept")) * 2:
        foreign.begin_transaction()
        for i in range(20):
            key = b"k%d" % i
            value = b"%s%d" % (tag, i)
            foreign.produce(rig.inp, value, key)
            if tag == b"kept":
                rig.truth[key].add(value)
        foreign.flush()
        end()
    foreign.begin_transaction()
    foreign.produce(rig.inp, b"aborted", b"k0")
    foreign.flush()
    foreign.abort_transaction()
    rig.drain()
    assert rig.stop_all() == [0]
    assert (rig.verdict() == CLEAN) == (mutant is None)


@pytest.mark.parametrize("mutant", [None, "librdkafka_partitioner"])
def test_outputs_go_where_their_keys_hash_to(rig: Rig, mutant: str | None) -> None:
    rig.start(mutant=mutant)
    rig.send_many(100)
    rig.drain()
    assert rig.stop_all() == [0]
    misplaced = [m for m in rig.read(rig.out) if partition_of(m.key(), PARTITIONS) != m.partition()]
    assert bool(misplaced) == bool(mutant)


def test_a_record_in_the_wrong_partition_is_dead_lettered_and_one_without_key_is_not(rig: Rig) -> None:
    for key in (b"k%d" % i for i in range(20)):
        right = partition_of(key, PARTITIONS)
        rig.producer.produce(rig.inp, b"here", key, partition=right)
        rig.truth[key].add(b"here")
        rig.producer.produce(rig.inp, b"stray", key, partition=(right + 1) % PARTITIONS)
    for partition in range(PARTITIONS):
        rig.producer.produce(rig.inp, b"tick%d" % partition, None, partition=partition)
    rig.start()
    rig.drain()
    assert rig.stop_all() == [0]
    dead = list(rig.read(rig.dlq))
    assert {m.value() for m in dead} == {b"stray"}
    assert len(dead) == 20
    assert dict(dead[0].headers())["__connect.errors.exception.class.name"] == b"Misrouted"
    assert {b"tick%d" % p for p in range(PARTITIONS)} <= set(rig.outputs())


@pytest.mark.parametrize("store", ["rocksdb", "memory"])
def test_a_restart_replays_only_what_the_store_does_not_have(rig: Rig, store: str) -> None:
    """The changelog is cut off behind the restart: what rocksdb has is not needed there, what memory had is."""
    rig.more |= {"store": store}
    rig.start()
    rig.send_many(100)
    rig.drain()
    assert rig.stop_all() == [0]
    told = rig.outputs()
    rig.cut_off(changelog_topic(rig.app, "tally"))
    rig.start()
    rig.send_many(100)
    rig.drain()
    assert rig.stop_all() == [0]
    assert (rig.outputs() == told) == (store == "rocksdb")


def test_a_lost_store_is_read_again(rig: Rig) -> None:
    """A second worker takes its share in the middle of it."""
    rig.start()
    for part in range(4):
        rig.send_many(3000, f"v{part}-", keys=3000)
    rig.drain()
    assert rig.stop_all() == [0]
    shutil.rmtree(rig.folder / "data")
    rig.start("a")
    rig.start("b")
    rig.send_many(500, "after")
    rig.drain()
    assert rig.stop_all() == [0, 0]
    assert rig.verdict() == CLEAN
    assert rig.stores_ahead_or_apart() == []


def test_a_store_of_another_changelog_ends_the_worker_with_code_2_and_says_what_to_do(rig: Rig) -> None:
    """As after the broker's data were deleted and the workers' kept."""
    rig.start()
    rig.send_many(100)
    rig.drain()
    assert rig.stop_all() == [0]
    rig.admin.delete_topics([changelog := changelog_topic(rig.app, "tally")])[changelog].result()
    wait_until(lambda: changelog not in rig.admin.list_topics(timeout=10).topics, 60, "deleted")
    worker = rig.start()
    assert worker.process.wait(90) == 2
    assert "状态目录比变更日志新" in worker.log.read_text()
    shutil.rmtree(rig.folder / "data")
    rig.start().wait_ready()
    assert rig.stop_all() == [0]


def test_a_source_that_ends_before_what_is_committed_is_read_from_its_beginning(rig: Rig) -> None:
    """As after a power cut that took the topic's latest records: what is written in their place must not be taken for
    done. Here the committed offset goes up instead."""
    rig.more |= {"static": False}
    rig.start()
    rig.send_many(100)
    rig.drain()
    assert rig.stop_all() == [0]
    rig.commit(1000)
    worker = rig.start()
    worker.wait_ready()
    rig.send_many(100, "new")
    rig.drain()
    assert rig.stop_all() == [0]
    assert rig.verdict() == CLEAN
    assert "丢失过记录" in worker.log.read_text()


def test_a_topic_with_another_partition_count_ends_the_worker_with_code_2(rig: Rig) -> None:
    rig.more |= {"partitions": PARTITIONS * 2}
    assert rig.start().process.wait(60) == 2


def test_a_write_that_cannot_succeed_ends_the_worker_and_commits_nothing(rig: Rig) -> None:
    rig.more |= {"out": f"{rig.name}-missing", "patience_s": 3}
    rig.send_many(20)
    assert rig.start().process.wait(90) == 1
    assert rig.lag() == 20


def join_and_send(rig: Rig, helpers: str) -> None:
    """A second worker joins; events arrive when the first has its new assignment and is not yet through recovery."""
    first = rig.start("a", helpers)
    first.wait_ready()
    before = len(first.health().get("partitions", [])) or PARTITIONS
    rig.start("b", helpers)
    wait_until(lambda: len(first.health().get("partitions", [])) not in (0, before), 60, "a new assignment")
    rig.send_many(400)
    rig.workers["b"].wait_ready(60)


@pytest.mark.parametrize("cure", [True, False])
@pytest.mark.parametrize("tables", [True, False])
def test_what_is_drained_during_a_rebalance_is_fetched_again_where_nothing_is_committed(
    rig: Rig, tables: bool, cure: bool
) -> None:
    """A look into the fetcher that outlasts the rebalance drains records nobody gets. aiokafka seeks only where
    something is committed; both ways out of recovery (with tables, without) must seek the rest."""
    copied = with_copy(rig, rig.inp)
    if not tables:
        rig.more["in"] = None
    join_and_send(rig, "long_poll,slow_recovery" + ("" if cure else ",faust_seek"))
    rig.drain(90)
    rig.stop_all()
    events = set().union(*rig.truth.values())
    missing = events - {m.value() for m in rig.read(copied)}
    assert bool(missing) == (not cure)
    if tables:
        assert (rig.verdict()["missing in state"] == 0) == cure


@pytest.mark.parametrize("cure", [True, False])
def test_what_was_fetched_in_an_earlier_flow_overtakes_nothing(rig: Rig, cure: bool) -> None:
    """Batches that were never begun go back with the seek of recovery; those behind them in the log must not be done
    before, least of all in a stateless step, which needs no recovery."""
    copied = with_copy(rig, rig.inp)
    first = rig.start("a", "late_fetch,slow_recovery" + ("" if cure else ",any_epoch"))
    first.wait_ready()
    for fetch in ("unbegun", "late"):
        rig.send_many(200, tag=fetch)
        wait_until(lambda fetch=fetch: fetch in first.log.read_text(), 60, fetch)
    rig.start("b").wait_ready(60)
    rig.drain(90)
    rig.stop_all()
    told: dict[bytes | None, list[bytes]] = defaultdict(list)
    for m in rig.read(copied):
        told[m.key()].append(m.value())
    assert len(told) == 200
    assert all(values[0].startswith(b"unbegun") for values in told.values()) == cure


def test_an_assignment_that_comes_while_stores_are_checked_stops_nobody(rig: Rig) -> None:
    """The ends that were asked for are those of the partitions before."""
    rig.more |= {"static": False}
    rig.send_many(100)
    rig.start("a")
    rig.drain()
    assert rig.stop_all() == [0]
    rig.start("b").wait_ready()
    worker = rig.start("a", "late_ends")
    wait_until(lambda: "ends held back" in worker.log.read_text(), 60, "a recovery of half of the partitions")
    assert rig.workers.pop("b").stop() == 0
    worker.wait_ready()
    rig.send_many(100, "after")
    rig.drain()
    assert rig.stop_all() == [0]
    assert rig.verdict() == CLEAN


def test_a_writer_opened_for_an_assignment_that_ended_fences_nobody(rig: Rig) -> None:
    rig.more |= {"static": False}
    rig.start("b").wait_ready()
    worker = rig.start("a", "slow_open")
    wait_until(lambda: "opening slowly" in worker.log.read_text(), 60, "writers being opened")
    assert rig.workers.pop("b").stop() == 0
    wait_until(lambda: worker.log.read_text().count("opening at last") == PARTITIONS // 2, 60, "late writers opened")
    rig.send_many(100)
    rig.drain()
    rig.send_many(100, "after")
    rig.drain()
    assert rig.stop_all() == [0]
    assert rig.verdict() == CLEAN
    assert "batch dropped" not in worker.log.read_text()


@pytest.mark.parametrize("cure", [True, False])
def test_nothing_flows_while_partitions_are_given_out_anew(rig: Rig, cure: bool) -> None:
    """The next rebalance begins at the end of a recovery, when all is sought and nothing resumed yet."""
    rig.start("b").wait_ready()
    worker = rig.start("a", "rejoin_after_seek" + ("" if cure else ",always_settled"))
    worker.wait_ready()
    rig.send_many(100)
    rig.drain()
    assert rig.stop_all() == [0, 0]
    assert rig.verdict() == CLEAN
    assert ("resumed meanwhile" in worker.log.read_text()) == (not cure)


@pytest.mark.parametrize("cure", [True, False])
def test_partitions_flow_only_after_the_seek(rig: Rig, cure: bool) -> None:
    """A worker that joins gracefully repeats nothing, not even in a stateless step, although seeking is slow."""
    copied = with_copy(rig, rig.inp)
    join_and_send(rig, "slow_recovery,slow_seek" + ("" if cure else ",faust_resume"))
    rig.drain()
    rig.stop_all()
    told = [m.value() for m in rig.read(copied)]
    assert (len(told) == len(set(told))) == cure
    assert set(told) == set().union(*rig.truth.values())
