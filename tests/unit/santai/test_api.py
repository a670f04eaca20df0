"""The HTTP application over a folded read model, asked over a real socket."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import Engine

from connectors.webhook import BODY_BYTES_MAX
from santai.api.app import create_app
from santai.api.progress import progress
from santai.api.serve import serving
from santai.projector.store import open_read_model
from santai.words import Words
from schemas.errors import Retry
from schemas.events.common import Mark, Member
from schemas.events.ticket import SubmissionAttached, TicketNoted, TicketState
from tests.unit.santai.conftest import Feed
from tests.unit.santai.stories import A, B, C, ledger_with_one_of_each, life, marked, opened

NOW = 1_700_000_000_000


class Door:
    """A webhook that answers as the message asks, and remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[tuple[Mapping[str, str], bytes, int]] = []

    def handle(self, headers: Mapping[str, str], body: bytes, now: int) -> tuple[int, Mapping[str, Any]]:
        self.given.append((headers, body, now))
        if body == b"retry":
            raise Retry("the broker is away")
        return int(headers["x-status"]), {"submission_id": "s"}


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def health() -> dict[str, Any]:
    return {"green": True}


@pytest.fixture
def client(read_model: Engine, door: Door, health: dict[str, Any]) -> Iterator[httpx.Client]:
    registry = CollectorRegistry()
    Counter("santai_tests", "counted", registry=registry).inc()
    app = create_app(
        read_model,
        {"12345": door},
        lambda: (health["green"], {"why": "tickets/0"}),
        registry,
        words=Words.load(systems={"12345": "12345热线", "web": "法律服务网"}),
        now_ms=lambda: NOW,
    )
    with serving(app) as url, httpx.Client(base_url=url) as client:
        yield client


def test_a_message_is_handed_to_its_systems_door(client: httpx.Client, door: Door) -> None:
    answer = client.post("/intake/12345", content=b"\xff\x00", headers={"X-Status": "202"})
    assert (answer.status_code, answer.json()) == (202, {"submission_id": "s"})
    headers, body, now = door.given[0]
    assert (headers["x-status"], body, now) == ("202", b"\xff\x00", NOW)


@pytest.mark.parametrize("status", [401, 422, 503])
def test_what_the_door_refuses_is_refused(client: httpx.Client, status: int) -> None:
    assert client.post("/intake/12345", content=b"x", headers={"X-Status": str(status)}).status_code == status


def test_what_still_waits_is_told_and_nothing_of_a_hidden_system(
    read_model: Engine, feed: Feed, tmp_path: Path
) -> None:
    feed(life())
    ledger = ledger_with_one_of_each(tmp_path, "sa", "sb")

    def asked(confidential: frozenset[str], number: str) -> list[dict[str, Any]]:
        found = progress(
            read_model, number, Words.load(), lambda tickets: ledger.waiting({"12345", "web"}, tickets), confidential
        )
        return [w.model_dump() for w in found.waiting]

    waiting = asked(frozenset(), "GDa")
    assert [(w["system"], w["result"], w["attempts"], w["since"]) for w in waiting] == [
        ("web", "planned", 0, "1970-01-01T08:00:10+08:00"),
        ("12345", "retry", 1, "1970-01-01T08:00:11+08:00"),
        ("12345", "unknown", 1, "1970-01-01T08:00:12+08:00"),
    ]
    assert "稍后重送" in waiting[1]["what"]
    assert "无法连接" not in json.dumps(waiting, ensure_ascii=False), "what a partner's system said stays inside"
    assert [w["system"] for w in asked(frozenset({"web"}), "GDa")] == ["12345", "12345"]


def test_an_unknown_system_has_no_door(client: httpx.Client, door: Door) -> None:
    answer = client.post("/intake/12399", content=b"x")
    assert (answer.status_code, answer.json()["reason"]) == (404, "没有这个系统的接收入口")
    assert not door.given


def test_too_large_a_body_is_not_read_to_its_end(client: httpx.Client, door: Door) -> None:
    """There is one limit, the door's own, whoever finds it exceeded."""
    answer = client.post("/intake/12345", content=b"x" * (BODY_BYTES_MAX + 1))
    assert (answer.status_code, answer.json()) == (413, {"reason": f"消息超过 {BODY_BYTES_MAX} 字节上限"})
    assert not door.given
    assert client.post("/intake/12345", content=b"x" * BODY_BYTES_MAX, headers={"X-Status": "202"}).status_code == 202


@pytest.mark.parametrize(("path", "status"), [("12345", 413), ("nobody", 404)])
def test_a_sender_that_writes_all_before_it_reads_gets_the_answer_and_no_reset(
    client: httpx.Client, door: Door, path: str, status: int
) -> None:
    """Far more than the buffers of a connection hold, from a sender that wants it closed."""
    for _ in range(3):
        sender = http.client.HTTPConnection(client.base_url.host, client.base_url.port or 0, timeout=30)
        with closing(sender):
            sender.request("POST", f"/intake/{path}", body=b"x" * (16 << 20), headers={"Connection": "close"})
            answer = sender.getresponse()
            assert answer.status == status
            assert list(json.loads(answer.read())) == ["reason"]
    assert not door.given


def test_what_is_thrown_away_has_a_bound(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("santai.api.unread.DISCARD_BYTES_MAX", 1 << 20)
    with socket.create_connection((client.base_url.host, client.base_url.port or 0), timeout=30) as sender:
        sender.sendall(b"POST /intake/12345 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"
        with pytest.raises(ConnectionError):
            sender.sendall(chunk * 200)


def test_a_sender_that_asks_first_is_answered_without_its_body(client: httpx.Client) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port or 0), timeout=5) as sender:
        head = f"Host: h\r\nContent-Length: {BODY_BYTES_MAX + 1}\r\nExpect: 100-continue\r\n"
        sender.sendall(f"POST /intake/12345 HTTP/1.1\r\n{head}\r\n".encode())
        answer = b"".join(iter(lambda: sender.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413 "), "before 100 Continue"


def test_the_description_loads_nothing_from_elsewhere(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert not re.search(r"""(?:https?:)?//[a-z]""", page.text)
    assert '"validatorUrl": null' in page.text  # or the page would ask swagger.io what it thinks of the description
    wanted = re.findall(r"""(?:src|href)="([^"]+)\"""", page.text) + re.findall(r"url: '([^']+)'", page.text)
    assert "/openapi.json" in wanted
    assert len(wanted) >= 4
    for path in wanted:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.content
    assert client.get("/redoc").status_code == 404


def test_a_sender_that_hangs_up_is_no_error_of_ours(read_model: Engine, door: Door) -> None:
    app = create_app(read_model, {"12345": door}, lambda: (True, {}), CollectorRegistry(), words=Words.load())
    came = [{"type": "http.request", "body": b"ten bytes.", "more_body": True}, {"type": "http.disconnect"}]
    answered: list[Any] = []

    async def receive() -> Any:
        return came.pop(0)

    async def send(message: Any) -> None:
        answered.append(message)

    headers = [(b"content-length", b"1000")]
    scope = {"type": "http", "method": "POST", "path": "/intake/12345", "query_string": b"", "headers": headers}
    asyncio.run(app(scope, receive, send))
    assert answered[0]["status"] == 400
    assert not door.given


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/healthz/", 404),
        ("POST", "/intake/12345/", 404),
        ("GET", "/intake/12345", 405),
    ],
)
def test_what_is_not_to_be_had_is_said_in_chinese(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert list(answer.json()) == ["reason"]
    assert "这个地址" in answer.json()["reason"]
    assert answer.headers.get("allow") == ("POST" if status == 405 else None)


def test_what_could_not_be_made_durable_is_503(client: httpx.Client) -> None:
    answer = client.post("/intake/12345", content=b"retry", headers={"X-Status": "202"})
    assert answer.status_code == 503
    assert "稍后" in answer.json()["reason"]


def test_every_number_of_a_matter_gets_the_same_answer(client: httpx.Client, feed: Feed) -> None:
    feed(life())
    asked = ["GDa", "GDb", "ka", "kb", "12345:GDa", "12345：kb", "sa", "sb"]
    answers = [client.get(f"/tickets/{quote(number, safe='')}") for number in asked]
    assert {answer.status_code for answer in answers} == {200}
    first = answers[0].json()
    assert all(answer.json() == first for answer in answers)
    assert first["ticket_id"] == "sa"
    assert (first["state"], first["state_title"], first["family_title"]) == ("ACCEPTED", "已受理", "法律援助")
    assert [(m["system"], m["number"]) for m in first["members"]] == [("12345", "GDa"), ("12345", "GDb")]
    assert first["received_at"] == "1970-01-01T08:00:01+08:00"
    assert [d["title"] for d in first["deadlines"]] == ["网站留言答复"]
    assert [(a["stage"], a["stage_title"]) for a in first["alerts"]] == [("near", "临期")]
    assert [(t["system"], t["result"]) for t in first["tellings"]] == [("web", "done")]
    assert "催办" in [step["what"] for step in first["progress"]]
    assert client.get("/tickets/GDc").json()["ticket_id"] == "sc"


def test_fields_that_could_not_be_read_are_told_beside_their_record(client: httpx.Client, feed: Feed) -> None:
    bad = Mark(field="person.id_number", problem="bad_checksum", reason="身份证号码校验位不符")
    old = Mark(field="person.phone", problem="bad_phone", reason="电话号码格式不正确")
    feed([*life(), marked(B, 2, bad), marked(B, 1, old), marked(C, 1, bad)])
    a, b = client.get("/tickets/GDa").json()["members"]
    assert (a["number"], a["marks"]) == ("GDa", [])
    told = {"field": "person.id_number", "title": "申请人证件号码", "reason": "身份证号码校验位不符"}
    assert (b["number"], b["marks"]) == ("GDb", [told]), "the newest version's"
    feed([marked(B, 3)])
    assert client.get("/tickets/GDa").json()["members"][1]["marks"] == []


def test_time_does_not_step_back_for_a_number_that_was_absorbed(client: httpx.Client, feed: Feed) -> None:
    late = 5_000_000
    rated = TicketNoted(
        event_id="r", ticket_id="sb", at=late, seq=2, members=(B,), what="rating", grade=5, submission_id="sb",
        system="12345",
    )  # fmt: skip
    feed([opened(A), opened(B, at=2_000), rated])
    before = client.get("/tickets/GDb").json()
    feed([event for event in life() if getattr(event, "event_id", "") in ("m1", "m2", "g1")])
    after = client.get("/tickets/GDb").json()
    assert (before["ticket_id"], after["ticket_id"]) == ("sb", "sa")
    assert after["updated_at"] >= before["updated_at"]
    assert client.get("/tickets/GDa").json()["updated_at"] == after["updated_at"]


def test_the_answer_holds_nothing_personal(client: httpx.Client, feed: Feed) -> None:
    feed(life())
    text = client.get("/tickets/GDa").text
    assert not any(secret in text for secret in ("王晓", "13900001111"))


@pytest.mark.parametrize(
    "number", ["（2026）川律援字第3号", "〔2026〕1/2号", "GD1@2026-11-01 10:00:00", "a%2Fb", "第 7 号?x=1#y"]
)
def test_numbers_as_systems_write_them(client: httpx.Client, feed: Feed, number: str) -> None:
    feed([opened(Member(submission_id="s", system="legal-aid", source_key="1", number=number))])
    for asked in (number, f"legal-aid:{number}"):
        answer = client.get(f"/tickets/{quote(asked, safe='')}")
        assert (answer.status_code, answer.json()["members"][0]["number"]) == (200, number)


@pytest.mark.parametrize(
    "number",
    ["法援[2026] 12号", "法援(2026)12号", "法援［２０２６］１２号", "法援〔2026〕12号", "legal-aid:法援（2026）12 号"],
)
def test_a_number_is_found_however_it_is_typed(client: httpx.Client, feed: Feed, number: str) -> None:
    """The mapping keeps one spelling; people type another."""
    feed([opened(Member(submission_id="w", system="legal-aid", source_key="row-7", number="法援〔2026〕12号"))])
    answer = client.get(f"/tickets/{quote(number, safe='')}")
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("key", ["ROW（7） x", "ＲＯＷ（7） x", "legal-aid:ROW（7） x"])
def test_a_key_is_found_as_its_system_writes_it(client: httpx.Client, feed: Feed, key: str) -> None:
    feed([opened(Member(submission_id="w", system="legal-aid", source_key=key.removeprefix("legal-aid:")))])
    assert client.get(f"/tickets/{quote(key, safe='')}").status_code == 200


def test_a_number_of_two_matters_asks_which(client: httpx.Client, feed: Feed) -> None:
    web = Member(submission_id="w", system="web", source_key="kw", number="GDa")
    feed([opened(A), opened(web)])
    answer = client.get("/tickets/GDa")
    assert (answer.status_code, answer.json()["systems"]) == (409, ["12345", "web"])
    assert "12345热线、法律服务网" in answer.json()["reason"]
    assert client.get("/tickets/web:GDa").json()["ticket_id"] == "w"


def test_a_number_used_twice_by_one_system_asks_for_the_whole_key(client: httpx.Client, feed: Feed) -> None:
    twin = Member(submission_id="t", system="12345", source_key="GDa@2", number="GDa")
    feed([opened(A), opened(twin)])
    assert client.get("/tickets/12345:GDa").status_code == 409
    assert client.get("/tickets/GDa@2").json()["ticket_id"] == "t"


def test_two_numbers_of_one_matter_are_not_ambiguous(client: httpx.Client, feed: Feed) -> None:
    web = Member(submission_id="w", system="web", source_key="kw", number="GDa")
    feed([
        SubmissionAttached(
            event_id="e", ticket_id="sa", at=1, seq=2, members=(A, web), submission_id="w", to_submission="sa", score=1
        )
    ])  # fmt: skip
    assert client.get("/tickets/GDa").json()["ticket_id"] == "sa"


@pytest.mark.parametrize("number", ["没有", "x" * 600, "\x00", " ", "12345:", ":GDa"])
def test_an_unknown_number_is_404(client: httpx.Client, feed: Feed, number: str) -> None:
    feed([opened(A)])
    answer = client.get(f"/tickets/{quote(number, safe='')}")
    assert answer.status_code == 404
    assert "没有查到" in answer.json()["reason"]


def test_a_submission_is_visible_as_soon_as_it_is_received(client: httpx.Client, feed: Feed) -> None:
    feed([life()[0]])
    answer = client.get("/tickets/GDc").json()
    assert (answer["state"], answer["state_title"]) == ("RECEIVED", "已登记")


SECRET = Member(submission_id="x", system="12309", source_key="kx", number="J1")


def test_a_confidential_record_is_shown_to_its_own_number_only(client: httpx.Client, feed: Feed) -> None:
    feed([
        opened(A),
        SubmissionAttached(
            event_id="e", ticket_id="sa", at=1, seq=2, members=(A, SECRET), submission_id="x", to_submission="sa",
            score=1,
        ),
        TicketNoted(
            event_id="n", ticket_id="sa", at=2, seq=3, members=(A, SECRET), what="urge", submission_id="x",
            system="12309",
        ),
    ])  # fmt: skip
    hotline = client.get("/tickets/GDa")
    assert [m["system"] for m in hotline.json()["members"]] == ["12345"]
    assert "12309" not in hotline.text
    assert "J1" not in hotline.text
    own = client.get("/tickets/12309:J1").json()
    assert [m["system"] for m in own["members"]] == ["12345", "12309"]


def test_a_confidential_number_is_no_hint_to_others(client: httpx.Client, feed: Feed) -> None:
    same = Member(submission_id="x", system="12309", source_key="kx", number="GDa")
    feed([opened(A), opened(same)])
    assert client.get("/tickets/GDa").json()["ticket_id"] == "sa"
    assert client.get("/tickets/12309:GDa").json()["ticket_id"] == "x"
    assert client.get("/tickets/x").status_code == 404


def test_a_ring_of_merges_ends(client: httpx.Client, feed: Feed) -> None:
    feed([
        TicketState(
            event_id=f"r{m.submission_id}", ticket_id=m.submission_id, seq=3, state="MERGED", merged_into=into,
            received_at=1, at=1, members=(m,),
        )
        for m, into in ((A, "sb"), (B, "sc"), (C, "sa"))
    ])  # fmt: skip
    assert {client.get(f"/tickets/{n}").json()["ticket_id"] for n in ("GDa", "GDb", "GDc")} == {"sa"}


def test_an_older_merge_does_not_outweigh_who_holds_the_submission_now(client: httpx.Client, feed: Feed) -> None:
    """c went into a, then the streams moved it on to b; c's own shell still says a."""
    feed([
        TicketState(
            event_id="1", ticket_id="sc", seq=2, state="MERGED", merged_into="sa", received_at=1, at=1, members=(C,)
        ),
        TicketState(event_id="2", ticket_id="sa", seq=4, state="RECEIVED", received_at=1, at=9, members=(A,)),
        TicketState(event_id="3", ticket_id="sb", seq=2, state="RECEIVED", received_at=1, at=1, members=(B, C)),
    ])  # fmt: skip
    assert client.get("/tickets/GDc").json()["ticket_id"] == "sb"
    assert [m["number"] for m in client.get("/tickets/GDa").json()["members"]] == ["GDa"]


def test_health_and_metrics(client: httpx.Client, health: dict[str, Any]) -> None:
    assert client.get("/healthz").json() == {"ok": True, "why": "tickets/0"}
    health["green"] = False
    assert client.get("/healthz").status_code == 503
    assert "santai_tests_total 1.0" in client.get("/metrics").text


def test_openapi_names_the_doors(client: httpx.Client) -> None:
    assert client.get("/docs").status_code == 200
    assert set(client.get("/openapi.json").json()["paths"]) == {
        "/intake/{system}", "/tickets/{number}", "/reviews", "/reviews/pair", "/decisions",
        "/tickets/{number}/dossier", "/healthz",
    }  # fmt: skip


def test_a_read_model_in_trouble_is_503(door: Door) -> None:
    away = open_read_model("postgresql://nobody@127.0.0.1:1/none")
    app = create_app(away, {}, lambda: (True, {}), CollectorRegistry(), words=Words.load())
    with serving(app) as url, httpx.Client(base_url=url) as client:
        answer = client.get("/tickets/GDa")
    assert answer.status_code == 503
    assert "127.0.0.1" not in answer.text


def test_a_matter_that_was_parted_does_not_tell_of_the_other(client: httpx.Client, feed: Feed) -> None:
    """c was in a for a while: neither citizen reads the other's number."""
    feed(life())
    assert "GDc" not in client.get("/tickets/GDa").text
    assert "GDa" not in client.get("/tickets/GDc").text
