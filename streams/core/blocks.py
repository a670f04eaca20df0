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


def handle_claim(block: Block | None, claim: Claim) -> tuple[Block, tuple[Verdict, ...]]:
    """The block with the claim in it, and the verdict on the claim.

    Redelivered, a claim keeps its place and is compared with the claims before it: the same verdict. A newer version
    is compared with all others, because those behind it were compared with the older one. The claim that takes a
    phone's weight away is answered together with everybody before it: they must hear of it too. From then on the
    phone makes no pairs and its block keeps nobody: a switchboard's costs no more than anybody's.
    """
    before = block or Block(key_kind=claim.key_kind)
    if _lost(before):
        return before, (_verdict(claim.submission_id, claim, claim.version, weightless=True),)
    after, others = _laid_in(before, claim)
    if after.key_kind == PHONE and (after.dropped or people_behind(after) > PHONE_PEOPLE_MAX):
        told = [_verdict(claim.submission_id, claim, claim.version, weightless=True)]
        told.extend(
            _verdict(e.features.submission_id, claim, e.version, weightless=True)
            for e in before.entries
            if e.features.submission_id != claim.submission_id
        )
        return Block(key_kind=PHONE, dropped=len(after.entries) + after.dropped), tuple(told)
    found = (compare(other.features, claim.features, phone_counts=after.key_kind == PHONE) for other in others)
    pairs = tuple(pair for pair in found if pair is not None)  # elsewhere nobody knows how many share the phone
    verdict = _verdict(claim.submission_id, claim, claim.version, weightless=after.dropped > 0, pairs=pairs)
    return after, (verdict,)


def _lost(block: Block) -> bool:
    return block.key_kind == PHONE and block.dropped > 0


def _laid_in(block: Block, claim: Claim) -> tuple[Block, tuple[BlockEntry, ...]]:
    """The block with the claim, and the entries the claim is compared with."""
    at = next((i for i, e in enumerate(block.entries) if e.features.submission_id == claim.submission_id), None)
    entry = BlockEntry(version=claim.version, features=claim.features)
    if at is None:
        if len(block.entries) >= BLOCK_ENTRIES_MAX:
            return replace(block, dropped=block.dropped + 1), ()
        return replace(block, entries=(*block.entries, entry)), block.entries
    others = tuple(e for i, e in enumerate(block.entries) if i < at or (claim.version > 1 and i != at))
    if claim.version > block.entries[at].version:
        block = replace(block, entries=(*block.entries[:at], entry, *block.entries[at + 1 :]))
    return block, others


def _verdict(
    submission_id: str, claim: Claim, version: int, *, weightless: bool, pairs: tuple[Pair, ...] = ()
) -> Verdict:
    return Verdict(
        event_id=deterministic_id("verdict", submission_id, claim.key, version, int(weightless)),
        submission_id=submission_id,
        key=claim.key,
        key_kind=claim.key_kind,
        version=version,
        weightless=weightless,
        pairs=pairs,
    )
