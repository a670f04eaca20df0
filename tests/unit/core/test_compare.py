"""Each rule of comparing, and what must never be SAME."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mappings.lexicon import lexicon
from santai.words import Words
from schemas.events.book import Features
from schemas.events.common import Counterparty
from streams.core.compare import compare, compared, contradicts, pair_version
from tests.support.features import features
from tests.unit.schemas.strategies import records

WEIGHTS = lexicon().weights
WINDOW_MS = lexicon().limits["days_apart_max"] * 86_400_000
OTHER = Counterparty(name="盛世物业公司")
Changes = dict[str, Any]


def relation(first: Changes, second: Changes, *, phone_counts: bool = True) -> str | None:
    """Of two submissions that agree in everything but the changes: SAME, REVIEW, LINK kind, or None."""
    pair = compare(features("a", 0, **first), features("b", 1000, **second), phone_counts=phone_counts)
    return pair and (pair.link_kind or pair.relation)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({}, {}, "SAME"),
        ({}, {"id_number": None}, "SAME"),  # the hotline knows the phone only
        ({}, {"phone": None}, "SAME"),
        ({"id_number": None}, {"phone": None}, "REVIEW"),  # somebody of that name with the same opponent
        ({"id_number": None}, {"phone": None, "counterparty": None}, None),  # nothing says that it is the same person
        ({}, {"name": None, "phone": None}, "SAME"),
        ({}, {"name": "王小"}, "SAME"),  # a typing slip under one valid ID number
        ({"id_number": None}, {"name": "王小"}, "SAME"),  # heard the same: brothers are not
        ({"id_number": None, "name": "王建国"}, {"name": "王建军"}, "REVIEW"),  # a slip, or a brother
        ({"id_number": None, "name": "王晓明"}, {"name": "王?明"}, "SAME"),  # lost by an encoding
        ({"id_number": None}, {"name": "王?"}, "REVIEW"),  # of a whole family of that name
        ({}, {"name": "王*"}, "SAME"),
        ({"id_number": None}, {"name": "李*"}, None),
        ({"id_number": None}, {"name": None}, "REVIEW"),  # a phone without a name
        ({}, {"id_number": "ID-2"}, None),  # couple on one phone, or somebody else's number
        ({}, {"name": "赵钱孙"}, "REVIEW"),  # one ID number and phone under unrelated names: a cadre types his own
        ({}, {"name": "赵钱孙", "phone": None}, None),
        ({"id_number": None}, {"name": "赵钱孙"}, None),  # recycled mobile
        ({}, {"counterparty": OTHER}, None),  # same person, another opponent
        ({}, {"counterparty": None}, "REVIEW"),  # soon, the same service, and nothing more is said
        ({}, {"counterparty": None, "received_at": WINDOW_MS}, None),
        ({"text": "拖欠工资三个月"}, {"counterparty": None, "text": "拖欠工资三个月了"}, "SAME"),  # in the same words
        ({"text": "拖欠工资三个月"}, {"counterparty": None, "text": "要不到钱,想讨薪"}, "SAME"),  # within days
        ({"text": "拖欠工资三个月"}, {"text": "工伤认定", "counterparty": None}, None),
        ({}, {"counterparty": None, "related_numbers": ("web:a",)}, "SAME"),  # the number decides
        ({"counterparty": None, "parent_no": "web:b"}, {}, "SAME"),
        ({}, {"counterparty": OTHER, "related_numbers": ("web:a",)}, None),
        ({"case_no": "1"}, {"case_no": "1", "counterparty": None}, "SAME"),
        ({"case_no": "1"}, {"case_no": "2"}, None),
        ({"doc_no": "1"}, {"doc_no": "1", "counterparty": None}, "SAME"),
        ({"doc_no": "1"}, {"doc_no": "2"}, None),
        ({"incident_date": "2026-01-01"}, {"incident_date": "2026-01-01"}, "SAME"),
        ({"incident_date": "2026-01-01"}, {"incident_date": "2026-02-01"}, None),
        ({"incident_date": "1"}, {"incident_date": "1", "case_no": "2"}, "SAME"),
        ({"incident_date": "1", "case_no": "1"}, {"incident_date": "1", "case_no": "2"}, None),
        ({"family": "notary", "purpose": "留学"}, {"family": "notary", "purpose": "移民"}, None),
        ({"purpose": "留学"}, {"purpose": "移民"}, "SAME"),  # elsewhere purposes are only worded differently
        ({}, {"family": "forensic"}, "incident"),
        ({}, {"family": None}, "SAME"),
        ({}, {"received_at": WINDOW_MS + 2}, None),  # lives that do not overlap
        ({}, {"received_at": WINDOW_MS + 2, "related_numbers": ("web:a",)}, "SAME"),
        ({}, {"kind": "follow-up"}, "follow-up"),
        ({}, {"kind": "progress"}, "follow-up"),
        ({}, {"kind": "supplement"}, "follow-up"),
        ({}, {"kind": "complaint"}, "complaint"),
        ({}, {"kind": "consultation"}, "incident"),
        ({"kind": "follow-up"}, {}, None),  # only the later one can be about the earlier
        ({"confidential": True}, {}, None),
        ({}, {"confidential": True}, None),
        ({"system": "12309"}, {}, None),
        ({}, {"anonymous": True}, None),
        ({}, {"anonymous": True, "related_numbers": ("web:a",)}, "REVIEW"),
    ],
)  # fmt: skip
def test_rules(first: Changes, second: Changes, expected: str | None) -> None:
    second = dict(second)
    later = second.pop("received_at", 1000)
    pair = compare(features("a", 0, **first), features("b", later, **second))
    assert (pair and (pair.link_kind or pair.relation)) == expected


def test_a_phone_counts_only_where_it_is_said_to() -> None:
    only_phone = {"id_number": None}
    assert relation(only_phone, {}, phone_counts=True) == "SAME"
    assert relation(only_phone, {}, phone_counts=False) == "REVIEW"
    assert relation(only_phone, {"counterparty": None}, phone_counts=False) is None
    pair = compare(features("a"), features("b"), phone_counts=False)
    assert pair is not None
    assert "phone_weightless" in pair.reasons


@pytest.mark.parametrize(("family", "expected"), [("mediation", "opponent"), ("legal-aid", None)])
def test_opposing_parties_are_one_dispute_in_mediation_and_a_conflict_elsewhere(
    family: str, expected: str | None
) -> None:
    one = {"name": "王晓", "counterparty": Counterparty(name="李四"), "family": family}
    other = {"name": "李四", "id_number": "ID-2", "counterparty": Counterparty(name="王晓"), "family": family}
    assert relation(one, other) == expected
    assert contradicts(features("a", **one), features("b", **other))


def test_a_counterparty_is_known_by_its_number_before_its_name() -> None:
    known = Counterparty(name="某建筑公司", id_number="91X")
    assert relation({"counterparty": known}, {"counterparty": replace(known, name="某某建筑有限公司")}) == "SAME"
    assert relation({"counterparty": known}, {"counterparty": replace(known, id_number="91Y")}) is None


def test_unrelated_names_under_one_number_never_share_a_ticket() -> None:
    assert contradicts(features("a"), features("b", name="赵钱孙"))
    assert not contradicts(features("a"), features("b", name="王小"))


def test_the_pair_names_the_earlier_first_and_the_strongest_reason() -> None:
    early, late = features("z", 5, version=3), features("a", 6, version=4)
    pair = compare(late, early)
    assert pair is not None
    assert (pair.a, pair.b, pair.a_received_at, pair.b_received_at) == ("z", "a", 5, 6)
    assert pair.version == pair_version(early, late) == 7
    assert pair.reasons[0] == "id_equal"
    assert pair.score == sum(WEIGHTS[r] for r in pair.reasons)


def test_every_reason_has_words() -> None:
    assert set(WEIGHTS) <= set(Words.load().tables["reasons"])


FIRMS = ["宏达机械制造有限公司", "宏达机械"]
NAMES = st.sampled_from([*FIRMS, "王晓", "王小", "王?", "*", "", "赵钱孙", "甲" * 100_000]) | st.text(max_size=5)
FEATURES = records("cn.santai.inner.Features", NAMES)
ALIKE = st.builds(
    features,
    st.sampled_from("ab"),
    st.integers(0, 10),
    name=NAMES | st.none(),
    type=st.sampled_from(["natural", "legal"]),
    id_number=st.sampled_from(["ID-1", "ID-2", None]),
    phone=st.sampled_from(["P-1", "P-2", None]),
    counterparty=st.sampled_from([None, OTHER, Counterparty(), Counterparty(name="王晓"), Counterparty(name="王小")]),
    family=st.sampled_from(["legal-aid", "mediation", "notary", None]),
    kind=st.sampled_from(["application", "consultation", "complaint", "nonsense", None]),
    system=st.sampled_from(["web", "12345", "12309"]),
    case_no=st.sampled_from([None, "1", "2"]),
    text=st.sampled_from([None, "拖欠工资", "房屋漏水" * 50_000]),
    related_numbers=st.sampled_from([(), ("web:a",), ("web:b", "x")]),
    confidential=st.booleans(),
    anonymous=st.booleans(),
)


@given(a=FEATURES | ALIKE, b=FEATURES | ALIKE, phone_counts=st.booleans())
@example(a=features("a", type="legal", name=FIRMS[0]), b=features("b", type="legal", name=FIRMS[1]), phone_counts=True)
@example(a=features("a", text="房" * 2_000_000), b=features("b", text="漏" * 2_000_000), phone_counts=True)
def test_never_raises_and_is_symmetric(a: Features, b: Features, phone_counts: bool) -> None:
    b = replace(b, submission_id=a.submission_id + "'")
    pair = compare(a, b, phone_counts=phone_counts)
    assert pair == compare(b, a, phone_counts=phone_counts)
    assert contradicts(a, b) == contradicts(b, a)


@given(a=ALIKE, b=ALIKE, phone_counts=st.booleans())
def test_never_the_same(a: Features, b: Features, phone_counts: bool) -> None:
    a, b = replace(a, submission_id="a"), replace(b, submission_id="b")
    pair = compare(a, b, phone_counts=phone_counts)
    if pair is None or pair.relation != "SAME":
        return
    assert not any(f.confidential or f.anonymous or f.system == "12309" for f in (a, b))
    assert {"id_conflict", "name_conflict", "opposing_parties", "counterparty_conflict"}.isdisjoint(pair.reasons)
    by_number = {"related_number", "number_in_text", "case_no_equal", "doc_no_equal"} & set(pair.reasons)
    heard = ["name_sound"] if by_number else []
    surname = ["name_thin"] if by_number and {"cause_equal", "counterparty_equal"} & set(pair.reasons) else []
    assert {"id_equal", "phone_equal", "name_equal", *heard, *surname} & set(pair.reasons)
    assert "phone_weightless" not in pair.reasons or {"id_equal", "name_equal", *heard} & set(pair.reasons)
    assert not contradicts(a, b)


@given(a=ALIKE, b=ALIKE)
def test_a_block_sees_enough(a: Features, b: Features) -> None:
    assert compare(compared(a), compared(b)) == compare(a, b)
