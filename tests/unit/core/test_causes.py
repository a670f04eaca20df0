"""What a matter is about where nobody says its name, what a document is called, and what is only a remark."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.lexicon import CausesFile, finders, lexicon
from schemas.errors import Stop
from schemas.events.book import Features, Traits
from streams.core.cause_evidence import compare_causes
from streams.core.causes import CONCLUDED
from streams.core.names import pairs_of
from streams.core.traits import traits_of
from tests.unit.core.test_compare import features


def read(text: str, family: str | None = "legal-aid", **fields: str) -> Traits:
    return traits_of(features("a", family=family, text=text, **fields))


def cause(first: Features, second: Features, *, one_party: bool = False) -> str | None:
    x, y = traits_of(first), traits_of(second)
    found = compare_causes(x, y, one_party=one_party)
    assert found == compare_causes(y, x, one_party=one_party)
    return found


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("给东家扛了半年活儿，许下的一个子没见着", "labour.wages"),
        ("厂里的冲床绞了我两根指头", "labour.injury"),
        ("掌柜的收了门卡叫我卷铺盖，前后八个月", "labour.dismissal"),
        ("骑着三轮过路口，叫他的面包车带倒了", "traffic.accident"),
        ("他上门周转十万，如今躲着不回", "money.loan"),
        ("同他成家八年，他撇下我走了再没回来", "family.divorce"),
        ("老父走后那套老宅他一人占着", "family.inheritance"),
        ("隔壁的水滴到我家厨房墙皮上", "neighbour.leak"),
        ("店里充的卡还剩一半，人去楼空", "consumer.prepaid"),
        ("医馆大夫动刀，人反倒瘫了", "medical.dispute"),
    ],
)
def test_what_is_told_amounts_to_a_cause(told: str, code: str) -> None:
    assert read(told).causes == (code + CONCLUDED,)


@pytest.mark.parametrize("told", ["他不给钱", "个月", "在厂里上班", "心里憋屈，不知找谁", ""])
def test_one_thing_alone_amounts_to_none(told: str) -> None:
    assert read(told).causes == ()


def test_what_amounts_to_two_causes_amounts_to_none() -> None:
    both = "厂里欠我半年活儿钱没给，他上门周转十万又躲着不回"
    assert read(both).causes == ()


def test_a_word_that_names_the_cause_comes_before_what_is_told() -> None:
    assert read("拖欠工资，店里充的卡人去楼空").causes == ("labour.wages",)


def test_what_is_concluded_never_contradicts() -> None:
    """It may agree; where it does not, nobody knows."""
    wages = features("a", text="给东家做活儿，一个子没见着")
    assert cause(wages, features("b", text="拖欠工资")) == "cause_equal"
    assert cause(wages, features("b", text="民间借贷，借条为凭")) == "cause_mentioned"


def test_a_remark_on_another_cause_is_not_what_it_is_about() -> None:
    """Against one opponent there may be two matters, and who tells the second tells the first."""
    wages = features("a", text="拖欠工资三万六千元")
    both = features("b", text="受了工伤要赔偿，当时还在讨要工资")
    assert cause(wages, both, one_party=True) == "cause_mentioned"
    assert cause(wages, features("b", text="工资没发，还有两天加班"), one_party=True) == "cause_equal"
    assert cause(wages, both) == "cause_mentioned"  # it reads like the injury


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("办理藏书楼藏品清册公证", "要藏品清册公证", "cause_equal"),
        ("藏品清册公证书", "船籍沿革公证书", None),
        ("给澳洲看的藏品清册公证", "给澳洲看的船籍沿革公证", None),
        ("藏品清册证明公证", "船籍沿革证明公证", None),
        ("学历公证", "出生公证", "cause_conflict"),
    ],
)
def test_documents_are_known_by_what_they_are_called(one: str, other: str, found: str | None) -> None:
    assert cause(features("a", family="notary", text=one), features("b", family="notary", text=other)) == found


def test_what_a_document_is_for_is_not_what_it_is() -> None:
    """结婚 is a purpose here, however it is listed among documents."""
    assert read("领证结婚用，藏品清册公证", family="notary").causes == ("notary.~藏品清册",)
    assert read("领证结婚用，学历公证", family="notary").causes == ("notary.degree",)


def test_an_appraisal_without_the_word_is_known_by_its_title() -> None:
    assert read("已预约", family=None, title="伤残等级评定").causes == ("forensic.disability",)


def test_every_way_to_tell_a_cause_is_found_by_its_words() -> None:
    """No combination is shadowed altogether by a longer one of the same concepts for another cause."""
    ways = lexicon().told
    for code, of in ways:
        assert not any(other != code and more == of for other, more in ways), code


CODES = st.sampled_from(
    ["labour.wages", "labour.injury", "labour", "money.loan?", "notary.birth", "notary.~藏品", "x.~"]
)
ABOUT = st.builds(
    Traits,
    causes=st.lists(CODES, max_size=3, unique=True).map(tuple),
    mentions=st.lists(CODES, max_size=3, unique=True).map(tuple),
    words=st.sampled_from([None, "", "藏品清册", "拖欠工资"]),
)


@given(a=ABOUT, b=ABOUT, one_party=st.booleans())
def test_comparing_is_symmetric_and_knows_itself(a: Traits, b: Traits, one_party: bool) -> None:
    assert compare_causes(a, b, one_party=one_party) == compare_causes(b, a, one_party=one_party)
    assert compare_causes(a, a, one_party=one_party) != "cause_conflict"


@given(st.text(alphabet="养老金a1， ", max_size=30))
def test_pairs_are_of_neighbours(text: str) -> None:
    assert all(pair in text and len(pair) == 2 for pair in pairs_of(text))


def test_a_question_is_no_firm() -> None:
    assert read("问一下医院给治坏了咋办，来电的师傅讲他济南口腔医院给我做的手术", family=None).parties == (
        "济南口腔医院",
    )


def test_of_two_documents_that_of_the_item_is_asked_for() -> None:
    assert read("办理出生公证", family="notary", item="学历公证", title="学历公证").causes == ("notary.degree",)


def test_what_one_matter_is_told_under_may_be_concluded_twice() -> None:
    """A builder's unpaid bill and his wages are told alike; two that are not alike amount to none."""
    both = "包工，项目部那边还有尾数压着，工友都等着"
    assert read(both).causes == tuple(f"{c}{CONCLUDED}" for c in ("labour.wages", "contract.works"))


@pytest.mark.parametrize(
    ("text", "title", "code"),
    [
        ("来电人咨询出生公证需要什么", "", "notary.birth"),
        ("想给家里老人做个行为能力鉴定", "", "forensic.mental"),
        ("想给家里老人做个行为能力鉴定", "监护权纠纷", "family.adoption"),
        ("单位说工伤鉴定做完再赔", "", "labour.injury"),
        ("工资没给，单位不让做鉴定", "", "labour.wages"),
        ("户口本公证，给领馆", "", "notary.residence"),
        ("继承公证做过的房子又起纠纷", "", "family.inheritance"),
        ("处理不公正，工资没给", "", "labour.wages"),
    ],
)
def test_a_text_that_asks_for_a_document_tells_the_family(text: str, title: str, code: str) -> None:
    """Where no family is given. What was attested or appraised already is told in any dispute."""
    assert read(text, family=None, title=title).causes[0].removesuffix(CONCLUDED) == code


def test_documents_are_concluded_only_where_no_family_is_given() -> None:
    told = "要证明俩人是娘俩，签证用"
    assert read(told, family=None).causes == ("notary.kinship" + CONCLUDED,)
    assert read(told, family="lawyer").causes == ()


def test_a_listed_name_may_hold_what_anybody_writes() -> None:
    """保全证据 says which document it is, though 证据 alone says nothing."""
    assert read("", family="notary", item="保全证据公证").causes == ("notary.evidence",)
    assert read("去公证处问公证员", family="notary").causes == ()


def test_of_what_may_be_meant_that_is_concluded_of_which_more_is_told() -> None:
    """Who tells of work at length and of a loan in passing tells of wages."""
    wages = "厂里干活，车间上班，活计做完一分没给，钱欠着没结，他说周转，不还"
    assert read(wages).causes == ("labour.wages" + CONCLUDED,)


def test_a_word_stands_for_what_the_words_within_it_stand_for() -> None:
    table = lexicon().concepts
    assert set(table.find("上班")[0]) <= set(table.find("上班路")[0])


def test_a_word_given_to_two_causes_stops_with_both() -> None:
    sale = {"code": "contract.sale", "title": "买卖", "why": "货物", "words": ["货款"]}
    both = {"groups": {"contract": {"title": "合同", "words": []}}, "none": [], "alike": [], "filed": [], "serves": {}}
    file = CausesFile.model_validate(both | {"causes": [sale, sale | {"code": "contract.works"}]})
    with pytest.raises(Stop, match=r"“货款”既属于 contract\.sale，又属于 contract\.works"):
        finders(file)
