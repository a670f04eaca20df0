"""Traits: what comparing reads out of a submission, worked out once and carried along with its features."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import lru_cache

from mappings.lexicon import Lexicon, lexicon
from schemas.events.book import Features, Traits
from streams.core import names, parties

_AMOUNT = re.compile(
    r"(\d[\d,]{0,11}(?:\.\d{1,4})?)\s?(?:(万)(?:(\d)千)?(\d{1,4}(?!\d))?|(千))?\s?(余|多|来|左右)?(元|块|万元|人民币)?",
    re.ASCII,
)
_SITE = re.compile(
    r"([\u4e00-\u9fff]{2}(?:路|街|大道|大街|巷|胡同|小区|家园|花园|公寓|新村|苑|屯|村))(第?[A-Za-z\d-]{1,6}(?:号|栋|座|幢|组|单元|号楼))"
)
_DAY = re.compile(r"(?<!\d)(\d{1,2})月(\d{1,2})[日号]|\d{4}[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", re.ASCII)
_NUMBER = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{0,8}-?\d[0-9A-Za-z-]{6,39}(?![0-9A-Za-z])", re.ASCII)
_PHONE_OR_ID = re.compile(r"1[3-9]\d{9}|0\d{9,11}|[1-9]\d{14}(?:\d{2}[0-9Xx])?|\d{4}-\d{1,2}-\d{1,2}", re.ASCII)
_SAYS_NOTHING = re.compile(r"用于|办理|申请|需要|出国|境外|使用|用途|手续|[\s()（）,，。/、:：]+")
_WANTS = re.compile(r"要求|请求|申请|希望协助|诉求")  # a call in which something is asked for is no mere question
_DIGITS = re.compile(r"\d", re.ASCII)
_AMOUNTS_MAX = _DAYS_MAX = _SITES_MAX = 4
_NUMBERS_MAX = 3
NUMBER_CHARS_MIN = 8  # a shorter number in a text is anything
_YUAN_MAX = 10**12

_PROPER = {"notary": ("公证",), "forensic": ("鉴定",)}
"""Families whose causes are words of everyday life: they count only where the family or this word stands."""


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
    core, told = parties.core(party) if party else None, parties.told(title, whole)
    named = (f.person.name, party, core, *told)
    bare_title, bare_text = parties.nameless(title, *named), parties.nameless(text, *named)
    causes, mentions = _causes(f.family, item, bare_title, bare_text, whole, words)
    places, purposes, asks, stage, moods = _marks(f, whole, words)
    digits = bool(_DIGITS.search(whole))
    return Traits(
        sound=names.sound(f.person.name),
        party=core,
        firm=parties.is_organisation(party) if party else False,
        parties=told,
        causes=causes,
        mentions=mentions,
        places=places,
        purposes=purposes,
        amounts=_amounts(whole, words.limits["amount_min"]) if digits else (),
        days=_days(f.incident_date, whole) if digits or f.incident_date else (),
        sites=_sites(whole) if digits else (),
        numbers=_numbers(whole) if digits else (),
        asks=asks if asks == "reopen" or not f.kind else None,
        stage=stage,
        handling="handling" in moods,
        unhappy="unhappy" in moods,
        group="group" in moods,
        words=whole[:limit] or None,
    )


def _flat(text: str) -> str:
    if not text.isascii() and not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return text.replace("\n", " ").strip()


def _causes(
    family: str | None, item: str, title: str, text: str, whole: str, words: Lexicon
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What it is about: the exact causes of item and title, else of the text, else the whole groups that title or text
    name (that of an item is the name of a service). And all that is mentioned."""
    found = [_fitting(family, words.causes.find(part), whole) if part else [] for part in (item, title, text)]
    mentions = tuple(dict.fromkeys(c for part in found for c in part))
    first = [c for part in found[:2] for c in part if "." in c] or [c for c in found[2] if "." in c]
    return tuple(dict.fromkeys(first or [c for part in found[1:] for c in part])), mentions


def _fitting(family: str | None, codes: list[str], whole: str) -> list[str]:
    if family in _PROPER:
        own = [c for c in codes if c.startswith(family)]
        if family == "notary":
            return own
        return own or codes
    for proper, signs in _PROPER.items():
        if any(c.startswith(proper) for c in codes) and (family is not None or not any(s in whole for s in signs)):
            codes = [c for c in codes if not c.startswith(proper)]
    return codes


def _marks(
    f: Features, whole: str, words: Lexicon
) -> tuple[tuple[str, ...], tuple[str, ...], str | None, str | None, set[str]]:
    found: dict[str, list[str]] = {}
    given = {w[1] for w in words.marks.find(_flat(f.purpose[:200])) if w[0] == "purpose"} if f.purpose else set()
    for what, code in words.marks.find(f"{_flat(f.purpose[:200])} {whole}" if f.purpose else whole):
        found.setdefault(what, []).append(code)
    asks = found.get("asks", [])
    kinds = ("reopen", "follow-up", "progress", "supplement")
    kind = next((k for k in kinds if k in asks), None)
    moods = set(found.get("mood", ()))
    if kind is None and "handling" in moods and "投诉" in whole:
        kind = "complaint"
    if kind is None and "consultation" in asks and not _WANTS.search(whole):
        kind = "consultation"
    purposes = sorted(given) if given else sorted(found.get("purpose", ()))
    stage = next(iter(found.get("stage", ())), None)
    return tuple(sorted(found.get("place", ()))), tuple(purposes), kind, stage, moods


def _amounts(text: str, least: int) -> tuple[int, ...]:
    """Sums in yuan; one said roughly (17万多元) is negative, and means that much up to the next of its last place."""
    found: dict[int, None] = {}
    for digits, ten, thousands, rest, thousand, about, unit in _AMOUNT.findall(text):
        if not unit and not ten:
            continue
        yuan = float(digits.replace(",", "") or 0)
        if ten:
            yuan = yuan * 10_000 + int(thousands or 0) * 1_000 + int(rest or 0)
        elif thousand:
            yuan *= 1_000
        if least <= yuan < _YUAN_MAX:
            found[-round(yuan) if about else round(yuan)] = None
    return tuple(found)[:_AMOUNTS_MAX]


def amounts_agree(a: tuple[int, ...], b: tuple[int, ...]) -> bool | None:
    """Whether any two sums are the same, as exactly as they were said; None when a side names none."""
    if not a or not b:
        return None
    return any(_same_sum(x, y) for x in a for y in b)


def _same_sum(x: int, y: int) -> bool:
    if x == y:
        return True
    if x < 0 < y or y < 0 < x:
        about, exact = (-x, y) if x < 0 else (-y, x)
        return about <= exact < about + _place(about)
    return abs(abs(x) - abs(y)) * 100 <= min(abs(x), abs(y))  # 44.64万 for 446,390


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


def _sites(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(road + number for road, number in _SITE.findall(text)))[:_SITES_MAX]


def _numbers(text: str) -> tuple[str, ...]:
    found = (bare_number(n) for n in _NUMBER.findall(text) if not _PHONE_OR_ID.fullmatch(n))
    return tuple(dict.fromkeys(n for n in found if len(n) >= NUMBER_CHARS_MIN))[:_NUMBERS_MAX]


def bare_number(number: str) -> str:
    """A ticket number as it may be quoted in a text: upper case, no hyphens."""
    return number.upper().replace("-", "")
