"""Traits: what comparing reads out of a submission, worked out once and carried along with its features."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from mappings.lexicon import Lexicon, lexicon
from schemas.events.book import Features, Traits
from streams.core import names, parties

_AMOUNT = re.compile(r"(\d[\d,]{0,11}(?:\.\d{1,4})?)\s?(万|千)?(?:余|多|来)?(元|块|万)?", re.ASCII)
_DAY = re.compile(r"(?<!\d)(\d{1,2})月(\d{1,2})[日号]|\d{4}[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", re.ASCII)
_NUMBER = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{0,8}-?\d[0-9A-Za-z-]{6,39}(?![0-9A-Za-z])", re.ASCII)
_PHONE_OR_ID = re.compile(r"1[3-9]\d{9}|0\d{9,11}|[1-9]\d{14}(?:\d{2}[0-9Xx])?|\d{4}-\d{1,2}-\d{1,2}", re.ASCII)
_DIGITS = re.compile(r"\d", re.ASCII)
_AMOUNTS_MAX = _DAYS_MAX = 4
_NUMBERS_MAX = 3
NUMBER_CHARS_MIN = 8  # a shorter number in a text is anything
_TIMES = {"万": 10_000, "千": 1_000, "": 1}
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
    head = _flat(" ".join(x[:limit] for x in (f.item, f.title) if x))
    text = _flat((f.text or "")[: 2 * limit])
    whole = f"{head} {text}" if head and text else head or text
    causes, mentions = _causes(f.family, head, text, whole, words)
    places, purposes, asks, stage, moods = _marks(f, whole, words)
    digits = bool(_DIGITS.search(text)) or bool(_DIGITS.search(head))
    return Traits(
        sound=names.sound(f.person.name),
        party=parties.core(f.counterparty.name) if f.counterparty else None,
        causes=causes,
        mentions=mentions,
        places=places,
        purposes=purposes,
        amounts=_amounts(whole, words.limits["amount_min"]) if digits else (),
        days=_days(f.incident_date, whole) if digits or f.incident_date else (),
        numbers=_numbers(whole) if digits else (),
        asks=None if f.kind else asks,
        stage=stage,
        handling="handling" in moods,
        unhappy="unhappy" in moods,
        words=whole[:limit] or None,
    )


def _flat(text: str) -> str:
    if not text.isascii() and not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return text.replace("\n", " ").strip()


def _causes(
    family: str | None, head: str, text: str, whole: str, words: Lexicon
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    first = _fitting(family, words.causes.find(head), whole) if head else []
    later = _fitting(family, words.causes.find(text), whole) if text else []
    mentions = tuple(dict.fromkeys((*first, *later)))
    return tuple(_exact(first)) or tuple(_exact(later)), mentions


def _exact(codes: list[str]) -> list[str]:
    """Causes rather than whole groups, where there are any."""
    return [c for c in codes if "." in c] or codes


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
    kinds = ("follow-up", "progress", "supplement")
    kind = next((k for k in kinds if k in asks), None)
    moods = set(found.get("mood", ()))
    if kind is None and "handling" in moods and "投诉" in whole:
        kind = "complaint"
    if kind is None and "consultation" in asks:
        kind = "consultation"
    purposes = sorted(given) if given else sorted(found.get("purpose", ()))
    stage = next(iter(found.get("stage", ())), None)
    return tuple(sorted(found.get("place", ()))), tuple(purposes), kind, stage, moods


def _amounts(text: str, least: int) -> tuple[int, ...]:
    found: dict[int, None] = {}
    for digits, times, unit in _AMOUNT.findall(text):
        if not unit and times != "万":
            continue
        yuan = float(digits.replace(",", "") or 0) * _TIMES[times] * (10_000 if unit == "万" else 1)
        if least <= yuan < _YUAN_MAX:
            found[int(yuan)] = None
    return tuple(found)[:_AMOUNTS_MAX]


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
