"""Pairs of which one record has the name of a docket (案由) and the other one a citizen's words, and what the official
list of causes calls disputes."""

from __future__ import annotations

import pytest

from mappings.lexicon import lexicon
from tests.unit.core.lines import Line, assert_pair, called, told

DEED: Line = {"family": "notary", "counterparty": None, "title": None, "item": None, "purpose": None}
TEST: Line = {"family": "forensic", "counterparty": None, "title": None, "item": None, "purpose": None}
FATHER: Line = {"counterparty": {"name": "孙大力"}, "family": "legal-aid", "item": None}
OPPONENT: Line = {"counterparty": {"name": "大寨村村民委员会"}, "family": "mediation", "item": None}

PAIRS: dict[str, tuple[Line, Line, str]] = {
    "maintenance, asked for after a divorce": (
        told("a", **(FATHER | {"title": "抚养纠纷", "text": None})),
        called("b", 4, **(FATHER | {"family": None, "title": None, "text": "离婚后儿子跟自己，孙大力不给生活费"})),
        "SAME",
    ),
    "a divorce, and whose the child will be": (
        told("a", **(FATHER | {"title": "起诉离婚", "text": None})),
        called("b", 4, **(FATHER | {"family": None, "title": None, "text": "想和老公离婚，孩子归谁"})),
        "SAME",
    ),
    "land that was taken, and its pay": (
        told("a", **(OPPONENT | {"title": "征收补偿纠纷", "text": None})),
        called("b", 4, **(OPPONENT | {"family": None, "title": None, "text": "自留山被征，村里克扣补偿"})),
        "SAME",
    ),
    "a motorway on somebody's land": (
        told("a", **(OPPONENT | {"title": "征地补偿", "text": None})),
        called("b", 4, **(OPPONENT | {"family": None, "title": None, "text": "高速占了水田，钱到了村里就没下文"})),
        "SAME",
    ),
    "an item that names a whole group": (
        told("a", counterparty={"name": "孙大力"}, family="grassroots", item="相邻关系纠纷", title=None, text=None),
        called("b", 4, counterparty={"name": "孙大力"}, title="邻里纠纷", text="滴水檐滴到我家"),
        "SAME",
    ),
    "a paper that is called by what it says": (
        told("a", **(DEED | {"item": "婚姻状况公证", "purpose": "意大利工作", "text": "办未婚公证"})),
        called("b", 2, **(DEED | {"family": None, "text": "要证明我没结过婚，意大利工作用"})),
        "SAME",
    ),
    "a test that is not called an appraisal": (
        told("a", **(TEST | {"item": "亲子鉴定", "text": "孩子落户"})),
        called("b", 2, **(TEST | {"family": None, "text": "要做DNA，看是不是亲生的"})),
        "SAME",
    ),
    "a leak, and a place to park": (
        told("a", counterparty={"name": "孙大力"}, family="mediation", title="相邻关系", text="楼上泡了我家，没人赔"),
        told("b", 4, counterparty={"name": "孙大力"}, family="mediation", title="占用车位", text="车位被占，天天吵架"),
        "REVIEW",
    ),
    "bad seed, and land that was let": (
        told("a", counterparty={"name": "九州农业开发公司"}, family="mediation", title="农资质量", text="复合肥有毛病"),
        told(
            "b", 4, counterparty={"name": "九州农业开发公司"}, family="mediation", title="土地承包", text="承包费没给"
        ),
        "NEW",
    ),
    "who tells of others who were not paid": (
        told("a", title="欠薪", text="在宏达建筑工程公司干活，工资没给"),
        called("b", 2, title="欠薪", text="宏达建筑工程公司拖欠工资，同去的22名工友也没结清"),
        "SAME",
    ),
    "a school by its short name": (
        told("a", counterparty={"name": "浮梁县实验小学"}, family="mediation", title="校园伤害", text="课间摔伤"),
        called("b", 2, counterparty={"name": "实小"}, title="学生受伤", text="孩子课间摔伤，学校不赔"),
        "SAME",
    ),
    "the police that sent somebody to be appraised": (
        told("a", **(TEST | {"counterparty": {"name": "东湖区人民法院"}, "item": "伤残等级鉴定", "text": "评残"})),
        called("b", 2, **(TEST | {"family": None, "text": "派出所让来的，腿伤了，评个几级"})),
        "SAME",
    ),
    "a paper to be translated, whatever its item is called": (
        told("a", **(DEED | {"purpose": "日本留学", "text": "营业执照的翻译公证件"})),
        called("b", 2, **(DEED | {"family": "notary", "text": "营业执照要去日本留学用，咨询翻译公证"})),
        "SAME",
    ),
    "what was asked about before": (
        told("a", **FATHER, title="起诉离婚", text="感情破裂"),
        called("b", 9, kind=None, counterparty=None, title="诉求", text="就我那个离婚的事，你们给我问了没有啊"),
        "LINK",
    ),
    "of the staff, in plain words": (
        told("a", title="欠薪", text="宏达建筑工程公司拖欠工资"),
        called("b", 9, kind=None, counterparty=None, title=None, text="我要告办欠薪那个工作人员，踢皮球，跑了五趟"),
        "LINK",
    ),
    "a cause and a firm in brackets": (
        told("a", title="追索劳动报酬（宏达建筑工程公司）", text=None, counterparty=None),
        called("b", 3, title=None, text="宏达建筑工程公司拖欠工资", counterparty=None),
        "SAME",
    ),
    "a works by two names": (
        told("a", title="未缴社会保险争议", text="没交社保", counterparty={"name": "德馨机械制造有限公司"}),
        called("b", 3, title=None, text="公司一直不给上五险", counterparty={"name": "德馨机械厂"}),
        "SAME",
    ),
    "two who died": (
        told("a", **(DEED | {"text": "我家老人苏凯波走了，存款银行让去公证处开继承公证"})),
        told("b", 4, **(DEED | {"title": "继承权公证（被继承人杨佳琴）"})),
        "REVIEW",
    ),
    "one paper, for two uses, one of them told apart": (
        told("a", **(DEED | {"item": "学历公证", "purpose": "英国留学", "text": "毕业证"})),
        called("b", 2, **(DEED | {"family": None, "text": "英国那边要毕业证公证件，结婚"})),
        "NEW",
    ),
}


@pytest.mark.parametrize("case", PAIRS)
def test_pairs(case: str) -> None:
    assert_pair(*PAIRS[case])


@pytest.mark.parametrize(
    "cause",
    [
        "抵押权纠纷",
        "物权确认纠纷",
        "婚姻无效纠纷",
        "车位纠纷",
        "遗失物返还纠纷",
        "债权人撤销权纠纷",
        "赠与合同纠纷",
        "保管合同纠纷",
        "委托合同纠纷",
        "期货交易纠纷",
        "票据追索权纠纷",
        "公司设立纠纷",
        "侵害商业秘密纠纷",
        "采矿权纠纷",
        "提供劳务者致害责任纠纷",
        "产品销售者责任纠纷",
        "触电人身损害责任纠纷",
        "不明抛掷物、坠落物损害责任纠纷",
        "侵害患者知情同意权责任纠纷",
        "林业承包合同纠纷",
    ],
)
def test_causes_of_the_official_list_are_known(cause: str) -> None:
    """民事案件案由规定 (最高人民法院, 2020)."""
    assert any("." in code for code in lexicon().causes[None].find(cause))
