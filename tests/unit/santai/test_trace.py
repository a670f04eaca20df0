"""The trace: a whole life told in Chinese, as it is printed; and that every code has its words."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import Engine

from mappings.lexicon import lexicon
from mappings.targets import NOTES, SUBMISSION
from mappings.vocabulary import Channel, DeliveryKind, Family, RequestKind, State
from santai.projector.numbers import Ambiguous, NotFound
from santai.trace import render, trace
from santai.words import Words
from schemas.events.common import Mark, Member
from schemas.events.ticket import ReviewAsked, SubmissionAttached, SubmissionLinked, TicketNoted, TicketTold
from tests.unit.santai.conftest import Feed
from tests.unit.santai.stories import A, B, C, ledger_with_one_of_each, life, marked, opened

GOLDEN = Path(__file__).parents[2] / "golden" / "trace"


@pytest.fixture(scope="module")
def words() -> Words:
    return Words.load(systems={"12345": "12345热线", "web": "法律服务网"})


def printed(engine: Engine, number: str, words: Words) -> str:
    out = StringIO()
    render(trace(engine, number, words), Console(file=out, width=110, force_terminal=False))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def rest_of_life() -> list[object]:
    """What `life` does not have: a link, a review, a rating, a call-back, late and barred statuses, a refusal."""
    common = {"ticket_id": "sa", "members": (A, B), "submission_id": "sb"}
    note = {**common, "system": "12345"}
    return [
        SubmissionLinked(
            event_id="l", at=9_990, seq=10, to_ticket="sc", to_submission="sc", link_kind="follow-up",
            reasons=("phone_equal", "not_in_the_table"), **common,
        ),
        ReviewAsked(event_id="v", at=9_991, seq=11, to_submission="unknown-id", reasons=("name_near",), **common),
        TicketNoted(event_id="n1", at=9_992, seq=12, what="rating", grade=1, **note),
        TicketNoted(event_id="n2", at=9_993, seq=13, what="call-back", satisfied=False, **note),
        TicketNoted(event_id="n3", at=9_994, seq=14, what="late-status", state="SIGNED", **note),
        TicketNoted(event_id="n4", at=9_994, seq=15, what="barred-status", state="ACCEPTED", **note),
        TicketTold(
            event_id="t3", ticket_id="sa", at=9_995, seq=16, members=(A, B), system="web", push_id="q", kind="state",
            state="ACCEPTED", result="refused", reason="编号[不]存在",
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("number", ["GDa", "GDc"])
def test_a_life_is_told_as_in_the_golden_file(read_model: Engine, feed: Feed, words: Words, number: str) -> None:
    feed(life() + rest_of_life())
    golden = GOLDEN / f"{number}.txt"
    assert printed(read_model, number, words) == golden.read_text(encoding="utf-8")


def test_what_still_waits_is_told_since_when_and_how_the_last_try_ended(
    read_model: Engine, feed: Feed, words: Words, tmp_path: Path
) -> None:
    feed(life())
    ledger = ledger_with_one_of_each(tmp_path, "sa", "sb")
    told = trace(read_model, "GDa", words, ledger)
    assert [w["result"] for w in told.as_json()["waiting"]] == ["planned", "retry", "unknown"]
    out = StringIO()
    render(told, Console(file=out, width=200, force_terminal=False))
    _, _, waiting = out.getvalue().partition("尚未告知")
    said = [" ".join(line.split()[3:]) for line in waiting.splitlines()[2:]]
    assert said == [
        "告知法律服务网“状态变化（已受理）”——待送，1970-01-01 08:00:10 起",
        "告知12345热线“催办”——稍后重送，1970-01-01 08:00:11 起，已试 1 次：无法连接对方系统",
        "告知12345热线“催办”——结果不明，1970-01-01 08:00:12 起，已试 1 次：等待对方答复超时，结果不明",
    ]


def test_every_member_tells_the_same_story(read_model: Engine, feed: Feed, words: Words) -> None:
    feed(life())
    stories = {json.dumps(trace(read_model, n, words).as_json()["story"]) for n in ("GDa", "kb", "sb", "12345:GDb")}
    assert len(stories) == 1


def test_json_holds_times_reasons_and_nothing_personal(read_model: Engine, feed: Feed, words: Words) -> None:
    feed(life())
    told = trace(read_model, "GDa", words).as_json()
    attached = next(line for line in told["story"] if line["why"])
    assert attached["at"] == "1970-01-01T08:00:09+08:00"
    assert attached["why"] == "证件号码相同"
    assert attached["reasons"] == ["id_equal"]
    assert "13900001111" not in json.dumps(told, ensure_ascii=False)


def test_json_has_codes_and_titles_beside_them(read_model: Engine, feed: Feed, words: Words) -> None:
    feed(life())
    told = trace(read_model, "GDa", words).as_json()
    assert (told["family"], told["family_title"], told["state"], told["state_title"]) == (
        "legal-aid", "法律援助", "ACCEPTED", "已受理",
    )  # fmt: skip
    assert [(m["system"], m["system_title"]) for m in told["members"]] == [("12345", "12345热线")] * 2
    (clock,) = told["deadlines"]
    assert (clock["clock"], clock["title"]) == ("web-message", "网站留言答复")
    assert (clock["stage"], clock["stage_title"]) == ("near", "临期")
    assert {(line["type"], line["system"]) for line in told["story"]} >= {("TicketOpened", "12345"), ("Alert", None)}
    for line in [*told["story"], *told["tellings"]]:
        assert line["system"] is None or line["system"].isascii()


def test_business_time_and_the_hubs_own_time_are_kept_apart(read_model: Engine, feed: Feed, words: Words) -> None:
    """A simulated or a slow day: what was told an hour later by another clock stands in a list of its own."""
    feed([*life(), *rest_of_life()])
    told = trace(read_model, "GDa", words).as_json()
    assert {line["type"] for line in told["tellings"]} == {"TicketTold"}
    assert "TicketTold" not in {line["type"] for line in told["story"]}
    text = printed(read_model, "GDa", words)
    story, _, tellings = text.partition("告知（枢纽时间")
    assert "业务时间" in story
    assert "已送达" not in story
    assert "已送达" in tellings
    assert "催办" not in tellings


def test_marks_are_shown_in_words_and_by_code(read_model: Engine, feed: Feed, words: Words) -> None:
    mark = Mark(field="received_at", problem="future", reason="时间比收到时晚一天以上，改按收到的时间计")
    assert "标记" not in (feed(life()) or printed(read_model, "GDa", words))
    feed([marked(B, 1, mark)])
    text = printed(read_model, "GDa", words)
    assert "标记       编号  字段      原因\n12345热线  GDb   登记时间  时间比收到时晚一天以上" in text
    a, b = json.loads(json.dumps(trace(read_model, "GDa", words).as_json()))["members"]
    assert (a["marks"], b["marks"]) == ([], [{"field": "received_at", "title": "登记时间", "reason": mark.reason}])


def test_what_was_said_in_a_code_nobody_knows_is_told_as_such(read_model: Engine, feed: Feed, words: Words) -> None:
    note = {"ticket_id": "sa", "members": (A,), "submission_id": "sa", "system": "12345"}
    feed([
        opened(A),
        TicketNoted(event_id="u1", at=2_000, seq=2, what="status", **note),
        TicketNoted(event_id="u2", at=3_000, seq=3, what="rating", **note),
    ])  # fmt: skip
    text = printed(read_model, "GDa", words)
    assert "报来状态，代码不认识（只作记录）" in text
    assert "评价（等级代码不认识）" in text


def test_every_field_has_words(words: Words) -> None:
    names = {*SUBMISSION, *(name for note in NOTES.values() for name in note.fields)}
    assert not [name for name in sorted(names) if words.field(name) == name]


def test_unknown_and_ambiguous_numbers_are_said_in_chinese(read_model: Engine, feed: Feed, words: Words) -> None:
    feed([opened(A), opened(Member(submission_id="w", system="web", source_key="w", number="GDa"))])
    with pytest.raises(NotFound, match="没有查到"):
        trace(read_model, "none", words)
    with pytest.raises(Ambiguous, match="12345、web"):
        trace(read_model, "GDa", words)


def test_a_member_without_a_number_is_named_by_its_key(read_model: Engine, feed: Feed, words: Words) -> None:
    silent = Member(submission_id="q", system="web", source_key="row-7")
    feed([
        SubmissionAttached(
            event_id="e", ticket_id="sa", at=1, seq=2, members=(A, silent), submission_id="q", to_submission="sa",
            score=1,
        )
    ])  # fmt: skip
    assert "法律服务网 row-7 并入" in printed(read_model, "row-7", words)


def test_all_states_families_kinds_channels_and_deliveries_have_words(words: Words) -> None:
    for say, codes in (
        (words.state, State), (words.family, Family), (words.kind, RequestKind), (words.channel, Channel),
        (words.delivery, DeliveryKind),
    ):  # fmt: skip
        assert not [str(code) for code in codes if say(str(code)) == str(code)]


REASONS = (
    "id_equal id_near id_conflict phone_equal phone_weightless name_equal name_near name_conflict "
    "related_number counterparty_equal counterparty_conflict incident_equal family_equal family_conflict time_near "
    "text_similar case_no_equal doc_no_equal confidential anonymous kind_follow_up region_equal birth_conflict "
    "opposing_parties new_application agent_phone purpose_conflict new_evidence ruling"
)


def test_every_reason_has_words(words: Words) -> None:
    assert not [code for code in (*REASONS.split(), *lexicon().weights) if words.reason(code) == code]


def test_c_is_not_in_as_story_any_more(read_model: Engine, feed: Feed, words: Words) -> None:
    feed(life())
    assert [m.number for m in trace(read_model, C.number or "", words).members] == ["GDc"]
