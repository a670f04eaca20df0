"""How much two texts share beside names, causes and what anybody writes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.core.wording import shared_words
from tests.unit.core.test_compare import features


def shared(one: str, other: str) -> int:
    return shared_words(features("a", text=one), features("b", text=other))


def test_the_same_things_told_in_other_words() -> None:
    assert shared("老槐树叫人锯了，惊着老母", "有人锯了门前老槐树") >= 2


def test_a_forms_phrases_are_nobodys_words() -> None:
    assert shared("见字如面，老槐树叫人锯了。此致敬礼", "见字如面，石磨盘不见了。此致敬礼") == 0


def test_a_long_clause_was_copied() -> None:
    assert shared("门前老槐树叫人锯了", "门前老槐树叫人锯了") > 0


def test_a_place_is_one_thing_however_long_its_name() -> None:
    long = shared("在乐山大佛渡口南岸边丢了伞", "乐山大佛渡口南岸边有人吵闹")
    assert long == shared("在南岸边丢了伞", "南岸边有人吵闹") > 0


def test_how_many_of_something_there_are() -> None:
    assert shared("苗木毁了12亩", "12亩全完") > shared("苗木毁了12亩", "13亩全完")
    assert shared("苗木毁了12亩", "212亩全完") == shared("苗木毁了12亩", "13亩全完")


def test_the_firms_name_in_short_is_no_word_in_common() -> None:
    firm = "成都佰利科劳务派遣有限公司"
    assert shared(f"{firm}说要散伙", "佰利科派遣把门锁了") == 0


TEXTS = st.text(alphabet="老槐树叫人锯了的，。12亩 a", max_size=40)


@given(one=TEXTS, other=TEXTS)
def test_symmetric_and_bounded(one: str, other: str) -> None:
    found = shared(one, other)
    assert 0 <= found == shared(other, one) <= max(len(one), len(other))
