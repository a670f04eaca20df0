"""A clerk parts what was one matter and joins it again, on the real road: by the door and by the command line."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from demo.scenario import messages
from demo.scenario.plan import Matter
from tests.support.road import Road, as_json, until

pytestmark = pytest.mark.integration


def told_twice(road: Road) -> tuple[Matter, list[str]]:
    """One matter on the hotline, then on the web, become one ticket."""
    matter = road.matter("12345", "web")
    hotline, web = matter.tellings
    numbers = [f"{t.system}:{t.number}" for t in matter.tellings]
    assert road.send("12345", messages.hotline_ticket(matter, hotline)).status == 202
    road.awaited(numbers[0])
    assert road.send("web", messages.web_case(matter, web)).status == 202
    road.awaited(numbers[1], lambda a: len(a["members"]) == 2)
    return matter, numbers


def by_door(road: Road, method: str, path: str, body: bytes = b"") -> Any:
    at = int(time.time())
    signed = body or f"{method} {path}".encode()
    key = road.stage.environment["SANTAI_CLERK_SECRET"].encode()
    mac = hmac.digest(key, f"m1.{at}.".encode() + signed, hashlib.sha256)
    headers = {
        "webhook-id": "m1", "webhook-timestamp": str(at), "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }  # fmt: skip
    return road.call(method, path, content=body, headers=headers)


def test_a_clerk_parts_and_joins(road: Road) -> None:
    matter, numbers = told_twice(road)
    before = road.awaited(numbers[0])
    body = json.dumps({
        "a": numbers[0], "b": numbers[1], "same": False, "by": "clerk.li", "reason": "两边说的不是一笔款",
    }).encode()  # fmt: skip
    assert by_door(road, "POST", "/decisions", body).status_code == 202
    apart = [road.awaited(n, lambda a: len(a["members"]) == 1) for n in numbers]
    assert len({a["ticket_id"] for a in apart}) == 2
    assert apart[0]["ticket_id"] == before["ticket_id"]
    assert [a["received_at"][11:16] for a in apart] == ["09:00", "09:10"]

    done = road.santai(
        "review", "decide", numbers[1], numbers[0], "--same", "--by", "clerk.wang", "--reason", "复核是一笔", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert as_json(done.stdout)["already"] is False
    joined = [road.awaited(n, lambda a: len(a["members"]) == 2) for n in numbers]
    assert {a["ticket_id"] for a in joined} == {before["ticket_id"]}
    assert all(a["received_at"] == before["received_at"] for a in joined), "the clock keeps the earliest receipt"

    def told_of_the_move(answer: dict[str, Any]) -> set[str]:
        return {t["system"] for t in answer["tellings"] if t["kind"] == "move" and t["result"] == "done"}

    road.awaited(numbers[0], lambda a: told_of_the_move(a) >= {"12345", "web"})
    story = as_json(road.santai("trace", numbers[0], "--json").stdout)
    words = [x["what"] for x in story["story"] if x["type"] == "ReviewDecided"]
    assert any("clerk.wang" in w and "是同一件事" in w and "复核是一笔" in w for w in words), words

    again = road.santai("review", "decide", *numbers, "--same", "--by", "clerk.zhao", "--reason", "再说一次", "--json")
    assert (again.returncode, as_json(again.stdout)["already"]) == (0, True)
    shown = road.santai("review", "show", *numbers)
    assert shown.returncode == 0, shown.stderr
    assert "clerk.wang" in shown.stdout
    for secret in (matter.person.name, matter.person.id_number, matter.person.phone):
        assert secret not in shown.stdout


def test_a_doubtful_pair_waits_until_it_is_decided(road: Road) -> None:
    """One ID number and phone under unrelated names."""
    first = road.matter("web")
    second = road.matter("web", person=first.person)
    second.firm = first.firm
    numbers = [f"web:{m.tellings[0].number}" for m in (first, second)]
    assert road.send("web", messages.web_case(first, first.tellings[0])).status == 202
    road.awaited(numbers[0])
    other = messages.web_case(second, second.tellings[0])
    other["applicant"]["name"] = "欧阳不相干"
    assert road.send("web", other).status == 202
    road.awaited(numbers[1])

    def open_now() -> list[set[str]]:
        found = by_door(road, "GET", "/reviews?limit=1000").json()
        return [{f"{q[s]['system']}:{q[s]['number']}" for s in "ab"} for q in found["reviews"]]

    until(lambda: set(numbers) in open_now(), "the pair in the queue")
    listed = road.santai("review", "list")
    assert listed.returncode == 1
    assert all(n.partition(":")[2] in listed.stdout for n in numbers)
    done = road.santai(
        "review", "decide", *numbers, "--different", "--by", "clerk.li", "--reason", "姓名无关，村干部代填"
    )
    assert done.returncode == 0, done.stderr
    until(lambda: set(numbers) not in open_now(), "the pair out of the queue")
    assert len({road.awaited(n)["ticket_id"] for n in numbers}) == 2
    unknown = road.santai("review", "decide", "GD404", numbers[0], "--same", "--by", "x", "--reason", "y")
    assert (unknown.returncode, "没有查到" in unknown.stderr) == (1, True)
