"""Numbers that name a person or an organisation: GB 11643 (ID number) and GB 32100 (unified social credit code)."""

from __future__ import annotations

import re
import unicodedata

from mappings.problems import FieldProblem
from mappings.times import is_date

# GB 11643-1999: weight of place i (from the right) is 2^(i-1) mod 11; the check character by the sum mod 11.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"

# GB 32100-2015: 31 characters (no I O S V Z), weight 3^(i-1) mod 31.
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_VALUES = {character: value for value, character in enumerate(_CREDIT_ALPHABET)}
_CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))

_SHARED_STARTS = frozenset({"11", "12", "13", "51", "52", "53"})

_RESIDENT_18 = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
_RESIDENT_15 = re.compile(r"[1-9]\d{14}", re.ASCII)
_TYPED = re.compile(r"\d{15,18}[\dX]", re.ASCII)  # one character too few or too many, or two that changed places
_CREDIT = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII)
_OTHER = re.compile(r"[A-Z0-9]{5,20}")
_NOISE = str.maketrans("", "", " \t\r\n\u3000-‐–—'")
_NONE = frozenset({"", "无", "不详", "未知", "/", "NULL"})


def resident_id(value: object) -> str | None:
    """An ID number with 18 characters and an upper-case X; 15 digits are extended by the century and the check.

    >>> resident_id("11010519491231002x"), resident_id("110105491231002")
    ('11010519491231002X', '11010519491231002X')
    """
    text = _clean(value)
    return None if text is None else _resident(text)


def credit_code(value: object) -> str | None:
    """A unified social credit code, upper case.

    >>> credit_code("91350100m000100y43")
    '91350100M000100Y43'
    """
    text = _clean(value)
    return None if text is None else _credit(text)


def id_number(value: object) -> str | None:
    """An ID number or a credit code, whichever the shape says. A mistyped ID number must not pass as a credit code by
    chance (1 in 31): digits are a credit code only if they start like one and hold no birth date."""
    text = _clean(value)
    if text is None:
        return None
    if _CREDIT.fullmatch(text) and not (_RESIDENT_18.fullmatch(text) and _may_be_resident(text)):
        return _credit(text)
    return _resident(text)


def other_certificate(value: object) -> str | None:
    """A passport or permit: letters and digits, upper case; these have no check we could use."""
    text = _clean(value)
    if text is None:
        return None
    if not _OTHER.fullmatch(text):
        raise FieldProblem("bad_id", "证件号码格式不正确")
    return text


def resident_check(first17: str) -> str:
    """The check character of the first 17 digits."""
    return _CHECKS[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first17, strict=True)) % 11]


def credit_check(first17: str) -> str:
    """The check character of the first 17 characters."""
    total = sum(weight * _CREDIT_VALUES[character] for weight, character in zip(_CREDIT_WEIGHTS, first17, strict=True))
    return _CREDIT_ALPHABET[-total % 31]


def _may_be_resident(text: str) -> bool:
    """Credit codes of companies start with 9, no region does; those of public bodies and associations (1, 5) share
    their first two digits with Beijing, Tianjin, Hebei, Sichuan, Guizhou and Yunnan."""
    if text[0] == "9":
        return False
    return text[:2] not in _SHARED_STARTS or is_date(text[6:10], text[10:12], text[12:14])


def _clean(value: object) -> str | None:
    if isinstance(value, float):
        raise FieldProblem("bad_id", "证件号码被存成了小数，已丢失位数")
    text = unicodedata.normalize("NFKC", str(value)).translate(_NOISE).upper()
    if text in _NONE:
        return None
    if "*" in text:
        raise FieldProblem("masked", "证件号码已打码")
    if "E+" in text:
        raise FieldProblem("bad_id", "证件号码被表格软件改成了科学计数法，无法还原")
    return text


def _resident(text: str) -> str:
    if _RESIDENT_15.fullmatch(text):
        text = text[:6] + "19" + text[6:]
        text += resident_check(text)
    elif not _RESIDENT_18.fullmatch(text):
        raise FieldProblem("bad_id", "证件号码格式不正确", kept=text if _TYPED.fullmatch(text) else None)
    if not is_date(text[6:10], text[10:12], text[12:14]):
        raise FieldProblem("bad_id", "身份证号码中的出生日期不存在", kept=text)
    if resident_check(text[:17]) != text[17]:
        raise FieldProblem("bad_checksum", "身份证号码校验位不符", kept=text)
    return text


def _credit(text: str) -> str:
    if not _CREDIT.fullmatch(text):
        raise FieldProblem("bad_id", "统一社会信用代码格式不正确")
    if credit_check(text[:17]) != text[17]:
        raise FieldProblem("bad_checksum", "统一社会信用代码校验位不符")
    return text
