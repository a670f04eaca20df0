"""The soap source against the demo's platform, a Java server on another SOAP stack."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.soap import SoapSink, SoapSource
from connectors.soap_settings import SoapSinkSettings, SoapSourceSettings
from demo.gov_service.server import SECRET, GovService
from mappings.body import parse_body
from schemas.errors import Retry, Stop
from schemas.events.common import Member
from schemas.events.delivery import Delivery
from schemas.ids import submission_id
from tests.support.pull import Bench, KnownEchoes, system

pytestmark = pytest.mark.integration

GOV = system("gov-service")
HARD_TEXT = "拖欠工资]]>二级 <b>&amp; 䶮𠮷😀\n第二行"


def settings(url: str, **changes: Any) -> SoapSourceSettings:
    section = dict(GOV.source or {}) | {"endpoint": url, "app_key": "santai", "secret": SECRET, "interval_seconds": 1}
    return SoapSourceSettings.model_validate(section | changes)


@pytest.fixture
def source(gov_service: GovService) -> Iterator[SoapSource]:
    made = SoapSource("gov-service", settings(gov_service.url, page_size=4))
    yield made
    made.close()


@pytest.fixture
def bench(source: SoapSource, tmp_path: Path) -> Bench:
    return Bench(GOV, source, f"sqlite:///{tmp_path / 'store.db'}")


def cases(count: int, **fields: str) -> list[dict[str, str]]:
    return [{"project_no": f"P{number}", "applyer_name": "王晓"} | fields for number in range(count)]


def test_cases_come_as_they_are_and_are_acknowledged(gov_service: GovService, bench: Bench) -> None:
    gov_service.add_cases(cases(10, content=HARD_TEXT))
    changes = bench.drain()
    assert [change.source_key for change in changes] == [f"P{number}" for number in range(10)]
    assert {change.content_type for change in changes} == {"application/xml"}
    assert changes[0].body.startswith(b"<Case>")
    assert changes[0].body.endswith(b"</Case>")
    assert parse_body("application/xml", changes[0].body)["content"] == HARD_TEXT
    assert all(case["acknowledged"] for case in gov_service.cases())
    assert bench.drain() == []


def test_a_correction_comes_as_a_new_version(gov_service: GovService, bench: Bench) -> None:
    gov_service.add_cases(cases(1))
    gov_service.add_cases([{"project_no": "P0", "applyer_name": "王小"}])
    gov_service.add_cases(cases(1))
    versions = [parse_body("application/xml", change.body)["data_ver"] for change in bench.drain()]
    assert versions == ["3"]  # the platform gives out how it stands


def test_what_was_never_acknowledged_comes_again_without_an_event(gov_service: GovService, bench: Bench) -> None:
    gov_service.add_cases(cases(6))
    gov_service.fail_next("drop-before", operation="ack", times=1)
    with pytest.raises(Retry):
        bench.drain()
    assert len(bench.intake.changes) == 4
    bench.drain()
    bench.drain()  # the next walk begins anew
    assert len(bench.intake.changes) == 6
    assert all(case["acknowledged"] for case in gov_service.cases())


def test_tokens_that_expire_in_the_middle_are_replaced(gov_service: GovService, bench: Bench) -> None:
    gov_service.add_cases(cases(12))
    bench.runner.step()
    gov_service.expire_tokens()
    bench.drain()
    assert len(bench.intake.changes) == 12
    assert all(event.result == "ok" for event in bench.events)


def test_a_token_near_its_end_is_replaced_unasked(gov_service: GovService) -> None:
    gov_service.token_seconds(100)
    ahead = 0.0
    source = SoapSource("gov-service", settings(gov_service.url, token_refresh_seconds=40), lambda: time.time() + ahead)
    source.poll(None)
    gov_service.fail_next("http", "503", operation="getToken")
    ahead = 50.0
    source.poll(None)
    ahead = 61.0  # the platform would still take it
    with pytest.raises(Retry):
        source.poll(None)
    source.poll(None)
    source.close()


def test_our_own_writing_comes_back_and_makes_no_event(gov_service: GovService, tmp_path: Path) -> None:
    gov_service.add_cases(cases(1, handle_status="21"))
    push = "5d1a1f6e-0000-5000-8000-000000000001"
    ticket = submission_id("gov-service", "P0")
    member = Member(submission_id=ticket, system="gov-service", source_key="P0", number="P0")
    delivery = Delivery(
        event_id=push, ticket_id=ticket, seq=3, system="gov-service", kind="state", member=member,
        at=1_772_672_400_000, state="ACCEPTED", by_system="12345", text=HARD_TEXT, cause_id=push,
    )  # fmt: skip
    message = GOV.map_outbound(delivery)
    assert message is not None
    assert message.echo_digest is not None
    sink = SoapSink(
        "gov-service",
        SoapSinkSettings(endpoint=gov_service.url, app_key="santai", secret=SecretStr(SECRET)),
    )
    source = SoapSource("gov-service", settings(gov_service.url))
    bench = Bench(GOV, source, f"sqlite:///{tmp_path / 's.db'}", KnownEchoes({push: message.echo_digest}))
    assert len(bench.drain()) == 1
    assert sink.send(message, push).told == "done"
    assert bench.drain() == []
    assert sum(event.echoes for event in bench.events) == 1
    gov_service.add_cases([{"project_no": "P0", "handle_status": "60"}])  # the platform's own doing is told
    assert len(bench.drain()) == 1
    sink.close()
    source.close()


@pytest.mark.parametrize("how", ["code", "fault", "http", "drop-before", "drop-after"])
def test_trouble_is_retried_and_nothing_is_lost(gov_service: GovService, bench: Bench, how: str) -> None:
    gov_service.add_cases(cases(6))
    value = {"code": "9999", "http": "503"}.get(how, "")
    for operation in ("getToken", "pullCases", "ack"):
        if how in ("code", "fault") and operation == "getToken":
            continue
        gov_service.fail_next(how, value, operation=operation)
        with pytest.raises(Retry) as caught:
            bench.drain()
        assert "王晓" not in str(caught.value)
    bench.drain()
    bench.drain()
    assert sorted(change.source_key for change in bench.intake.changes) == [f"P{number}" for number in range(6)]
    assert all(case["acknowledged"] for case in gov_service.cases())


@pytest.mark.parametrize("style", ["0", "1", "200"])
def test_every_vendor_s_way_of_saying_yes_is_understood(gov_service: GovService, bench: Bench, style: str) -> None:
    gov_service.style(style)
    gov_service.add_cases(cases(5))
    assert len(bench.drain()) == 5
    assert all(case["acknowledged"] for case in gov_service.cases())


def test_a_wrong_secret_stops_at_first(gov_service: GovService) -> None:
    with pytest.raises(Stop, match="secret"):
        SoapSource("gov-service", settings(gov_service.url, secret="wrong")).poll(None)


def test_an_unreachable_platform_is_retried(free_port: int) -> None:
    with pytest.raises(Retry):
        SoapSource("gov-service", settings(f"http://127.0.0.1:{free_port}/case")).poll(None)
