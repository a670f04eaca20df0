"""Pairs that look like one matter and may be two people's, or two matters: for a person to look at, never merged."""

from __future__ import annotations

import pytest

from streams.core.opponents import firms_in, people_in
from tests.unit.core.lines import Line, assert_pair, called, placed, status, told

BARE: Line = {"counterparty": None, "title": "邻里纠纷"}
FENCE = BARE | {"text": "邻居孙大力砌墙挡了我家窗户，屋里整天不见光。"}
OTHER_FENCE = BARE | {"text": "邻居秦小河砌墙挡了我家窗户，屋里整天不见光。"}
NOBODY_NAMED = BARE | {"text": "隔壁砌墙挡了我家窗户，屋里整天不见光。"}
SOME = {"text": "在哈尔滨市宏达建筑工程有限公司干活，被拖欠工资36000元。"}
LESS = {"text": "哈尔滨市宏达建筑工程有限公司拖欠工资21500元。"}
HEARD = {"counterparty": {"name": "哈尔滨市弘达建筑工程有限公司"}, "incident_date": "2026-01-05"}
DOCUMENT: Line = {"family": "notary", "counterparty": None, "title": None, "purpose": "去加拿大留学"}

PAIRS: dict[str, tuple[Line, Line, str]] = {
    "a surname, the phone, the same words, and nobody named": (
        told("a", **FENCE),
        called("b", 2, name="王某", **NOBODY_NAMED),
        "REVIEW",
    ),
    "a surname, the phone, the same words, and nobody named, of a woman": (
        told("a", **FENCE),
        called("b", 2, name="王女士", **NOBODY_NAMED),
        "REVIEW",
    ),
    "a surname, the phone, the same words, and nobody named, of a man as before": (
        told("a", **FENCE),
        called("b", 2, name="王先生", **NOBODY_NAMED),
        "SAME",
    ),
    "a surname, the phone, the same words, and somebody else named": (
        told("a", **FENCE),
        called("b", 2, name="王先生", **OTHER_FENCE),
        "REVIEW",
    ),
    "a surname, the phone, and the same person named": (
        told("a", **FENCE),
        called("b", 2, name="王先生", **FENCE),
        "SAME",
    ),
    "one person against two whom only the texts name": (told("a", **FENCE), told("b", 2, **OTHER_FENCE), "REVIEW"),
    "one person against one whom only the texts name": (told("a", **FENCE), told("b", 2, **FENCE), "SAME"),
    "one named by the field, another in the text": (
        told("a", **(FENCE | {"counterparty": {"name": "孙大力"}})),
        told("b", 2, **OTHER_FENCE),
        "REVIEW",
    ),
    "two firms that lack their legal form": (
        told("a", **(BARE | {"title": "欠薪", "text": "给哈尔滨青松物流干活，工资没给。"})),
        told("b", 2, **(BARE | {"title": "欠薪", "text": "在白桦餐饮上班，工资没给。"})),
        "REVIEW",
    ),
    "relatives whose names sound alike in two characters": (
        called("a", name="王晓敏"),
        called("b", 1, name="王小民"),
        "REVIEW",
    ),
    "one character misheard": (called("a", name="王晓敏"), called("b", 1, name="王小敏"), "SAME"),
    "one character lost for two": (called("a", name="王晓敏"), called("b", 1, name="王?"), "REVIEW"),
    "one character lost for one": (called("a", name="王晓敏"), called("b", 1, name="王?敏"), "SAME"),
    "one ID number and one phone under two names": (
        told("a", name="王淑琴", **NOBODY_NAMED),
        told("b", 1, name="王淑芬", **NOBODY_NAMED),
        "REVIEW",
    ),
    "a namesake with the same case number": (
        told("a", case_no="(2026)黑0103民初1号", phone=None),
        told("b", 1, case_no="(2026)黑0103民初1号", id_number=None, phone="13911112222"),
        "REVIEW",
    ),
    "a namesake with the same case number who left no phone": (
        told("a", case_no="(2026)黑0103民初1号"),
        told("b", 1, case_no="(2026)黑0103民初1号", id_number=None, phone=None),
        "REVIEW",
    ),
    "two sums under one name and phone": (called("a", **SOME), called("b", 1, **LESS), "REVIEW"),
    "two sums of one who showed his card": (told("a", **SOME), told("b", 1, **LESS), "SAME"),
    "a firm of that sound on the telephone, since the same day": (
        told("a", incident_date="2026-01-05", text="不发工资。"),
        called("b", 1, **HEARD, text="不发工资。"),
        "SAME",
    ),
    "a cause that nobody names, told twice": (
        told("a", title=None, text="给宏达建筑工程公司扛了半年活儿，许下的一个子没见着。"),
        called("b", 2, title=None, text="掌柜躲着不见，做工八个月分文没拿到。"),
        "SAME",
    ),
    "two causes that nobody names, against one firm": (
        told("a", title=None, text="给宏达建筑工程公司扛了半年活儿，许下的一个子没见着。"),
        told("b", 2, title=None, text="宏达建筑工程公司的冲床绞了我两根指头。"),
        "REVIEW",
    ),
    "the second matter's text begins with the first": (
        told("a"),
        told("b", 1, title=None, text="宏达建筑工程公司拖欠工资没给，如今又受了工伤，要求赔偿。"),
        "REVIEW",
    ),
    "two misfortunes of one person, of two fields of law": (
        told("a", **(BARE | {"title": "工伤", "text": "在车间受了工伤，没人管。"})),
        called("b", 3, **(BARE | {"title": "交通事故", "text": "交通事故受伤，谈不拢。"})),
        "REVIEW",
    ),
    "a form's phrases in common, and nothing else": (
        told("a", **(BARE | {"title": None, "text": "见字如面，老槐树叫人锯了。此致敬礼"})),
        told("b", 2, **(BARE | {"title": None, "text": "见字如面，石磨盘不见了。此致敬礼"})),
        "REVIEW",
    ),
    "one document by two names": (
        told("a", **DOCUMENT, item="藏品清册公证", text="办理藏品清册公证"),
        told("b", 2, **DOCUMENT, item="馆藏清册公证", text="要馆里的藏品清册公证"),
        "SAME",
    ),
    "two documents for one use": (
        told("a", **DOCUMENT, item="藏品清册公证", text="给加拿大看的藏品清册公证"),
        told("b", 2, **DOCUMENT, item="船籍沿革公证", text="给加拿大看的船籍沿革公证"),
        "REVIEW",
    ),
    "one firm, with the place before its name and without": (
        told("a", **(BARE | {"title": "工伤", "text": "医药费哈尔滨市中沃临食品加工有限公司仅垫付一部分，工伤。"})),
        called("b", 2, **(BARE | {"title": "工伤", "text": "中沃临食品不管我的工伤。"})),
        "SAME",
    ),
    "a receipt for the claim that is there": (
        told("a"),
        called("b", 3, kind="supplement", counterparty=None, title="补交", text="补一下，借条找到了，号是WEB20260000a"),
        "LINK",
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_pair(name: str) -> None:
    assert_pair(*PAIRS[name])


def test_a_lawyers_phone_does_not_make_one_of_two_clients_of_one_name() -> None:
    """Given for one as the agent's, for the other as his own; both against one firm."""
    lawyer = {"name": "程律", "phone": "13955556666", "role": "律师"}
    others = [told(f"c{n}", n / 9, name=f"当事{n}人", id_number=None, phone="13955556666") for n in range(5)]
    one, two = told("a", id_number=None, phone=None, agent=lawyer), told("b", 3, phone="13955556666")
    assert placed([one, two])["b"].relation == "SAME"
    for lines in ([one, two, *others], [*others, one, two], [one, *others, two]):
        found = placed(lines)
        assert (found["b"].relation, found["b"].ticket_id) == ("REVIEW", "b")


def test_two_of_one_name_behind_a_switchboard() -> None:
    """A phone that many share says nothing, even with the name and the firm."""
    line = "13955556666"
    others = [told(f"c{n}", n / 9, name=f"当事{n}人", id_number=None, phone=line) for n in range(5)]
    found = placed([*others, told("a", phone=line), called("b", 1, phone=line)])
    assert found["b"].ticket_id == "b"


def test_whom_a_text_names() -> None:
    assert people_in("被欧阳明打伤，孙大力不还钱") == ("欧阳明", "孙大力")
    assert people_in("高空抛物，任何人都会受伤，文件马上付款给到") == ()
    assert firms_in("在白桦餐饮上班，后到哈尔滨青松物流干活") == ("白桦餐饮", "青松物流")


EXAM: Line = {"family": "forensic", "system": "forensic", "counterparty": None, "title": "伤残等级鉴定", "text": None}
DEED: Line = DOCUMENT | {"text": "出生公证"}


@pytest.mark.parametrize(
    ("first", "again", "kind"),
    [
        (told("a", **EXAM), told("b", 20, **EXAM), "child"),
        (told("a", **DEED), told("b", 5, **DEED), None),
        (told("a", **DEED), told("b", 5, **(DEED | {"text": "出生公证，WEB20260000a那张"})), "reopen"),
    ],
    ids=["an appraisal once more", "a document once more", "by the number of the one that is closed"],
)
def test_asked_for_again_after_its_end(first: Line, again: Line, kind: str | None) -> None:
    found = placed([first, status("a", 3, "CLOSED"), again])["b"]
    assert (found.link_kind, found.ticket_id) == (kind, "b")
