"""Under which keys a submission is looked for."""

from __future__ import annotations

from schemas.events.common import Agent, Counterparty
from streams.core.blocking import RELATED_NUMBERS_MAX, BlockKey, blocking_keys
from tests.support.features import features


def keys(**changed: object) -> list[str]:
    return [
        k.key
        for k in blocking_keys(features("s", **({"counterparty": None} | changed)), lambda kind, value: f"<{value}>")
    ]


def test_id_number_phone_and_every_number() -> None:
    assert keys(related_numbers=("12345:7", "web:s"), parent_no="12345:9") == [
        "id:<ID-1>", "phone:<P-1>", "number:<web:s>", "number:<12345:9>", "number:<12345:7>",
    ]  # fmt: skip


def test_without_a_number_the_source_key_stands_for_it() -> None:
    assert keys(id_number=None, phone=None, number=None, source_key="row 7") == ["number:<web:row 7>"]


def test_everybody_behind_an_agents_phone_is_in_its_block() -> None:
    assert keys(agent=Agent(name="村干部", phone="P-1")).count("phone:<P-1>") == 1
    assert {"phone:<P-1>", "phone:<P-2>"} <= set(keys(agent=Agent(name="村干部", phone="P-2")))


def test_the_two_sides_of_a_dispute_meet_whoever_asks() -> None:
    one = keys(name="王晓", counterparty=Counterparty(name="李四"))
    other = keys(name="李四", counterparty=Counterparty(name="王小"), id_number="ID-2", phone="P-2")
    assert {k for k in one if k in other and not k.startswith("number:")} == {"pair:<li si|wang xiao>"}


def test_a_firm_is_found_by_the_beginning_of_its_name() -> None:
    full, short = (Counterparty(name=n) for n in ("哈尔滨市宏达建筑工程有限公司", "宏达建筑公司"))
    assert keys(counterparty=full)[-1] == keys(counterparty=short)[-1]
    assert not any(k.startswith("pair:") for k in keys(counterparty=Counterparty(name="房东")))


def test_name_and_county_name_and_day_of_birth_case_and_document() -> None:
    assert keys(region="230103", case_no="C", doc_no="D")[-3:] == [
        "name:<wang xiao|230103>", "case:<C>", "document:<D>",
    ]  # fmt: skip
    assert "birth:<wang xiao|19900307>" in keys(id_number="230103199003071234")
    assert not any(k.startswith(("name:", "birth:")) for k in keys(name="王*", region="230103"))


def test_a_long_number_is_found_without_its_system_as_texts_quote_it() -> None:
    own = keys(system="12345", number="GD2026-0302-01")
    assert "number:<GD2026030201>" in own
    assert "number:<GD2026030201>" in keys(text="我的工单号是GD2026030201,请尽快")
    assert "number:<GD2026030201>" in keys(related_numbers=("12345:GD2026-0302-01",))


def test_the_anonymous_are_found_by_number_only() -> None:
    assert keys(anonymous=True) == ["number:<web:s>"]


def test_what_keeps_to_itself_is_laid_nowhere() -> None:
    assert keys(confidential=True) == []
    assert keys(system="12309") == []


def test_kinds_do_not_mix_and_the_value_is_only_seen_by_the_index() -> None:
    seen = []
    found = blocking_keys(features("s", counterparty=None), lambda kind, value: seen.append((kind, value)) or "h")  # type: ignore[func-returns-value]
    assert found == (BlockKey("id", "id:h"), BlockKey("phone", "phone:h"), BlockKey("number", "number:h"))
    assert seen == [("id", "ID-1"), ("phone", "P-1"), ("number", "web:s")]


def test_a_list_of_numbers_is_cut() -> None:
    many = tuple(f"12345:{n}" for n in range(500))
    assert len(keys(related_numbers=many)) == 3 + RELATED_NUMBERS_MAX
