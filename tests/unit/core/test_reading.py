"""A record that names no family beside one that does."""

from __future__ import annotations

import pytest

from schemas.events.book import Traits
from streams.core.reading import read_as
from tests.unit.core.lines import called, placed, told


@pytest.mark.parametrize(
    ("words", "family", "other", "causes"),
    [
        ("市民在外省,想放弃继承老房,能否异地办理", None, "notary", ("notary.renounce",)),
        ("趁还明白想立遗嘱,两套单元房", None, "notary", ("notary.will",)),
        ("趁还明白想立遗嘱,两套单元房", "lawyer", "notary", ("family.inheritance",)),
        ("趁还明白想立遗嘱,两套单元房", None, "lawyer", ("family.inheritance",)),
        ("兄弟伪造遗嘱,争老房", None, "notary", ("family.inheritance",)),
    ],
)
def test_what_is_read(words: str, family: str | None, other: str, causes: tuple[str, ...]) -> None:
    t = Traits(words=words, causes=("family.inheritance",))
    assert read_as(t, family, other).causes == causes


def test_a_will_told_on_the_telephone() -> None:
    deed = told("a", family="notary", counterparty=None, title="遗嘱公证", text="遗嘱,两套单元房")
    call = {"counterparty": None, "title": None}
    assert placed([deed, called("b", 2, **call, text="想立遗嘱把两套单元房留给闺女")])["b"].relation == "SAME"
    assert placed([deed, called("b", 2, **call, text="兄弟伪造遗嘱,争老房")])["b"].relation != "SAME"


def test_a_claim_for_damages_is_no_appraisal_that_is_asked_for_on_the_way() -> None:
    exam = told("a", family="forensic", counterparty=None, title="医疗过错鉴定", text=None)
    claim = {"family": None, "counterparty": None, "title": "医疗损害纠纷"}
    aid = told("b", 2, **claim, text="申请法律援助，误诊，请求做医疗损害鉴定并调解")
    assert placed([exam, aid])["b"].relation != "SAME"
    asked = claim | {"title": "医疗损害鉴定"}
    assert placed([exam, told("b", 2, **asked, text="误诊，要做医疗损害鉴定")])["b"].relation == "SAME"


POWER = {"family": "notary", "counterparty": None, "title": "委托公证", "purpose": None}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("托我哥卖掉建设路那套屋", "委托别人代领退休金", "REVIEW"),
        ("委托别人代领退休金", "代领退休金的事要委托", "SAME"),
        ("委托别人代领退休金", None, "SAME"),
    ],
)
def test_a_document_with_a_content_of_its_own(one: str, other: str | None, expected: str) -> None:
    found = placed([told("a", **POWER, text=one), told("b", 2, **POWER, text=other)])["b"]
    assert found.relation == expected, found.reasons


def test_a_city_is_nothing_that_two_matters_have_in_common() -> None:
    one = told("a", title=None, text="哈尔滨黑龙江那边拖着不给开证明")
    assert placed([one, told("b", 2, title=None, text="哈尔滨黑龙江的冰箱坏了")])["b"].relation != "SAME"
