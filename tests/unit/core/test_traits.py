"""What is read out of a record: sums as people say them, names of firms as they stand in texts."""

from __future__ import annotations

import pytest

from schemas.events.book import Features
from schemas.events.common import Person
from streams.core import firms, parties
from streams.core.traits import amounts_agree, purpose_alone, traits_of
from tests.unit.core.test_compare import features


def amounts(text: str) -> tuple[int, ...]:
    """Of a record with this text."""
    return traits_of(
        Features(submission_id="a", system="web", source_key="a", received_at=0, person=Person(), text=text)
    ).amounts


@pytest.mark.parametrize(
    ("said", "yuan"),
    [
        ("欠36,000元", 36_000), ("欠4万三千元", 43_000), ("欠39万四千块", 394_000), ("欠两万六", 26_000),
        ("欠1万4", 14_000), ("欠三万六千五百元", 36_500), ("欠一万零五百元", 10_500), ("欠4.35万元", 43_500),
        ("欠12万3千5", 123_500), ("欠十二万", 120_000), ("欠24万多元", -240_000), ("欠20多万", -200_000),
        ("欠八百多块", -800), ("损失￥7968", 7_968), ("损失¥ 12,300.50", 12_300),
    ],
)  # fmt: skip
def test_a_sum_as_people_say_it(said: str, yuan: int) -> None:
    assert amounts(said) == (yuan,)


@pytest.mark.parametrize("text", ["万一不还", "千万要处理", "做了三个月", "5000号工位", "住3栋1单元", "百姓的事"])
def test_what_is_no_sum(text: str) -> None:
    assert amounts(text) == ()


def test_rough_sums_of_one_figure_say_nothing_and_a_rough_one_of_two_holds_an_exact_one() -> None:
    assert amounts_agree((-10_000,), (-10_000,)) is None
    assert amounts_agree((-10_000,), (14_396,)) is None
    assert amounts_agree((-170_000,), (174_396,)) is True
    assert amounts_agree((-10_000,), (24_396,)) is False
    assert amounts_agree((43_000,), (43_000,)) is True


@pytest.mark.parametrize(
    "name",
    [
        "绥化中沃江家政服务（集团）有限公司", "绥化中沃江家政服务集团公司", "绥化中沃江家政服务股份公司",
        "绥化市中沃江家政服务公司",
    ],
)  # fmt: skip
def test_a_firm_is_one_whatever_its_legal_form(name: str) -> None:
    assert parties.core(name) == "中沃江家政服务"
    assert firms.told("", f"遭{name}辞退") == ("中沃江家政服务",)


def test_firms_of_one_trade_are_not_one() -> None:
    assert not firms.cut_alike("宏达装饰装修工程", "永兴装饰装修工程")
    assert firms.cut_alike("孕期遭宏达装饰装修工程", "宏达装饰装修工程")


def test_a_purpose_alone_has_no_place_in_it() -> None:
    assert purpose_alone("赴俄罗斯联邦返工") == "返工"
    assert purpose_alone("往意大利念书") == "念书"


@pytest.mark.parametrize(
    ("text", "many"), [("代表4名员工反映", True), ("十几个工人", True), ("我在3个工地做工", False)]
)
def test_who_speaks_for_many(text: str, many: bool) -> None:
    f = Features(submission_id="a", system="web", source_key="a", received_at=0, person=Person(), text=text)
    assert traits_of(f).group is many


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("投诉窗口的人推诿", "complaint"),
        ("投诉物业不作为", None),  # the other side of the matter
        ("要求单位补交社保", None),
        ("材料漏了，补交一份", "supplement"),
    ],
)
def test_of_whom_it_complains_and_what_it_adds(text: str, asks: str | None) -> None:
    assert traits_of(features("a", kind=None, text=text)).asks == asks
