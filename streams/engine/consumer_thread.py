"""The thread that owns the aiokafka consumer. What is overridden and why is listed in overrides.py."""

from __future__ import annotations

from typing import Any

import aiokafka
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

FETCH_WAIT_MS = 100
"""How long the broker may hold a fetch. aiokafka has one fetch a broker: a partition drained meanwhile waits for it."""


class BatchConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """See the module."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        """As Faust's, but read_committed and with short fetches."""
        conf = self.app.conf
        self._assignor = self.app.assignor if self.app.tables.changelog_topics else RoundRobinPartitionAssignor
        auth = driver.credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context)
        return aiokafka.AIOKafkaConsumer(
            client_id=conf.broker_client_id,
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            bootstrap_servers=driver.server_list(transport.url, transport.default_port),
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset=conf.consumer_auto_offset_reset,
            max_poll_records=conf.broker_max_poll_records,
            max_poll_interval_ms=int(conf.broker_max_poll_interval * 1000),
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            check_crcs=conf.broker_check_crcs,
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            metadata_max_age_ms=conf.consumer_metadata_max_age_ms,
            connections_max_idle_ms=conf.consumer_connections_max_idle_ms,
            isolation_level="read_committed",
            **auth,
        )

    def position_now(self, tp: TP) -> int | None:
        """Where the next record handed over will come from at the earliest; None when not known (yet)."""
        subscription = self._ensure_consumer()._subscription.subscription
        assignment = None if subscription is None else subscription.assignment
        key = aiokafka.TopicPartition(tp.topic, tp.partition)
        if assignment is None or key not in assignment.tps:
            return None
        state = assignment.state_value(key)
        return int(state.position) if state.has_valid_position else None

    async def rejoin(self) -> None:
        """Ask the group for a new assignment."""
        self._ensure_consumer()._coordinator.request_rejoin()
