"""A record that names no family beside one that does."""

from __future__ import annotations

import pytest

from schemas.events.book import Traits
from streams.core.reading import read_as
from tests.unit.core.test_matching_cases import called, placed, told


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
