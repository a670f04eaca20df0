"""Named transforms: what they read, what they refuse, and that no value ever leaks into a reason."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings import identity, transforms
from mappings.problems import FieldProblem
from mappings.times import SHANGHAI, to_date, to_ms

MORNING_MS = 1_772_676_000_000  # 2026-03-05 10:00:00 +08:00
MIDNIGHT_MS = 1_772_640_000_000


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-05 10:00:00", MORNING_MS),
        ("2026-03-05 10:00", MORNING_MS),
        ("2026-03-05T10:00:00", MORNING_MS),
        ("2026-03-05 10:00:00.125", MORNING_MS + 125),
        ("2026-03-05T02:00:00Z", MORNING_MS),
        ("2026-03-05T10:00:00+08:00", MORNING_MS),
        ("2026-03-04T21:00:00-05:00", MORNING_MS),
        ("2026/3/5 10:00:00", MORNING_MS),
        ("2026.3.5 10:0:0", MORNING_MS),
        ("20260305100000", MORNING_MS),
        ("202603051000", MORNING_MS),
        ("2026年3月5日 10时00分", MORNING_MS),
        ("2026年3月5日10时00分00秒", MORNING_MS),
        ("２０２６年３月５日", MIDNIGHT_MS),
        ("2026-03-05", MIDNIGHT_MS),
        ("20260305", MIDNIGHT_MS),
        (20260305, MIDNIGHT_MS),
        (MORNING_MS, MORNING_MS),
        ("00000000", None),
        ("0000-00-00 00:00:00", None),
        ("1900-01-01 00:00:00", None),
        ("19000101", None),
        ("9999-12-31", None),
        ("无", None),
    ],
)
def test_times(written: object, read: int | None) -> None:
    assert to_ms(written) == read


@pytest.mark.parametrize(
    "written",
    [
        "昨天",
        "2026-02-30",
        "2026-13-01",
        "2026-03-05 24:00:00",
        "2026-03",
        "1026-03-05",
        "1772676000",
        True,
        1.5,
        {},
        "2" * 99,
        "2026-W10-4",
        "20260230",
        "２０２６年２月３０日",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_bad_times(written: object) -> None:
    with pytest.raises(FieldProblem) as problem:
        to_ms(written)
    assert problem.value.problem == "bad_date"


@given(st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2090, 1, 1)))
def test_a_moment_survives_every_way_of_writing_it(naive: datetime) -> None:
    moment = naive.replace(microsecond=0, tzinfo=SHANGHAI)
    ms = int(moment.timestamp()) * 1000
    day = moment.date().isoformat()
    assert to_ms(moment.strftime("%Y-%m-%d %H:%M:%S")) == ms
    assert to_ms(moment.strftime("%Y%m%d%H%M%S")) == ms
    assert to_ms(moment.astimezone(UTC).isoformat()) == ms
    assert (
        to_ms(f"{moment.year}年{moment.month}月{moment.day}日 {moment.hour}时{moment.minute}分{moment.second}秒") == ms
    )
    assert transforms.write_local_time(ms) == moment.strftime("%Y-%m-%d %H:%M:%S")
    assert to_ms(transforms.write_iso_time(ms)) == ms
    assert to_date(moment.astimezone(UTC).isoformat()) == to_date(f"{moment.year}/{moment.month}/{moment.day}") == day


def _resident(region: int, birth: datetime, order: int) -> str:
    first17 = f"{region:06d}{birth:%Y%m%d}{order:03d}"
    return first17 + identity.resident_check(first17)


_residents = st.builds(
    _resident,
    st.integers(110000, 659999),
    st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2026, 1, 1)),
    st.integers(0, 999),
)


@given(_residents, st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_of_an_id_number_is_always_found(number: str, place: int, shift: int) -> None:
    assert identity.resident_id(number) == number == identity.id_number(number.lower())
    if number[place].isdecimal():
        wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
        with pytest.raises(FieldProblem):
            identity.resident_id(wrong)


@given(_residents)
def test_an_old_id_number_is_the_new_one_of_its_century(number: str) -> None:
    if number[6:8] == "19":
        assert identity.id_number(number[:6] + number[8:17]) == number


def test_known_numbers() -> None:
    # the worked examples of GB 11643-1999 (annex) and a public credit code
    assert identity.resident_id("11010519491231002X") == "11010519491231002X"
    assert identity.resident_id("440524188001010014") == "440524188001010014"
    assert identity.credit_code("91350100M000100Y43") == "91350100M000100Y43"


@given(st.text(identity._CREDIT_ALPHABET, min_size=9, max_size=9), st.integers(0, 16), st.integers(1, 30))
def test_one_wrong_character_of_a_credit_code_is_always_found(organisation: str, place: int, shift: int) -> None:
    first17 = "91230100" + organisation
    code = first17 + identity.credit_check(first17)
    assert identity.credit_code(code) == code == identity.id_number(f" {code.lower()} ")
    if not 2 <= place < 8:
        alphabet = identity._CREDIT_ALPHABET
        wrong = code[:place] + alphabet[(alphabet.index(code[place]) + shift) % 31] + code[place + 1 :]
        with pytest.raises(FieldProblem):
            identity.credit_code(wrong)


@given(_residents, st.integers(1, 10))
def test_a_mistyped_id_number_never_passes_as_a_credit_code(number: str, shift: int) -> None:
    wrong = number[:17] + identity._CHECKS[(identity._CHECKS.index(number[17]) + shift) % 11]
    with pytest.raises(FieldProblem):
        identity.id_number(wrong)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("230103198513121232", "bad_id"),  # no 13th month
        ("2301031985****1232", "masked"),
        ("2.30103E+17", "bad_id"),
        (2.30103e17, "bad_id"),
        ("١٢٣٤٥٦٧٨٩٠١٢٣٤٥", "bad_id"),  # digits, but not ours
        ("12345", "bad_id"),
    ],
)
def test_bad_id_numbers(written: object, problem: str) -> None:
    with pytest.raises(FieldProblem) as found:
        identity.id_number(written)
    assert found.value.problem == problem


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("13800138000", "13800138000"),
        (13800138000, "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("13800138000、13900139000", "13800138000"),
        ("(0451) 82345678-转801", "045182345678"),
        ("82345678", "82345678"),
        ("400-123-4567", "4001234567"),
        ("不详", None),
    ],
)
def test_phones(written: object, read: str | None) -> None:
    assert transforms.phone(written) == read


@pytest.mark.parametrize("written", ["12", "1380013800", "128001380001", "abc", "138****8000", "١٣٨٠٠١٣٨٠٠٠"])
def test_bad_phones(written: str) -> None:
    with pytest.raises(FieldProblem):
        transforms.phone(written)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("阿卜杜•热合曼", "阿卜杜·热合曼"),
        ("阿卜杜 ． 热合曼", "阿卜杜·热合曼"),
        ("阿卜杜・热合曼", "阿卜杜·热合曼"),
        ("王 晓", "王晓"),
        ("王䶮", "王䶮"),
        ("𠮷 田", "𠮷田"),
        ("Ｊｏｈｎ　Ｓｍｉｔｈ", "John Smith"),
        ("某某（哈尔滨）公司", "某某(哈尔滨)公司"),
        (" \u200b ", None),
        ("匿名", None),
    ],
)
def test_names(written: str, read: str | None) -> None:
    assert transforms.name(written) == read


@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing(written: str) -> None:
    for clean in (transforms.name, transforms.line, transforms.text, transforms.number, transforms.case_number):
        once = clean(written)
        assert once is None or clean(once) == once


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("230103", "230103"),
        (230103, "230103"),
        ("230103000000", "230103"),
        ("2301", "230100"),
        ("23", "230000"),
        ("无", None),
    ],
)
def test_regions(written: object, read: str | None) -> None:
    assert transforms.region(written) == read


@pytest.mark.parametrize("written", ["23010", "哈尔滨", "030103", "٢٣٠١٠٣"])
def test_bad_regions(written: str) -> None:
    with pytest.raises(FieldProblem):
        transforms.region(written)


def test_quoted_numbers() -> None:
    read = transforms.find("numbers", "12345")
    assert read(" GD1，web:W2 ;GD1") == ("12345:GD1", "web:W2")
    assert read([{"system": "legal-aid", "no": "法援[2026]12号"}, "无", {}]) == ("legal-aid:法援〔2026〕12号",)
    assert transforms.find("numbers(12348)", "12345")(305) == ("12348:305",)
    with pytest.raises(FieldProblem):
        read([f"GD{i}" for i in range(21)])
    with pytest.raises(FieldProblem):
        transforms.find("one_number", "web")("W1,W2")


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(_ANYTHING)
def test_a_transform_reads_or_refuses_and_never_repeats_the_value(value: object) -> None:
    for name in [*transforms.PLAIN, *transforms.WITH_SYSTEM]:
        problem = _problem_of(transforms.find(name, "web"), value)
        written = str(value)
        assert problem is None or len(written) < 4 or written not in problem.reason


def _problem_of(transform: transforms.Transform, value: object) -> FieldProblem | None:
    try:
        transform(value)
    except FieldProblem as problem:
        return problem
    return None
