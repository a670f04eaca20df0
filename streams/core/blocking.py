"""Blocking: under which keys a submission is looked for. Keys are keyed hashes; a value never leaves this module."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from schemas.events.book import Features

KeyedIndex = Callable[[str, str], str]
"""(kind, value) -> keyed hash in hexadecimal."""

ID_NUMBER = "id"
PHONE = "phone"
NUMBER = "number"


RELATED_NUMBERS_MAX = 20
"""Numbers that one submission may be looked for under: more is a list pasted into a text, not what it is about."""


class BlockKey(NamedTuple):
    """One blocking key: its kind, and the key as it stands on Kafka and in the table."""

    kind: str
    key: str


CONFIDENTIAL_SYSTEMS = frozenset({"12309"})
"""Reports to the procuratorate are never shown on another channel and never merged."""


def keeps_to_itself(f: Features) -> bool:
    """True for a submission that must never meet another: confidential (保密) or reported to 12309."""
    return f.confidential or f.system in CONFIDENTIAL_SYSTEMS


def own_number(f: Features) -> str:
    """The submission's number as others quote it: system:number."""
    return f"{f.system}:{f.number or f.source_key}"


def blocking_keys(f: Features, index: KeyedIndex) -> tuple[BlockKey, ...]:
    """The blocks a submission is laid into, in a fixed order and without repeats.

    An anonymous submission is findable only by number; one that keeps to itself by nothing. The agent's phone says
    something of the agent only, so it opens no block.
    """
    if keeps_to_itself(f):
        return ()
    values: list[tuple[str, str]] = []
    if not f.anonymous:
        if f.person.id_number:
            values.append((ID_NUMBER, f.person.id_number))
        if f.person.phone and not (f.agent and f.agent.phone == f.person.phone):
            values.append((PHONE, f.person.phone))
    quoted = (*([f.parent_no] if f.parent_no else ()), *f.related_numbers)[:RELATED_NUMBERS_MAX]
    values.extend((NUMBER, n) for n in (own_number(f), *quoted))
    return tuple(dict.fromkeys(BlockKey(kind, f"{kind}:{index(kind, value)}") for kind, value in values))
