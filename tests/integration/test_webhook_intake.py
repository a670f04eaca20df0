"""The webhook door with real signatures, mappings, ledger and broker."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.intake import Intake
from connectors.ledger import Ledger
from connectors.pushes import Plan
from connectors.store import open_store
from connectors.webhook import BODY_BYTES_MAX, WebhookIntake
from demo.platforms.signing import Credentials, outgoing
from mappings.systems import FOLDER, System, load_systems
from santai.platform.kafka import Kafka
from schemas.errors import Stop
from schemas.ids import submission_id
from schemas.topics import Topics
from tests.support.topics import create_topics, make_codec, producer_config, read_all

pytestmark = pytest.mark.integration

SECRETS = {"12345": "hotline secret 0123", "web": "web secret 0123456"}
SETTINGS = {
    "SANTAI_12345_SECRET": SECRETS["12345"],
    "SANTAI_12345_URL": "http://127.0.0.1:1",
    "SANTAI_WEB_SECRET": SECRETS["web"],
    "SANTAI_WEB_URL": "http://127.0.0.1:1",
}
ORDER = {"lx": "gd", "gdbh": "GD1", "djsj": "2026-03-02 09:30:00", "sqrxm": "王晓", "sqbt": "讨薪", "sqnr": "欠薪三月"}
CASE = {
    "event": "created",
    "case": {"no": "W1", "createdAt": "2026-03-02T09:30:00+08:00", "title": "讨薪", "content": "欠薪三月"},
    "applicant": {"name": "王晓"},
}


def signed(system: str, body: bytes, secret: str | None = None) -> dict[str, str]:
    headers = outgoing(Credentials(system, secret or SECRETS[system]), body, "msg_1")
    return {"Content-Type": "application/json", **headers}


class Door:
    """One system's door and what stands behind it."""

    def __init__(self, kafka: Kafka, prefix: str, folder: Path, system: str) -> None:
        self.topics = Topics(prefix)
        self.kafka = kafka
        self.system: System = load_systems(FOLDER, SETTINGS, {system})[system]
        self.engine = open_store(f"sqlite:///{folder / 'ledger.db'}")
        self.ledger = Ledger(self.engine)
        self.intake = Intake(make_codec(), producer_config(kafka.bootstrap), self.topics, timeout_s=3)
        self.results: Counter[str] = Counter()
        self.webhook = WebhookIntake(self.system, self.intake, self.ledger, on_result=self._count)

    def _count(self, system: str, result: str) -> None:
        assert system == self.system.name
        self.results[result] += 1

    def post(self, message: Any, **extra: str) -> tuple[int, dict[str, Any]]:
        body = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
        headers = {**signed(self.system.name, body), **extra}
        return self.webhook.handle(headers, body, int(time.time() * 1000))

    def kept(self) -> list[Any]:
        records = read_all(self.kafka.bootstrap, self.topics.intake(self.system.name))
        return [make_codec().decode(record.value()) for record in records]

    def dead(self) -> list[tuple[Any, dict[str, str]]]:
        found = []
        for record in read_all(self.kafka.bootstrap, self.topics.dlq):
            headers = {name: value.decode() for name, value in record.headers()}
            found.append((make_codec().decode(record.value()), headers))
        return found


@pytest.fixture(params=["12345", "web"])
def door(request: pytest.FixtureRequest, kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Iterator[Door]:
    create_topics(kafka.bootstrap, Topics(topic_prefix), ("12345", "web"))
    door = Door(kafka, topic_prefix, tmp_path, request.param)
    yield door
    door.intake.close()
    door.engine.dispose()


def good(door: Door) -> dict[str, Any]:
    return ORDER if door.system.name == "12345" else CASE


def test_a_sound_message_is_accepted_and_kept_byte_for_byte(door: Door) -> None:
    status, answer = door.post(good(door))
    (kept,) = door.kept()
    assert status == 202
    known_by = {"event_id": kept.event_id, "submission_id": submission_id(door.system.name, kept.source_key)}
    assert answer == {**known_by, "marks": []}
    assert json.loads(kept.body) == good(door)
    (event,) = door.system.map_inbound(json.loads(kept.body), kept.event_id, "d").events
    assert event.submission_id == answer["submission_id"], "the answer names what the stream will make"
    assert door.results == {"accepted": 1}


def test_the_same_message_again_gets_the_same_ids(door: Door) -> None:
    first, again = door.post(good(door)), door.post(good(door))
    assert first == again
    assert len({kept.event_id for kept in door.kept()}) == 1


def test_a_wrong_signature_is_turned_away_and_leaves_no_trace(door: Door) -> None:
    body = json.dumps(good(door)).encode()
    now = int(time.time() * 1000)
    name = door.system.name
    for headers, at in [
        (signed(name, body, "another secret 0123"), now),
        (signed(name, body + b" "), now),
        (signed(name, body), now + 301_000),
        ({"Content-Type": "application/json"}, now),
    ]:
        status, answer = door.webhook.handle(headers, body, at)
        assert status == 401
        assert any("\u4e00" <= sign <= "\u9fff" for sign in answer["reason"])
    assert door.results == {"unsigned": 4}
    assert door.kept() == door.dead() == []


def test_what_does_not_map_is_told_and_kept_in_the_dlq(door: Door) -> None:
    broken, nameless, unruled = b'{"gdbh": ', {"lx": "gd"}, {**good(door), "lx": "??", "event": "??"}
    for message in (broken, nameless, unruled):
        status, answer = door.post(message)
        assert status == 422
        assert set(answer) == {"field", "reason"}
        assert answer["reason"]
    dead = door.dead()
    assert dead[0][0].body == broken
    assert {json.dumps(json.loads(raw.body)) for raw, _ in dead[1:]} == {json.dumps(nameless), json.dumps(unruled)}
    assert [raw.source_key.startswith("?") for raw, _ in dead] == [True, True, True]
    for _, headers in dead:
        assert headers["__connect.errors.topic"] == door.topics.intake(door.system.name)
        assert headers["x-santai-mapping"] == f"{door.system.name}@1"
    assert door.kept() == []
    assert door.results == {"unmappable": 3}


def test_bad_fields_are_no_reason_to_refuse(door: Door) -> None:
    message = {**good(door), "zjhm": "110101199001010000"}
    assert door.post(message)[0] == 202


def test_too_large_a_body_is_refused_before_anything_else(door: Door) -> None:
    assert door.post(b" " * (BODY_BYTES_MAX + 1))[0] == 413
    assert door.results == {"too_large": 1}


def test_the_largest_body_allowed_fits_a_record(door: Door) -> None:
    filler = json.dumps({**good(door), "x": ""}).encode()
    message = {**good(door), "x": "y" * (BODY_BYTES_MAX - len(filler))}
    body = json.dumps(message).encode()
    assert len(body) == BODY_BYTES_MAX
    assert door.post(body)[0] == 202
    assert door.kept()[0].body == body


@pytest.mark.parametrize("door", ["web"], indirect=True)
def test_without_a_broker_503_and_afterwards_the_same_message_goes_in(door: Door) -> None:
    door.kafka.kill()
    assert door.post(good(door))[0] == 503
    assert door.post(b"no json")[0] == 503, "what cannot be kept in the DLQ is not answered for good either"
    door.kafka.start()
    answers = [503, 503]
    while answers[-1] == 503 and len(answers) < 10:  # a broker that has just come back may take longer than one try
        answers.append(door.post(good(door))[0])
    assert answers[-1] == 202
    assert len({kept.event_id for kept in door.kept()}) == 1
    assert door.results == {"unavailable": len(answers) - 1, "accepted": 1}


def test_nonsense_in_traceparent_is_left_out(door: Door) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    door.post(good(door), traceparent=trace)
    door.post(good(door), traceparent="张三")
    records = read_all(door.kafka.bootstrap, door.topics.intake(door.system.name))
    assert [dict(record.headers()).get("traceparent") for record in records] == [trace.encode(), None]


def echo_of(door: Door, push_id: str, state: str) -> dict[str, Any]:
    if door.system.name == "12345":
        return {
            "lx": "zt", "gdbh": "GD1", "djsj": "2026-03-02 09:30:00", "czbh": "C1", "czsj": "2026-03-02 10:00:00",
            "zt": state, "hub_push_id": push_id, "hub_state": state,
        }  # fmt: skip
    return {
        "event": "state", "eventId": "E1", "occurredAt": "2026-03-02T10:00:00+08:00", "case": {"no": "W1"},
        "state": state, "origin": {"pushId": push_id, "state": state},
    }  # fmt: skip


def test_our_own_writing_makes_no_event_but_a_changed_one_does(door: Door) -> None:
    state = "已签收" if door.system.name == "12345" else "SIGNED"
    echo = door.system.echo(echo_of(door, "p1", state))
    assert echo is not None
    name = door.system.name
    door.ledger.plan(
        [Plan(push_id="p1", system=name, ticket_id="t", seq=1, kind="state", state="SIGNED", payload=b"")], now=0
    )
    assert door.post(echo_of(door, "p1", state))[0] == 202, "planned, not sent: not ours yet"
    door.ledger.lease(name, "w", limit=1, now=1, until=2000)
    door.ledger.sending({"p1": echo.digest}, owner="w", now=2)
    assert door.post(echo_of(door, "p1", state)) == (200, {"echo": True})
    other = "办结" if name == "12345" else "CLOSED"
    assert door.post(echo_of(door, "p1", other))[0] == 202, "somebody moved it since"
    assert door.post(echo_of(door, "p2", state))[0] == 202, "a push we do not know"
    assert door.results == {"accepted": 3, "echo": 1}
    assert len(door.kept()) == 3


def test_a_ledger_out_of_reach_is_503(door: Door, tmp_path: Path) -> None:
    door.engine.dispose()
    (tmp_path / "ledger.db").rename(tmp_path / "away.db")
    (tmp_path / "ledger.db").mkdir()
    assert door.post(echo_of(door, "p1", "SIGNED"))[0] == 503
    (tmp_path / "ledger.db").rmdir()


def test_a_system_without_its_section_stops(door: Door) -> None:
    bare = load_systems(FOLDER, None, {door.system.name})[door.system.name]
    object.__setattr__(bare, "source", None)
    with pytest.raises(Stop, match="source"):
        WebhookIntake(bare, door.intake, door.ledger)
