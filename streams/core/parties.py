"""The other side: what of a counterparty's name tells one from another."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rapidfuzz.distance import OSA

from mappings.lexicon import lexicon
from streams.core import names, offices

_NOISE = re.compile(r"[\s()（）\[\]【】〔〕“”\"'‘’、,，.。:：;；/\\-]+")
_NOTE = re.compile(r"[(（\[【].{0,20}?[)）\]】]")
_DIVISION = re.compile(r"^(?:[\u4e00-\u9fff]{2,4}?(?:自治区|自治州|省|市(?!政)|盟|州))(?=[\u4e00-\u9fff]{2})")
_HOSPITAL = re.compile("(?<!第)([一二三四五六])(?:人民)?医?院$")
"""As people call it: 市一医院, 县二院."""
_REGISTERED = re.compile("有限(?:责任)?公司|股份公司")
"""How the name of a firm ends that is given as it is registered."""
_COUNTY = re.compile(r"^[\u4e00-\u9fff]{1,3}?(?:县|(?<![社小校园景厂库牧林矿片])区)(?=[\u4e00-\u9fff]{2})")
_BANNER = re.compile(r"^[\u4e00-\u9fff]{1,3}?旗(?=[\u4e00-\u9fff]{3})")  # else 红旗 is a brand
_ORGANISATION = re.compile(
    r"公司|厂|店|局|院|所|部|会|社|队|行|校|园|中心|集团|政府|委|处|站|场|馆|超市|酒店|物业|工作室|保险|学|村|厅|室|楼|庄"
)
_BRANCH = re.compile(r"分公司|分店|支行|分行|分院|分校|分部|项目部|分厂")
_AROUND_A_ROLE = re.compile(
    r"^(?:涉事|有关|相关|我的|我们|我家|我|俺|咱|他|她|该|某|这家|那家|这个|那个|一家|一个|本|原)|(?:方面|那边|们|本人|一方)$"
)
_SURNAME_ONLY = re.compile(r"^(?:那个|这个|一个)?姓(\w)的?$|^老(\w)家$")
_TYPO_MIN = 5  # characters of a firm's name that one of them may be left out of
_PERSON_MAX = 4
SHORT_CHARS = 4  # 字号 and trade: how people call a firm
CORE_MIN = 2
_PLACE_CHARS = (2, 3)

EQUAL, SHORT, NEAR, THIN, CONFLICT = "equal", "short", "near", "thin", "conflict"
"""The same; a short form of the other; might be either; cannot be read; another."""


@lru_cache(maxsize=50_000)
def core(name: str | None) -> str | None:
    """The part of a name that is the party's own: no legal form, no place in front, no punctuation. None when it names
    nobody in particular (房东, 公司).

    >>> core("哈尔滨市宏达建筑工程有限公司"), core("宏达建筑工程公司"), core("房东")
    ('宏达建筑工程', '宏达建筑工程', None)
    """
    if not name:
        return None
    words = lexicon()
    firm = is_organisation(name)
    bare = unicodedata.normalize("NFKC", name[:100])
    bare = _NOISE.sub("", bare if firm else _NOTE.sub("", bare)).lower()
    bare = _SURNAME_ONLY.sub(r"\1\2某", bare)
    if not bare or _is_role(bare):
        return None
    bare = _HOSPITAL.sub(r"第\1人民医院", bare)
    if (called := offices.office(bare)) is not None:
        return called
    for form in words.endings if bare.endswith(words.endings) else ():
        if bare.endswith(form) and len(bare) - len(form) >= CORE_MIN:
            bare = bare[: -len(form)]
            break
    if firm and not _is_role(own := _without_place(bare)):
        bare = own
    return None if _is_role(bare) or len(bare) < CORE_MIN else bare


def _is_role(bare: str) -> bool:
    """Whether it tells what somebody is, and not who: 我对象, 那家公司, 公司方面."""
    roles = lexicon().generic
    return bare in roles or _AROUND_A_ROLE.sub("", bare) in roles


def _without_place(bare: str) -> str:
    words = lexicon()
    bare = _after_province(bare, CORE_MIN + 1)
    for length in (4, 3, 2):
        if bare[:length] in words.cities and len(bare) - length >= CORE_MIN:
            rest = bare[length:]
            if rest.startswith("市政"):
                break
            bare = rest[1:] if rest[0] == "市" and len(rest) > CORE_MIN else rest
            if rest[0] == "市":
                return _BANNER.sub("", _COUNTY.sub("", bare))
            return _COUNTY.sub("", rest[1:] if rest[0] in "县区" and len(rest) > CORE_MIN + 1 else bare)
    shorter = _DIVISION.sub("", bare)
    return _COUNTY.sub("", _BANNER.sub("", shorter) if shorter != bare else bare)


def _after_province(name: str, least: int = 0) -> str:
    """A name without the province it begins with, if so many characters are left."""
    for province in lexicon().provinces:
        if name.startswith(province) and len(name) - len(province) >= least:
            return name[len(province) :].removeprefix("省").removeprefix("市")
    return name


@lru_cache(maxsize=50_000)
def is_organisation(name: str) -> bool:
    """Whether it sounds like an organisation."""
    bare = _NOTE.sub("", name)
    if len(bare) <= 2 or "·" in bare:
        return False
    return len(bare) > _PERSON_MAX or bool(_ORGANISATION.search(bare)) or _ends_with_a_trade(bare)


def _ends_with_a_trade(name: str) -> bool:
    """Whether it is a firm's own name and trade, and no more: 德馨机械."""
    found = lexicon().trades.search(name, CORE_MIN)
    return len(name) == _PERSON_MAX and found is not None and found.span() == (CORE_MIN, _PERSON_MAX)


@lru_cache(maxsize=100_000)
def relation(a: str, b: str, firm: bool = False) -> str:
    """How alike two cores are. Firms are told apart by a character, people are misheard: another firm may sound the
    same."""
    if a == b:
        return THIN if names.thin(a) else EQUAL
    p, q = offices.parted(a), offices.parted(b)
    if p and q:
        if not (p[1] and q[1]):
            return THIN if p[0] == q[0] else CONFLICT
        return SHORT if offices.one_office(p, q) else CONFLICT
    if p or q:
        return THIN if (p or q)[1] == "" else CONFLICT  # type: ignore[index]  # 村里: who is meant, nobody can say
    short, full = (a, b) if len(a) < len(b) else (b, a)
    if not firm and len(full) <= _PERSON_MAX:
        found = names.relation(a, b)
        given = found == names.CONFLICT and _given_name(short, full)
        return SHORT if given else EQUAL if found in (names.SOUND, names.MASKED) else found
    if _one_brand(short, full) or (len(short) >= CORE_MIN and brand(full)[0] == short != full):
        return SHORT
    if _without_a_place(short, full):
        return SHORT
    if short in full:
        return SHORT if full.startswith(short) and len(short) >= SHORT_CHARS else NEAR
    if names.sound(a) == names.sound(b) is not None:
        return NEAR
    if len(short) >= SHORT_CHARS and names.sound(short) == names.sound(full[: len(short)]) is not None:
        return NEAR
    if _brands_sound_alike(short, full) or _brand_after_a_place(short, full):
        return NEAR
    if len(short) >= _TYPO_MIN and OSA.distance(short, full, score_cutoff=1) == 1:
        return NEAR  # a character left out or mistyped; or another firm
    return {names.MASKED: NEAR, names.THIN: THIN}.get(names.relation(a, b), CONFLICT)


@lru_cache(maxsize=20_000)
def of_two_cities(a: str, b: str) -> bool:
    """Whether two names say that they are firms of two cities, or one of a city and one of the whole province."""
    x, y = _city(a), _city(b)
    if not (x and y) and _REGISTERED.search(a) and _REGISTERED.search(b):
        return (bool(x) and _after_province(b) != b) or (bool(y) and _after_province(a) != a)
    return bool(x and y) and x not in b and y not in a


def _city(name: str) -> str:
    name = _after_province(name)
    return next((name[:n] for n in (4, 3, 2) if name[:n] in lexicon().cities), "")


def heard_alike(a: str, b: str) -> bool:
    """Whether two names that are near may be one that was misheard, or heard in part."""
    short, full = (a, b) if len(a) < len(b) else (b, a)
    sound = names.sound(short)
    return short in full or (sound is not None and sound == names.sound(full[: len(short)])) or len(short) < len(full)


@lru_cache(maxsize=50_000)
def brand(party: str) -> tuple[str, str]:
    """A firm's own part of its name (字号), and its trade.

    >>> brand("宏达建筑工程")
    ('宏达', '建筑工程')
    """
    found = lexicon().trades.search(party, 1)
    return (party[: found.start()], party[found.start() :]) if found else (party, "")


def _one_brand(short: str, full: str) -> bool:
    """Whether one is the other with its trade abbreviated: 中沃世电商 for 中沃世电子商务."""
    (mine, trade), (yours, whole) = brand(short), brand(full)
    return len(mine) >= CORE_MIN and mine == yours and bool(trade) and abbreviates(trade, whole)


def _brands_sound_alike(short: str, full: str) -> bool:
    """Whether one is the other misheard, with its trade abbreviated or left out: 佳悦科技 for 嘉悦信息科技."""
    (mine, trade), (yours, whole) = brand(short), brand(full)
    if len(mine) < CORE_MIN or not abbreviates(trade, whole):
        return False
    mine, yours = names.blurred(names.sound(mine) or ""), names.blurred(names.sound(yours) or "")
    return mine == yours != "" or (len(mine) > 1 and yours.endswith(f" {mine}"))  # after a county, which no list has


def _given_name(short: str, full: str) -> bool:
    """Whether one is the other without the surname, as a family calls its own: 志勇 for 刘志勇."""
    surnames = lexicon().surnames
    bare = len(full) == len(short) + 1 > CORE_MIN and full.endswith(short)
    return bare and full[0] in surnames and short[0] not in surnames


def _without_a_place(short: str, full: str) -> bool:
    """Whether one is the other without what stands before its own part: a county, which no list has."""
    (mine, trade), (yours, whole) = brand(short), brand(full)
    placed = len(mine) >= CORE_MIN and yours.endswith(mine) and len(yours) - len(mine) in _PLACE_CHARS
    return placed and bool(whole) and (not trade or abbreviates(trade, whole))


def _brand_after_a_place(short: str, full: str) -> bool:
    """Whether one is the other's own part, after a place: 临颍众诚 for 众诚房地产开发."""
    own, trade = brand(full)
    return bool(trade) and len(own) >= CORE_MIN and short.endswith(own) and len(short) - len(own) in _PLACE_CHARS


def abbreviates(short: str, full: str) -> bool:
    """Whether the characters of one stand in the other in this order."""
    rest = iter(full)
    return all(c in rest for c in short)


def short_or_another(a: str, b: str) -> str:
    """Of two names of which one contains the other: a branch is another party; a name with its legal form is whole."""
    short, full = (a, b) if len(a) < len(b) else (b, a)
    if _BRANCH.search(full) and not _BRANCH.search(short):
        return CONFLICT
    return NEAR if any(short.endswith(form) for form in lexicon().forms if form != "公司") else SHORT


def mentioned(party: str, words: str) -> str | None:
    """EQUAL if the text names the party, NEAR if it may."""
    if party in words:
        return EQUAL
    if office := offices.parted(party):
        return EQUAL if offices.named(office, words) else None
    own, trade = brand(party)
    if trade and (own in words if len(own) > CORE_MIN else any(own + c in words for c in trade)):
        return EQUAL  # by its own part, which two characters are not without something of the trade
    return NEAR if len(party) > SHORT_CHARS and party[:SHORT_CHARS] in words else None
