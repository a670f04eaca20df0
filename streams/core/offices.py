"""Offices of the state and villages as the other side: one office has a full name and several short ones, and its place
may be left out."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from mappings.lexicon import lexicon

_VILLAGE = "村委"
_CERTAIN_MIN = 3  # characters from which it is no part of a person's name
_PERSON_MAX = 4
_VILLAGERS = "村"
_TEAM = re.compile(r"(?<=村)第?[一二三四五六七八九十\d]{1,3}(?:村民)?小?[组社队]$")
_ABOVE = re.compile(r"公安局$|公安分局$|人民政府$|政府$")
"""An office that stands before another one's name only to say whose it is."""
_HERE = re.compile("^[我本该咱]?[省市县区旗镇乡]$")
_OWN = 2  # characters that tell one village from another
_NUMBERED = re.compile(r"第?[一二三四五六七八九十]{1,2}(?:[中小]|初中|高中|医院|幼儿园)$")
_SCHOOL = re.compile(r"第?([一二三四五六七八九十]{1,2})([中小])学?$")
_INSTITUTION = re.compile(
    r"(?:第[一二三四五六七八九十]{1,2}|[一二三四五六七八九十])?(?:人民医院|中心医院|中医院|中医医院|(?:骨科|口腔|眼科|妇产|儿童|精神病?|肿瘤|康复|胸科|传染病|皮肤病|心理)医院|妇幼保健院|妇女儿童医院|职工医院|"
    r"中心卫生院|中学|小学|实验学校|实验小学|实验中学|中心小学|双语学校|外国语学校|民族中学|中心幼儿园|实验幼儿园|高级中学|初级中学|职业学校|职业中学|"
    r"农村商业银行|农商银行|农商行|农村信用社|信用联社|供电公司|自来水公司|燃气公司|热力公司|公交公司)$"
    f"|{_NUMBERED.pattern}"
)
"""What every county has one of: the place before it is all that tells two apart."""
_DIVISION = re.compile(r"(?<=[\u4e00-\u9fff]{2})[省市县区旗镇乡]")
_PLACES = re.compile(r"[省市县区旗镇乡]|街道")
_NO_PLACE = re.compile(
    "[的了我你他她您请求从不给让这那哪什说称被把跟和与去到找向对因由在是有没服]|反映|投诉|市民|来电|举报"
)
"""What the characters before an office are no place with."""


def office(name: str) -> str | None:
    """An office by its shortest name, with the place as it stands before it; None for anybody else.

    >>> office("南湖村村民委员会"), office("费县市场监管局"), office("公安")
    ('南湖村委', '费县市监局', '公安局')
    """
    words = lexicon()
    name = _TEAM.sub("", name)
    if name.endswith(_VILLAGERS) and len(name) > _OWN:
        return name.rstrip(_VILLAGERS) + _VILLAGE
    for called, short in _ending_with(name[-1:]):
        if name.endswith(called):
            place = _HERE.sub("", _ABOVE.sub("", name[: -len(called)]))
            if place and len(called) < _CERTAIN_MIN and len(name) <= _PERSON_MAX and name[0] in words.surnames:
                continue
            return (place.rstrip(_VILLAGERS) if short == _VILLAGE else place) + short
    name = _in_full(name)
    found = _INSTITUTION.search(name)
    if len(name) <= _PERSON_MAX and name[0] in words.surnames and not _NUMBERED.search(name):
        return None
    return _DIVISION.sub("", _HERE.sub("", name[: found.start()])) + found[0] if found else None


@cache
def _ending_with(last: str) -> tuple[tuple[str, str], ...]:
    """Of what offices are called that which ends with a character, in their order."""
    return tuple(named for named in lexicon().offices.items() if named[0][-1] == last)


def _in_full(name: str) -> str:
    """A school's name as it is written: 三中 is 第三中学, 实小 is 实验小学."""
    numbered = _SCHOOL.search(name)
    if numbered:
        return f"{name[: numbered.start()]}第{numbered[1]}{numbered[2]}学"
    short = next((short for short in lexicon().schools if name.endswith(short)), None)
    return name[: -len(short)] + lexicon().schools[short] if short else name


@lru_cache(maxsize=20_000)
def parted(party: str) -> tuple[str, str] | None:
    """The shortest name of an office, and its place; None for anybody else.

    >>> parted("费县市监局"), parted("王小明")
    (('市监局', '费县'), None)
    """
    found = _at_the_end().search(party) or _INSTITUTION.search(party)
    return (found[0], party[: found.start()]) if found else None


def bare(party: str) -> bool:
    """Whether it is an office without a place: the one there is where somebody lives."""
    found = parted(party)
    return found is not None and not found[1]


def one_office(a: tuple[str, str], b: tuple[str, str]) -> bool:
    """Whether two are one as far as they are told; both are parted."""
    short, full = sorted((_DIVISION.sub("", place) for _, place in (a, b)), key=len)
    return a[0] == b[0] and full.endswith(short)


def named(party: tuple[str, str], words: str) -> bool:
    """Whether a text means the office: by its kind and its own place; one of a whole county by its kind alone."""
    kind, place = party
    own = _PLACES.split(place)[-1]
    if kind == _VILLAGE and len(own) >= _OWN and own + _VILLAGERS in words:
        return True
    return bool(place) and own in words and any(called in words for called in _called().get(kind, (kind,)))


def another_told(party: tuple[str, str], words: str) -> bool:
    """Whether a text tells of offices, and of none that may be this one."""
    kind, place = party
    told = [(lexicon().offices[m[2]], _NO_PLACE.split(m[1])[-1].rstrip("村")) for m in _in_a_text().finditer(words)]
    own = _PLACES.split(place)[-1]
    return bool(told) and not any(
        kind == other and (not own or not where or where.endswith(own[-_OWN:]) or own.endswith(where[-_OWN:]))
        for other, where in told
    )


@cache
def _in_a_text() -> re.Pattern[str]:
    return re.compile(f"([\u4e00-\u9fff]{{0,4}}?)({'|'.join(lexicon().offices)})")


@cache
def _at_the_end() -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(_called())})$")


@cache
def _called() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for called, short in lexicon().offices.items():
        found.setdefault(short, []).append(called)
    return found
