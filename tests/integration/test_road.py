"""The whole road on real parts: one matter, four systems, one ticket, everybody told, nothing echoed."""

from __future__ import annotations

from typing import Any

import pytest

from demo.scenario import messages
from demo.scenario.plan import Matter
from schemas.ids import submission_id
from tests.support.road import MORNING, Road, as_json, until

pytestmark = pytest.mark.integration

EVENTS = "santai_events_total"


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What the first test tells, for those that go on with it."""
    return {}


def tell_four(road: Road) -> tuple[Matter, int]:
    """A matter told on the hotline, then on the web, at the window and on the platform; the window's row."""
    matter = road.matter("12345", "web", "legal-aid", "gov-service")
    hotline, web, window, case = matter.tellings
    assert road.send("12345", messages.hotline_ticket(matter, hotline)).status == 202
    road.awaited(f"12345:{hotline.number}")
    assert road.send("web", messages.web_case(matter, web)).status == 202
    road.awaited(f"web:{web.number}")
    row = road.stage.clerk.file(messages.legal_aid_row(matter, window))
    road.awaited(f"legal-aid:{window.number}")
    road.stage.gov.add_cases([messages.gov_case(matter, case)])
    road.awaited(f"gov-service:{case.number}", lambda a: len(a["members"]) == 4)
    return matter, row


def test_accepted_means_kafka_has_it_and_the_number_answers(road: Road) -> None:
    matter = road.matter("12345")
    (hotline,) = matter.tellings
    before = road.intake_counts()["12345"]
    sent = road.send("12345", messages.hotline_ticket(matter, hotline))
    after = road.intake_counts()["12345"]
    assert sent.status == 202
    assert after == before + 1
    key = f"{hotline.number}@{messages.local(hotline.received_at)}"
    assert sent.answer["submission_id"] == submission_id("12345", key)
    answer = road.awaited(hotline.number)
    assert answer["state"] == "RECEIVED"
    assert [(m["system"], m["number"]) for m in answer["members"]] == [("12345", hotline.number)]
    assert answer["received_at"].startswith("2026-03-02T")


def test_the_same_message_again_is_one_submission(road: Road) -> None:
    matter = road.matter("web")
    (web,) = matter.tellings
    message = messages.web_case(matter, web)
    ids = {road.send("web", message).answer["submission_id"] for _ in range(3)}
    assert len(ids) == 1
    road.awaited(web.number)
    # A later submission of another record went the same way: what came before it is through.
    marker = road.matter("web")
    road.send("web", messages.web_case(marker, marker.tellings[0]))
    road.awaited(marker.tellings[0].number)
    answer = road.awaited(web.number)
    assert len(answer["members"]) == 1
    assert sum("登记" in step["what"] or "立件" in step["what"] for step in answer["progress"]) <= 1


def test_one_matter_in_four_systems_is_one_ticket(road: Road, told: dict[str, Any]) -> None:
    matter, row = tell_four(road)
    numbers = [f"{t.system}:{t.number}" for t in matter.tellings]
    answers = [road.get(number).json() for number in numbers]
    assert [a["ticket_id"] for a in answers] == [answers[0]["ticket_id"]] * 4
    assert {(m["system"], m["number"]) for m in answers[0]["members"]} == {
        (t.system, t.number) for t in matter.tellings
    }
    assert answers[0]["members"][0]["number"] == matter.tellings[0].number
    bare = road.get(matter.tellings[3].number).json()
    assert bare["ticket_id"] == answers[0]["ticket_id"]
    told.update(matter=matter, row=row, numbers=numbers)


def test_every_system_is_told_in_its_own_way(road: Road, told: dict[str, Any]) -> None:
    matter: Matter = told["matter"]
    hotline, web, _window, case = matter.tellings
    road.stage.clerk.move(told["row"], "给予")
    answer = road.settled(told["numbers"][0], "ACCEPTED", ("12345", "web", "gov-service"))
    assert answer["state"] == "ACCEPTED"
    stated = [x for x in answer["tellings"] if x["state"] == "ACCEPTED" and x["kind"] == "state"]
    assert "legal-aid" not in {x["system"] for x in stated}, "who said it is not told it"
    signs = [e for e in road.platform_journal("12345") if e["operation"] == "sign"]
    assert [e["body"]["zt"] for e in signs if e["body"]["gdbh"] == hotline.number] == ["已受理"]
    news = [e["body"] for e in road.platform_journal("web") if e["body"]["case"].get("no") == web.number]
    assert [n["state"] for n in news if n["event"] == "state"] == ["ACCEPTED"]
    pushed = [p for p in road.stage.gov.journal() if p.fields.get("project_no") == case.number]
    assert "23" in {p.fields.get("handle_status") for p in pushed if p.outcome == "applied"}
    # The window did not say this one: it finds it in its inbox.
    road.send("12345", messages.hotline_note(hotline, "cb", "1", MORNING, czsm="请尽快办理"))
    urged = until(
        lambda: [x for x in road.stage.clerk.inbox() if x["row_id"] == told["row"] and x["kind"] == "urge"], "inbox"
    )
    assert len(urged) == 1
    answers = [road.awaited(n, lambda a: any("催办" in s["what"] for s in a["progress"])) for n in told["numbers"]]
    assert all(a["progress"] == answers[0]["progress"] for a in answers)
    assert all(a["state"] == "ACCEPTED" for a in answers)


def test_what_comes_back_of_our_own_writing_is_no_event(road: Road, told: dict[str, Any]) -> None:
    """All four systems return what the hub wrote; only what they add of their own comes through."""
    labels = {"type": "RawChange", "result": "echo"}
    seen = {s: road.sample("connectors", EVENTS, system=s, **labels) for s in ("legal-aid", "gov-service")}
    before = road.intake_counts()
    inbox_before = len(road.records(road.topics.inbox))
    for system in ("12345", "web"):
        returned = road.echo(system)
        assert returned["sent"] > 0
        assert returned["echoes"] == returned["sent"]
    assert road.stage.clerk.work_off_inbox() > 0
    until(lambda: road.sample("connectors", EVENTS, system="legal-aid", **labels) > seen["legal-aid"], "echo of a row")
    assert road.sample("connectors", EVENTS, system="gov-service", **labels) > 0
    assert road.intake_counts() == before
    assert len(road.records(road.topics.inbox)) == inbox_before
    # The office's own change of that same row is news.
    road.stage.clerk.move(told["row"], "指派")
    road.awaited(told["numbers"][2], lambda a: a["state"] == "ASSIGNED")
    assert road.intake_counts() == {**before, "legal-aid": before["legal-aid"] + 1}


def test_a_row_committed_late_is_not_skipped(road: Road) -> None:
    late, soon = road.matter("legal-aid"), road.matter("legal-aid")
    clerk = road.stage.clerk
    with clerk.filed_late(messages.legal_aid_row(late, late.tellings[0])):
        clerk.file(messages.legal_aid_row(soon, soon.tellings[0]))
        road.awaited(f"legal-aid:{soon.tellings[0].number}")
        assert road.get(f"legal-aid:{late.tellings[0].number}").status_code == 404
    road.awaited(f"legal-aid:{late.tellings[0].number}")


def test_a_bare_number_of_two_systems_is_ambiguous(road: Road) -> None:
    number = f"{road.number('web')}-同号"
    for system, make in (("12345", messages.hotline_ticket), ("web", messages.web_case)):
        matter = road.matter(system)
        message = make(matter, matter.tellings[0])
        (message if system == "12345" else message["case"])["gdbh" if system == "12345" else "no"] = number
        assert road.send(system, message).status == 202
        road.awaited(f"{system}:{number}")
    response = road.get(number)
    assert response.status_code == 409
    assert sorted(response.json()["systems"]) == ["12345", "web"]
    first, second = (road.get(f"{system}:{number}").json() for system in ("12345", "web"))
    assert first["ticket_id"] != second["ticket_id"]


def test_an_unknown_number_is_not_found(road: Road) -> None:
    response = road.get("GD00000000000")
    assert response.status_code == 404
    assert "编号" in response.json()["reason"]


def test_trace_tells_the_whole_story(road: Road, told: dict[str, Any]) -> None:
    matter: Matter = told["matter"]
    for number in told["numbers"]:
        done = road.santai("trace", number, "--json")
        assert done.returncode == 0, done.stderr
        story = as_json(done.stdout)
        assert {m["number"] for m in story["members"]} == {t.number for t in matter.tellings}
        joined = [x for x in story["story"] if x["why"]]
        assert len(joined) >= 3, "each joining says why"
        assert all(isinstance(x["at"], str) and x["what"] for x in story["story"])
        assert {m["system"] for m in story["members"]} == {t.system for t in matter.tellings}
        assert story["family"] == matter.family
    text = road.santai("trace", told["numbers"][1])
    assert text.returncode == 0, text.stderr
    for telling in matter.tellings:
        assert telling.number in text.stdout
    assert "依据" in text.stdout
    for secret in (matter.person.name, matter.person.id_number, matter.person.phone, matter.text):
        assert secret not in text.stdout
