"""The soap sink against the demo's platform: every way a push can end."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from connectors.api import Told
from connectors.soap import SoapSink
from connectors.soap_settings import SoapSinkSettings
from demo.gov_service.server import SECRET, GovService
from mappings.message import Message
from schemas.events.delivery import Delivery
from tests.support.pull import system

pytestmark = pytest.mark.integration

GOV = system("gov-service")
HARD_TEXT = "拖欠工资]]>二级 <b>&amp; 䶮𠮷😀\r\n第二行\x0b"


def sink_of(url: str, **changes: Any) -> SoapSink:
    section = dict(GOV.sink or {}) | {"endpoint": url, "app_key": "santai", "secret": SECRET} | changes
    return SoapSink("gov-service", SoapSinkSettings.model_validate(section))


@pytest.fixture
def sink(gov_service: GovService) -> Iterator[SoapSink]:
    made = sink_of(gov_service.url)
    yield made
    made.close()


def push_id() -> str:
    return str(uuid.uuid4())


def case(number: str = "P1", **fields: Any) -> Message:
    return Message("pushCase", {"project_no": number, "title": HARD_TEXT} | fields)


def applied(gov_service: GovService) -> list[str]:
    return [line.unid for line in gov_service.journal() if line.outcome == "applied"]


def test_hard_text_arrives_whole(gov_service: GovService, sink: SoapSink) -> None:
    push = push_id()
    assert sink.send(case(content=None, empty=""), push).told is Told.DONE
    (line,) = gov_service.journal()
    assert (line.operation, line.unid, line.outcome) == ("pushCase", push, "applied")
    assert line.fields["title"] == HARD_TEXT.replace("\x0b", "")


@pytest.mark.parametrize(
    ("kind", "state", "operation"),
    [
        ("open", "RECEIVED", "pushCase"),
        ("state", "SUSPENDED", "pushSpecial"),
        ("state", "CLOSED", "pushResult"),
        ("state", "ACCEPTED", "pushProcess"),
        ("rating", None, "pushEvaluate"),
        ("urge", None, "pushProcess"),
    ],
)
def test_what_the_mapping_writes_is_taken(
    gov_service: GovService, sink: SoapSink, kind: str, state: str | None, operation: str
) -> None:
    ticket = push_id()
    assert sink.send(case(f"ST{ticket}"), push_id()).told is Told.DONE
    delivery = Delivery(
        event_id=push_id(), ticket_id=ticket, seq=2, system="gov-service", kind=kind, at=1_772_672_400_000,
        state=state, by_system="12345", grade=5, person_name="王晓", id_number="110101199003077758",
        phone="13800000000", title="讨薪", text="欠薪", cause_id=ticket,
    )  # fmt: skip
    message = GOV.map_outbound(delivery)
    assert message is not None
    assert message.operation == operation
    assert sink.send(message, delivery.event_id).told is Told.DONE
    assert applied(gov_service)[-1] == delivery.event_id


@pytest.mark.parametrize("style", ["0", "1", "200"])
def test_the_same_push_again_is_done_and_applied_once(gov_service: GovService, sink: SoapSink, style: str) -> None:
    """Two of the vendors say it with a code that means failure, and the text "已存在该条服务信息"."""
    gov_service.style(style)
    push = push_id()
    assert [sink.send(case(), push).told for _ in range(3)] == [Told.DONE] * 3
    assert applied(gov_service) == [push]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (case(""), "2002"),
        (case(applyer_type="7"), "2003"),
        (Message("pushProcess", {"project_no": "unknown"}), "3003"),
        (Message("pushEvaluate", {"project_no": "P1", "satisfaction": "1"}), "2002"),  # 差评 needs a word
    ],
)
def test_what_the_platform_will_never_take_is_refused(
    gov_service: GovService, sink: SoapSink, message: Message, code: str
) -> None:
    assert sink.send(case(), push_id()).told is Told.DONE
    result = sink.send(message, push_id())
    assert result.told is Told.REFUSED
    assert code in result.reason
    assert len(applied(gov_service)) == 1


def test_what_cannot_be_written_is_refused(gov_service: GovService, sink: SoapSink) -> None:
    assert sink.send(Message("dropCase", {"project_no": "P1"}), push_id()).told is Told.REFUSED
    assert sink.send(Message("pushCase", {"bad name": "x"}), push_id()).told is Told.REFUSED
    assert gov_service.journal() == []


@pytest.mark.parametrize("style", ["0", "200"])
def test_a_batch_may_succeed_in_part(gov_service: GovService, sink: SoapSink, style: str) -> None:
    gov_service.style(style)
    old, good, bad, unwritable = (push_id() for _ in range(4))
    sink.send(case("P0"), old)
    results = sink.send_batch(
        "pushCase",
        [(case("P0"), old), (case("P2"), good), (case(""), bad), (Message("pushCase", {"?": 1}), unwritable)],
    )
    assert {push: result.told for push, result in results.items()} == {
        old: Told.DONE, good: Told.DONE, bad: Told.REFUSED, unwritable: Told.REFUSED,
    }  # fmt: skip
    assert applied(gov_service) == [old, good]


def test_an_expired_token_costs_nothing(gov_service: GovService, sink: SoapSink) -> None:
    pushes = [push_id() for _ in range(4)]
    for number, push in enumerate(pushes):
        assert sink.send(case(f"P{number}"), push).told is Told.DONE
        gov_service.expire_tokens()
    assert applied(gov_service) == pushes


def test_a_token_refused_twice_is_retried_later(gov_service: GovService, sink: SoapSink) -> None:
    gov_service.fail_next("code", "1002", operation="pushCase", times=2)
    push = push_id()
    assert sink.send(case(), push).told is Told.RETRY
    assert sink.send(case(), push).told is Told.DONE


@pytest.mark.parametrize(
    ("how", "value", "told", "count"),
    [
        ("code", "9999", Told.RETRY, 0),
        ("code", "4711", Told.UNKNOWN, 0),
        ("http", "503", Told.RETRY, 0),
        ("http", "429", Told.RETRY, 0),
        ("http", "302", Told.RETRY, 0),
        ("http", "502", Told.UNKNOWN, 0),
        ("fault", "", Told.UNKNOWN, 0),
        ("drop-before", "", Told.UNKNOWN, 0),
        ("drop-after", "", Told.UNKNOWN, 1),
        ("hang", "6000", Told.UNKNOWN, 1),
    ],
)
def test_trouble_ends_in_one_applied_push(
    gov_service: GovService, how: str, value: str, told: Told, count: int
) -> None:
    patient = sink_of(gov_service.url)
    patient.send(case("P0"), other := push_id())  # the server is warm now
    sink = sink_of(gov_service.url, read_timeout_seconds=3) if how == "hang" else patient
    push = push_id()
    gov_service.fail_next(how, value, operation="pushCase")
    assert sink.send(case(), push).told is told
    assert applied(gov_service) == [other, push][: count + 1]
    assert patient.send(case(), push).told is Told.DONE
    assert applied(gov_service) == [other, push]
    sink.close()
    patient.close()


def test_trouble_with_the_token_is_no_unknown_push(gov_service: GovService, sink: SoapSink) -> None:
    gov_service.fail_next("drop-after", operation="getToken")
    assert sink.send(case(), push_id()).told is Told.RETRY


def test_a_wrong_secret_holds_the_push(gov_service: GovService) -> None:
    sink = sink_of(gov_service.url, secret="wrong")
    assert sink.send(case(), push_id()).told is Told.RETRY
    sink.close()


def test_an_unreachable_platform_is_retried(free_port: int) -> None:
    sink = sink_of(f"http://127.0.0.1:{free_port}/case")
    assert sink.send(case(), push_id()).told is Told.RETRY
    sink.close()


def test_many_threads_share_a_sink(gov_service: GovService, sink: SoapSink) -> None:
    pushes = [push_id() for _ in range(40)]

    def send(number: int) -> Told:
        if number % 10 == 5:
            gov_service.expire_tokens()
        return sink.send(case(f"P{number}"), pushes[number]).told

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(send, range(40)))
    again = [sink.send(case(f"P{n}"), push).told for n, push in enumerate(pushes) if told[n] is not Told.DONE]
    assert set(again) <= {Told.DONE}
    assert sorted(applied(gov_service)) == sorted(pushes)
