"""Blocking: under which keys a submission is looked for. Keys are keyed hashes; a value never leaves this module."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

from mappings.vocabulary import Family
from schemas.events.book import Features
from streams.core import names, opponents
from streams.core.traits import NUMBER_CHARS_MIN, bare_number, known

KeyedIndex = Callable[[str, str], str]
"""(kind, value) -> keyed hash in hexadecimal."""

ID_NUMBER = "id"
PHONE = "phone"
NUMBER = "number"
PAIR = "pair"  # person and counterparty, in either order: one dispute; or person and country, one document
BIRTH = "birth"  # name and day of birth
NAME = "name"  # name and county
CASE = "case"
DOCUMENT = "document"
WEAK = frozenset({PAIR, BIRTH, NAME, CASE, DOCUMENT})
"""Kinds under which many strangers may meet: only the latest are kept."""
NAMES = frozenset({BIRTH, NAME})
"""Kinds that rest on a name alone: namesakes meet there."""

_BEGIN_CHARS = 4
_OTHERS_MAX = 2  # names a text tells of, and countries
_PHONE_MIN = 7  # digits of the shortest line; shorter are public numbers
_SAME_DIGITS = 8  # at the end: nobody's
RELATED_NUMBERS_MAX = 20
"""Numbers that one submission may be looked for under: more is a list pasted into a text, not what it is about."""


class BlockKey(NamedTuple):
    """One blocking key: its kind, and the key as it stands on Kafka and in the table."""

    kind: str
    key: str


CONFIDENTIAL_SYSTEMS = frozenset({"12309"})
"""Reports to the procuratorate are never shown on another channel and never merged."""
_FAMILIES = frozenset(map(str, Family))


def keeps_to_itself(f: Features) -> bool:
    """True for a submission that must never meet another: confidential (保密) or reported to 12309."""
    return f.confidential or f.system in CONFIDENTIAL_SYSTEMS


def family_of(f: Features) -> str | None:
    """The service family; a business system that does not say is its own."""
    return f.family or (f.system if f.system in _FAMILIES else None)


def own_number(f: Features) -> str:
    """The submission's number as others quote it: system:number."""
    return f"{f.system}:{f.number or f.source_key}"


def own_phone(f: Features) -> str | None:
    """The person's own phone: one that is the agent's as well says something of the agent only."""
    phone = f.person.phone
    return None if not phone or (f.agent and f.agent.phone == phone) or is_nobodys(phone) else phone


def is_nobodys(phone: str) -> bool:
    """Whether it is a public number (12345, 110) or what people type for none (13800000000)."""
    return phone.isdecimal() and (len(phone) < _PHONE_MIN or phone.endswith(phone[-1] * _SAME_DIGITS))


def blocking_keys(f: Features, index: KeyedIndex) -> tuple[BlockKey, ...]:
    """The blocks a submission is laid into, in a fixed order and without repeats.

    An anonymous submission is findable only by number; one that keeps to itself by nothing. An agent's phone is laid
    too: it is evidence of nobody, but everybody behind it takes weight from it.
    """
    if keeps_to_itself(f):
        return ()
    values = list(_numbers(f)) if f.anonymous else [*_person(f), *_numbers(f), *_subject(f)]
    return tuple(dict.fromkeys(BlockKey(kind, f"{kind}:{index(kind, value)}") for kind, value in values))


def _person(f: Features) -> list[tuple[str, str]]:
    p, found = f.person, []
    if p.id_number:
        found.append((ID_NUMBER, p.id_number))
    phones = (p.phone, f.agent.phone if f.agent else None)
    found.extend((PHONE, phone) for phone in phones if phone and not is_nobodys(phone))
    return found


def _numbers(f: Features) -> list[tuple[str, str]]:
    """Its own number, and those it quotes. A long one is looked for without its system, as texts quote it."""
    quoted = (*([f.parent_no] if f.parent_no else ()), *f.related_numbers)[:RELATED_NUMBERS_MAX]
    found = [(NUMBER, _as_quoted(n)) for n in (own_number(f), *quoted)]
    found.extend((NUMBER, n) for n in known(f).numbers)
    return found


def _as_quoted(number: str) -> str:
    bare = bare_number(number.partition(":")[2])
    return bare if len(bare) >= NUMBER_CHARS_MIN else number


def _subject(f: Features) -> list[tuple[str, str]]:
    """What needs a name besides: the pair with the other side, the day of birth, the county."""
    p, t = f.person, known(f)
    found: list[tuple[str, str]] = []
    if t.sound:
        found.extend((PAIR, "|".join(sorted((_begin(p.name or ""), _begin(o))))) for o in _others(f))
    born = (p.id_number or p.id_typed or "")[6:14]
    if t.sound and len(born) == 8 and (p.id_typed or not t.party):  # with a counterparty they meet as a pair
        found.append((BIRTH, f"{t.sound}|{born}"))
    if t.sound and p.region:
        found.append((NAME, f"{t.sound}|{p.region}"))
    if f.case_no:
        found.append((CASE, f.case_no))
    if f.doc_no:
        found.append((DOCUMENT, f.doc_no))
    return found


def _others(f: Features) -> tuple[str, ...]:
    """Whom or what the name goes with, besides a county: the other side, from the text if no field has it; the country
    a document is for."""
    t = known(f)
    side = (t.party,) if t.party else islice(opponents.named_in(f), _OTHERS_MAX)
    return (*side, *t.places[:_OTHERS_MAX])


def _begin(name: str) -> str:
    """How the beginning of a name sounds: people leave out the rest of a firm's."""
    begin = names.plain(name)[:_BEGIN_CHARS]
    return names.sound(begin) or begin
