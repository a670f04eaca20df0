"""The other side, where it is called by a role, by a surname, or by an office's short name; and whose estate it is."""

from __future__ import annotations

import pytest

from streams.core import offices, parties
from streams.core.estates import observe_estate
from streams.core.opponents import people_in
from streams.core.traits import traits_of
from tests.support.features import features
from tests.unit.core.lines import Line, called, placed, told

DEBT: Line = {"title": "民间借贷", "text": "借款3个月了不还"}
FIELD: Line = {"family": "grassroots", "title": "土地承包纠纷", "text": "承包地的合同没到期就要收回去"}
DEED: Line = {"family": "notary", "counterparty": None, "title": None, "item": "继承公证", "purpose": None}


def against(name: str | None, **more: object) -> Line:
    return {"counterparty": name and {"name": name}, **more}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (against("孙大力", **DEBT), against("那人", **DEBT), "SAME"),
        (against("孙大力", **DEBT), against("我对象", **DEBT), "SAME"),
        (against("孙大力", **DEBT), against("老孙", **DEBT), "SAME"),
        (against("孙大力", **DEBT), against("孙某", **DEBT), "SAME"),
        (against("孙大力", **DEBT), against("老郭", **DEBT), "NEW"),
        (against("孙大力", **DEBT), against("郭某某", **DEBT), "NEW"),
        (against("大桥镇南湖村村民委员会", **FIELD), against("南湖村村委", **FIELD), "SAME"),
        (against("大桥镇南湖村村民委员会", **FIELD), against("大队", **FIELD), "SAME"),
        (against("大桥镇南湖村村民委员会", **FIELD), against("北湖村村委会", **FIELD), "NEW"),
        (against("南湖村村委", **FIELD), against(None, **(FIELD | {"text": "北湖村村委会要收回承包地"})), "REVIEW"),
        (against("陈东", **DEBT), against(None, **(DEBT | {"text": "借给周玉和清算后的钱,不还"})), "REVIEW"),
        (against("陈东", **DEBT), against(None, **(DEBT | {"text": "反映老李借款不还"})), "REVIEW"),
    ],
)
def test_who_is_meant(one: Line, other: Line, expected: str) -> None:
    for lines in ([told("a", **one), told("b", 2, **other)], [told("b", 2, **other), told("a", **one)]):
        found = placed(lines)["b"]
        assert found.relation == expected, found.reasons


def test_from_a_phone_without_a_name_of_the_same_opponent() -> None:
    a, b = told("a"), called("b", 2, name=None, title=None, counterparty=None, text="问宏达建筑工程公司的事怎么算账")
    assert placed([a, b])["b"].relation == "SAME"
    someone = called("c", 1, name="李长河", title=None, text="我家漏水")
    assert placed([a, b, someone])["b"].ticket_id == "b", "two people use it"


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("费县市场监督管理局", "费县市监局"),
        ("城管队", "执法局"),
        ("公安", "公安局"),
        ("柏林街道办事处", "柏林办事处"),
        ("张民政", None),
        ("三江市第二人民医院", "三江第二人民医院"),
        ("梁中学", None),
        ("宏达建筑", None),
    ],
)
def test_offices_have_one_name(name: str, short: str | None) -> None:
    assert offices.office(name) == short


def test_of_what_every_county_has_the_place_tells_two_apart() -> None:
    one = {"family": "mediation", "title": "医疗纠纷", "text": "手术后感染"}
    a = told("a", **against("三江市人民医院", **one))
    assert placed([a, told("b", 2, **against("涪城县人民医院", **one))])["b"].relation == "NEW"
    assert placed([a, told("b", 2, **against("人民医院", **one))])["b"].relation == "SAME"


def test_a_county_tells_no_two_firms_apart_and_a_community_does() -> None:
    assert parties.core("沂水县天源电子科技有限公司") == parties.core("天源电子科技")
    assert parties.core("阳光社区卫生服务中心") == "阳光社区卫生服务中心"
    assert parties.relation("恒泰", "恒泰电器", True) == parties.SHORT
    assert parties.relation("鲁泰机械制造", "鲁机械制造", True) == parties.NEAR


def test_names_after_a_preposition() -> None:
    assert people_in("请求与刘世宇清算账目，反映老郭转走了钱") == ("刘世宇", "老郭")
    assert people_in("与万达公司清算，和解书，向高新区反映") == ()


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("爷爷去世，股票账户要过户", "办爷爷的股票", "estate_equal"),
        ("爷爷去世，股票账户要过户", "老伴留下的公积金", "estate_conflict"),
        ("父亲名下的老房", "母亲留下的存款", "estate_conflict"),
        ("父亲名下的老房", "遗产的事咋办", None),
        ("我哥哥来办，父亲去世", "父亲病故，弟弟代办", "estate_equal"),
    ],
)
def test_whose_estate(one: str, other: str, expected: str | None) -> None:
    given: dict[str, object] = {"family": "notary", "item": "继承公证", "counterparty": None}
    a, b = (traits_of(features(sid, text=text, **given)) for sid, text in (("a", one), ("b", other)))
    assert observe_estate(a, b, (None, None)) == expected == observe_estate(b, a, (None, None))


def test_two_estates_of_one_heir_are_not_one_document() -> None:
    a = told("a", **(DEED | {"text": "爷爷去世，股票账户要继承"}))
    b = told("b", 2, **(DEED | {"text": "老伴去世留下的公积金要继承"}))
    assert placed([a, b])["b"].relation == "REVIEW"
    assert placed([a, told("b", 2, **(DEED | {"text": "办爷爷的股票继承"}))])["b"].relation == "SAME"


def test_a_use_nobody_listed_is_not_the_one_that_is() -> None:
    deed = {"family": "notary", "counterparty": None, "title": "出生公证"}
    a = told("a", **deed, purpose="加拿大听风", text=None)
    assert placed([a, told("b", 2, **deed, purpose=None, text="去加拿大留学用")])["b"].relation == "REVIEW"
    assert placed([a, told("b", 2, **deed, purpose=None, text="加拿大听风，留学以后的事")])["b"].relation == "SAME"


def test_who_speaks_for_many_and_who_only_mentions_them() -> None:
    wages = {"title": "拖欠工资", "text": "会员群里三百多人，多户受害，拖欠工资"}
    assert placed([told("a"), told("b", 2, **wages)])["b"].relation == "SAME"
    many = {"title": "拖欠工资", "text": "我们几个工人联名反映拖欠工资"}
    assert placed([told("a"), told("b", 2, **many)])["b"].relation == "NEW"


@pytest.mark.parametrize(
    ("text", "purposes"),
    [
        ("去美国结婚需要的公证", ("marry",)),
        ("护照公证,澳大利亚,工作", ("work",)),
        ("【使用地】新西兰 【用途】工作", ("work",)),
        ("美国 结婚证公证", ()),
        ("工作单位不给开", ()),
    ],
)
def test_what_is_done_in_a_place(text: str, purposes: tuple[str, ...]) -> None:
    assert traits_of(features("a", family="notary", counterparty=None, text=text)).purposes == purposes
