"""From deliveries.* to the platforms and back as receipts, on the real broker and real partners."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from santai.platform.kafka import Kafka
from tests.support.dispatching import SYSTEMS, delivery
from tests.support.scene import Scene, news
from tests.support.topics import make_codec, read_all

pytestmark = pytest.mark.integration


@pytest.fixture
def scene(kafka: Kafka, topic_prefix: str, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(kafka, topic_prefix, tmp_path, f"sqlite:///{tmp_path / 'ledger.db'}")
    yield scene
    scene.close()


def test_each_is_told_once_in_order_and_the_tickets_learn_of_it(scene: Scene) -> None:
    deliveries = news(tickets=6, each=4)
    scene.start()
    scene.produce(*deliveries)
    scene.until(scene.settled(len(deliveries)))
    scene.check_each_once_in_order(deliveries)
    scene.check_receipts(deliveries)
    assert scene.results == {("12345", "done"): 24, ("web", "done"): 24}
    for record in read_all(scene.kafka.bootstrap, scene.topics.inbox):
        receipt = make_codec().decode(record.value())
        assert record.key() == receipt.submission_id.encode()
        assert dict(record.headers())["ce_id"] == receipt.event_id.encode()


def test_a_refold_sends_nothing(scene: Scene) -> None:
    deliveries = news(tickets=3, each=2)
    scene.start()
    scene.produce(*deliveries)
    scene.until(scene.settled(len(deliveries)))
    calls = len(scene.platforms.journal("12345")) + len(scene.platforms.journal("web"))
    receipts = len(scene.receipts())
    marker = delivery("web", "later", 1)
    scene.produce(*deliveries, *deliveries, marker)
    scene.produce(
        *(delivery(s, f"T{t}", 99) for t in range(3) for s in SYSTEMS)
    )  # behind the repeats in each partition
    scene.until(scene.settled(len(deliveries) + 7))
    assert len(scene.platforms.journal("12345")) + len(scene.platforms.journal("web")) == calls + 7
    assert len(scene.receipts()) == receipts + 7


def test_a_misbehaving_partner_gets_each_once_and_in_order(scene: Scene) -> None:
    deliveries = news(tickets=5, each=4)
    for system in SYSTEMS:
        scene.platforms.fault(system, mode="lost", times=4)
        scene.platforms.fault(system, mode="status", status=503, times=6)
        scene.platforms.fault(system, mode="code", code="busy", times=4)
        scene.platforms.fault(system, mode="hang", times=2)
    scene.start()
    scene.produce(*deliveries)
    scene.until(scene.settled(len(deliveries)))
    scene.check_each_once_in_order(deliveries)
    scene.check_receipts(deliveries)
    for system in SYSTEMS:
        assert scene.results[system, "retry"] == 10
        assert scene.results[system, "unknown"] == 6
        rows = [scene.ledger.pushed(d.event_id) for d in deliveries if d.system == system]
        assert sum(row.unknowns for row in rows if row is not None) == 6, "each unknown outcome is flagged"


def test_a_failing_delivery_holds_its_ticket_and_nothing_else(scene: Scene) -> None:
    held, free = [delivery("12345", "HELD", n) for n in range(3)], [delivery("12345", "FREE", n) for n in range(3)]
    scene.platforms.fault("12345", mode="status", status=503, times=1_000_000, match="GDHELD")
    scene.start()
    scene.produce(*held, *free)
    scene.until(scene.settled(3))
    scene.until(lambda: scene.results["12345", "retry"] >= 4)
    assert scene.applied("12345") == [d.event_id for d in free]

    def waits_again() -> bool:
        row = scene.ledger.pushed(held[0].event_id)
        assert row is not None
        return (row.reason, row.status) == ("对方返回 503", "planned")  # and not just being tried

    scene.until(waits_again)
    scene.platforms.start()  # no more faults
    scene.until(scene.settled(6))
    scene.check_each_once_in_order([*held, *free])


def test_a_refusal_is_receipted_with_its_reason_and_the_next_goes_out(scene: Scene) -> None:
    first, second = delivery("web", "A", 1), delivery("web", "A", 2)
    scene.platforms.fault("web", mode="code", code=2002)
    scene.start()
    scene.produce(first, second)
    scene.until(scene.settled(2))
    by_push = {receipt.push_id: receipt for receipt in scene.receipts()}
    assert (by_push[first.event_id].result, by_push[first.event_id].reason) == ("refused", "对方拒绝，返回代码 2002")
    assert by_push[second.event_id].result == "done"
    assert scene.applied("web") == [second.event_id]


def test_not_to_be_told_is_no_telling_and_what_cannot_be_written_is_refused(scene: Scene) -> None:
    strangers = delivery("12345", "A", 1, member=None)
    unwritable = delivery("12345", "A", 2, at=10**17)
    last = delivery("12345", "A", 3)
    scene.start()
    scene.produce(strangers, unwritable, last)
    scene.until(scene.settled(3))
    assert scene.applied("12345") == [last.event_id]
    results = {receipt.push_id: receipt.result for receipt in scene.receipts()}
    assert results == {unwritable.event_id: "refused", last.event_id: "done"}
    assert scene.results == {("12345", "skipped"): 1, ("12345", "refused"): 1, ("12345", "done"): 1}
    row = scene.ledger.pushed(strangers.event_id)
    assert row is not None
    assert (row.status, row.reason, row.attempts) == ("done", "不需告知", 0)


def test_the_unreadable_goes_to_the_dlq_as_it_came_and_the_rest_goes_on(scene: Scene) -> None:
    sound = [delivery("web", "A", 1), delivery("web", "A", 2)]
    wrong_place = make_codec().encode(scene.topics.deliveries("web"), delivery("12345", "A", 1))
    scene.start()
    scene.produce(sound[0], ("web", b"poison"), ("web", wrong_place), sound[1])
    scene.until(scene.settled(2))
    scene.check_each_once_in_order(sound)
    dead = read_all(scene.kafka.bootstrap, scene.topics.dlq)
    assert {record.value() for record in dead} == {b"poison", wrong_place}
    for record in dead:
        headers = dict(record.headers())
        assert record.key() == b"k"
        assert headers["__connect.errors.topic"] == scene.topics.deliveries("web").encode()
        assert headers["__connect.errors.exception.class.name"] == b"Unreadable"
