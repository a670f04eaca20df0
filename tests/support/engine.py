"""A road of one stateful step (and, when asked for, a stateless one) with worker processes, for tests of the engine.

The truth is what was produced; it is compared with the changelog and the outputs, read committed, from the beginning.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic

from streams.engine.app import changelog_topic
from streams.engine.ownership import BARRIER_KEY
from streams.engine.store import RocksStore, new_cache

ROOT = Path(__file__).resolve().parents[2]
PARTITIONS = 4
BROKER_COMES_BACK = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError._UNKNOWN_PARTITION,  # a consumer made a moment ago may know the topic without its partitions
    KafkaError._TRANSPORT,
    KafkaError._TIMED_OUT,
)


def wait_until(true: Callable[[], bool], timeout_s: float, what: str) -> None:
    """Polls until it is true; fails the test when it never becomes so."""
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, f"not within {timeout_s:.0f} s: {what}"
        time.sleep(0.05)


class WorkerProcess:
    """One worker of the rig."""

    def __init__(self, told: dict[str, Any], log: Path, mutant: str | None) -> None:
        self.ready_file = Path(told["ready"])
        self.ready_file.unlink(missing_ok=True)
        self.log = log
        module = "tests.support.engine_mutants" if mutant else "tests.integration.engine_worker"
        argv = [sys.executable, "-m", module, json.dumps(told), *([mutant] if mutant else [])]
        with log.open("a") as out:
            self.process = subprocess.Popen(argv, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)

    def wait_ready(self, timeout_s: float = 120) -> None:
        """Returns once the first recovery is done."""
        wait_until(lambda: self.ready_file.exists() or not self.running, timeout_s, "worker ready")
        assert self.running, f"worker ended: {self.log.read_text()[-2000:]}"

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def health(self) -> dict[str, Any]:
        """What the worker last said of itself (it says so every 0.3 s); empty before it is ready."""
        path = self.ready_file.with_name(self.ready_file.name + ".health")
        text = path.read_text() if path.exists() else ""
        told: dict[str, Any] = json.loads(text) if text.endswith("}") else {}
        return told

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self, timeout_s: float = 120) -> int:
        """Graceful; the exit code."""
        if self.running:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def kill(self) -> None:
        """As a crash or the kernel would."""
        self.process.kill()
        self.process.wait()


@dataclass
class Rig:
    """Topics, a producer that remembers the truth, workers."""

    bootstrap: str
    name: str
    folder: Path
    more: dict[str, Any] = field(default_factory=dict)
    truth: dict[bytes, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    workers: dict[str, WorkerProcess] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app, self.inp, self.out, self.dlq = (f"{self.name}-{part}" for part in ("app", "in", "out", "dlq"))
        self.admin = AdminClient({"bootstrap.servers": self.bootstrap})
        self.create(**{self.inp: PARTITIONS, self.out: PARTITIONS, self.dlq: 1})
        self.producer = self.new_producer()

    def create(self, **topics: int) -> None:
        """Topics with so many partitions."""
        for future in self.admin.create_topics([NewTopic(t, n, 1) for t, n in topics.items()]).values():
            future.result()

    def new_producer(self, **settings: Any) -> Producer:
        """A keyed producer as the road's are, unless told otherwise."""
        return Producer(
            {"bootstrap.servers": self.bootstrap, "acks": "all", "partitioner": "murmur2_random"} | settings
        )

    def told(self, worker: str) -> dict[str, Any]:
        """What a worker process is told."""
        base = {
            "app": self.app,
            "bootstrap": self.bootstrap,
            "worker": worker,
            "datadir": str(self.folder / "data"),
            "dlq": self.dlq,
            "in": self.inp,
            "out": self.out,
            "ready": str(self.folder / f"ready-{worker}"),
        }
        return {key: value for key, value in (base | self.more).items() if value is not None}

    def start(self, worker: str = "a", mutant: str | None = None) -> WorkerProcess:
        """A worker process; not waited for."""
        process = WorkerProcess(self.told(worker), self.folder / f"log-{worker}", mutant)
        self.workers[worker] = process
        return process

    def send(self, key: bytes, value: bytes) -> None:
        """An event that must take effect exactly once."""
        self.truth[key].add(value)
        while True:
            try:
                self.producer.produce(self.inp, value, key)
                return
            except BufferError:
                self.producer.poll(0.1)

    def send_many(self, count: int, tag: str = "v", keys: int = 500) -> None:
        """Events v0, v1, … over some keys, flushed."""
        for i in range(count):
            self.send(b"k%d" % (i % keys), b"%s%d" % (tag.encode(), i))
        self.producer.flush()

    def lag(self, topic: str | None = None) -> int:
        """Offsets between what is committed and the end, control records included."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": self.app, "enable.auto.commit": False})
        try:
            tps = [TopicPartition(topic or self.inp, p) for p in range(PARTITIONS)]
            ends = [consumer.get_watermark_offsets(tp)[1] for tp in tps]
            return sum(end - max(0, c.offset) for end, c in zip(ends, consumer.committed(tps), strict=True))
        except KafkaException as error:
            if error.args[0].code() not in BROKER_COMES_BACK:
                raise
            return 1  # not known yet
        finally:
            consumer.close()

    def commit(self, offset: int) -> None:
        """In every partition of the input, while no worker runs."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": self.app, "enable.auto.commit": False})
        consumer.commit(offsets=[TopicPartition(self.inp, p, offset) for p in range(PARTITIONS)], asynchronous=False)
        consumer.close()

    def drain(self, timeout_s: float = 180) -> None:
        """Waits until everything is committed."""
        self.producer.flush()
        wait_until(lambda: self.lag() == 0, timeout_s, "everything committed")

    def stop_all(self) -> list[int]:
        """Gracefully; exit codes."""
        codes = [worker.stop() for worker in self.workers.values()]
        self.workers.clear()
        return codes

    def cut_off(self, topic: str) -> None:
        """Deletes all records of a topic, compacted or not; offsets go on where they were."""
        setting = ConfigEntry("cleanup.policy", "delete", incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[setting])
        for changed in self.admin.incremental_alter_configs([resource]).values():
            changed.result()
        for cut in self.admin.delete_records([TopicPartition(topic, p, -1) for p in range(PARTITIONS)]).values():
            cut.result()

    def clean_up(self) -> None:
        """After a test, however it ended."""
        for worker in self.workers.values():
            if worker.running:
                worker.kill()

    def read(self, topic: str, isolation: str = "read_committed") -> Iterator[Message]:
        """All records of a topic."""
        settings = {"group.id": f"{self.name}-reader", "enable.auto.commit": False, "enable.partition.eof": True}
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "isolation.level": isolation} | settings)
        try:
            partitions = consumer.list_topics(topic, 10).topics[topic].partitions
            consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
            open_ends = len(partitions)
            while open_ends:
                for message in consumer.consume(5000, 1):
                    if message.error() is None:
                        yield message
                    else:
                        open_ends -= 1
        finally:
            consumer.close()

    def outputs(self) -> Counter[bytes]:
        """How often each id was told."""
        return Counter(message.value() for message in self.read(self.out))

    def state(self, until: dict[int, int] | None = None) -> dict[bytes, set[bytes]]:
        """The changelog folded: key -> ids; each partition up to (with) an offset, when told."""
        folded: dict[bytes, set[bytes]] = {}
        for message in self.read(changelog_topic(self.app, "tally")):
            if until is not None and message.offset() > until.get(message.partition(), -1):
                continue
            if message.key() != BARRIER_KEY:
                folded[message.key()] = set(message.value().split(b","))
        return folded

    def verdict(self) -> dict[str, int]:
        """Differences between truth and result; all zero when all is well."""
        events = set().union(*self.truth.values())
        state, outputs = self.state(), self.outputs()
        kept = set().union(*state.values()) if state else set()
        return {
            "missing in state": len(events - kept),
            "phantoms": len(kept - events),
            "wrong keys": sum(1 for key, ids in self.truth.items() if state.get(key, set()) != ids),
            "missing in outputs": len(events - set(outputs)),
            "repeated outputs": outputs.total() - len(outputs),
            "dead letters": sum(1 for _ in self.read(self.dlq)),
        }

    def stores_ahead_or_apart(self) -> list[str]:
        """Stores on disk that are not exactly the committed changelog up to the offset they claim. Workers must be
        stopped."""
        found = []
        for path in sorted((self.folder / "data").glob("*/tables/tally/*")):
            store = RocksStore(path, new_cache())
            partition = int(path.name)
            kept = {key: set(value.split(b",")) for key, value in store.items()}
            offset = store.offset
            store.close()
            if kept != self.state({partition: -1 if offset is None else offset}):
                found.append(str(path.relative_to(self.folder)))
        return found
