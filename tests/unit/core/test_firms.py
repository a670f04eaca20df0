"""Firms as texts name them: cut out of a sentence, shortened, with or without their place."""

from __future__ import annotations

import pytest

from streams.core import offices, parties
from streams.core.firms import cut_alike, is_a_name, nameless, perhaps_one, told
from streams.core.opponents import firms_in


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("来电人反映三和公司不缴社保", ("三和",)),
        ("永兴公司把我门禁停了，公司不讲理", ("永兴",)),
        ("2025年6月金盛公司通知不用来", ("金盛",)),
        ("生产者厂家不认，厂里也不管", ()),
        ("公司从不分红，持有公司股份", ()),
        ("请求隆江科技有限公司提供账簿", ("隆江科技",)),
    ],
)
def test_what_a_text_calls_a_firm(text: str, names: tuple[str, ...]) -> None:
    assert told("", text) == names


@pytest.mark.parametrize(
    ("a", "b", "one"),
    [
        ("中天", "富乐中天劳务", True),
        ("恒泰", "新恒泰物业", False),
        ("宏达建筑", "沂水宏达建筑", True),
        ("宏达建筑", "沂水宏达机械", False),
        ("金鑫", "金盛家具", False),
    ],
)
def test_two_names_are_compared_from_their_ends(a: str, b: str, one: bool) -> None:
    assert cut_alike(a, b) == one == cut_alike(b, a)


def test_names_that_end_alike_may_be_one() -> None:
    assert perhaps_one("伤金鑫", "富乐金鑫餐饮管理")
    assert not perhaps_one("岷峰建筑劳务", "岷峰机械制造")
    assert not perhaps_one("康复医院", "第二人民医院")
    assert is_a_name("金鑫")
    assert not is_a_name("从镇上")


def test_a_name_does_not_swallow_the_sentence() -> None:
    assert "门禁" in nameless("永兴公司把我门禁停了，找别的公司")


@pytest.mark.parametrize(
    ("a", "b", "relation"),
    [
        ("顺发村", "顺发村村民委员会", parties.EQUAL),
        ("金盛村第三村民小组", "金盛村", parties.EQUAL),
        ("梓州市公安局交警大队", "梓州交警大队", parties.SHORT),
        ("清远区综合行政执法局", "清远执法局", parties.SHORT),
        ("县中医院", "鄱阳县中医院", parties.THIN),
        ("大寨村村委会", "后庄村村委会", parties.CONFLICT),
    ],
)
def test_an_office_by_any_name(a: str, b: str, relation: str) -> None:
    p, q = parties.core(a), parties.core(b)
    assert p is not None
    assert q is not None
    assert parties.relation(p, q, True) == relation == parties.relation(q, p, True)


def test_a_village_is_meant_without_its_committee() -> None:
    assert offices.named(("村委", "顺发"), "承包地被顺发村收回")
    assert not offices.named(("村委", "顺发"), "承包地被金盛村收回")


@pytest.mark.parametrize(
    ("full", "short"),
    [("碧江县一小", "碧江一小"), ("盘州县第二医院", "盘州第二医院"), ("高平县双语学校", "高平双语学校")],
)
def test_a_county_may_go_without_its_kind(full: str, short: str) -> None:
    assert parties.relation(parties.core(full) or "", parties.core(short) or "") == parties.EQUAL
    other = parties.core(f"正安{short[2:]}") or ""
    assert parties.relation(parties.core(full) or "", other) == parties.CONFLICT


@pytest.mark.parametrize(
    ("text", "office", "another"),
    [
        ("市民不服交警拆除决定", "正安交警队", False),
        ("诉求人称村里不给分征地款", "大兴镇柳溪村委", False),
        ("市民不服交警罚款", "正安自然资源局", True),
        ("诉求人称小坪村委会不给分征地款", "大兴镇柳溪村委", True),
    ],
)
def test_what_stands_before_an_office_may_be_no_place(text: str, office: str, another: bool) -> None:
    party = offices.parted(office)
    assert party is not None
    assert offices.another_told(party, text) is another


@pytest.mark.parametrize(
    "text", ["请求发包方结清外墙保温工程尾款", "单位未缴养老保险", "工伤保险待遇", "完工后工程款未结"]
)
def test_what_stands_before_a_trade_may_be_no_name(text: str) -> None:
    assert firms_in(text) == ()
