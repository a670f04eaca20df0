"""Pairs that other people's wording makes hard: the other side called as people call it, one thing or another thing of
one kind, calls whose kind only the words tell."""

from __future__ import annotations

import pytest

from tests.unit.core.lines import WAGES, Line, assert_pair, called, placed, status, told

DEED: Line = {"family": "notary", "counterparty": None, "title": None, "item": None, "purpose": None}
WILL = DEED | {"item": "遗嘱公证"}
POWER = DEED | {"item": "委托公证"}
PLAIN: Line = {"counterparty": None, "title": "拖欠工资"}
FAULTY = {"counterparty": {"name": "宏达电器有限公司"}, "title": "产品责任", "family": "lawyer"}
HOME = {"counterparty": {"name": "宏达房地产开发有限公司"}, "title": "商品房买卖合同纠纷", "family": "lawyer"}
ASKS: Line = {"type": "legal", "phone": "13800138000"}
SOLD: Line = {"counterparty": {"name": "孙大力"}, "title": "买卖合同纠纷", "text": "孙大力收了货不给钱"}
ALIVE = DEED | {"item": "生存公证", "text": None}
UNMARRIED = DEED | {"item": "婚姻状况公证", "text": None}
CHILD: Line = {"counterparty": {"name": "孙大力"}, "title": "抚养纠纷"}
LENT: Line = {"family": "mediation", "title": "民间借贷", "text": "李四光借钱不还"}
LENT_TO = LENT | {"text": "王晓明说我借钱不还，其实已还"}
STRANGER_TO: Line = {"counterparty": {"name": "孙大力"}, "title": "民间借贷", "text": "孙大力借钱不还"}
ALONE: Line = {"family": "mediation", "counterparty": None}
STRANGER: Line = {"id_number": None, "counterparty": {"name": "孙大力"}, "title": "民间借贷", "text": "孙大力借钱不还"}

PAIRS: dict[str, tuple[Line, Line, str]] = {
    "a firm without the county before its name": (
        told("a", **(PLAIN | {"counterparty": {"name": "富乐中天劳务有限公司"}, "text": "工资没给。"})),
        called("b", 3, **(PLAIN | {"text": "市民反映中天公司拖欠工资。"})),
        "SAME",
    ),
    "two firms with the same end of their names, of two trades": (
        told("a", **(PLAIN | {"text": "在绵阳岷峰建筑劳务有限公司干活，工资没给。"})),
        called("b", 3, **(PLAIN | {"text": "绵阳岷峰机械制造有限公司不给工资。"})),
        "REVIEW",
    ),
    "a month before a firm's name": (
        told("a", **(PLAIN | {"text": "2026年1月金盛公司拖欠工资。"})),
        called("b", 3, **(PLAIN | {"counterparty": {"name": "绵州金盛家具有限公司"}, "text": "没给工资"})),
        "SAME",
    ),
    "a firm that asks, by its short name": (
        told("a", person=ASKS | {"name": "宏达机械制造有限公司"}, **SOLD),
        called("b", 3, person=ASKS | {"name": "宏达机械"}, **SOLD),
        "SAME",
    ),
    "proof of life for two years": (
        told("a", **(ALIVE | {"purpose": "领取境外养老金（2025年度）"})),
        called("b", 3, **(ALIVE | {"text": "领国外的养老钱（2026年度），要做健在的公证"})),
        "NEW",
    ),
    "two pensions": (
        told("a", **(ALIVE | {"purpose": "领取境外养老金"})),
        told("b", 3, **(ALIVE | {"purpose": "领取保险年金"})),
        "REVIEW",
    ),
    "a pension, and which it is": (
        told("a", **(ALIVE | {"purpose": "领取境外养老金"})),
        told("b", 3, **(ALIVE | {"purpose": "领养老金"})),
        "SAME",
    ),
    "to move abroad, filed in two ways": (
        told("a", **(UNMARRIED | {"purpose": "加拿大移民"})),
        told("b", 3, **(UNMARRIED | {"purpose": "加拿大定居"})),
        "REVIEW",
    ),
    "a character left out of a name, with the number": (
        told("a", name="周海燕"),
        told("b", 3, name="周燕", phone=None),
        "SAME",
    ),
    "who asks for several": (told("a", name="王晓明等"), called("b", 3), "SAME"),
    "a firm of the same name in another city": (
        told("a", counterparty={"name": "绍兴市宏盛二手车经纪有限公司"}, title="二手车买卖", text="车是事故车"),
        told("b", 3, counterparty={"name": "台州市宏盛二手车经纪有限公司"}, title="二手车买卖", text="车是事故车"),
        "REVIEW",
    ),
    "a firm of the same name in another trade": (
        told("a", **(PLAIN | {"text": "在山西北辰玛钢有限公司干活，工资没给。"})),
        called("b", 3, **(PLAIN | {"text": "北辰食品拖欠工资。"})),
        "REVIEW",
    ),
    "custody, and what it costs": (
        told("a", **CHILD, text="要求变更抚养权"),
        called("b", 3, **CHILD, text="拖欠抚养费"),
        "REVIEW",
    ),
    "two sides of a mediation, one told of in the text alone": (
        told("a", **LENT, counterparty={"name": "李四光"}),
        told("b", 3, **LENT_TO, name="李四光", id_number=None, phone=None, counterparty=None),
        "LINK",
    ),
    "the number of the first record, from another phone": (
        called("a", counterparty=None),
        called("b", 1, phone="13911112222", counterparty=None, related_numbers=["12345:GD20260000a"]),
        "SAME",
    ),
    "a workmate's number, from another phone": (
        called("a", counterparty=None),
        called("b", 1, phone="13911112222", text=f"{WAGES}工友的工单号GD20260000a，情况一样", counterparty=None),
        "REVIEW",
    ),
    "two causes with one opponent whom a text names": (
        told("a", **ALONE, title="饲养动物损害", text="被孙大力家的狗咬伤，赔偿医疗费"),
        called("b", 3, **ALONE, title="邻里纠纷", text="孙大力翻盖房子把墙往我这边挪了一尺"),
        "REVIEW",
    ),
    "one opponent, a name, and a city that is not the county's": (
        called("a", phone=None, region="411722", **STRANGER_TO),
        called("b", 3, region="411000", **STRANGER_TO),
        "REVIEW",
    ),
    "one opponent, a name, and the county's city": (
        called("a", phone=None, region="411722", **STRANGER_TO),
        called("b", 3, region="411700", **STRANGER_TO),
        "SAME",
    ),
    "a village by its name alone": (
        told("a", counterparty={"name": "顺发村"}, title="承包地被收回", text="承包地被收回另包他人"),
        called("b", 2, counterparty={"name": "顺发村村民委员会"}, title="土地承包", text="承包地被村里收回"),
        "SAME",
    ),
    "two villages, one of which a field calls 村委": (
        told("a", counterparty={"name": "村委"}, title="土地承包", text="大寨村村民委员会把承包地包给外人"),
        called("b", 1, counterparty={"name": "后庄村村民委员会"}, title="土地承包", text="承包地后庄村委会没给登记"),
        "REVIEW",
    ),
    "the county's hospital": (
        told("a", counterparty={"name": "鄱阳县中医院"}, title="医疗纠纷", text="误诊"),
        called("b", 2, counterparty={"name": "县中医院"}, title="医疗纠纷", text="误诊耽误了治疗"),
        "SAME",
    ),
    "a dot of another kind in a name": (
        told("a", name="斯琴·巴特尔", id_number=None),
        called("b", 2, name="斯琴.巴特尔"),
        "SAME",
    ),
    "a mother's savings by two names": (
        told("a", **(DEED | {"item": "放弃继承公证", "purpose": "妈的存折", "text": "妈的存折都给弟弟"})),
        told("b", 2, **(DEED | {"item": "放弃继承公证", "purpose": "母亲的存款", "text": "办放弃继承"})),
        "SAME",
    ),
    "wills for two children": (
        told("a", **WILL, text="立遗嘱，房子留给女儿"),
        told("b", 2, **WILL, text="立遗嘱，房产给儿子"),
        "REVIEW",
    ),
    "power to sell two houses": (
        told("a", **POWER, text="委托他人代为出售古埠房屋、代收房款"),
        told("b", 5, **POWER, text="委托他人代为出售鹅湖房屋、代收房款"),
        "NEW",
    ),
    "power for one car, in other words": (
        told("a", **POWER, text="委托家里人处理车辆过户"),
        told("b", 5, **POWER, text="授权儿子办车辆转移登记"),
        "SAME",
    ),
    "a diploma and a degree, for one use": (
        told("a", **(DEED | {"item": "学历公证", "purpose": "香港留学", "text": "毕业证"})),
        told("b", 3, **(DEED | {"item": "学历公证", "purpose": "香港留学", "text": "学位证"})),
        "REVIEW",
    ),
    "a visa, whatever it is for": (
        told("a", **(DEED | {"item": "无犯罪记录公证", "purpose": "英国定居", "text": "办无犯罪记录公证"})),
        called("b", 3, **(DEED | {"family": "notary", "title": "无犯罪记录公证", "text": "办英国签证，要无犯罪证明"})),
        "SAME",
    ),
    "two faulty goods of one maker": (
        told("a", **FAULTY, text="电动车充电起火，厂家不认"),
        told("b", 5, **FAULTY, text="高压锅爆炸烫伤，厂家不认"),
        "REVIEW",
    ),
    "a home handed over late, and its deed": (
        told("a", **HOME, text="逾期交房，要违约金"),
        told("b", 9, **HOME, text="入住五年不给办产权证"),
        "REVIEW",
    ),
    "violence, and the divorce after it": (
        told("a", counterparty={"name": "孙大力"}, title="家庭暴力", text="申请人身安全保护令"),
        told("b", 4, counterparty={"name": "孙大力"}, title="离婚纠纷", text="请求解除婚姻关系"),
        "REVIEW",
    ),
    "two whole names, and no phone on one side": (
        told("a", **STRANGER),
        called("b", 4, **(STRANGER | {"phone": None})),
        "SAME",
    ),
    "two whole names, and two phones": (
        told("a", **STRANGER),
        called("b", 4, **(STRANGER | {"phone": "13911112222"})),
        "REVIEW",
    ),
    "handed in again after three weeks": (
        told("a", **(PLAIN | {"text": "工资没给。"})),
        told("b", 21, **(PLAIN | {"text": "讨薪。上次说缺身份证复印件，已补"})),
        "SAME",
    ),
    "the first cause first, another field's second": (
        told("a", title="合伙合同纠纷", text="散伙不清账", counterparty={"name": "孙大力"}),
        called("b", 3, title="合伙纠纷", text="合伙，买的酒是假的，孙大力不清账", counterparty={"name": "孙大力"}),
        "SAME",
    ),
    "called once more": (told("a"), called("b", 5, kind=None, title=None, text="再次来电，拖欠工资的事请尽快"), "LINK"),
    "something is added": (told("a"), called("b", 5, kind=None, title=None, text="补充欠薪的证据：转账截图"), "LINK"),
    "of those who handle it": (
        told("a"),
        called("b", 9, kind=None, title=None, text="举报经办人员在拖欠工资的事中偏袒对方，号WEB20260000a"),
        "LINK",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_pair(name: str) -> None:
    assert_pair(*PAIRS[name])


def test_what_is_refused_while_it_is_worked_on_has_ended() -> None:
    told_again = told("b", 12)
    states = [status("a", 1, "ACCEPTED"), status("a", 2, "IN_PROGRESS"), status("a", 6, "REJECTED")]
    assert placed([told("a"), *states[:2], told_again])["b"].relation == "SAME"
    assert placed([told("a"), *states, told_again])["b"].ticket_id == "b"


def test_services_for_one_incident_follow_one_another() -> None:
    hurt = {"title": "工伤", "text": "在宏达建筑工程工地从架子上摔伤"}
    asked = called("a", kind="consultation", **hurt)
    aided = told("b", 3, **hurt)
    appraised = told("c", 10, family="forensic", item="伤残等级鉴定", title="伤残等级鉴定", text="工伤摔伤后评残")
    for lines in ([asked, aided, appraised], [appraised, aided, asked]):
        found = placed(lines)
        assert (found["b"].link_kind, found["b"].to) == ("incident", "a")
        assert (found["c"].link_kind, found["c"].to) == ("incident", "b")
