"""One conformance suite over all sink kinds, each against a real server that is told to misbehave.

A kind joins by a `Partner`: its server, its sink, and how to make the server misbehave.
"""

from __future__ import annotations

import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from connectors.api import Result, Sink, Told
from connectors.webhook_sink import WebhookSink
from mappings.message import Message
from santai.platform.process import free_port as find_port
from tests.support.platforms import SECRET, PlatformServer

pytestmark = pytest.mark.integration


class Partner(ABC):
    """A running partner system, and a sink that tells it."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    @abstractmethod
    def message(self) -> Message:
        """Something the partner takes."""

    @abstractmethod
    def misbehave(self, how: str) -> None:
        """For the next call: `busy`, `refuse`, `hang` (does nothing, never answers) or `lose` (does it, no answer)."""

    @abstractmethod
    def applied(self) -> list[str]:
        """Push ids that took effect, in order, each time they did."""

    @abstractmethod
    def kill(self) -> None:
        """The partner's server is gone."""

    def send(self, push_id: str) -> Result:
        return self.sink.send(self.message(), push_id)


class SinkConformance:
    """What every kind promises."""

    @pytest.fixture
    def partner(self) -> Partner:
        """Each kind gives its own."""
        raise NotImplementedError

    def test_what_is_told_is_done(self, partner: Partner) -> None:
        assert partner.send("p1") == Result(Told.DONE)
        assert partner.applied() == ["p1"]

    def test_telling_again_is_done_and_changes_nothing(self, partner: Partner) -> None:
        assert partner.send("p1").told is Told.DONE
        assert partner.send("p1").told is Told.DONE
        assert partner.send("p2").told is Told.DONE
        assert partner.applied() == ["p1", "p2"]

    def test_a_busy_partner_is_asked_again_later(self, partner: Partner) -> None:
        partner.misbehave("busy")
        told = partner.send("p1")
        assert (told.told, bool(told.reason)) == (Told.RETRY, True)
        assert partner.send("p1").told is Told.DONE
        assert partner.applied() == ["p1"]

    def test_a_refusal_is_final_and_has_a_reason(self, partner: Partner) -> None:
        partner.misbehave("refuse")
        told = partner.send("p1")
        assert told.told is Told.REFUSED
        assert any("\u4e00" <= sign <= "\u9fff" for sign in told.reason)
        assert partner.applied() == []

    def test_no_answer_is_an_unknown_outcome_within_bounded_time(self, partner: Partner) -> None:
        partner.misbehave("hang")
        begun = time.monotonic()
        assert partner.send("p1").told is Told.UNKNOWN
        assert time.monotonic() - begun < 10
        assert partner.send("p1").told is Told.DONE
        assert partner.applied() == ["p1"]

    def test_a_lost_answer_is_unknown_and_the_second_telling_settles_it(self, partner: Partner) -> None:
        partner.misbehave("lose")
        assert partner.send("p1").told is Told.UNKNOWN
        assert partner.send("p1").told is Told.DONE
        assert partner.applied() == ["p1"]

    def test_nobody_there_certainly_does_not_have_it(self, partner: Partner) -> None:
        assert partner.send("p1").told is Told.DONE
        partner.kill()
        told = partner.send("p2").told
        assert told in (Told.RETRY, Told.UNKNOWN), "a connection kept open may have died under the request"
        assert partner.send("p2").told is Told.RETRY

    def test_threads_share_a_sink(self, partner: Partner) -> None:
        with ThreadPoolExecutor(6) as pool:
            told = list(pool.map(partner.send, [f"p{n}" for n in range(24)]))
        assert {result.told for result in told} == {Told.DONE}
        assert sorted(partner.applied()) == sorted(f"p{n}" for n in range(24))

    def test_reasons_quote_nothing_of_what_was_sent(self, partner: Partner) -> None:
        for how in ("busy", "refuse", "lose"):
            partner.misbehave(how)
            assert "张三" not in partner.send("p1").reason


class WebhookPartner(Partner):
    """The demo's platforms, as their own process."""

    def __init__(self, system: str, operation: str, path: str, server: PlatformServer) -> None:
        self.system, self.operation, self.server, self.url = system, operation, server, server.url
        self._own = f"{uuid.uuid4()}-"  # the journal holds all tests' pushes
        signature: dict[str, Any] = {"scheme": "standard-webhooks", "secrets": [SECRET]}
        if system == "12345":
            signature = {"scheme": "12345", "app_key": "santai", "secrets": [SECRET]}
        super().__init__(
            WebhookSink(
                system,
                {
                    "base_url": self.url,
                    "paths": {operation: path},
                    "signature": signature,
                    "codes": {"done": [0, "duplicate"], "retry": ["busy"]},
                    "timeout_s": 0.5,
                },
            )
        )

    def send(self, push_id: str) -> Result:
        return super().send(self._own + push_id)

    def message(self) -> Message:
        return Message(self.operation, {"gdbh": "GD1", "czsm": "张三的件已签收"})

    def misbehave(self, how: str) -> None:
        faults: dict[str, dict[str, Any]] = {
            "busy": {"mode": "status", "status": 503},
            "refuse": {"mode": "code", "code": 2002},
            "hang": {"mode": "hang"},
            "lose": {"mode": "lost"},
        }
        self.fault(**faults[how])

    def fault(self, **what: Any) -> None:
        self.server.fault(self.system, **what)

    def applied(self) -> list[str]:
        journal = self.server.journal(self.system)
        applied = [entry["push_id"] for entry in journal if entry["applied"]]
        return [push_id.removeprefix(self._own) for push_id in applied if push_id.startswith(self._own)]

    def kill(self) -> None:
        self.server.kill()


@pytest.fixture(scope="module")
def platforms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformServer]:
    server = PlatformServer(find_port(), tmp_path_factory.mktemp("platforms") / "journal.jsonl")
    yield server
    server.kill()


@pytest.fixture(
    params=[("12345", "sign", "/api/order/sign"), ("web", "progress", "/hub/progress")], ids=["12345", "web"]
)
def webhook_partner(request: pytest.FixtureRequest, platforms: PlatformServer) -> Iterator[WebhookPartner]:
    platforms.start()
    partner = WebhookPartner(*request.param, platforms)
    yield partner
    partner.sink.close()


class TestWebhook(SinkConformance):
    @pytest.fixture
    def partner(self, webhook_partner: WebhookPartner) -> Partner:
        return webhook_partner

    @pytest.mark.parametrize(
        ("fault", "told"),
        [
            ({"mode": "status", "status": 500}, Told.RETRY),
            ({"mode": "status", "status": 429}, Told.RETRY),
            ({"mode": "status", "status": 408}, Told.RETRY),
            ({"mode": "status", "status": 425}, Told.RETRY),
            ({"mode": "status", "status": 302}, Told.RETRY),
            ({"mode": "status", "status": 502}, Told.UNKNOWN),
            ({"mode": "status", "status": 504}, Told.UNKNOWN),
            ({"mode": "status", "status": 400}, Told.REFUSED),
            ({"mode": "status", "status": 404}, Told.REFUSED),
            ({"mode": "code", "code": "busy"}, Told.RETRY),
            ({"mode": "code", "code": 1001}, Told.REFUSED),
            ({"mode": "code", "code": "0"}, Told.DONE),
        ],
    )
    def test_answers_mean_what_the_contract_says(
        self, webhook_partner: WebhookPartner, fault: dict[str, Any], told: Told
    ) -> None:
        webhook_partner.fault(**fault)
        assert webhook_partner.send("p1").told is told

    def test_an_operation_without_a_path_is_refused(self, webhook_partner: WebhookPartner) -> None:
        assert webhook_partner.sink.send(Message("unheard-of", {}), "p1").told is Told.REFUSED

    def test_after_a_restart_the_partner_still_knows_the_push(self, webhook_partner: WebhookPartner) -> None:
        assert webhook_partner.send("p1").told is Told.DONE
        webhook_partner.server.kill()
        webhook_partner.server.start()
        told = [webhook_partner.send("p1").told for _ in range(2)]
        assert told[-1] is Told.DONE, "the first may have met a kept connection that died"
        assert webhook_partner.applied() == ["p1"]

    def test_a_wrong_secret_is_refused_by_the_partner(self, webhook_partner: WebhookPartner) -> None:
        section = {
            "base_url": webhook_partner.url,
            "paths": {"progress": "/hub/progress"},
            "signature": {"scheme": "standard-webhooks", "secrets": ["not the agreed secret"]},
        }
        sink = WebhookSink("web", section)
        assert sink.send(Message("progress", {}), "p1").told is Told.REFUSED
        sink.close()
        assert webhook_partner.applied() == []
