"""Whom a text names as the other side when no field does: people by surname and what follows, firms by their trade.

A guess, good enough to doubt that two tellings are of one matter. That they are takes the whole name and more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from mappings.lexicon import lexicon
from schemas.events.book import Features, Traits
from streams.core import firms, names, offices, parties
from streams.core.traits import known

_HAN = r"\u4e00-\u9fff"
_BEFORE = (
    "被与和向给帮跟同找叫让告诉对把将因由是为及涉即系了说称要映应"
    "夫妻偶婆公东居邻位人方子女儿母父爸妈哥姐妹兄弟机主者商月日年份起时后在到买购"
)
"""Characters a name may follow without a mark between: prepositions, ends of words for people and for times."""
_WHERE = frozenset({"楼上", "楼下", "隔壁", "对门", "对面", "人家"})
"""And words for who lives where, which are followed by a name as often."""
_WHOSE = "夫妻偶婆东居板头与和跟被"
"""Ends of words for people (邻居, 房东) and prepositions that are so often followed by a name that nothing need follow
it."""
_SIDE, _SIDES = "方", "对双一医甲乙我他各男女两多院校警东"
_PUBLIC, _KIN = "公", "外老"
"""公司, 公章: only after 外 or 老 it ends a word for somebody."""
_SOMEBODY = "某"
_OF_FIRMS = "公司厂店局院村路"
"""Ends of what is cut out of a firm's name or an address."""
_PLACES = "区市县镇乡村州省旗"
_AFTER = (
    "欠借打不拒停拖扣没未无将把占搭强家一每主全次负应等突至拿自从以和与及于在因是说要私赖抢骗撞租卖买告骂咬养搬建"
    "堵挡漏装拆霸侵争塞就还到给跑躲失离经为的之等私名人拉收带移起发包种对向同跟叫让多两几先后常总又再已曾却都也"
    "光电太很真总清开跑躲藏闹包合投办签写三二四五六七八九十半仍只想去来做干砍伤婚继赡抚债纠相土房乱砌盖修挖漏排放倒烧喝酒醉殴辱踢推追剐蹭轧驾骑损毁克承出转付返履提索逼催逾擅间违遛走留病过逝死亡故"
    "瞒拘掏嫌答认领喂栽垒硬翻肯喊配"
)
"""Characters that begin what somebody does, or what is between people, and are rare in given names."""
_ALL_HAN = re.compile(f"[{_HAN}]+")
_OWN_MAX = 8
_TAIL = 2  # characters of a firm's own name that tell it from another of its trade
_NAMES_MAX = 6
_FORENSIC = "forensic"  # who asks for an appraisal names the court or the police that sent him, and no opponent
_WHOLE_MIN = 3  # two characters may be anything


def named_in(f: Features) -> Iterator[str]:
    """Whole names of the people and then the firms a submission tells of as the other side, the first ones first."""
    yield from (p for p in _people(f, _own(f)) if not names.thin(p))
    yield from _firms(f)


def others_named(a: Features, b: Features) -> bool:
    """Whether both texts name somebody as the other side, and nobody in common."""
    if _FORENSIC not in (a.family, b.family) and any(_another_office(known(x), known(y)) for x, y in ((a, b), (b, a))):
        return True
    mine, yours = _people_of_both(a, b)
    if mine and yours:
        return not (_told_by_both(a, mine, b, yours) or any(_one_person(p, q) for p in mine for q in yours))
    first, second = _firms(a), _firms(b)
    if not (first and second):
        return False
    x, y = known(a).words or "", known(b).words or ""
    if any(_firm_called(p, y) for p in first) or any(_firm_called(q, x) for q in second):
        return False
    return not any(_one_firm(p, q) for p in first for q in second)


def _told_by_both(a: Features, mine: tuple[str, ...], b: Features, yours: tuple[str, ...]) -> bool:
    """Whether a name found in one stands in the other, where it was not taken for one."""
    first, second = known(a).words or "", known(b).words or ""
    return any(_called(p, second) for p in mine) or any(_called(q, first) for q in yours)


@lru_cache(maxsize=20_000)
def _firm_called(firm: str, words: str) -> bool:
    """Whether a firm's own name stands there, and not as another trade's: 北辰食品 is not 北辰玛钢."""
    own, trade = parties.brand(firm)
    at = words.find(own)
    while at >= 0:
        follows = lexicon().trades.match(words, at + len(own))
        if not trade or follows is None or _one_trade(trade, follows[0]):
            return True
        at = words.find(own, at + 1)
    return False


def _one_trade(a: str, b: str) -> bool:
    return parties.abbreviates(a, b) or parties.abbreviates(b, a)


def _called(name: str, words: str) -> bool:
    """Whether the name stands there, a person's with or without the surname."""
    return name in words or (len(name) == _WHOLE_MIN and _surnamed(name) and name[1:] in words)


def one_named(a: Features, b: Features) -> bool:
    """Whether both texts name the same person as the other side, as it is said."""
    mine, yours = _people_of_both(a, b)
    said = (names.EQUAL, names.SOUND)
    return any(len(p) >= _WHOLE_MIN and any(names.relation(p, q) in said for q in yours) for p in mine)


def _another_office(given: Traits, told: Traits) -> bool:
    """Whether one gives an office as the other side, and the other one tells of others only."""
    office = offices.parted(given.party) if given.party else None
    other = told.party is None or offices.bare(told.party)
    return office is not None and other and offices.another_told(office, told.words or "")


def _people_of_both(a: Features, b: Features) -> tuple[tuple[str, ...], tuple[str, ...]]:
    own = _own(a) + _own(b)
    return _people(a, own), _people(b, own)


def _own(f: Features) -> tuple[str, ...]:
    return tuple(n for n in (f.person.name, f.agent.name if f.agent else None) if n)


def _people(f: Features, own: tuple[str, ...]) -> tuple[str, ...]:
    t = known(f)
    told = (p for p in (t.party, *t.parties) if p and not parties.is_organisation(p) and _surnamed(p))
    found = dict.fromkeys((*(told if not t.firm else ()), *people_in(t.words or "")))
    whole = [o for o in own if not names.thin(o)] or own
    others = [p for p in found if not any(_one_person(p, o) for o in whole)]
    return tuple(p for p in others if not names.thin(p)) or tuple(others)


def _firms(f: Features) -> tuple[str, ...]:
    t = known(f)
    given = (t.party,) if t.party and t.firm else ()
    told = (p for p in t.parties if p and (parties.is_organisation(p) or not _surnamed(p)))
    found = (*given, *(told if t.firm or not t.party else ()), *firms_in(t.words or ""))
    return tuple(p for p in dict.fromkeys(found) if len(parties.brand(p)[0]) >= parties.CORE_MIN)


@lru_cache(maxsize=20_000)
def people_in(words: str) -> tuple[str, ...]:
    """People's names in a text.

    >>> people_in("同住的赵春明欠钱不还，又与孙大力打架")
    ('孙大力',)
    """
    generic, pattern = lexicon().generic, _person_pattern()
    found: dict[str, None] = {}
    at = pattern.search(words)
    while at:
        named = _begins(words, at.start()) and at[0] not in generic and not _no_name(words, at)
        named = named and _other_words(words).isdisjoint(range(at.start(), at.end()))
        if named:
            found[at[0].partition(_SOMEBODY)[0] + _SOMEBODY if _SOMEBODY in at[0] else at[0]] = None
        at = pattern.search(words, at.end() if named else at.start() + 1)
    for m in _whose_pattern().finditer(words):
        whole = _SOMEBODY not in m[0] and not _no_name(words, m)
        whole = whole and _other_words(words).isdisjoint(range(m.start(), m.start() + _TAIL))
        if whole and not any(m[0].startswith(name) for name in found):
            found[m[0]] = None
    found |= dict.fromkeys(m[0] for m in _familiar_pattern().finditer(words) if not _no_name(words, m))
    return tuple(found)[:_NAMES_MAX]


@lru_cache(maxsize=20_000)
def firms_in(words: str) -> tuple[str, ...]:
    """What firms are called in a text that leaves out their legal form: what stands before a trade."""
    found: dict[str, None] = {}
    boilerplate = lexicon().boilerplate
    for trade in lexicon().trades.finditer(words):
        if not _ALL_HAN.fullmatch(words, max(0, trade.start() - _TAIL), trade.start()):
            continue
        for start in range(trade.start() - _TAIL, max(-1, trade.start() - _OWN_MAX - 1), -1):
            if start < 0 or not _is_han(words[start]):
                break
            if _begins(words, start):
                own = parties.core(words[start : trade.start()] + "公司") or ""
                if firms.is_a_name(own) and not boilerplate.search(own) and not _is_word(own):
                    found[own + trade[0]] = None
                break
    return tuple(found)[:_NAMES_MAX]


def _is_word(own: str) -> bool:
    """Whether what stands before a trade is no name: 家里电器, 市场监管."""
    return own in lexicon().generic or own in _beginnings_of_offices()


@cache
def _beginnings_of_offices() -> frozenset[str]:
    return frozenset(office[:n] for office in lexicon().offices for n in range(1, len(office) + 1))


@lru_cache(maxsize=1_000)
def _other_words(words: str) -> set[int]:
    """Where words of three characters and more stand that tell of causes: 高压锅 and 白内障 are nobody's names."""
    causes = lexicon().causes[None]
    return {at for start, end, _ in causes.spans(words) if end - start > _TAIL for at in range(start, end)}


def _surnamed(name: str) -> bool:
    return name[0] in lexicon().surnames or name[:2] in lexicon().surnames or names.thin(name)


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def _begins(words: str, start: int) -> bool:
    """Whether a name may begin here."""
    if start == 0 or not _is_han(words[start - 1]):
        return True
    if words[start - 1] == _PUBLIC and (start == 1 or words[start - 2] not in _KIN):
        return False
    return words[start - 1] in _BEFORE or words[max(0, start - 2) : start] in _WHERE


def _no_name(words: str, found: re.Match[str]) -> bool:
    """Whether it is a word that begins like a name, a place, or 方 of 对方."""
    side = found[0][0] == _SIDE and found.start() > 0 and words[found.start() - 1] in _SIDES
    return side or found[0][-1] in _PLACES or _not_a_name().match(found[0]) is not None


@cache
def _person_pattern() -> re.Pattern[str]:
    return re.compile(f"(?:{_surnames()})[{_HAN}]{{1,2}}?(?=[{_AFTER}]|[^{_HAN}]|$)")


@cache
def _whose_pattern() -> re.Pattern[str]:
    return re.compile(f"(?<=[{_WHOSE}])(?:{_surnames()})[{_HAN}]{{2}}(?<![{_OF_FIRMS}])")


@cache
def _familiar_pattern() -> re.Pattern[str]:
    """老李, as neighbours call each other; what is told of him follows, or nothing."""
    return re.compile(f"(?:(?<![{_HAN}])|(?<=[{_BEFORE}]))老(?:{_surnames()})(?=[{_AFTER}]|[^{_HAN}]|$)")


def _surnames() -> str:
    return "|".join(sorted(lexicon().surnames, key=len, reverse=True))


@cache
def _not_a_name() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, lexicon().not_names)))


@lru_cache(maxsize=50_000)
def _one_person(p: str, q: str) -> bool:
    """Whether two names may be one person's: alike, or one cut off where the other goes on."""
    n = min(len(p), len(q))
    return p[:n] == q[:n] or names.relation(p[:n], q[:n]) not in (names.CONFLICT, names.NEAR)


@lru_cache(maxsize=50_000)
def _one_firm(p: str, q: str) -> bool:
    """Whether two firms may be one: their own names end with the same sound, for what stands before is cut badly, and
    neither is of another trade."""
    (own, trade), (other, whole) = parties.brand(p), parties.brand(q)
    if trade and whole and not _one_trade(trade, whole):
        return False
    x, y = names.sound(own[-_TAIL:]), names.sound(other[-_TAIL:])
    return own in other or other in own or (x is not None and x == y)
