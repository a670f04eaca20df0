"""The sql and soap kinds in the conformance suite of sinks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from httpx import URL

from connectors.api import Result, Sink
from connectors.kinds import open_sink
from demo.gov_service.server import SECRET, GovService
from demo.legal_aid.clerk import Clerk
from mappings.message import Message
from santai.platform.mariadb import MariaDb
from tests.contract.test_sinks import Partner, SinkConformance
from tests.support.proxy import LossyProxy
from tests.support.pull import system

pytestmark = pytest.mark.integration


def sink_of(name: str, **section: Any) -> Sink:
    of = system(name)
    made = open_sink(name, of.kind, dict(of.sink or {}) | section)
    assert made is not None
    return made


class SqlPartner(Partner):
    """The legal-aid office's inbox on MariaDB, reached through a proxy."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url)
        self._office = Clerk(url)
        self._office.create_tables()
        port = sa.make_url(url).port
        assert port is not None
        self._proxy = LossyProxy(port)
        self._locker: sa.Connection | None = None
        self._refusing = False
        through = sa.make_url(url).set(port=self._proxy.port).render_as_string(hide_password=False)
        super().__init__(sink_of("legal-aid", url=through, read_timeout_seconds=2))

    def message(self) -> Message:
        return Message("insert", {"ticket_id": "t1", "kind": "state", "applicant": "张三"})

    def misbehave(self, how: str) -> None:
        if how == "busy":
            self._locker = self._engine.connect()
            self._locker.exec_driver_sql("LOCK TABLES hub_inbox WRITE")
        elif how == "refuse":
            self._refusing = True
            self._alter("ADD CONSTRAINT never CHECK (applicant <> '张三')")
        else:
            self._proxy.arm(b"COMMIT", after=b"INSERT INTO", deliver=how == "lose")

    def send(self, push_id: str) -> Result:
        """Misbehaving is for one call."""
        result = super().send(push_id)
        if self._locker is not None:
            self._locker.exec_driver_sql("UNLOCK TABLES")
            self._locker.close()
            self._locker = None
        if self._refusing:
            self._refusing = False
            self._alter("DROP CONSTRAINT never")
        return result

    def applied(self) -> list[str]:
        return [row["push_id"] for row in self._office.inbox()]

    def kill(self) -> None:
        self._proxy.close()

    def close(self) -> None:
        self.sink.close()
        self._proxy.close()
        self._office.close()
        self._engine.dispose()

    def _alter(self, change: str) -> None:
        with self._engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE hub_inbox {change}")


class SoapPartner(Partner):
    """The demo's platform, reached through a proxy."""

    def __init__(self, platform: GovService) -> None:
        self._platform = platform
        url = URL(platform.url)
        assert url.port is not None
        self._proxy = LossyProxy(url.port)
        through = str(url.copy_with(port=self._proxy.port))
        section = {"endpoint": through, "app_key": "santai", "secret": SECRET, "read_timeout_seconds": 3}
        super().__init__(sink_of("gov-service", **section))

    def message(self) -> Message:
        return Message("pushCase", {"project_no": "P1", "applyer_name": "张三"})

    def misbehave(self, how: str) -> None:
        if how == "hang":
            self._proxy.arm(b"pushCase", deliver=False)
        else:
            faults = {"busy": ("code", "9999"), "refuse": ("code", "2002"), "lose": ("drop-after", "")}
            self._platform.fail_next(*faults[how], operation="pushCase")

    def applied(self) -> list[str]:
        return [line.unid for line in self._platform.journal() if line.outcome == "applied"]

    def kill(self) -> None:
        self._proxy.close()

    def close(self) -> None:
        self.sink.close()
        self._proxy.close()


class TestSql(SinkConformance):
    @pytest.fixture
    def partner(self, mariadb: MariaDb, mariadb_url: str) -> Iterator[Partner]:
        made = SqlPartner(mariadb_url)
        yield made
        made.close()


class TestSoap(SinkConformance):
    @pytest.fixture
    def partner(self, gov_service: GovService) -> Iterator[Partner]:
        made = SoapPartner(gov_service)
        yield made
        made.close()
