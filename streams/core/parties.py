"""The other side: what of a counterparty's name tells one from another."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from rapidfuzz.distance import OSA

from mappings.lexicon import lexicon
from streams.core import names, offices

_NOISE = re.compile(r"[\s()（）\[\]【】〔〕“”\"'‘’、,，.。:：;；/\\-]+")
_NOTE = re.compile(r"[(（\[【].{0,20}?[)）\]】]")
_DIVISION = re.compile(r"^(?:[\u4e00-\u9fff]{2,4}?(?:自治区|自治州|省|市|盟|州))(?=[\u4e00-\u9fff]{3})")
_COUNTY = re.compile(r"^[\u4e00-\u9fff]{1,3}?(?:县|(?<![社小校园景厂库牧林矿片])区)(?=[\u4e00-\u9fff]{3})")
_BANNER = re.compile(r"^[\u4e00-\u9fff]{1,3}?旗(?=[\u4e00-\u9fff]{3})")  # else 红旗 is a brand
_ORGANISATION = re.compile(
    r"公司|厂|店|局|院|所|部|会|社|队|行|校|园|中心|集团|政府|委|处|站|场|馆|超市|酒店|物业|工作室|保险|学|村|厅|室|楼|庄"
)
_FIRM = re.compile(
    r"([\u4e00-\u9fff()（）]{2,24})(?:股份有限公司|有限责任公司|有限公司|集团|公司|合作社|医院|厂|商行|超市|酒店)"
)
_TOLD = re.compile(
    r"([\u4e00-\u9fff()（）]{2,24})(?:股份有限公司|有限责任公司|有限公司|集团|公司|合作社|商行|超市|酒店|"
    r"(医院|厂|幼儿园|小学|中学|学校|学院|养老院|敬老院|旅行社))"
)
"""As `_FIRM`, and what keeps the word for what it is in its name."""
_BEFORE_A_NAME = re.compile(
    r"在|与|被|向|给|由|对|跟|到|系|从|于|我|称|是|的|要求|因|经|为|市民|诉|遭|让|叫|告|欠|找|说|讲|问|一下|他|她"
)
_BRANCH = re.compile(r"分公司|分店|支行|分行|分院|分校|分部|项目部|分厂")
_AGAINST = re.compile(r"诉|与|和")
_AROUND = re.compile(r"(?:之间|有关|关于|发生|存在|产生|的|因|一案)+$")
_AROUND_A_ROLE = re.compile(
    r"^(?:我的|我们|我家|我|俺|咱|他|她|该|某|这家|那家|这个|那个|一家|一个|本|原)|(?:方面|那边|们|本人|一方)$"
)
_TYPO_MIN = 5  # characters of a firm's name that one of them may be left out of
_PERSON_MAX = 4
_SHORT = 4  # 字号 and trade: how people call a firm
_CORE_MIN = 2
_PARTIES_MAX = 2
_TAIL_MIN = 5  # characters at the end of a firm's name; all but one, for many end with the same trade

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
    if not bare or _is_role(bare):
        return None
    if (called := offices.office(bare)) is not None:
        return called
    for form in words.forms:
        if bare.endswith(form) and len(bare) - len(form) >= _CORE_MIN:
            bare = bare[: -len(form)]
            break
    if firm:
        bare = _without_place(bare)
    return None if _is_role(bare) or len(bare) < _CORE_MIN else bare


def _is_role(bare: str) -> bool:
    """Whether it tells what somebody is, and not who: 我对象, 那家公司, 公司方面."""
    roles = lexicon().generic
    return bare in roles or _AROUND_A_ROLE.sub("", bare) in roles


def _without_place(bare: str) -> str:
    words = lexicon()
    for province in words.provinces:
        if bare.startswith(province) and len(bare) - len(province) > _CORE_MIN:
            bare = bare[len(province) :].removeprefix("省").removeprefix("市")
            break
    for length in (4, 3, 2):
        if bare[:length] in words.cities and len(bare) - length >= _CORE_MIN:
            rest = bare[length:]
            bare = rest[1:] if rest[0] == "市" and len(rest) > _CORE_MIN else rest
            return _BANNER.sub("", _COUNTY.sub("", bare)) if rest[0] == "市" else _COUNTY.sub("", bare)
    shorter = _DIVISION.sub("", bare)
    return _COUNTY.sub("", _BANNER.sub("", shorter) if shorter != bare else bare)


@lru_cache(maxsize=50_000)
def is_organisation(name: str) -> bool:
    """Whether it sounds like an organisation."""
    bare = _NOTE.sub("", name)
    return len(bare) > 2 and ("·" not in bare) and (len(bare) > _PERSON_MAX or bool(_ORGANISATION.search(bare)))


@lru_cache(maxsize=100_000)
def relation(a: str, b: str, firm: bool = False) -> str:
    """How alike two cores are. Firms are told apart by a character, people are misheard: another firm may sound the
    same."""
    if a == b:
        return THIN if names.thin(a) else EQUAL
    p, q = offices.parted(a), offices.parted(b)
    if p and q:
        return SHORT if offices.one_office(p, q) else CONFLICT
    if p or q:
        return THIN if (p or q)[1] == "" else CONFLICT  # type: ignore[index]  # 村里: who is meant, nobody can say
    if not firm and len(a) <= _PERSON_MAX and len(b) <= _PERSON_MAX:
        found = names.relation(a, b)
        return EQUAL if found in (names.SOUND, names.MASKED) else found
    short, full = (a, b) if len(a) < len(b) else (b, a)
    if _one_brand(short, full) or (len(short) >= _CORE_MIN and brand(full)[0] == short != full):
        return SHORT
    if short in full:
        return SHORT if full.startswith(short) and len(short) >= _SHORT else NEAR
    if names.sound(a) == names.sound(b) is not None:
        return NEAR
    if len(short) >= _SHORT and names.sound(short) == names.sound(full[: len(short)]) is not None:
        return NEAR
    if len(short) >= _TYPO_MIN and OSA.distance(short, full, score_cutoff=1) == 1:
        return NEAR  # a character left out or mistyped; or another firm
    return {names.MASKED: NEAR, names.THIN: THIN}.get(names.relation(a, b), CONFLICT)


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
    return len(mine) >= _CORE_MIN and mine == yours and bool(trade) and _abbreviates(trade, whole)


def _abbreviates(short: str, full: str) -> bool:
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
    if trade and (own in words if len(own) > _CORE_MIN else any(own + c in words for c in trade)):
        return EQUAL  # by its own part, which two characters are not without something of the trade
    return NEAR if len(party) > _SHORT and party[:_SHORT] in words else None


def told(head: str, text: str) -> tuple[str, ...]:
    """Other sides that a title (甲与乙…纠纷, 甲诉乙…) and a text (…公司) name, as cores."""
    found: dict[str, None] = {}
    side = _against(head)
    if side:
        found[side] = None
    for match in _TOLD.finditer(text):
        tail = _from_its_place(_BEFORE_A_NAME.split(match[1])[-1])
        firm = core(tail + (match[2] or "公司")) if len(tail) >= _CORE_MIN else None
        if firm:
            found[firm] = None
        if len(found) >= _PARTIES_MAX:
            break
    return tuple(found)


def _from_its_place(name: str) -> str:
    """The name from the city in it on: what a text has before that is no part of it."""
    city = _city().search(name, 1, len(name) - _SHORT + 1) if len(name) > _SHORT else None
    return name[city.start() :] if city else name


@cache
def _city() -> re.Pattern[str]:
    return re.compile("|".join(lexicon().cities))


def nameless(text: str, *known: str | None) -> str:
    """The text without the names of people and firms: what a firm is called is not what the matter is about."""
    for name in known:
        if name and len(name) >= _CORE_MIN:
            text = text.replace(name, "某")
            for length in range(len(name) - 1, _SHORT - 1, -1):  # as people shorten it
                if name[:length] in text:
                    text = text.replace(name[:length], "某")
                    break
            own = brand(name)[0]
            if own != name and len(own) >= _CORE_MIN and own in text:
                text = _shortened(own).sub("某", text)
    return _local_firm().sub("某", _FIRM.sub(_keep_before, text))


@cache
def _local_firm() -> re.Pattern[str]:
    """A firm without its legal form, as its city and its trade show: 潍坊旺源物业服务."""
    cities, trades = "|".join(lexicon().cities), lexicon().trades.pattern
    return re.compile(f"(?:{cities})市?[^\\W\\d_区县镇乡街路市村]{{2,4}}?(?:{trades})+(?!合同|费|纠纷)")


@lru_cache(maxsize=10_000)
def _shortened(own: str) -> re.Pattern[str]:
    """A firm's own part with what people say of its trade. Not what a cause begins with: …物业服务合同纠纷."""
    return re.compile(f"{re.escape(own)}(?:(?:{lexicon().trades.pattern})(?!合同|费|纠纷))?")


def _keep_before(match: re.Match[str]) -> str:
    tail = _BEFORE_A_NAME.split(match[1])[-1]
    return match[1][: len(match[1]) - len(tail)] + "某"


def _against(head: str) -> str | None:
    sign = _AGAINST.search(head)
    if sign is None:
        return None
    firm = _FIRM.match(head, sign.end())
    if firm:
        return core(firm[0])
    ends = [start for start, _, _ in lexicon().causes[None].spans(head) if start > sign.end() + 1]
    name = _AROUND.sub("", head[sign.end() : ends[0]]) if ends else ""
    return core(name) if _CORE_MIN <= len(name) <= 30 else None


def cut_alike(a: str, b: str) -> bool:
    """Whether two names cut out of texts are one as far as they go: what stands before a name is not always cut off,
    and what ends it may be left out."""
    if a == b:
        return True
    short, full = (a, b) if len(a) < len(b) else (b, a)
    if len(short) > _SHORT and short in full:
        return True
    (mine, trade), (yours, whole) = brand(short), brand(full)
    if trade and len(mine) >= _CORE_MIN and (yours.endswith(mine) or mine.endswith(yours)) and whole:
        return _abbreviates(trade, whole) or _abbreviates(whole, trade)
    n = 0
    while n < min(len(a), len(b)) and a[-1 - n] == b[-1 - n]:
        n += 1
    return n >= max(_TAIL_MIN, len(short) - 1) or (n == len(short) >= _SHORT)
