"""Under which keys a submission is looked for."""

from __future__ import annotations

from schemas.events.common import Agent
from streams.core.blocking import RELATED_NUMBERS_MAX, BlockKey, blocking_keys
from tests.support.features import features


def keys(**changed: object) -> list[str]:
    return [k.key for k in blocking_keys(features("s", **changed), lambda kind, value: f"<{value}>")]


def test_id_number_phone_and_every_number() -> None:
    assert keys(related_numbers=("12345:7", "web:s"), parent_no="12345:9") == [
        "id:<ID-1>", "phone:<P-1>", "number:<web:s>", "number:<12345:9>", "number:<12345:7>",
    ]  # fmt: skip


def test_without_a_number_the_source_key_stands_for_it() -> None:
    assert keys(id_number=None, phone=None, number=None, source_key="row 7") == ["number:<web:row 7>"]


def test_the_agents_phone_opens_no_block() -> None:
    assert "phone:<P-1>" not in keys(agent=Agent(name="村干部", phone="P-1"))
    assert "phone:<P-1>" in keys(agent=Agent(name="村干部", phone="P-2"))


def test_the_anonymous_are_found_by_number_only() -> None:
    assert keys(anonymous=True) == ["number:<web:s>"]


def test_what_keeps_to_itself_is_laid_nowhere() -> None:
    assert keys(confidential=True) == []
    assert keys(system="12309") == []


def test_kinds_do_not_mix_and_the_value_is_only_seen_by_the_index() -> None:
    seen = []
    found = blocking_keys(features("s"), lambda kind, value: seen.append((kind, value)) or "h")  # type: ignore[func-returns-value]
    assert found == (BlockKey("id", "id:h"), BlockKey("phone", "phone:h"), BlockKey("number", "number:h"))
    assert seen == [("id", "ID-1"), ("phone", "P-1"), ("number", "web:s")]


def test_a_list_of_numbers_is_cut() -> None:
    many = tuple(f"12345:{n}" for n in range(500))
    assert len(keys(related_numbers=many)) == 3 + RELATED_NUMBERS_MAX
