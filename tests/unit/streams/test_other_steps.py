"""match, normalise and route over bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

import mappings
from mappings.routing import load_routing
from mappings.systems import FOLDER, load_systems
from schemas.errors import DeadLetter
from schemas.events.common import Member
from schemas.events.inbox import Claim, StatusChanged, Submission, Verdict
from schemas.events.intake import RawChange
from schemas.events.tables import Block
from schemas.events.ticket import TicketOpened
from schemas.ids import submission_id
from streams.core.routing import Router
from streams.engine.api import Record
from streams.steps.emit import INTAKE_AT
from streams.steps.match import MatchStep
from streams.steps.normalise import NormaliseStep
from streams.steps.route import RouteStep
from tests.support.features import features
from tests.support.partitions import CODEC, TOPICS, decoded, match_step

SYSTEMS = load_systems(FOLDER, None)


def claim(sid: str, *, key: str = "id:k", kind: str = "id", version: int = 1, **more: Any) -> Claim:
    return Claim(
        event_id=sid, submission_id=sid, key=key, key_kind=kind, version=version, received_at=0,
        features=features(sid, **more),
    )  # fmt: skip


def record(topic: str, event: Any, key: bytes | None = None, **more: Any) -> Record:
    key = key or getattr(event, "key", "k").encode()
    return Record(topic, 0, 0, 42, key, CODEC.encode(topic, event), **more)


def test_match_answers_each_claim_and_keeps_its_blocks() -> None:
    step, table = match_step(), dict[bytes, bytes]()
    batch = [record(TOPICS.claims, c) for c in (claim("a"), claim("b"), claim("c", key="id:other"))]
    outcome = step.process(0, batch, table)
    verdicts = [v for v in decoded(outcome.outputs) if isinstance(v, Verdict)]
    assert [(v.submission_id, v.key, len(v.pairs)) for v in verdicts] == [
        ("a", "id:k", 0),
        ("b", "id:k", 1),
        ("c", "id:other", 0),
    ]
    assert [(o.topic, o.key) for o in outcome.outputs] == [(TOPICS.inbox, s) for s in (b"a", b"b", b"c")]
    block = CODEC.decode_inner(Block, outcome.changes[b"id:k"], b"id:k")
    assert [e.features.submission_id for e in block.entries] == ["a", "b"]
    assert "王晓".encode() not in outcome.changes[b"id:k"]
    table.update(outcome.changes)
    assert step.process(0, batch, table).outputs == outcome.outputs  # redelivered
    assert step.process(0, batch, table).changes == {}


def test_match_observes_sizes() -> None:
    sizes: list[int] = []
    step = MatchStep(CODEC, TOPICS, sizes.append)
    step.process(0, [record(TOPICS.claims, claim(s)) for s in "abc"], {})
    assert sizes == [1, 2, 3]


@pytest.mark.parametrize("what", ["not ours", "another key", "no claim"])
def test_match_refuses_poison(what: str) -> None:
    note = StatusChanged(event_id="n", submission_id="a", system="web", at=1, state="ACCEPTED")
    poison = {
        "not ours": Record(TOPICS.claims, 0, 0, 1, b"id:k", b"\x00\x00\x00\x00\x63x"),
        "another key": record(TOPICS.claims, claim("a"), key=b"id:else"),
        "no claim": Record(TOPICS.claims, 0, 0, 1, b"a", CODEC.encode(TOPICS.inbox, note)),
    }
    with pytest.raises(DeadLetter):
        match_step().process(0, [poison[what]], {})


NOW = 1_772_700_000_000  # in the evening of the day the records speak of


def raw(system: str, key: str, body: bytes) -> RawChange:
    return RawChange(
        event_id="raw",
        system=system,
        source_key=key,
        captured_at=NOW,
        content_type="application/json",
        body=body,
    )


ROW = orjson.dumps(
    {"id": 77, "task_key": "承办", "update_date": "2026-03-05 10:00:00", "name": "王晓", "id_card": "bad"}
)


class Counting:
    """A normalise step and what it counted."""

    def __init__(self) -> None:
        self.counted: list[tuple[str, str, str]] = []
        self.bad: list[tuple[str, str]] = []
        self.step = NormaliseStep(
            CODEC, TOPICS, SYSTEMS, lambda *x: self.counted.append(x), lambda *x: self.bad.append(x)
        )


def test_normalise_reads_every_system_and_writes_the_inbox() -> None:
    normalise = Counting()
    assert set(normalise.step.topics) == {TOPICS.intake(s) for s in SYSTEMS}
    outputs = normalise.step.process([record(TOPICS.intake("legal-aid"), raw("legal-aid", "77", ROW))])
    sid = submission_id("legal-aid", "77")
    assert [(o.topic, o.key) for o in outputs] == [(TOPICS.inbox, sid.encode())] * 2
    assert [type(e) for e in decoded(outputs)] == [Submission, StatusChanged]
    assert normalise.counted == [("legal-aid", "Submission", "marked"), ("legal-aid", "StatusChanged", "ok")]
    assert normalise.bad == [("legal-aid@1", "inbound")]


def test_normalise_writes_down_when_the_broker_took_the_change_once() -> None:
    change = raw("legal-aid", "77", ROW)
    step = Counting().step
    for given, expected in (((), b"42"), (((INTAKE_AT, b"7"),), b"7")):
        for output in step.process([record(TOPICS.intake("legal-aid"), change, headers=given)]):
            assert [v for k, v in output.headers if k == INTAKE_AT] == [expected]


@pytest.mark.parametrize("what", ["unmappable", "unknown system", "no raw change"])
def test_normalise_refuses_poison(what: str) -> None:
    note = StatusChanged(event_id="n", submission_id="a", system="web", at=1, state="ACCEPTED")
    normalise, topic = Counting(), TOPICS.intake("legal-aid")
    poison = {
        "unmappable": record(topic, raw("legal-aid", "77", b"{")),
        "unknown system": record(topic, raw("unheard-of", "77", ROW)),
        "no raw change": Record(topic, 0, 0, 1, b"a", CODEC.encode(TOPICS.inbox, note)),
    }
    with pytest.raises(DeadLetter):
        normalise.step.process([poison[what]])
    assert normalise.bad == ([("legal-aid@1", "identify")] if what == "unmappable" else [])


def route_step() -> RouteStep:
    rules = load_routing(Path(mappings.__file__).parent / "routing.yaml")
    return RouteStep(CODEC, TOPICS, Router(rules, SYSTEMS))


def test_route_writes_to_each_systems_own_topic_keyed_by_ticket() -> None:
    opened = TicketOpened(
        event_id="e", ticket_id="t", at=0, seq=1, submission_id="s", system="12345", received_at=0,
        family="legal-aid", person_name="王晓明",
        members=(Member(submission_id="s", system="12345", source_key="k"),),
    )  # fmt: skip
    outputs = route_step().process([record(TOPICS.events, opened)])
    assert {o.topic for o in outputs} == {TOPICS.deliveries(s) for s in ("legal-aid", "web", "gov-service")}
    assert {o.key for o in outputs} == {b"t"}
    assert all("王晓明".encode() not in o.value for o in outputs)


def test_route_refuses_what_is_no_ticket_event() -> None:
    with pytest.raises(DeadLetter):
        route_step().process([record(TOPICS.claims, claim("a"))])
    with pytest.raises(DeadLetter):
        route_step().process([Record(TOPICS.events, 0, 0, 1, b"t", None)])
