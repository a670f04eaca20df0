"""Traits: what comparing reads out of a submission, worked out once and carried along with its features."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import cache, lru_cache

from mappings.lexicon import Lexicon, lexicon
from schemas.events.book import Features, Traits
from streams.core import firms, names, parties
from streams.core.asking import BUSINESS, asked_for, reopened
from streams.core.causes import causes_of
from streams.core.sites import sites_in

_AMOUNT = re.compile(
    r"([¥￥]\s?)?((?:\d|[一二两三四五六七八九](?=[十百千万])|十(?=[万一二三四五六七八九]))[\d,.十百千万零一二两三四五六七八九]{0,19})\s?"
    r"(余|多|来|几|左右)?(万)?(元|块|人民币)?",
    re.ASCII,
)
_NUMERAL = re.compile(r"\d[\d,]{0,11}(?:\.\d{1,4})?|[十百千万零一二两三四五六七八九]", re.ASCII)
_UNITS = {"十": 10, "百": 100, "千": 1_000}
_DAY = re.compile(r"(?<!\d)(\d{1,2})月(\d{1,2})[日号]|\d{4}[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", re.ASCII)
_NUMBER = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{0,8}-?\d[0-9A-Za-z-]{6,39}(?![0-9A-Za-z])", re.ASCII)
_PHONE_OR_ID = re.compile(r"1[3-9]\d{9}|0\d{9,11}|[1-9]\d{14}(?:\d{2}[0-9Xx])?|\d{4}-\d{1,2}-\d{1,2}", re.ASCII)
_SAYS_NOTHING = re.compile(
    r"用于|办理|申请|需要|出国|境外|使用|用途|手续|联邦|共和国|特别行政区|地区|[赴去往用地]|[\s()（）,，。/、:：]+"
)
_MANY = re.compile(
    r"(?<!同去的)(?<!同来的)(?<!还有)(?<!另有)(?<!其他)(?<![\d一二三四五六七八九十])(?:\d+|[一二三四五六七八九十几数]+)(?:余|多)?[名个位]"
    r"(?:农民工|务工|民工|工人|工友|员工|职工|同事|同乡|老乡|业主|住户|村民|居民|家长|学员|消费者|受害人|当事人|申请人)"
    r"(?!.{0,3}[堵围闹守]|[也都均])"
    r"|我们几个(?!.{0,4}(?:一起做|一起开|合伙|凑|搭伙|开的|办的|创|股东))"  # who founded a firm tells whose it is
)
_DIGITS = re.compile(r"\d", re.ASCII)
_SPOKEN = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_AMOUNTS_MAX = _DAYS_MAX = 4
_NOTARY = "notary"
"""Only of documents is it asked where the thing is."""
_NO_PURPOSE = frozenset({"visa", "paper"})
"""What any stay abroad takes, and what a document is called: they say nothing of what for."""
_NUMBERS_MAX = 3
NUMBER_CHARS_MIN = 8  # a shorter number in a text is anything
_YUAN_MAX = 10**12


def with_traits(f: Features) -> Features:
    """The features with their traits worked out."""
    return replace(f, traits=traits_of(f))


def known(f: Features) -> Traits:
    """The traits a record carries, or, in an old record, what they would be."""
    return f.traits or traits_of(f)


def traits_of(f: Features) -> Traits:
    """Read the traits. Pure; never raises, whatever stands in the fields."""
    words = lexicon()
    limit = words.limits["text_chars"]
    item, title = _flat((f.item or "")[:limit]), _flat((f.title or "")[:limit])
    text = _flat((f.text or "")[: 2 * limit])
    whole = " ".join(x for x in (item, title, text) if x)
    party = f.counterparty.name if f.counterparty else None
    core, told = parties.core(party) if party else None, firms.told(title, whole)
    named = (f.person.name, party, core, *told)
    bare_title, bare_text = firms.nameless(title, *named), firms.nameless(text, *named)
    causes, mentions = causes_of(f.family, item, bare_title, bare_text, whole, words)
    places, purposes, asks, stage, moods = _marks(f, whole, words)
    digits = bool(_DIGITS.search(whole))
    sums = digits or "万" in whole or "元" in whole or "块" in whole
    documents = f.family in (None, _NOTARY) or any(c.startswith(_NOTARY) for c in causes)
    return Traits(
        sound=names.sound(f.person.name),
        party=core,
        firm=parties.is_organisation(party) if party else False,
        parties=told,
        causes=causes,
        mentions=mentions,
        places=places,
        purposes=purposes,
        amounts=_amounts(whole, words.limits["amount_min"]) if sums else (),
        days=_days(f.incident_date, whole) if digits or f.incident_date else (),
        sites=sites_in(whole) if documents else (),
        numbers=_numbers(whole) if digits else (),
        asks=asks,
        stage=stage,
        handling="handling" in moods,
        unhappy="unhappy" in moods,
        group="group" in moods or bool(_MANY.search(whole)),
        words=whole[:limit] or None,
    )


def _flat(text: str) -> str:
    if not text.isascii() and not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return text.replace("\n", " ").strip()


def _marks(
    f: Features, whole: str, words: Lexicon
) -> tuple[tuple[str, ...], tuple[str, ...], str | None, str | None, set[str]]:
    found: dict[str, list[str]] = {}
    given = {w[1] for w in words.marks.find(_flat(f.purpose[:200])) if w[0] == "purpose"} if f.purpose else set()
    for what, code in words.marks.find(f"{_flat(f.purpose[:200])} {whole}" if f.purpose else whole):
        found.setdefault(what, []).append(code)
    if not given and "place" in found:
        found.setdefault("purpose", []).extend(_done_there(f"{f.purpose or ''} {whole}", words))
    moods = set(found.get("mood", ()))
    asks, called = found.get("asks", []), f.system not in BUSINESS
    kind = reopened(asks, whole) if f.kind else asked_for(asks, whole, of_handling="handling" in moods, called=called)
    purposes = sorted((given or set(found.get("purpose", ()))) - _NO_PURPOSE)
    stage = next(iter(found.get("stage", ())), None)
    return tuple(sorted(found.get("place", ()))), tuple(purposes), kind, stage, moods


def _done_there(text: str, words: Lexicon) -> list[str]:
    """What is done in a place that stands right before it, or in a clause of its own, in words that elsewhere say
    nothing of a use: 去美国结婚."""
    places = (end for _, end, (what, _) in words.marks.spans(text) if what == "place")
    done = (_done_there_pattern().match(text, end) for end in places)
    said = (*done, *_clause_pattern().finditer(text))
    return list(dict.fromkeys(words.done_there[m[1]] for m in said if m))


@cache
def _clause_pattern() -> re.Pattern[str]:
    done = "|".join(lexicon().done_there)
    return re.compile(f"(?:^|(?<=[,，。;；(:：因]))({done})(?:用|需要)?(?=$|[\\s,，。;；()])")


@cache
def _done_there_pattern() -> re.Pattern[str]:
    """Between the two may stand a mark or the name of a form's field; what follows must not make it a document."""
    done = "|".join(lexicon().done_there)
    return re.compile(rf"(?:\W|用途|那边|当地){{0,6}}({done})(?!证|单位|人员|经历|登记|照|状况|公证|记录|签)")


def _amounts(text: str, least: int) -> tuple[int, ...]:
    """Sums in yuan; one said roughly (17万多元) is negative, and means that much up to the next of its last place."""
    found: dict[int, None] = {}
    for sign, number, about, ten, unit in _AMOUNT.findall(text):
        if not sign and not unit and not ten and "万" not in number:
            continue
        yuan = _yuan(number + ten)
        if least <= yuan < _YUAN_MAX:
            found[-round(yuan) if about else round(yuan)] = None
    return tuple(found)[:_AMOUNTS_MAX]


def _yuan(number: str) -> float:
    """The value of a numeral in digits, in words or in both: 36,000, 4万三千, 两万六, 1万4."""
    total = section = digit = 0.0
    unit = 1
    for part in _NUMERAL.findall(number):
        if part == "万":
            total, section, digit, unit = (total + section + digit) * 10_000, 0.0, 0.0, 10_000
        elif part in _UNITS:
            unit = _UNITS[part]
            section, digit = section + (digit or 1) * unit, 0.0
        elif part == "零":
            unit = 1
        else:
            digit = float(_SPOKEN[part] if part in _SPOKEN else part.replace(",", ""))
    if unit > 10 and digit < 10 and digit.is_integer():
        digit *= unit // 10  # 两万六 is 26,000
    return total + section + digit


def amounts_agree(a: tuple[int, ...], b: tuple[int, ...]) -> bool | None:
    """Whether any two sums are the same, as exactly as they were said; None when a side names none, or where it
    is only said roughly: many matters are about some ten thousand."""
    if not a or not b:
        return None
    same = [(x, y) for x in a for y in b if _same_sum(x, y)]
    return any(_tells(x, y) for x, y in same) or (None if same else False)


def one_sum(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Whether a sum is the same to the yuan, and was not said roughly."""
    return any(x > 0 and x in b for x in a)


def _tells(x: int, y: int) -> bool:
    """Whether it says something that two sums are the same: one is exact, the other has two figures at least."""
    about = -min(x, y)
    return max(x, y) > 0 and (about <= 0 or _place(about) < about // 9)


def _same_sum(x: int, y: int) -> bool:
    if x == y:
        return True
    if x < 0 < y or y < 0 < x:
        about, exact = (-x, y) if x < 0 else (-y, x)
        return about <= exact < about + _place(about)
    coarse, fine = (x, y) if _place(abs(x)) > _place(abs(y)) else (y, x)
    place = min(_place(abs(coarse)), abs(coarse) // 10)  # 1万九 for 19,500, 44.64万 for 446,390; 2万 for no more
    return x * y > 0 and abs(coarse - fine) < max(place, min(abs(x), abs(y)) // 100 + 1)


def _place(about: int) -> int:
    place = 1
    while about % (place * 10) == 0 and place < 10_000:
        place *= 10
    return place


@lru_cache(maxsize=10_000)
def purpose_alone(purpose: str) -> str:
    """A purpose without the place, and without words that say that there is one."""
    text = _flat(purpose[:100])
    for start, end, (what, _) in reversed(lexicon().marks.spans(text)):
        if what == "place":
            text = text[:start] + text[end:]
    return _SAYS_NOTHING.sub("", text)


def _days(incident_date: str | None, text: str) -> tuple[str, ...]:
    found: dict[str, None] = {}
    if incident_date and len(incident_date) >= 10:
        found[incident_date[5:10]] = None
    for a, b, c, d in _DAY.findall(text):
        month, day = int(a or c), int(b or d)
        if 1 <= month <= 12 and 1 <= day <= 31:
            found[f"{month:02}-{day:02}"] = None
    return tuple(found)[:_DAYS_MAX]


def _numbers(text: str) -> tuple[str, ...]:
    found = (bare_number(n) for n in _NUMBER.findall(text) if not _PHONE_OR_ID.fullmatch(n))
    return tuple(dict.fromkeys(n for n in found if len(n) >= NUMBER_CHARS_MIN))[:_NUMBERS_MAX]


def bare_number(number: str) -> str:
    """A ticket number as it may be quoted in a text: upper case, no hyphens."""
    return number.upper().replace("-", "")


def overlap(a: tuple[object, ...], b: tuple[object, ...]) -> bool | None:
    """Whether two of what is told are the same; None when a side tells nothing."""
    return None if not a or not b else any(x in b for x in a)
