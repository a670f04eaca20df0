"""A second need brings the person's dossier to whoever is handed it, on the real road."""

from __future__ import annotations

from dataclasses import replace

import pytest

from demo.scenario import messages
from tests.integration.test_road_decisions import by_door
from tests.support.road import MORNING, Road, as_json, until

pytestmark = pytest.mark.integration


def test_a_second_need_carries_the_dossier(road: Road) -> None:
    first = road.matter("web")
    (before,) = first.tellings
    assert road.send("web", messages.web_case(first, before)).status == 202
    road.awaited(f"web:{before.number}")
    closed = messages.web_note(before, "state", "1", MORNING.replace(minute=5), state="CLOSED")
    assert road.send("web", closed).status == 202
    road.awaited(f"web:{before.number}", lambda a: a["state"] == "CLOSED")

    secret = road.matter("web", person=first.person)
    hidden = messages.web_case(secret, secret.tellings[0])
    hidden["case"]["secret"] = True
    assert road.send("web", hidden).status == 202
    road.awaited(f"web:{secret.tellings[0].number}")

    second = road.matter("12345", person=first.person)
    after = replace(second.tellings[0], received_at=MORNING.replace(hour=15))
    assert road.send("12345", messages.hotline_ticket(second, after)).status == 202
    number = f"12345:{after.number}"
    opened = road.awaited(number)
    assert len(opened["members"]) == 1, "another opponent: another matter"

    handed = until(
        lambda: [x for x in road.stage.clerk.inbox() if x["ticket_id"] == opened["ticket_id"] and x["kind"] == "open"],
        "the office's inbox",
    )
    assert handed[0]["dossier"] == f"2026-03-02 web:{before.number} 同类 已结"
    pushed = until(
        lambda: [
            e["body"] for e in road.platform_journal("web")
            if e["body"]["ticketId"] == opened["ticket_id"] and e["body"]["event"] == "open"
        ],
        "the platform's journal",
    )  # fmt: skip
    assert [(x["number"], x["ended"], x["similar"]) for x in pushed[0]["dossier"]] == [
        (f"web:{before.number}", "CLOSED", True)
    ]

    told = by_door(road, "GET", f"/tickets/{number}/dossier").json()
    assert [(x["number"], x["state"]) for x in told["earlier"]] == [(f"web:{before.number}", "CLOSED")]
    assert told["similar_ended"] == [f"web:{before.number}"]
    assert by_door(road, "GET", f"/tickets/web:{secret.tellings[0].number}/dossier").json()["earlier"] == []
    assert road.call("GET", f"/tickets/{number}/dossier").status_code == 401
    story = as_json(road.santai("trace", number, "--json").stdout)
    assert story["dossier"] == 1
    assert secret.tellings[0].number not in road.santai("trace", number).stdout
    assert before.number not in road.get(number).text, "progress is for the citizen's window, the dossier is not"


def test_the_office_gets_the_dossier_of_its_own_second_row(road: Road) -> None:
    """Its own row opened the matter: nobody hands it over, and the dossier comes all the same."""
    first = road.matter("12345")
    (before,) = first.tellings
    assert road.send("12345", messages.hotline_ticket(first, before)).status == 202
    road.awaited(f"12345:{before.number}")
    second = road.matter("legal-aid", person=first.person)
    after = replace(second.tellings[0], received_at=MORNING.replace(hour=16))
    row = road.stage.clerk.file(messages.legal_aid_row(second, after))
    opened = road.awaited(f"legal-aid:{after.number}")
    told = until(
        lambda: [x for x in road.stage.clerk.inbox() if x["ticket_id"] == opened["ticket_id"]], "the office's inbox"
    )
    assert [(x["kind"], x["row_id"], x["dossier"]) for x in told] == [
        ("dossier", row, f"2026-03-02 12345:{before.number} 同类 在办")
    ]
