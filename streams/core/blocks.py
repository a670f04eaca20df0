"""match: what one block makes of a claim. It proposes; tickets dispose."""

from __future__ import annotations

from dataclasses import replace

from schemas.events.common import Pair
from schemas.events.inbox import Claim, Verdict
from schemas.events.tables import Block, BlockEntry
from schemas.ids import deterministic_id
from streams.core.blocking import PHONE
from streams.core.compare import compare

BLOCK_ENTRIES_MAX = 200
PHONE_PEOPLE_MAX = 3
"""More people than a household behind one phone: it is a lawyer's, a 司法所's or a switchboard's."""


def people_behind(block: Block) -> int:
    """Distinct people in the block: by ID number, or by name where there is no ID number."""
    ids = {e.features.person.id_number for e in block.entries} - {None}
    names = {e.features.person.name for e in block.entries if not e.features.person.id_number} - {None}
    known = {e.features.person.name for e in block.entries if e.features.person.id_number}
    return len(ids) + len(names - known)


def handle_claim(block: Block | None, claim: Claim) -> tuple[Block, Verdict]:
    """The block with the claim in it, and the verdict on the claim.

    Redelivered, a claim keeps its place and is compared with the claims before it: the same verdict. A newer version
    is compared with all others, because those behind it were compared with the older one.
    """
    block = block or Block(key_kind=claim.key_kind)
    at = next((i for i, e in enumerate(block.entries) if e.features.submission_id == claim.submission_id), None)
    entry = BlockEntry(version=claim.version, features=claim.features)
    if at is not None:
        others = tuple(e for i, e in enumerate(block.entries) if i < at or (claim.version > 1 and i != at))
        if claim.version > block.entries[at].version:
            block = replace(block, entries=(*block.entries[:at], entry, *block.entries[at + 1 :]))
    elif len(block.entries) >= BLOCK_ENTRIES_MAX:
        others = ()
        block = replace(block, dropped=block.dropped + 1)
    else:
        others = block.entries
        block = replace(block, entries=(*block.entries, entry))
    # A phone is evidence only where its own block can say how many people share it.
    shared_phone = block.key_kind == PHONE and people_behind(block) > PHONE_PEOPLE_MAX
    phone_counts = block.key_kind == PHONE and not shared_phone
    pairs: tuple[Pair | None, ...] = tuple(
        compare(o.features, claim.features, phone_counts=phone_counts) for o in others
    )
    return block, Verdict(
        event_id=deterministic_id("verdict", claim.submission_id, claim.key, claim.version),
        submission_id=claim.submission_id,
        key=claim.key,
        key_kind=claim.key_kind,
        version=claim.version,
        weightless=shared_phone or block.dropped > 0,
        pairs=tuple(p for p in pairs if p is not None),
    )
