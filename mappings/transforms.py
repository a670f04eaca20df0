"""Named transforms: what `as:` may say in a mapping. Each takes one value that is not empty and returns the canonical
one, None for a written "nothing" (无, 不详), or raises FieldProblem; nothing is ever guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from mappings import identity, times
from mappings.problems import FieldProblem

Transform = Callable[[Any], Any]

_DOT = re.compile(r"[·・•‧∙⋅･˙．●]")
_DOT_GAP = re.compile(r" ?· ?")
_HAN_GAP = re.compile(r"(?<=[\u3400-\u9fff\U00020000-\U0003ffff])\s+(?=[\u3400-\u9fff\U00020000-\U0003ffff])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u2028\u2029\ufeff\ud800-\udfff]")
_SPACE = re.compile(r"\s+")
_NOTHING = frozenset({"", "无", "不详", "未知", "匿名", "/", "-", "--", "null", "NULL", "None"})
_BRACKETS = str.maketrans({**dict.fromkeys("([{【〔〖［（", "〔"), **dict.fromkeys(")]}】〕〗］）", "〕")})
_CASE_BRACKETS = str.maketrans({**dict.fromkeys("[{【〔〖", "("), **dict.fromkeys("]}】〕〗", ")")})

_PHONE_SPLIT = re.compile(r"[,，、;；/或]|\s{2,}")
_EXTENSION = re.compile(r"(?:转|ext\.?|#).*$", re.IGNORECASE)
_NOT_DIGIT = re.compile(r"\D", re.ASCII)
_COUNTRY = re.compile(r"^(?:00|\+)?86(?=1[3-9]\d{9}$)", re.ASCII)
_PHONE = re.compile(r"1[3-9]\d{9}|0\d{9,11}|[2-9]\d{6,7}|400\d{7}|800\d{7}", re.ASCII)

_NUMBER_SPLIT = re.compile(r"[,，、;；\s]+")
_QUALIFIED = re.compile(r"([a-z0-9][a-z0-9-]*)[:：](.+)")
_NUMBERS_MAX = 20
_MS_MAX = 10**14  # the year 5138

_ENTRY = frozenset({"system", "number", "received_at", "family", "ended", "similar"})

_YES = frozenset({"1", "true", "是", "y", "yes", "有", "保密", "匿名"})
_NO = frozenset({"0", "false", "否", "n", "no", "无", "不保密", "公开", "实名"})


def text(value: object) -> str | None:
    """Free text: control characters out, line ends as \\n, no blanks around."""
    cleaned = _controlled(_scalar(value).replace("\r\n", "\n").replace("\r", "\n")).strip()
    return unicodedata.normalize("NFC", cleaned).strip() or None


def line(value: object) -> str | None:
    """Text in one line; a written "nothing" (无, /) is nothing."""
    cleaned = _one_line(_controlled(_scalar(value)))
    return None if cleaned in _NOTHING else cleaned


def name(value: object) -> str | None:
    """A person's or organisation's name: full-width letters to half, one middle dot (·), no gaps between Han.

    >>> name("阿卜杜・热合曼"), name("王　晓"), name("匿名")
    ('阿卜杜·热合曼', '王晓', None)
    """
    half = unicodedata.normalize("NFKC", _DOT.sub("·", _controlled(_scalar(value))))
    cleaned = _one_line(half)
    if " " in cleaned:
        cleaned = _HAN_GAP.sub("", _DOT_GAP.sub("·", cleaned))
    return None if cleaned in _NOTHING else cleaned


def phone(value: object) -> str | None:
    """A phone number, digits only, without country code and extension; of several the first.

    >>> phone("+86 138-0013-8000"), phone("（0451）82345678转801")
    ('13800138000', '045182345678')
    """
    written = unicodedata.normalize("NFKC", _scalar(value)).strip()
    if written in _NOTHING:
        return None
    first = _PHONE_SPLIT.split(written, maxsplit=1)[0]
    if "*" in first:
        raise FieldProblem("masked", "电话号码已打码")
    digits = _COUNTRY.sub("", _NOT_DIGIT.sub("", _EXTENSION.sub("", first)))
    if not _PHONE.fullmatch(digits):
        raise FieldProblem("bad_phone", "电话号码格式不正确")
    return digits


def region(value: object) -> str | None:
    """An administrative division (GB/T 2260) as 6 digits; the platform pads to 12, provinces write 2."""
    digits = unicodedata.normalize("NFKC", _scalar(value)).strip()
    if digits in _NOTHING:
        return None
    if (
        not (digits.isascii() and digits.isdecimal())
        or len(digits) not in (2, 4, 6, 9, 12)
        or digits[0] not in "12345678"
    ):
        raise FieldProblem("bad_region", "行政区划代码格式不正确")
    return digits[:6].ljust(6, "0")


def yes_no(value: object) -> bool:
    """1/0, true/false, 是/否, Y/N."""
    if isinstance(value, bool):
        return value
    word = _scalar(value).strip().lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise FieldProblem("bad_flag", "是否标志无法识别")


def integer(value: object) -> int:
    """A whole number that is not negative."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    digits = _scalar(value).strip()
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 18:
        raise FieldProblem("bad_number", "应为非负整数")
    return int(digits)


def version(value: object) -> int | None:
    """A version: the record's own version number, or its update time in ms."""
    if isinstance(value, int) or (
        isinstance(value, str) and len(value) < 8 and value.strip().isdecimal() and value.isascii()
    ):
        return integer(value)
    return times.to_ms(value)


def number(value: object) -> str | None:
    """A ticket number as people quote it: half-width, no blanks, one kind of brackets.

    >>> number("法援[2026] 12号")
    '法援〔2026〕12号'
    """
    return _compact(value).translate(_BRACKETS) or None


def case_number(value: object) -> str | None:
    """A court case or document number: half-width, no blanks, round brackets."""
    cleaned = _compact(value)
    return None if cleaned in _NOTHING else cleaned.translate(_CASE_BRACKETS)


def numbers(system: str) -> Transform:
    """Quoted ticket numbers as `system:number`: a list, objects {system, no}, or one string with separators. A number
    that does not say its system is one of the given system."""

    def read(value: object) -> tuple[str, ...]:
        items = value if isinstance(value, list) else [value]
        found: dict[str, None] = {}
        for item in items:
            if isinstance(item, dict):
                parts = [f"{item.get('system') or system}:{item.get('no') or item.get('number') or ''}"]
            else:
                parts = _NUMBER_SPLIT.split(_scalar(item))
            for part in parts:
                match = _QUALIFIED.fullmatch(part)
                own, bare = match.groups() if match else (system, part)
                cleaned = number(bare)
                if cleaned and cleaned not in _NOTHING and not cleaned.endswith(":"):
                    found[f"{own}:{cleaned}"] = None
        if len(found) > _NUMBERS_MAX:
            raise FieldProblem("too_long", "关联编号过多")
        return tuple(found)

    return read


def one_number(system: str) -> Transform:
    """One quoted ticket number as `system:number`."""
    read_all = numbers(system)

    def read(value: object) -> str | None:
        found = read_all(value)
        if len(found) > 1:
            raise FieldProblem("bad_number", "应只有一个编号")
        return found[0] if found else None

    return read


def write_local_time(value: object) -> str:
    """Outbound: UTC ms as yyyy-MM-dd HH:mm:ss in Shanghai."""
    return times.local(_ms(value)).strftime("%Y-%m-%d %H:%M:%S")


def write_iso_time(value: object) -> str:
    """Outbound: UTC ms as ISO 8601 with zone."""
    return times.local(_ms(value)).isoformat(timespec="milliseconds")


def write_dossier(value: object) -> list[dict[str, Any]]:
    """Outbound: a person's earlier tickets for a system that takes JSON."""
    return [
        {
            "number": f"{x['system']}:{x['number']}", "receivedAt": write_iso_time(x["received_at"]),
            "category": x["family"], "ended": x["ended"], "similar": x["similar"],
        }
        for x in _entries(value)
    ]  # fmt: skip


def write_dossier_text(value: object) -> str:
    """Outbound: the same as lines for people: day, number, whether it is of the same kind, how far it is."""
    lines = []
    for x in _entries(value):
        marks = [*(["同类"] if x["similar"] else []), "已结" if x["ended"] else "在办"]
        lines.append(f"{times.local(_ms(x['received_at'])):%Y-%m-%d} {x['system']}:{x['number']} {' '.join(marks)}")
    return "\n".join(lines)


def _entries(value: object) -> list[dict[str, Any]]:
    if isinstance(value, list) and all(isinstance(x, dict) and x.keys() >= _ENTRY for x in value):
        return value
    raise FieldProblem("bad_shape", "应为档案")


def _ms(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MS_MAX:
        return value
    raise FieldProblem("bad_date", "应为毫秒时间")


def _compact(value: object) -> str:
    """Half-width and without blanks; taking out blanks may let characters compose, so normalised again."""
    half = unicodedata.normalize("NFKC", _controlled(_scalar(value)))
    return unicodedata.normalize("NFKC", _SPACE.sub("", half))


def _controlled(written: str) -> str:
    """Without control characters; most text has none, and asking is cheaper than substituting."""
    return written if written.isprintable() else _CONTROL.sub("", written)


def _one_line(written: str) -> str:
    """Runs of blanks as one; in printable text the only blank is the space."""
    if not written.isprintable() or "  " in written:
        written = _SPACE.sub(" ", written)
    return written.strip()


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return str(value)
    raise FieldProblem("bad_shape", "应为单个值")


PLAIN: dict[str, Transform] = {
    "text": text,
    "line": line,
    "name": name,
    "phone": phone,
    "region": region,
    "yes_no": yes_no,
    "integer": integer,
    "version": version,
    "number": number,
    "case_number": case_number,
    "time": times.to_ms,
    "date": times.to_date,
    "id_number": identity.id_number,
    "resident_id": identity.resident_id,
    "credit_code": identity.credit_code,
    "other_certificate": identity.other_certificate,
    "local_time": write_local_time,
    "iso_time": write_iso_time,
    "dossier": write_dossier,
    "dossier_text": write_dossier_text,
}
WITH_SYSTEM: dict[str, Callable[[str], Transform]] = {"numbers": numbers, "one_number": one_number}
OUTBOUND = frozenset({"local_time", "iso_time", "dossier", "dossier_text"})


def find(spec: str, system: str) -> Transform:
    """The transform a mapping names: `phone`, `numbers`, `numbers(12345)`. KeyError if there is none."""
    plain, _, argument = spec.partition("(")
    if plain in WITH_SYSTEM:
        return WITH_SYSTEM[plain](argument.removesuffix(")").strip() or system)
    if argument:
        raise KeyError(plain)
    return PLAIN[plain]
