"""Topics that stand before anybody writes or asks for them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from observability.outage import LIBRDKAFKA
from schemas.errors import Stop
from streams.engine.config import EngineConfig

log = logging.getLogger(__name__)

ANSWER_S = 15.0
LOOK_AGAIN_S = 0.05
PATIENCE_S = 60.0
"""How long a worker that starts waits for a broker that does not answer."""


def declare_changelogs(config: EngineConfig, names: Iterable[str], patience_s: float = PATIENCE_S) -> None:
    """Make those that are missing, and return once every partition can be written to. Stop, with the remedy, when
    that takes longer than `patience_s`.

    Faust makes them too, while its consumer joins: a worker that ended in between, or whose metadata is older than
    its topics, is assigned partitions without their changelogs, and these are never recovered.
    """
    wanted = dict.fromkeys(names, config.partitions)
    client = AdminClient({"bootstrap.servers": config.bootstrap, "logger": LIBRDKAFKA, **config.security})
    until, why = time.monotonic() + patience_s, ""
    while wanted:
        try:
            _create(client, wanted, config.replication)
            if not (unled := await_leaders(client, wanted, ANSWER_S)):
                return
            why = named(unled)
        except KafkaException as error:
            why = str(error.args[0].str())
        if time.monotonic() > until:
            raise Stop(f"变更日志主题不可用（{why}）：请检查 Kafka 是否在运行、是否允许建主题")
        time.sleep(LOOK_AGAIN_S)


def _create(client: AdminClient, wanted: Mapping[str, int], replication: int) -> None:
    present = client.list_topics(timeout=ANSWER_S).topics
    missing = [
        NewTopic(name, count, replication, config={"cleanup.policy": "compact"})
        for name, count in wanted.items()
        if name not in present
    ]
    for future in client.create_topics(missing).values() if missing else ():
        try:
            future.result(ANSWER_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def await_leaders(
    client: AdminClient, partitions: Mapping[str, int], timeout_s: float
) -> dict[TopicPartition, KafkaError]:
    """Wait until every partition can be written to; returns those that cannot after all that time, and why.

    A topic is made before its broker has taken its partitions up. An idempotent producer that writes in between may
    have its first batch refused and its second one taken: the broker knows no producer yet that a batch could be
    missing of, and what comes of the first is then taken for a repetition.
    """
    waiting = [TopicPartition(name, p) for name, count in partitions.items() for p in range(count)]
    until = time.monotonic() + timeout_s
    while True:
        asked = client.list_offsets(dict.fromkeys(waiting, OffsetSpec.latest()), request_timeout=ANSWER_S)
        errors = {tp: told.exception() for tp, told in asked.items()}  # an answer that does not come is an error, too
        unled = {tp: error.args[0] for tp, error in errors.items() if error is not None}
        if not unled or time.monotonic() > until:
            return unled
        waiting = list(unled)
        time.sleep(LOOK_AGAIN_S)
        # What the client believes of the leaders may be from before they were chosen, and it keeps to it for long.
        with suppress(KafkaException):
            client.list_topics(timeout=ANSWER_S)


def named(unled: Mapping[TopicPartition, KafkaError]) -> str:
    """The first of them with its reason, and how many there are."""
    partition, error = next(iter(unled.items()))
    return f"{partition.topic}[{partition.partition}] {error.str()}，共 {len(unled)} 个分区"
