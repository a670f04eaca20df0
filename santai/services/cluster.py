"""What must stand on the cluster before anything runs: topics and schemas. Safe to run any number of times."""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from santai.settings import Settings
from schemas.catalog import subjects
from schemas.errors import Stop
from schemas.registry import Registered, RegistrySchemaIds
from streams.engine.declared import await_leaders, named
from streams.topology import TopicSpec, topic_specs

TIMEOUT_S = 15.0
ANSWER_S = 8.0
LEADERS_S = 60.0
"""How long a broker may take to take up the partitions of a topic it has made."""


def admin(settings: Settings) -> AdminClient:
    """A client of a broker that answers. Stop, naming the address, when it does not."""
    client = AdminClient(settings.clients(log_level=0))  # what is wrong is said below, once
    try:
        client.list_topics(timeout=ANSWER_S)
    except KafkaException as e:
        raise Stop(
            f"连不上 Kafka {settings.bootstrap()}:{e.args[0].str()};请检查 SANTAI_BROKER 或执行 santai up"
        ) from None
    return client


def create_topics(settings: Settings, systems: Iterable[str]) -> list[str]:
    """Create the topology's topics that are not there yet. Stop when one is there with other partitions."""
    client = admin(settings)
    specs = topic_specs(settings.topics, systems, settings.partitions)
    present = client.list_topics(timeout=TIMEOUT_S).topics
    for spec in specs:
        if spec.name in present and len(present[spec.name].partitions) != spec.partitions:
            raise Stop(
                f"主题 {spec.name} 有 {len(present[spec.name].partitions)} 个分区,设置为 {spec.partitions}:"
                "分区数定下后不能改,请把 SANTAI_PARTITIONS 改回原值"
            )
    missing = [s for s in specs if s.name not in present]
    if missing:
        _create(client, missing, settings.replication)
    return [s.name for s in missing]


def _create(client: AdminClient, specs: list[TopicSpec], replication: int) -> None:
    made = client.create_topics([NewTopic(s.name, s.partitions, replication, config=s.config) for s in specs])
    for name, future in made.items():
        try:
            future.result(TIMEOUT_S)
        except KafkaException as e:
            if e.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise Stop(f"无法创建主题 {name}:{e.args[0].str()}") from None
    unled = await_leaders(client, {s.name: s.partitions for s in specs}, LEADERS_S)
    if unled:
        raise Stop(f"主题建成 {LEADERS_S:g} 秒后仍有分区不可用({named(unled)}):请检查 Kafka 的日志")


def register_schemas(settings: Settings, systems: Iterable[str]) -> list[Registered]:
    """Register the schemas of all topics. Stop when one is incompatible, Retry when the registry does not answer."""
    with RegistrySchemaIds(settings.registry_url()) as registry:
        return registry.register(subjects(settings.topics, tuple(systems)))
