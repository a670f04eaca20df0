"""What the stateful steps keep in their tables: sealed whole."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.events.book import Features, Known, Note, Published, Ruling, Telling
from schemas.events.common import Acquaintance, Mark, Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimState:
    """One claim of a submission and whether its block has answered."""

    key: str
    key_kind: str
    version: int
    answered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A tie to another submission that waits until all verdicts are in."""

    other: str
    other_received_at: int
    pair: Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRecord:
    """What the tickets table keeps under a submission id."""

    submission_id: str
    own: Features | None = None
    claims: tuple[ClaimState, ...] = ()
    held: tuple[Held, ...] = ()
    root: str
    root_received_at: int = 0
    members: tuple[Features, ...] = ()
    pairs: tuple[Pair, ...] = ()
    notes: tuple[Note, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    weightless: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    published: tuple[Published, ...] = ()
    tellings: tuple[Telling, ...] = ()
    now: int = 0
    marks: tuple[Mark, ...] = ()
    acquainted: tuple[Acquaintance, ...] = ()
    known: tuple[Known, ...] = ()
    asked: tuple[str, ...] = ()
    awaits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEntry:
    """One claim as its block keeps it."""

    version: int
    features: Features


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What the blocks table keeps under a blocking key, in order of arrival."""

    key_kind: str
    entries: tuple[BlockEntry, ...] = ()
    dropped: int = 0
