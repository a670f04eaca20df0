"""What a record wants whose kind no source tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from mappings.lexicon import FOLDER, MATTER, lexicon
from mappings.tellings import load
from streams.core.asking import asked_for
from streams.core.traits import traits_of
from tests.support.features import features

UNSEEN = Path(__file__).parents[1] / "mappings" / "asks_unseen.tsv"


def unseen() -> list[tuple[str, str]]:
    """Records that had no part in the model: what each wants, and its words."""
    lines = (line.split("\t") for line in UNSEEN.read_text(encoding="utf-8").splitlines())
    return [(kind, words) for kind, words in lines]


def wanted(words: str) -> str:
    """What a call wants, as the traits have it."""
    return traits_of(features("a", system="12345", kind=None, counterparty=None, text=words)).asks or MATTER


def test_unseen_records_are_read_rightly() -> None:
    read = [(kind, wanted(words)) for kind, words in unseen()]
    calls = [(kind, got) for kind, got in read if kind != MATTER]
    matters = [got for kind, got in read if kind == MATTER]
    assert sum(kind == got for kind, got in calls) >= 0.9 * len(calls)
    assert matters.count(MATTER) >= 0.9 * len(matters), "who tells a matter must not be taken for a caller about one"


def test_unseen_records_are_in_no_file() -> None:
    known = {told.words for told in load(FOLDER / "asks", set(lexicon().asks.codes))}
    assert known.isdisjoint(words for _, words in unseen())


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("合同约定有仲裁，想问怎么算违约金。仅咨询，暂不办理。", "consultation"),
        ("单纯问问规定，不要求登记", "consultation"),
        ("种子不出苗，店家不赔。我就先问一下，能不能申请法律援助，要什么条件？", "consultation"),
        ("两年没给租金。问一下要多少钱，回头我再决定办不办", "consultation"),
        ("上次被退回，现补齐材料，重新提交申请", MATTER),
        ("无犯罪记录公证怎么办？请求预约办理", MATTER),  # who wants a document asks how to get it
        ("楼上漏水不修，来电人情绪较激动，请尽快处理", MATTER),  # as clerks write under anything
    ],
)
def test_what_is_said_outright_comes_first(words: str, kind: str) -> None:
    assert wanted(words) == kind


def test_what_an_office_files_is_not_read() -> None:
    urged = "市民第三次来电，要求加快处理其楼上漏水一事"
    assert asked_for((), urged, of_handling=False) == "follow-up"
    assert asked_for((), urged, of_handling=False, called=False) is None
    filed = features("a", system="legal-aid", kind=None, text="合伙没有写协议，散伙的时候怎么分？")
    assert traits_of(filed).asks is None


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("查询进展：前次提交的离婚援助申请", "progress"),
        ("本人称结案后对方反悔，要求原承办单位继续处理", "reopen"),
        ("上次填错了日期，请更正，加到原申请里", "supplement"),
        ("上回说材料不全，这次都带齐了，请求指派律师", None),
        ("对前次鉴定意见不服，申请重新鉴定", None),
        ("律所收了代理费一直没立案，要求退费", None),
    ],
)
def test_who_has_been_at_an_office_before_may_ask_how_it_is(words: str, kind: str | None) -> None:
    assert traits_of(features("a", system="platform", kind=None, counterparty=None, text=words)).asks == kind


@pytest.mark.parametrize("kind", ["application", "follow-up"])
def test_what_is_reopened_is_so_whatever_kind_a_source_gives(kind: str) -> None:
    again = "上次说办好了，结果还是老样子，工钱没结清，要求继续处理"
    assert traits_of(features("a", system="12345", kind=kind, counterparty=None, text=again)).asks == "reopen"
    new = "公司拖欠工资三个月，要求支付"
    assert traits_of(features("a", system="12345", kind=kind, counterparty=None, text=new)).asks is None
