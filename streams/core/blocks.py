"""match: what one block makes of a claim. It proposes; tickets dispose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from mappings.lexicon import lexicon
from schemas.events.book import Features
from schemas.events.common import Acquaintance, Pair
from schemas.events.inbox import Claim, Verdict
from schemas.events.tables import Block, BlockEntry
from schemas.ids import deterministic_id
from streams.core import names
from streams.core.blocking import NAMES, PHONE, WEAK
from streams.core.compare import compare
from streams.core.dossier import acquaintances
from streams.core.namesakes import worth_comparing
from streams.core.traits import known


def entries_max(kind: str) -> int:
    """How many claims a block of a kind keeps."""
    return lexicon().limits["weak_entries_max" if kind in WEAK else "block_entries_max"]


def people_behind(entries: Iterable[Features]) -> int:
    """People who are certainly not the same: by ID number, or by the sound of the name where there is no ID number,
    heard however badly.
    What is learned later of anybody (a name, an ID number) never makes them fewer, so the order does not matter."""
    ids: dict[str, str | None] = {}
    sounds: set[str] = set()
    for f in entries:
        sound = names.blurred(known(f).sound or "")
        if f.person.id_number:
            ids[f.person.id_number] = sound or ids.get(f.person.id_number)
        elif sound:
            sounds.add(sound)
    named = {s for s in ids.values() if s}
    nameless = sum(s is None for s in ids.values())
    return len(ids) + max(0, len(sounds - named) - nameless)


def people_max() -> int:
    """More people than a household behind one phone: it is a lawyer's, a 司法所's or a switchboard's."""
    return lexicon().limits["phone_people_max"]


def pairs_of(f: Features, others: Iterable[Features], *, kind: str, shared: bool) -> tuple[Pair, ...]:
    """What a submission has in common with others of its block. A phone counts in its own block only: elsewhere nobody
    knows how many share it."""
    by_phone = kind == PHONE
    if kind in NAMES:
        others = [other for other in others if worth_comparing(f, other)]
    found = (compare(other, f, phone_counts=by_phone, shared=by_phone and shared) for other in others)
    return tuple(pair for pair in found if pair is not None)


def handle_claim(block: Block | None, claim: Claim) -> tuple[Block, tuple[Verdict, ...]]:
    """The block with the claim in it, and the verdict on the claim.

    Redelivered, a claim keeps its place and is compared with the claims before it: the same verdict. A newer version
    is compared with all others, because those behind it were compared with the older one. The claim that makes a
    phone a household's, or takes its weight away, is answered together with everybody before it: they must hear of it
    too. From then on a weightless phone makes no pairs and its block keeps nobody: a switchboard's costs no more than
    anybody's. A weak block keeps the latest.
    """
    before = block or Block(key_kind=claim.key_kind)
    if _lost(before):
        return before, (_verdict(claim.submission_id, claim, claim.version, weightless=True),)
    after, others = _laid_in(before, claim)
    people = people_behind(e.features for e in after.entries) if after.key_kind == PHONE else 1
    if after.key_kind == PHONE and (after.dropped or people > people_max()):
        told = [_verdict(claim.submission_id, claim, claim.version, weightless=True), *_notices(before, claim, True)]
        return Block(key_kind=PHONE, dropped=len(after.entries) + after.dropped), tuple(told)
    pairs = pairs_of(claim.features, [e.features for e in others], kind=after.key_kind, shared=people > 1)
    weightless = after.dropped > 0 and after.key_kind not in WEAK
    tied = frozenset(x for p in pairs for x in (p.a, p.b))
    own = _verdict(
        claim.submission_id, claim, claim.version, weightless=weightless, shared=people > 1, pairs=pairs,
        acquainted=acquaintances(claim.features, [e.features for e in others], after.key_kind, tied),
    )  # fmt: skip
    if people > 1 and people_behind(e.features for e in before.entries) <= 1:
        return after, (own, *_notices(before, claim, False))
    return after, (own,)


def _lost(block: Block) -> bool:
    return block.key_kind == PHONE and block.dropped > 0


def _notices(block: Block, claim: Claim, weightless: bool) -> Sequence[Verdict]:
    """To everybody who was there before: the phone is not one person's. Only that it lost its weight answers a claim;
    a household's phone still has pairs, which the claim's own verdict tells: version 0 is nobody's."""
    return [
        _verdict(e.features.submission_id, claim, e.version if weightless else 0, weightless=weightless, shared=True)
        for e in block.entries
        if e.features.submission_id != claim.submission_id
    ]


def _laid_in(block: Block, claim: Claim) -> tuple[Block, tuple[BlockEntry, ...]]:
    """The block with the claim, and the entries the claim is compared with."""
    at = next((i for i, e in enumerate(block.entries) if e.features.submission_id == claim.submission_id), None)
    entry = BlockEntry(version=claim.version, features=claim.features)
    if at is None:
        full = len(block.entries) >= entries_max(block.key_kind)
        if full and block.key_kind in WEAK:
            return replace(block, entries=(*block.entries[1:], entry), dropped=block.dropped + 1), block.entries
        if full:
            return replace(block, dropped=block.dropped + 1), ()
        return replace(block, entries=(*block.entries, entry)), block.entries
    others = tuple(e for i, e in enumerate(block.entries) if i < at or (claim.version > 1 and i != at))
    if claim.version > block.entries[at].version:
        block = replace(block, entries=(*block.entries[:at], entry, *block.entries[at + 1 :]))
    return block, others


def _verdict(
    submission_id: str,
    claim: Claim,
    version: int,
    *,
    weightless: bool,
    shared: bool = False,
    pairs: tuple[Pair, ...] = (),
    acquainted: tuple[Acquaintance, ...] = (),
) -> Verdict:
    return Verdict(
        event_id=deterministic_id("verdict", submission_id, claim.key, version, int(weightless), int(shared)),
        submission_id=submission_id,
        key=claim.key,
        key_kind=claim.key_kind,
        version=version,
        weightless=weightless,
        shared=shared,
        pairs=pairs,
        acquainted=acquainted,
    )
