"""The clerk's queue, the evidence, and decisions, over a folded read model."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine, select

from connectors.publish import Outgoing
from santai.api.app import create_app
from santai.api.clerk import ClerkDoor, clerk_scheme
from santai.api.serve import serving
from santai.projector.fold import rows_for
from santai.projector.reading import reading
from santai.projector.reviews import questions, waiting
from santai.projector.schema import DOSSIERS, STORY
from santai.projector.store import write
from santai.review import masked
from santai.review.decide import Decider
from santai.words import Words
from schemas.codec import Codec, LocalSchemaIds
from schemas.errors import Retry, Stop
from schemas.events.common import Member, Review
from schemas.events.dossier import Dossier, Earlier
from schemas.events.inbox import Decided
from schemas.events.ticket import DossierChanged, ReviewDecided, TicketOpened, TicketState
from schemas.topics import Topics
from tests.unit.santai.conftest import Feed
from tests.unit.schemas.keys import sealer

A, B, C, D = (Member(submission_id=f"s{n}", system="12345", source_key=f"k{n}", number=f"GD{n}") for n in "abcd")
SECRET = "a clerk's secret of its own"
NOW = 1_700_000_000_000
TOPICS = Topics("t")


class Kept:
    """In Kafka's place: keeps what is written, or is away."""

    def __init__(self) -> None:
        self.written: list[Outgoing] = []
        self.away = False

    def publish(self, records: list[Outgoing]) -> None:
        if self.away:
            raise Retry("away")
        self.written.extend(records)


def state(member: Member, seq: int = 1, at: int = 1_000, **more: Any) -> TicketState:
    given: dict[str, Any] = {"state": "RECEIVED", "members": (member,), "received_at": at} | more
    return TicketState(
        event_id=f"t{member.submission_id}{seq}", ticket_id=member.submission_id, seq=seq, at=at, **given
    )


def asked(member: Member, of: Member, at: int = 2_000, reasons: tuple[str, ...] = ("id_equal",)) -> Review:
    return Review(submission_id=member.submission_id, to_submission=of.submission_id, at=at, reasons=reasons)


def decided(one: Member, other: Member, same: bool, at: int = 5_000, seq: int = 2) -> ReviewDecided:
    return ReviewDecided(
        event_id=f"d{at}", ticket_id=one.submission_id, at=at, seq=seq, members=(one,),
        submission_id=one.submission_id, to_submission=other.submission_id, same=same, by="li", reason="已电话核对",
    )  # fmt: skip


def open_pairs(engine: Engine, **more: bool) -> list[tuple[str, str]]:
    with reading(engine) as connection:
        return [(q.submission.submission_id, q.other.submission_id) for q in questions(connection, 99, **more)]


QUESTION = [state(A), state(B, at=2_000, reviews=(asked(B, A),))]


@pytest.mark.parametrize(
    "then",
    [
        [decided(B, A, same=False)],
        [decided(A, B, same=True)],
        [state(B, seq=2, state="WITHDRAWN", reviews=(asked(B, A),))],
        [state(A, seq=2, state="WITHDRAWN")],
        [state(A, seq=2, members=(A, B)), state(B, seq=2, state="MERGED", merged_into="sa")],
        [state(B, seq=2)],
    ],
    ids=("different", "same", "withdrawn", "the-other-withdrawn", "merged-otherwise", "grounds-gone"),
)
def test_a_question_leaves_the_queue(read_model: Engine, feed: Feed, then: list[object]) -> None:
    feed(QUESTION)
    assert open_pairs(read_model) == [("sb", "sa")]
    with reading(read_model) as connection:
        assert waiting(connection) == (1, 2_000)
    feed(then)
    assert open_pairs(read_model) == []
    with reading(read_model) as connection:
        assert waiting(connection) == (0, None)


def test_order_of_arrival_does_not_matter(read_model: Engine, feed: Feed) -> None:
    feed([state(B, seq=3), decided(B, A, same=False), *reversed(QUESTION), *QUESTION])
    assert open_pairs(read_model) == []


def test_what_was_decided_is_listed_when_asked_for(read_model: Engine, feed: Feed) -> None:
    feed([*QUESTION, decided(B, A, same=True), decided(B, A, same=False, at=6_000), state(B, seq=3)])
    assert open_pairs(read_model, decided=True) == [("sb", "sa")]
    with reading(read_model) as connection:
        (q,) = questions(connection, 9, decided=True)
    assert q.decision is not None
    assert (q.decision.same, q.decision.by, q.decision.at) == (False, "li", 6_000)


def test_masks() -> None:
    assert [masked.name(x) for x in ("王", "王晓", "阿卜杜·热合曼", None)] == ["王*", "王*", "阿卜*****", None]
    assert masked.id_number("230103198505121232") == "230103***********2"
    assert masked.id_number("12") == "1*"
    assert [masked.phone(x) for x in ("13800138000", "8234567")] == ["138****8000", "823**67"]


@pytest.fixture
def codec() -> Codec:
    return Codec(sealer(), LocalSchemaIds())


@pytest.fixture
def kafka() -> Kept:
    return Kept()


@pytest.fixture
def client(read_model: Engine, codec: Codec, kafka: Kept) -> Iterator[httpx.Client]:
    words = Words.load(systems={"12345": "12345热线"})
    decider = Decider(read_model, codec, TOPICS, kafka)  # type: ignore[arg-type]
    door = ClerkDoor(clerk_scheme(SECRET), read_model, codec, decider.decide, words, now_ms=lambda: NOW)
    app = create_app(read_model, {}, lambda: (True, {}), CollectorRegistry(), words=words, clerk=door)
    with serving(app) as url, httpx.Client(base_url=url) as found:
        yield found


def signature(what: bytes, secret: str = SECRET, at: int = NOW // 1000) -> dict[str, str]:
    mac = hmac.digest(secret.encode(), f"m1.{at}.".encode() + what, hashlib.sha256)
    return {
        "webhook-id": "m1", "webhook-timestamp": str(at), "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }  # fmt: skip


def get(client: httpx.Client, path: str) -> httpx.Response:
    return client.get(path, headers=signature(b"GET " + path.encode()))


def decide(client: httpx.Client, **changed: Any) -> httpx.Response:
    given = {"a": "GDa", "b": "12345:GDb", "same": True, "by": "li.na", "reason": "两边电话核对过"} | changed
    body = json.dumps(given).encode()
    return client.post("/decisions", content=body, headers=signature(body))


def test_a_door_without_a_secret_is_closed(read_model: Engine, codec: Codec, kafka: Kept) -> None:
    words = Words.load()
    decider = Decider(read_model, codec, TOPICS, kafka)  # type: ignore[arg-type]
    for door in (None, ClerkDoor(clerk_scheme(""), read_model, codec, decider.decide, words, now_ms=lambda: NOW)):
        app = create_app(read_model, {}, lambda: (True, {}), CollectorRegistry(), words=words, clerk=door)
        with serving(app) as url, httpx.Client(base_url=url) as client:
            for answer in (get(client, "/reviews"), decide(client)):
                assert answer.status_code == 403
                assert "SANTAI_CLERK_SECRET" in answer.json()["reason"]
    assert kafka.written == []


def test_a_secret_that_is_none() -> None:
    with pytest.raises(Stop, match="SANTAI_CLERK_SECRET 不合格"):
        clerk_scheme("short")
    with pytest.raises(Stop, match="SANTAI_CLERK_SECRET_OLD"):
        clerk_scheme("", SECRET)


def test_who_does_not_sign_gets_nothing(client: httpx.Client, kafka: Kept, feed: Feed) -> None:
    feed(QUESTION)
    for headers in ({}, signature(b"GET /reviews", "another secret, long enough"), signature(b"GET /reviews/pair")):
        assert client.get("/reviews", headers=headers).status_code == 401
    assert client.get("/reviews?all=1", headers=signature(b"GET /reviews")).status_code == 401
    assert client.get("/reviews", headers=signature(b"GET /reviews", at=NOW // 1000 - 301)).status_code == 401
    assert client.post("/decisions", content=b"{}", headers=signature(b"{} ")).status_code == 401
    assert kafka.written == []


def test_the_queue_over_http(client: httpx.Client, feed: Feed) -> None:
    feed(QUESTION)
    answer = get(client, "/reviews").json()
    (q,) = answer["reviews"]
    assert (answer["open"], q["a"]["number"], q["b"]["number"]) == (1, "GDa", "GDb")
    assert q["reasons"] == [{"code": "id_equal", "reason": "证件号码相同"}]
    assert (q["since"], q["decision"]) == ("1970-01-01T08:00:02+08:00", None)
    assert get(client, "/reviews?limit=0").json() == {"field": "limit", "reason": "不能小于 1"}


def opened(member: Member, codec: Codec, engine: Engine, **person: str) -> None:
    event = TicketOpened(
        event_id=f"o{member.submission_id}", ticket_id=member.submission_id, at=1, seq=1, members=(member,),
        submission_id=member.submission_id, system=member.system, received_at=1, **person,
    )  # type: ignore[arg-type] # fmt: skip
    with engine.begin() as connection:
        write(connection, list(rows_for(event, codec.encode(TOPICS.events, event))), {})


def test_the_evidence_is_masked(client: httpx.Client, feed: Feed, codec: Codec, read_model: Engine) -> None:
    secrets = {"person_name": "王晓燕", "id_number": "230103198505121232", "phone": "13800138000", "title": "讨要工资"}
    opened(A, codec, read_model, **secrets)
    feed([state(A, seq=2), state(B, at=2_000, reviews=(asked(B, A, reasons=("id_equal", "name_conflict")),))])
    answer = get(client, "/reviews/pair?" + urlencode({"a": "GDa", "b": "sb"}))
    found = answer.json()
    assert found["a"]["person"] == {
        "name": "王**", "id_number": "230103***********2", "phone": "138****8000", "region": None,
    }  # fmt: skip
    assert found["b"]["person"] is None
    assert [(e["reason"], e["weight"]) for e in found["evidence"]] == [("证件号码相同", 18), ("姓名不同", -8)]
    assert found["together"] is False
    assert not any(secret in answer.text for secret in secrets.values())
    personal = decide(client, reason="是王晓燕本人")
    assert (personal.status_code, "姓名" in personal.json()["reason"]) == (422, True)


def test_a_decision_is_accepted_once_kafka_has_it(client: httpx.Client, feed: Feed, kafka: Kept, codec: Codec) -> None:
    feed(QUESTION)
    kafka.away = True
    assert decide(client).status_code == 503
    kafka.away = False
    answer = decide(client)
    assert answer.status_code == 202
    (record,) = kafka.written
    event = codec.decode(record.value)
    assert isinstance(event, Decided)
    assert (record.topic, record.key) == (TOPICS.inbox, b"sb")
    assert (event.submission_id, event.a, event.b, event.same, event.at) == ("sb", "sa", "sb", True, NOW)
    assert (event.by, event.reason, event.event_id) == ("li.na", "两边电话核对过", answer.json()["event_id"])


def test_the_same_decision_again_is_one_and_another_is_later(
    client: httpx.Client, feed: Feed, kafka: Kept, codec: Codec
) -> None:
    feed([*QUESTION, decided(B, A, same=True, at=NOW + 7_000)])
    again = decide(client)
    assert (again.status_code, again.json()["already"], kafka.written) == (200, True, [])
    assert decide(client, same=False).status_code == 202
    assert codec.decode(kafka.written[0].value).at == NOW + 7_001, "later than the one before, whatever our clock says"


SECRET_ONE = Member(submission_id="sx", system="12309", source_key="kx", number="J1")


@pytest.mark.parametrize(
    ("given", "status", "word"),
    [
        ({"b": "GD404"}, 404, "没有查到"),
        ({"b": "sa"}, 422, "同一条"),
        ({"b": "12309:J1"}, 422, "12309"),
        ({"b": "GDc"}, 422, "保密"),
        ({"by": " "}, 422, "账号"),
        ({"reason": ""}, 422, "理由"),
        ({"reason": "x" * 501}, 422, "500"),
        ({"reason": "打了13800138000核对"}, 422, "电话"),
        ({"same": "yes"}, 422, "true"),
        ({"more": 1}, 422, "未知"),
        ({"b": "GDtwin"}, 409, "不止一件"),
    ],
)
def test_what_cannot_be_decided(
    client: httpx.Client, feed: Feed, kafka: Kept, given: dict[str, Any], status: int, word: str
) -> None:
    twins = [Member(submission_id=f"t{n}", system="12345", source_key=f"GDtwin@{n}", number="GDtwin") for n in (1, 2)]
    feed([*QUESTION, state(SECRET_ONE), state(C, confidential=True), *(state(t) for t in twins)])
    answer = decide(client, **given)
    assert (answer.status_code, word in answer.json()["reason"]) == (status, True), answer.text
    assert kafka.written == []


def test_what_is_no_json(client: httpx.Client) -> None:
    answer = client.post("/decisions", content=b"{", headers=signature(b"{"))
    assert (answer.status_code, answer.json()["reason"]) == (422, "不是合格的 JSON")


def before(member: Member, at: int = 1_000, **more: Any) -> Earlier:
    return Earlier(
        submission_id=member.submission_id, ticket_id=member.submission_id, system=member.system,
        number=member.number or "", received_at=at, family="legal-aid", **more,
    )  # fmt: skip


def test_the_dossier_tells_how_earlier_tickets_stand_now(
    client: httpx.Client, feed: Feed, codec: Codec, read_model: Engine
) -> None:
    known = Dossier(earlier=(before(A, similar=True), before(B, ended="CLOSED"), before(C), before(SECRET_ONE)))
    event = DossierChanged(event_id="x", ticket_id="sd", at=1, seq=3, members=(D,), dossier=known)
    value = codec.encode(TOPICS.events, event)
    assert b"GDa" not in value
    with read_model.begin() as connection:
        write(connection, list(rows_for(event, value)), {})
    feed([
        state(A, seq=4, state="CLOSED"), state(B, seq=5, state="REOPENED"), state(C, confidential=True),
        state(SECRET_ONE), state(D, seq=3),
    ])  # fmt: skip
    answer = get(client, "/tickets/GDd/dossier")
    found = answer.json()
    assert [(x["number"], x["state"], x["similar"]) for x in found["earlier"]] == [
        ("12345:GDa", "CLOSED", True), ("12345:GDb", "REOPENED", False),
    ]  # fmt: skip
    assert found["similar_ended"] == ["12345:GDa"]
    assert "GDc" not in answer.text, "confidential since"
    assert "J1" not in answer.text
    feed([state(D, seq=9, members=(A, D)), state(A, seq=9, state="MERGED", merged_into="sd")])
    assert [x["number"] for x in get(client, "/tickets/GDd/dossier").json()["earlier"]] == ["12345:GDb"]
    feed([state(D, seq=10, confidential=True)])
    assert get(client, "/tickets/GDd/dossier").json()["earlier"] == []


def test_a_ticket_without_a_dossier(client: httpx.Client, feed: Feed) -> None:
    feed([state(A)])
    assert get(client, "/tickets/12345:GDa/dossier").json() == {"ticket_id": "sa", "earlier": [], "similar_ended": []}
    assert get(client, "/tickets/GD404/dossier").status_code == 404
    assert client.get("/tickets/12345:GDa/dossier").status_code == 401


def test_a_column_of_the_read_model_names_no_earlier_ticket(feed: Feed, read_model: Engine) -> None:
    feed(
        [DossierChanged(event_id="x", ticket_id="sd", at=1, seq=3, members=(D,), dossier=Dossier(earlier=(before(A),)))]
    )
    with read_model.connect() as connection:
        (story,) = connection.execute(select(STORY)).all()
        (row,) = connection.execute(select(DOSSIERS)).all()
    assert "GDa" not in str(story)
    assert "sa" not in (story.submission_id or "", story.detail)
    assert (row.tickets, row.told) == (1, b"")
