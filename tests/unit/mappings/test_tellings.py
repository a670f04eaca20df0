"""What a telling reads like: the model, and how well it reads what it was not fitted to."""

from __future__ import annotations

from pathlib import Path

import pytest

from mappings.lexicon import FOLDER, lexicon
from mappings.tellings import Telling, add_one_more, count, fit, load
from schemas.errors import Stop

UNSEEN = Path(__file__).parent / "tellings_unseen.tsv"
MODEL = fit(
    count(
        [
            Telling("a.wages", "干活不给钱"),
            Telling("a.loan", "借钱不还"),
            Telling("a.loan", "借条"),
            Telling("b.noise", "楼上太吵"),
            Telling("none.call", "请回电"),
        ]
    )
)


def unseen() -> list[tuple[str, str]]:
    """Tellings of a hand that had no part in the others: code, and title and text."""
    lines = (line.split("\t") for line in UNSEEN.read_text(encoding="utf-8").splitlines())
    return [(code, " ".join(part for part in parts if part != "-")) for code, *parts in lines]


def test_it_reads_what_is_told_in_other_words() -> None:
    likely = MODEL.read("他问我借，到现在不还")
    assert likely is not None
    assert likely.code == "a.loan"
    assert likely.margin > 0


def test_of_a_field_only_its_causes_are_read() -> None:
    for field, code in (("a", "a.loan"), ("b", "b.noise")):
        likely = MODEL.read("楼上借钱不还", field)
        assert likely is not None
        assert likely.code == code


def test_in_a_field_a_call_may_tell_nothing() -> None:
    likely = MODEL.read("请给我回电", "b")
    assert likely is not None
    assert likely.code == "none.call"


def test_what_was_never_told_reads_like_nothing() -> None:
    assert MODEL.read("") is None
    assert MODEL.read("hello 123") is None
    assert MODEL.read("銀行", "a") is None


def test_what_is_told_elsewhere_counts_as_far_as_it_has_parts_in_common() -> None:
    asked = count([Telling("asks.progress", "借钱的事咋样了")])
    add_one_more(asked, "asks.matter", count([Telling("a.loan", "借钱不还"), Telling("b.noise", "借宿太吵")]))
    assert asked["借", "asks.matter"] == 2
    assert ("吵", "asks.matter") not in asked


def test_unseen_tellings_are_read_rightly() -> None:
    """138 causes by ten ways each: most are read, and what is clear is nearly always right."""
    limits, model = lexicon().limits, lexicon().tellings
    read = [(code, model.read(words)) for code, words in unseen()]
    right = sum(likely is not None and likely.code == code for code, likely in read)
    clear = [(code, likely) for code, likely in read if likely and likely.margin >= limits["telling_margin"]]
    surely = sum(likely.code == code for code, likely in clear)
    assert right >= 0.9 * len(read)
    assert len(clear) >= 0.85 * len(read)
    assert surely >= 0.955 * len(clear)


def test_unseen_tellings_are_in_no_file() -> None:
    known = {telling.words for telling in load(FOLDER / "tellings", set(lexicon().tellings.codes))}
    assert known.isdisjoint(words for _, words in unseen())


def test_every_cause_is_told_in_many_ways() -> None:
    told = [telling.code for telling in load(FOLDER / "tellings", set(lexicon().tellings.codes))]
    assert min(told.count(code) for code in lexicon().tellings.codes) >= 40


@pytest.mark.parametrize("vague", ["来电人有事咨询，请回电", "市民想找律师问问情况，没有细说", "请尽快处理并答复"])
def test_a_call_that_tells_nothing_is_about_nothing(vague: str) -> None:
    likely = lexicon().tellings.read(vague)
    assert likely is None or likely.code == "none.call" or likely.margin < lexicon().limits["telling_margin"]


@pytest.mark.parametrize(
    ("lines", "finding"),
    [
        ("loan\t借钱不还\nlone\t借钱\n", "money.tsv:2"),
        ("loan 借钱不还\n", "money.tsv:1"),
        ("# 说明\nloan\t \n", "money.tsv:2"),
        ("loan\t借钱不还\nbank\t借钱不还\n", "既属于 money.loan，又属于 money.bank"),
    ],
)
def test_a_broken_line_stops_with_its_place(tmp_path: Path, lines: str, finding: str) -> None:
    (tmp_path / "money.tsv").write_text(lines, encoding="utf-8")
    with pytest.raises(Stop, match=finding):
        load(tmp_path, {"money.loan", "money.bank"})
