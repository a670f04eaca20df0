"""The 23 cases of what is a duplicate and what is not, each told as a small file: lines in, relations out."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from tests.unit.core.lines import FIRM, ID, OTHER_ID, TWIN_ID, WAGES, Line, called, decision, placed, status, told


@dataclass(frozen=True)
class Case:
    """Lines of which `b` is looked at."""

    name: str
    lines: tuple[Line, ...]
    expected: str  # SAME, REVIEW, NEW, or the kind of a LINK
    to: str | None = field(default="a")


NOTARY: Line = {
    "family": "notary", "counterparty": None, "item": "出生公证", "purpose": "赴美国留学", "title": "出生公证",
    "text": "办理出生公证，用于美国留学。",
}  # fmt: skip
APPRAISAL: Line = {
    "family": "forensic", "system": "forensic", "counterparty": None, "item": "伤残等级鉴定", "title": "伤残等级鉴定",
    "text": "因交通事故委托伤残等级鉴定。", "incident_date": "2026-01-05",
}  # fmt: skip
CRASH = {"counterparty": {"name": "李四光"}, "title": "交通事故赔偿", "text": "被李四光的车撞伤，要求赔偿。"}
LEAK = {
    "counterparty": {"name": "李四光"},
    "family": "mediation",
    "title": "漏水纠纷",
    "text": "楼上李四光家漏水，要求赔偿。",
}

UNHEARD_OF = {"title": None, "text": "给宏达守夜大半载，老板许下的数一直未见着，盼有人出面。"}
RUSSIA = NOTARY | {"purpose": "赴俄罗斯入籍", "text": ""}

CASES = [
    Case("1 web with ID number, then the hotline", (told("a"), called("b", 2)), "SAME"),
    Case("1 the hotline has the phone and a surname", (told("a"), called("b", 2, name="王先生")), "SAME"),
    Case(
        "1 told in other words", (told("a"), called("b", 2, counterparty=None, text="宏达建筑工程公司不给工钱")), "SAME"
    ),
    Case("2 misheard name, one ID number", (told("a"), told("b", 1, name="王小明", phone=None)), "SAME"),
    Case("2 mistyped ID number", (told("a"), told("b", 1, id_number=ID[:16] + "9" + ID[17])), "SAME"),
    Case(
        "2 mistyped ID number, another phone", (told("a"), told("b", 1, id_number=ID[1:], phone="13911112222")), "SAME"
    ),
    Case("3 15 digits", (told("a"), told("b", 1, id_number=ID[:6] + ID[8:17], phone=None)), "SAME"),
    Case(
        "3 dots and lost characters",
        (told("a", name="阿卜杜·热合曼"), called("b", 1, name="阿卜杜?热合曼")),
        "SAME",
    ),
    Case(
        "4 item on the platform, case at the office",
        (
            told("a", system="gov-service", channel="platform", counterparty=None, title="法律援助申请", text=None),
            told("b", 2, system="legal-aid", channel="window", parent_no="gov-service:WEB20260000a", phone=None),
        ),
        "SAME",
    ),
    Case(
        "5 filed on behalf, by the same relative",
        (
            called("a", phone="13911110000", agent={"name": "王强", "phone": "13911110000", "role": "儿子"}),
            told("b", 2, agent={"name": "王强", "phone": "13911110000", "role": "儿子"}),
        ),
        "SAME",
    ),
    Case("6 refiled after 退单", (told("a"), status("a", 2, "RETURNED"), told("b", 4)), "SAME"),
    Case("6 refiled after 补正", (told("a"), status("a", 2, "SUPPLEMENT"), told("b", 4)), "SAME"),
    Case(
        "7 the quoted number decides",
        (called("a"), called("b", 3, phone=None, system="12348", text="关联工单GD20260000a", counterparty=None)),
        "SAME",
    ),
    Case(
        "8 urging",
        (told("a"), called("b", 9, kind="follow-up", text="催办", counterparty=None, title="催办")),
        "follow-up",
    ),
    Case("8 urging, of no stated kind", (told("a"), called("b", 9, kind=None, title="催办拖欠工资一事")), "follow-up"),
    Case("8 more material", (told("a"), told("b", 5, kind="supplement")), "follow-up"),
    Case(
        "9 not content after closure",
        (told("a"), status("a", 5, "CLOSED"), called("b", 9, text="没有解决，重新办理")),
        "reopen",
    ),
    Case("9 told again after closure", (told("a"), status("a", 5, "CLOSED"), told("b", 9)), "reopen"),
    Case(
        "10 about the handling",
        (told("a"), called("b", 9, kind="complaint", text="投诉工作人员态度恶劣", counterparty=None, title="投诉")),
        "complaint",
    ),
    Case("11 consultation, then an application", (called("a", kind="consultation"), told("b", 5)), "incident"),
    Case("11 legal aid, then an appraisal", (told("a", **CRASH), told("b", 20, **APPRAISAL)), "incident"),
    Case(
        "12 both sides ask for mediation",
        (
            told("a", **LEAK),
            told(
                "b",
                1,
                **(LEAK | {"counterparty": {"name": "王晓明"}}),
                name="李四光",
                id_number=OTHER_ID,
                phone="13700000000",
            ),
        ),
        "opponent",
    ),
    Case(
        "13 appraised again",
        (told("a", **APPRAISAL), told("b", 25, **(APPRAISAL | {"text": "申请重新鉴定。"}))),
        "child",
    ),
    Case(
        "14 another country",
        (told("a", **NOTARY), told("b", 3, **(NOTARY | {"purpose": "赴英国留学", "text": ""}))),
        "NEW",
        None,
    ),
    Case(
        "14 another purpose",
        (told("a", **NOTARY), told("b", 3, **(NOTARY | {"purpose": "赴美国探亲", "text": ""}))),
        "NEW",
        None,
    ),
    Case(
        "14 another document",
        (told("a", **NOTARY), told("b", 3, **(NOTARY | {"item": "学历公证", "title": "学历公证"}))),
        "NEW",
        None,
    ),
    Case("14 the same once more is the same", (told("a", **NOTARY), told("b", 3, **NOTARY)), "SAME"),
    Case("15 a couple on one phone", (told("a"), told("b", 1, name="李梅", id_number=OTHER_ID)), "NEW", None),
    Case("15 without ID numbers", (called("a"), called("b", 1, name="李梅")), "NEW", None),
    Case("15 brothers on one phone", (called("a", name="王建国"), called("b", 1, name="王建军")), "REVIEW"),
    Case(
        "15 a group and one of them",
        (told("a", text="王晓明等5人共同反映，宏达建筑拖欠全体工人工资。"), told("b", 1)),
        "NEW",
        None,
    ),
    Case("17 namesakes", (told("a"), told("b", 1, id_number=OTHER_ID, phone="13911112222")), "NEW", None),
    Case(
        "18 two opponents",
        (told("a"), told("b", 1, counterparty={"name": "哈尔滨市鸿运餐饮管理有限公司"})),
        "NEW",
        None,
    ),
    Case(
        "18 a firm of that sound",
        (told("a"), told("b", 1, counterparty={"name": "哈尔滨市弘达建筑工程有限公司"})),
        "REVIEW",
    ),
    Case("18 a branch", (told("a"), told("b", 1, counterparty={"name": FIRM["name"] + "第二分公司"})), "NEW", None),
    Case("18 two causes", (told("a"), told("b", 1, title="民间借贷纠纷", text="借款不还")), "NEW", None),
    Case("19 rejected", (told("a"), status("a", 3, "REJECTED"), told("b", 5)), "NEW", None),
    Case("19 withdrawn", (told("a"), status("a", 3, "WITHDRAWN"), told("b", 5)), "NEW", None),
    Case("19 before it was rejected", (told("a"), status("a", 6, "REJECTED"), told("b", 5)), "SAME"),
    Case(
        "20 opposing parties",
        (
            told("a", counterparty={"name": "李四光"}),
            told("b", 1, counterparty={"name": "王晓明"}, name="李四光", id_number=OTHER_ID, phone="13700000000"),
        ),
        "NEW",
        None,
    ),
    Case("21 recycled mobile", (told("a"), called("b", 9, name="赵钱孙")), "NEW", None),
    Case("21 anonymous", (told("a"), called("b", 1, anonymous=True)), "NEW", None),
    Case("21 confidential", (told("a"), called("b", 1, confidential=True)), "NEW", None),
    Case("21 12309", (told("a"), called("b", 1, system="12309")), "NEW", None),
    Case("22 a cadre types his own number", (told("a"), told("b", 1, name="赵钱孙", phone="13911112222")), "NEW", None),
    Case("23 twins", (told("a"), told("b", 1, name="王晓亮", id_number=TWIN_ID)), "NEW", None),
    Case(
        "23 somebody else's number quoted",
        (
            told("a"),
            told("b", 1, name="赵钱孙", id_number=OTHER_ID, phone="13911112222", related_numbers=["web:WEB20260000a"]),
        ),
        "NEW",
        None,
    ),
    Case(
        "REVIEW phone and similar text",
        (told("a"), called("b", 1, name=None, counterparty=None, text="干活被拖欠工资，多次讨要无果。")),
        "REVIEW",
    ),
    Case(
        "REVIEW name and county",
        (told("a"), called("b", 1, phone="13911112222", counterparty=None, text="干活被拖欠工资，多次讨要无果。")),
        "REVIEW",
    ),
    Case(
        "a clerk says so", (told("a"), told("b", 1, counterparty={"name": "李四光"}), decision("a", "b", True)), "SAME"
    ),
    Case("a clerk says no", (told("a"), told("b", 1), decision("b", "a", False)), "NEW", None),
    Case(
        "a subject nobody listed words for, in nearly the same words",
        (told("a", **UNHEARD_OF), told("b", 2, id_number=ID[:16] + "9" + ID[17], **UNHEARD_OF)),
        "SAME",
    ),
    Case(
        "a subject nobody listed words for, told twice over in some of the same words",
        (told("a", **UNHEARD_OF), called("b", 2, title=None, text="替宏达守夜大半载，老板许下的数至今未见着影子。")),
        "SAME",
    ),
    Case(
        "a subject nobody listed words for, and quite other words",
        (told("a", **UNHEARD_OF), told("b", 2, title=None, text="门前那棵老槐树叫人锯了，惊着老母亲。")),
        "REVIEW",
    ),
    Case(
        "18 one opponent, and the second matter mentions the first",
        (told("a"), told("b", 1, title="工伤待遇", text="在宏达建筑工程公司工地受了工伤，当时还在讨要工资。")),
        "REVIEW",
    ),
    Case(
        "numbers and names that are typed for none",
        (
            told("a", name="测试", id_number="1" * 18, phone="1" * 11),
            told("b", 1, name="测试", id_number="1" * 18, phone="1" * 11),
        ),
        "NEW",
        None,
    ),
    Case(
        "digits in a row pass a check by chance",
        (
            told("a", name="测试", id_number="123456789012345678", phone="12345"),
            told("b", 1, name="无", id_number="123456789012345678", phone="12345"),
        ),
        "NEW",
        None,
    ),
    Case(
        "7 the quoted number decides though the name was misheard",
        (called("a"), called("b", 3, phone=None, name="王小明", text=f"{WAGES}关联工单GD20260000a", counterparty=None)),
        "SAME",
    ),
    Case(
        "23 a namesake quotes the number",
        (called("a"), called("b", 3, phone="13911112222", text=f"{WAGES}参照GD20260000a", counterparty=None)),
        "REVIEW",
    ),
    Case(
        "2 a surname misheard on the telephone",
        (called("a", name="陈晓明"), called("b", 1, name="程晓明")),
        "SAME",
    ),
    Case(
        "14 another purpose in words nobody listed",
        (told("a", **(NOTARY | {"purpose": "赴俄罗斯跑船", "text": ""})), told("b", 3, **RUSSIA)),
        "REVIEW",
    ),
    Case(
        "1 a surname, the phone, and one document for one use",
        (told("a", **NOTARY), called("b", 1, **(NOTARY | {"family": None}), name="王女士")),
        "SAME",
    ),
    Case(
        "15 a surname and the phone of a woman, and the same kind of thing told otherwise",
        (
            told("a", **(LEAK | {"text": "楼上李四光家水管坏了，客厅顶棚泡坏。"})),
            called(
                "b",
                3,
                **(LEAK | {"family": None, "counterparty": None, "text": "卫生间渗水，墙皮掉了。"}),
                name="王女士",
            ),
        ),
        "REVIEW",
    ),
    Case(
        "18 a firm of that sound, told over the telephone",
        (told("a"), called("b", 1, counterparty={"name": "哈尔滨市弘达建筑工程有限公司"}, text="不发工资。")),
        "SAME",
    ),
    Case(
        "18 a firm of that sound, told over the telephone weeks later",
        (told("a"), called("b", 12, counterparty={"name": "哈尔滨市弘达建筑工程有限公司"}, text="不发工资。")),
        "REVIEW",
    ),
    Case("a second need", (told("a"), told("b", 9, **NOTARY)), "NEW", None),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_case(case: Case) -> None:
    for order in range(4):
        lines = list(case.lines)
        random.Random(order).shuffle(lines) if order else None
        found = placed(lines)
        b = found["b"]
        assert (b.link_kind or b.relation, b.to) == (case.expected, case.to), f"order {order}: {b.reasons}"
        assert b.ticket_id == ("a" if b.relation == "SAME" else "b")
        assert found["a"].ticket_id == "a"


def test_a_lawyers_phone_ties_nobody() -> None:
    """Case 16: one phone on many clients, of whom two have one name."""
    lawyer = "13955556666"
    clients = [
        told(f"c{n}", n / 9, name=f"当事{n}人", id_number=None, phone=lawyer, counterparty=None) for n in range(5)
    ]
    vague: Line = {"id_number": None, "phone": lawyer, "counterparty": None, "text": "干活被拖欠工资。"}
    one, two = told("a", **vague), told("b", 1, **vague)
    assert placed([one, two])["b"].relation == "SAME"
    found = placed([one, two, *clients])
    assert {p.relation for p in found.values()} <= {"NEW", "REVIEW"}
    assert found["b"].ticket_id == "b"


def test_a_household_and_a_caller_without_a_name() -> None:
    """Who of them called cannot be known; while one person alone uses the phone, it can."""
    nameless = called("b", 1, name=None)
    assert placed([told("a"), nameless])["b"].relation == "SAME"
    wife = told("w", 3, name="李梅", id_number=OTHER_ID, counterparty={"name": "张三丰"}, title="借款", text="借款不还")
    assert placed([told("a"), nameless, wife])["b"].relation == "REVIEW"


def test_numbers_that_lead_nowhere_or_round_in_a_circle() -> None:
    strangers = {"name": "赵钱孙", "id_number": OTHER_ID, "phone": "13911112222", "counterparty": None, "text": None}
    lines = [
        told("a", related_numbers=["web:WEB20260000a", "web:WEB20260000b", ":", "web:", "???", 7]),
        told("b", 1, related_numbers=["web:WEB20260000a", "web:nothing"], parent_no="web:WEB20260000b", **strangers),
    ]
    assert {p.relation for p in placed(lines).values()} == {"NEW"}
