"""Raw changes on the real broker: what is acknowledged is there, what is not is said so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from connectors.intake import RECORD_BYTES_MAX, Intake
from connectors.publish import Outgoing, Publisher
from santai.platform.kafka import Kafka
from schemas.errors import DeadLetter, Retry, Unmappable
from schemas.events.intake import RawChange
from schemas.topics import Topics
from streams.engine.partitioner import partition_of
from tests.support.topics import PARTITIONS, create_topics, make_codec, producer_config, read_all

pytestmark = pytest.mark.integration


def change(key: str, body: bytes = b"{}") -> RawChange:
    return RawChange(
        event_id=f"raw-{key}", system="web", source_key=key, captured_at=1, content_type="application/json", body=body
    )


@pytest.fixture
def topics(kafka: Kafka, topic_prefix: str) -> Topics:
    topics = Topics(topic_prefix)
    create_topics(kafka.bootstrap, topics, ("web",))
    return topics


@pytest.fixture
def intake(kafka: Kafka, topics: Topics) -> Iterator[Intake]:
    intake = Intake(make_codec(), producer_config(kafka.bootstrap), topics, timeout_s=4)
    yield intake
    intake.close()


def test_many_threads_all_durable_once_and_where_java_would_put_them(
    kafka: Kafka, topics: Topics, intake: Intake
) -> None:
    changes = [change(f"编号-{n}", b"body %d" % n) for n in range(400)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda one: intake.publish([one]), changes))
    records = read_all(kafka.bootstrap, topics.intake("web"))
    codec = make_codec()
    assert sorted(codec.decode(r.value()).source_key for r in records) == sorted(c.source_key for c in changes)
    for record in records:
        found = codec.decode(record.value())
        assert record.key() == found.source_key.encode()
        assert record.partition() == partition_of(record.key(), PARTITIONS)
        assert dict(record.headers())["ce_id"] == found.event_id.encode()
        assert dict(record.headers())["ce_source"] == b"/santai/connectors/web"
        assert found.body not in record.value(), "the body is under seal"


def test_callers_at_once_share_batches(intake: Intake) -> None:
    """Each caller awaits its own records only: 200 at once cost a few round trips, not 200."""
    with ThreadPoolExecutor(50) as pool:
        list(pool.map(lambda n: intake.publish([change(f"warm-{n}")]), range(50)))
        begun = time.monotonic()
        list(pool.map(lambda n: intake.publish([change(f"k-{n}")]), range(200)))
    assert time.monotonic() - begun < 2.0


def test_the_trace_goes_along(kafka: Kafka, topics: Topics, intake: Intake) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    intake.publish([change("k")], traceparent=trace)
    (record,) = read_all(kafka.bootstrap, topics.intake("web"))
    assert dict(record.headers())["traceparent"] == trace.encode()


def test_dead_letters_hold_key_and_bytes_of_the_intake_record(kafka: Kafka, topics: Topics, intake: Intake) -> None:
    intake.publish([change("k", "姓名".encode())])
    intake.dead_letter(change("k", "姓名".encode()), Unmappable("时间无法识别", field="at"), mapping="web@1")
    (sound,) = read_all(kafka.bootstrap, topics.intake("web"))
    (dead,) = read_all(kafka.bootstrap, topics.dlq)
    assert (dead.key(), dead.value()) == (sound.key(), sound.value())
    found = dict(dead.headers())
    assert found["__connect.errors.topic"] == topics.intake("web").encode()
    assert found["__connect.errors.exception.class.name"] == b"Unmappable"
    assert found["x-santai-mapping"] == b"web@1"
    assert found["x-santai-attempt"] == b"1"
    assert "姓名".encode() not in b"".join(value for _, value in dead.headers())


def test_too_large_for_a_record_is_said_before_anything_is_written(
    kafka: Kafka, topics: Topics, intake: Intake
) -> None:
    with pytest.raises(DeadLetter, match="上限"):
        intake.publish([change("small"), change("large", b"x" * 1_000_000)])
    assert read_all(kafka.bootstrap, topics.intake("web")) == []


def test_the_largest_value_there_may_be_is_written_with_its_headers(
    kafka: Kafka, topics: Topics, intake: Intake
) -> None:
    for size in range(RECORD_BYTES_MAX, 0, -50):
        try:
            intake.publish([change("largest", b"x" * size)])
            break
        except DeadLetter:
            continue
    [written] = read_all(kafka.bootstrap, topics.intake("web"))
    assert RECORD_BYTES_MAX - 50 <= len(written.value()) <= RECORD_BYTES_MAX


def test_without_a_broker_nothing_is_acknowledged_and_with_it_all_goes_on(
    kafka: Kafka, topics: Topics, intake: Intake
) -> None:
    intake.publish([change("before")])
    kafka.kill()
    begun = time.monotonic()
    with pytest.raises(Retry):
        intake.publish([change("during")])
    assert time.monotonic() - begun < 30.0, "bounded: 4 s and a second for the report, on a busy machine too"
    kafka.start()
    publish_at_last(intake, change("after"))
    keys = [record.key() for record in read_all(kafka.bootstrap, topics.intake("web"))]
    assert keys.count(b"before") == 1
    assert set(keys) == {b"before", b"after"}


def publish_at_last(intake: Intake, one: RawChange) -> None:
    """As those do who are told to try again: a broker that has just come back may take longer than one try."""
    for _ in range(10):
        try:
            return intake.publish([one])
        except Retry:
            continue
    raise AssertionError("ten tries in vain")


def test_an_unknown_topic_is_trouble_not_success(kafka: Kafka, topic_prefix: str) -> None:
    intake = Intake(make_codec(), producer_config(kafka.bootstrap), Topics(f"{topic_prefix}none"), timeout_s=2)
    with pytest.raises(Retry):
        intake.publish([change("k")])
    intake.close()
    with pytest.raises(Retry, match="已关闭"):
        intake.publish([change("k")])


class Broken:
    """A producer after a fatal error: librdkafka never takes anything again."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config

    def produce(self, *_record: object, **_options: object) -> None:
        raise KafkaException(KafkaError(KafkaError._FATAL, "lost sequence", True))

    def poll(self, timeout: float) -> int:
        time.sleep(timeout)  # what poll does when nothing happens
        return 0

    def flush(self, _timeout: float) -> int:
        return 0


def test_after_a_fatal_error_a_new_producer_takes_over(kafka: Kafka, topics: Topics) -> None:
    made: list[Any] = []

    def make(config: dict[str, Any]) -> Any:
        made.append(Producer(config) if made else Broken(config))
        return made[-1]

    careless = {"acks": 0, "enable.idempotence": False, "partitioner": "random"}
    with Publisher({**producer_config(kafka.bootstrap), **careless}, timeout_s=4, make=make) as publisher:
        record = Outgoing(topics.audit, b"k", b"v")
        with pytest.raises(Retry, match="FATAL"):
            publisher.publish([record])
        publisher.publish([record])
    assert len(read_all(kafka.bootstrap, topics.audit)) == 1
    assert len(made) == 2
    assert {name: made[0].config[name] for name in careless} == {
        "acks": "all", "enable.idempotence": True, "partitioner": "murmur2_random",
    }, "what is promised is not for settings to choose"  # fmt: skip
