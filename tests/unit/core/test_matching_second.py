"""Second needs that are told like the first, and first ones that are told otherwise: what tells them apart."""

from __future__ import annotations

import pytest

from streams.core import names, parties
from streams.core.sites import sites_in
from tests.unit.core.lines import Line, assert_pair, called, decision, placed, status, told

DEED: Line = {"family": "notary", "counterparty": None, "title": None, "item": None, "purpose": None}
DOG: Line = {"family": "mediation", "counterparty": {"name": "孙大力"}, "title": "狗咬人"}
ESTATE: Line = DEED | {"item": "继承权公证"}
POWER: Line = DEED | {"item": "委托公证"}
LOAN: Line = {"family": "lawyer", "counterparty": {"name": "孙大力"}, "title": "民间借贷"}
QUESTION = "楼上漏水要怎么索赔，仅咨询：要哪些证据。"
LEAK: Line = {"family": "mediation", "counterparty": {"name": "李四光"}, "title": "漏水"}

PAIRS: dict[str, tuple[Line, Line, str]] = {
    "power to sell two flats of two estates": (
        told("a", **(POWER | {"text": "委托女儿出售和顺苑28栋1301房屋"})),
        told("b", 4, **(POWER | {"text": "委托女儿出售翡翠城5栋301房屋"})),
        "NEW",
    ),
    "power to sell two flats of one estate": (
        told("a", **(POWER | {"text": "委托女儿出售和顺苑28栋1301房屋"})),
        told("b", 4, **(POWER | {"text": "委托女儿出售和顺苑3栋房屋"})),
        "NEW",
    ),
    "power to sell one flat, told by its estate alone": (
        told("a", **(POWER | {"text": "委托女儿出售湘江豪庭22栋房屋"})),
        called("b", 4, **(POWER | {"text": "想叫女儿帮着卖掉湘江豪庭的房子，办委托"})),
        "SAME",
    ),
    "power to sell a home, and where the caller lives": (
        told("a", **(POWER | {"text": "委托女儿出售和顺苑28栋1301房屋"})),
        called("b", 4, **(POWER | {"text": "想叫女儿帮着卖和顺苑的房子，办委托公证。地址：滨江花园3栋"})),
        "SAME",
    ),
    "two diplomas for one country": (
        told("a", **(DEED | {"item": "学历公证", "purpose": "日本，工作", "text": "申请将专科毕业证办理公证"})),
        told("b", 9, **(DEED | {"item": "学历公证", "purpose": "日本，工作", "text": "申请将本科毕业证办理公证"})),
        "REVIEW",
    ),
    "one paper, to study and to marry": (
        told("a", **(DEED | {"item": "无犯罪记录公证", "purpose": "美国留学"})),
        called("b", 9, **(DEED | {"text": "去美国跟外国对象领证，要办无犯罪记录公证"})),
        "NEW",
    ),
    "one marriage, to study and to settle": (
        told("a", **(DEED | {"item": "婚姻状况公证", "text": "为赴韩国留学，申请办理结婚证公证"})),
        told("b", 5, **(DEED | {"item": "婚姻状况公证", "text": "为赴韩国定居，申请办理结婚证公证"})),
        "NEW",
    ),
    "two inheritances, of a mother and of a husband": (
        told("a", **(ESTATE | {"text": "申请人母亲黄琴于2025年11月14日去世，遗有房产一处"})),
        told("b", 2, **(ESTATE | {"text": "申请人配偶黄欣于2025年8月1日去世，遗有房产一处"})),
        "REVIEW",
    ),
    "one inheritance, of a house and of savings": (
        told("a", **(ESTATE | {"text": "被继承人刘志勇（父亲），房产一处"})),
        called("b", 2, **(ESTATE | {"text": "父亲刘志勇不在了，房产要过户，办继承公证"})),
        "SAME",
    ),
    "two gifts of one house, to a daughter and to a nephew": (
        told("a", **(DEED | {"item": "赠与公证", "text": "幸福里15栋房屋赠与女儿"})),
        told("b", 9, **(DEED | {"item": "赠与公证", "text": "幸福里15栋的屋我把外甥"})),
        "REVIEW",
    ),
    "a document that a form names after itself": (
        told("a", **(DEED | {"item": "涉外公证", "purpose": "日本移民", "text": "公证事项：出生。"})),
        told("b", 5, **(DEED | {"item": "涉外公证", "purpose": "日本移民", "text": "申请办理学历公证"})),
        "NEW",
    ),
    "bitten twice by one man's dog": (
        told("a", **(DOG | {"text": "3月29日被孙大力的狗咬到右手"})),
        called("b", 4, **(DOG | {"text": "2月9日被孙大力家狗咬了脚踝"})),
        "REVIEW",
    ),
    "bitten once, and the day told otherwise by one": (
        told("a", **(DOG | {"text": "3月29日被孙大力的狗咬到右手"})),
        called("b", 4, **(DOG | {"text": "3月28日被孙大力家狗咬了右手"})),
        "SAME",
    ),
    "who says that it is another one": (
        told("a", **(DOG | {"text": "被孙大力的狗咬到右手"})),
        called("b", 4, **(DOG | {"text": "被孙大力家狗咬了，跟前两天登记的不是同一件"})),
        "REVIEW",
    ),
    "two sums of two days": (
        told("a", **(LOAN | {"text": "11月17日孙大力借款55600元不还"})),
        told("b", 4, **(LOAN | {"text": "7月22日孙大力借款43300元不还"})),
        "REVIEW",
    ),
    "who only asked, and tells the same on the hotline": (
        called("a", kind=None, **(LEAK | {"text": QUESTION})),
        called("b", 4, kind=None, **(LEAK | {"text": "楼上李四光家漏水，天花板泡坏了，要求赔偿"})),
        "REVIEW",
    ),
    "who only asked, and applies": (
        called("a", kind=None, **(LEAK | {"text": QUESTION})),
        told("b", 4, system="mediation", **(LEAK | {"text": "楼上李四光家漏水，请求赔偿"})),
        "LINK",
    ),
    "whoever calls the courts asks how his case is": (
        told("a", case_no="（2026）黑0127民初8273号"),
        called("b", 20, system="12368", kind=None, counterparty=None, title="联系法官", text="要求联系承办法官",
               case_no="（2026）黑0127民初8273号"),
        "LINK",
    ),
    "firms of the province and of a city": (
        told("a", counterparty={"name": "湖南中建合商贸有限公司"}, text="拖欠工资"),
        told("b", 4, counterparty={"name": "长沙中建合商贸有限公司"}, text="拖欠工资"),
        "REVIEW",
    ),
    "a full name with a title": (told("a"), called("b", 2, name="王晓明先生"), "SAME"),
    "one name and one firm, where a phone is missing": (
        told("a", phone=None),
        called("b", 2, phone="13911112222"),
        "SAME",
    ),
    "one name and one village, where a phone is missing": (
        told("a", phone=None, counterparty={"name": "兰考县后陈村村民委员会"}, title="承包地", text="承包地被村里收回"),
        called("b", 2, phone="13911112222", counterparty={"name": "后陈村村委会"}, title="承包地", text="地被村里收了"),
        "REVIEW",
    ),
    "nobody who misheard a surname is another": (told("a"), called("b", 2, name="万晓明"), "SAME"),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_pair(name: str) -> None:
    assert_pair(*PAIRS[name])


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("李立新先生", "李立新"),
        ("欧阳建国女士", "欧阳建国"),
        ("王女士", "王*"),
        ("王丽女士", "王丽*"),
        ("欧阳女士", "欧阳*"),
        ("红旗大队长", "红旗大队长"),
    ],
)
def test_titles_are_no_part_of_a_name(name: str, plain: str) -> None:
    assert names.plain(name) == plain


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [
        ("德馨机械", "德馨", parties.SHORT),
        ("绿野物业", "陆野物业", parties.NEAR),
        ("永新物业", "湖南永兴物业管理有限公司", parties.NEAR),
        ("众诚房地产开发有限责任公司", "临颍众诚", parties.NEAR),
        ("湖南长兴市政工程有限公司", "长兴市政", parties.SHORT),
        ("宏达建筑", "宏达机械", parties.CONFLICT),
    ],
)
def test_what_firms_are_called(a: str, b: str, found: str) -> None:
    p, q = parties.core(a), parties.core(b)
    assert p is not None
    assert q is not None
    assert parties.relation(p, q, True) == parties.relation(q, p, True) == found


@pytest.mark.parametrize(
    ("text", "sites"),
    [
        ("委托他人出售标的房屋翠湖名邸", ("翠湖名邸",)),
        ("不能亲自办理锦绣家园房屋出售手续", ("锦绣家园",)),
        ("小区都晓得这个事，存款及房产继承", ()),
        ("龙坑镇69号自建房", ("龙坑镇69",)),
        ("家住阳光花园3栋", ()),
    ],
)
def test_where_the_thing_is(text: str, sites: tuple[str, ...]) -> None:
    assert sites_in(text) == sites


def test_a_clerks_word_is_above_what_was_said() -> None:
    a, b = told("a", **(DOG | {"text": "狗咬右手"})), told("b", 4, **(DOG | {"text": "狗咬右手，此为第二件"}))
    assert placed([a, b])["b"].relation == "REVIEW"
    assert placed([a, b, decision("a", "b", True)])["b"].relation == "SAME"


def test_an_application_after_a_refusal_joins_no_call_that_may_have_been_about_the_refused_one() -> None:
    first = told("a", counterparty=None, title="欠薪", text="几个月没有发工资了，请求法律援助。")
    perhaps = called("b", 2, name="王某", text="在工地干活，工资36000元拖着不给。")
    refused, anew = status("a", 5, "REJECTED"), told("c", 9)
    assert placed([first, perhaps])["b"].relation == "REVIEW"
    assert placed([perhaps, anew])["c"].ticket_id == "b"
    assert placed([first, perhaps, refused, anew])["c"].ticket_id == "c"


def test_what_was_settled_and_is_not_is_reopened_whatever_its_kind() -> None:
    first, ended = told("a"), status("a", 5, "CLOSED")
    again = called("b", 9, kind="application", text="上次说办好了，结果还是老样子，工资没有给，要求继续处理")
    found = placed([first, ended, again])["b"]
    assert (found.relation, found.link_kind, found.to) == ("LINK", "reopen", "a")
