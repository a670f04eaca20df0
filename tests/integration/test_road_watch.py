"""Watching the road: clocks and their alerts, metrics, health that goes red and green again, tokens that run out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from demo.scenario import messages
from demo.scenario.plan import Matter
from tests.support.road import STALL_S, Road, until

pytestmark = pytest.mark.integration

MEASURED_BY = {
    "santai_events_total": ("api", "connectors", "streams-1"),
    "santai_mapping_errors_total": ("streams-1",),
    "santai_match_decisions_total": ("streams-1",),
    "santai_dlq_messages": ("projector",),
    "santai_consumer_lag_seconds": ("projector", "streams-1"),
    "santai_source_silence_seconds": ("api", "connectors"),
    "santai_ticket_end_to_end_seconds": ("streams-1",),
    "santai_ticket_clock_state": ("projector",),
    "santai_deliveries_total": ("connectors",),
}
"""Other people rely on these names; a process that does not measure one says nothing of it."""


def alerts(road: Road, ticket_id: str) -> list[tuple[str, str]]:
    """Clock and stage of the ticket's alerts, in order."""
    events = (road.codec.decode(m.value()) for m in road.records(road.topics.alerts))
    found: list[Any] = [event for event in events if event.ticket_id == ticket_id]
    return [(event.clock, event.stage) for event in found]


def told_on_the_web(road: Road) -> tuple[Matter, str]:
    """A web message and its ticket."""
    matter = road.matter("web", family="mediation")
    (web,) = matter.tellings
    assert road.send("web", messages.web_case(matter, web)).status == 202
    return matter, road.awaited(web.number)["ticket_id"]


def test_a_message_nobody_answers_goes_near_yellow_red(road: Road) -> None:
    matter, ticket = told_on_the_web(road)
    answered, other = told_on_the_web(road)
    (web,), (done,) = matter.tellings, answered.tellings
    assert alerts(road, ticket) == []
    road.send("web", messages.web_note(done, "state", "1", web.received_at, state="RESOLVED"))
    road.awaited(done.number, lambda a: a["state"] == "RESOLVED")
    seen = []
    for minutes, stage in ((239, None), (241, "near"), (301, "yellow"), (451, "red")):
        road.stage.tick(int((web.received_at + timedelta(minutes=minutes)).timestamp() * 1000))
        if stage is None:
            continue
        seen.append(("web-message", stage))
        answer = road.awaited(web.number, lambda a, stage=stage: stage in {x["stage"] for x in a["alerts"]})
        assert [(x["clock"], x["stage"]) for x in answer["alerts"]] == seen
        assert alerts(road, ticket) == seen
        assert road.sample("streams-1", "santai_events_total", system="web", type="Alert", result=stage) >= 1
    assert alerts(road, other) == []
    until(
        lambda: road.sample("projector", "santai_ticket_clock_state", clock="web-message", state="red") >= 1,
        "the gauge of clocks",
    )


def test_an_expired_token_is_fetched_anew(road: Road) -> None:
    """Pulling and pushing go on when the platform takes all tokens back in the middle."""
    for _ in range(2):
        matter = road.matter("gov-service")
        (case,) = matter.tellings
        road.stage.gov.expire_tokens()
        road.stage.gov.add_cases([messages.gov_case(matter, case)])
        road.awaited(f"gov-service:{case.number}")
        hotline = road.matter("12345")
        road.send("12345", messages.hotline_ticket(hotline, hotline.tellings[0]))
        road.stage.gov.expire_tokens()
        # Legal aid told on the hotline is handed to the platform too.
        road.awaited(
            hotline.tellings[0].number,
            lambda a: any(t["system"] == "gov-service" and t["result"] == "done" for t in a["tellings"]),
        )


def test_a_metric_is_told_by_the_processes_that_measure_it(road: Road) -> None:
    matter, _ticket = told_on_the_web(road)
    road.raw("12345", f"?{matter.tellings[0].number}", b"{}", "application/json")  # does not map

    def pages() -> dict[str, tuple[str, ...]]:
        found = {process: road.metrics(process) for process in road.stage.hub}
        return {
            name: tuple(sorted(p for p, page in found.items() if f"# HELP {name.removesuffix('_total')}" in page))
            for name in MEASURED_BY
        }

    until(lambda: pages() == MEASURED_BY, "each metric where it is measured, and nowhere else")


def test_metrics_tell_what_happened(road: Road) -> None:
    matter = road.matter("12345")
    message = messages.hotline_ticket(matter, matter.tellings[0])
    before = road.sample("api", "santai_events_total", system="12345", type="webhook", result="accepted")
    ends = road.sample("streams-1", "santai_ticket_end_to_end_seconds_count")
    road.send("12345", message)
    road.awaited(matter.tellings[0].number)
    assert road.sample("api", "santai_events_total", system="12345", type="webhook", result="accepted") == before + 1
    assert road.sample("streams-1", "santai_ticket_end_to_end_seconds_count") >= ends + 1
    assert road.sample("streams-1", "santai_match_decisions_total", decision="distinct") >= 1
    assert road.sample("connectors", "santai_source_silence_seconds", system="legal-aid") < 30
    until(
        lambda: road.sample("connectors", "santai_deliveries_total", system="gov-service", result="done") >= 1,
        "a delivery",
    )
    page = road.metrics("streams-1") + road.metrics("connectors") + road.metrics("api") + road.metrics("projector")
    assert matter.tellings[0].number not in page


def test_every_process_is_healthy(road: Road) -> None:
    road.await_green(*road.stage.hub)


@contextmanager
def frozen(server: Any) -> Iterator[None]:
    """A server that keeps its connections and answers nothing."""
    server.suspend()
    try:
        yield
    finally:
        server.resume()


def red_after(road: Road, process: str) -> float:
    """Seconds until the process says that it is not healthy."""
    began = time.monotonic()
    until(lambda: not road.green(process), f"{process} red", 60)
    return time.monotonic() - began


def test_red_when_the_broker_does_not_answer_green_when_it_does(road: Road) -> None:
    road.await_green("streams-1")
    with frozen(road.platform.kafka):
        assert red_after(road, "streams-1") < STALL_S + 10
        red_after(road, "projector")
    road.await_green("streams-1", "projector")
    matter = road.matter("12345")
    assert road.send("12345", messages.hotline_ticket(matter, matter.tellings[0])).status == 202
    road.awaited(matter.tellings[0].number)


def test_red_while_records_wait_for_something_that_is_away(road: Road) -> None:
    """A record of a schema that nobody has seen waits for the registry; the others behind it wait with it."""
    road.await_green("streams-1")
    topic = road.topics.intake("12345")
    matter = road.matter("12345")
    hotline = matter.tellings[0]
    key = f"{hotline.number}@{messages.local(hotline.received_at)}".encode()
    with frozen(road.platform.registry):
        offset = road.produce(topic, key, b"\x00\x00\x0f\x42\x40 of an unknown schema")
        assert road.send("12345", messages.hotline_ticket(matter, hotline)).status == 202
        assert red_after(road, "streams-1") < STALL_S + 25
        assert road.get(hotline.number).status_code == httpx.codes.NOT_FOUND
    road.await_green("streams-1")
    road.awaited(hotline.number)
    assert any(t == topic and o == offset for t, _, o in road.dead())
