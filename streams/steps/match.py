"""match: claims to verdicts. The table keeps, under each blocking key, the recent claims of that block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from schemas.codec import Codec
from schemas.errors import Unmappable
from schemas.events.inbox import Claim
from schemas.events.tables import Block
from schemas.topics import Topics
from streams.core.blocks import handle_claim
from streams.engine.api import Outcome, Record, StateReader
from streams.steps.emit import Emitter, passed_on
from streams.steps.kept import Kept


class MatchStep:
    """match.claims → ticket.inbox"""

    name = "match"

    def __init__(self, codec: Codec, topics: Topics, observe_block: Callable[[int], None]) -> None:
        self.topic = topics.claims
        self._codec = codec
        self._emit = Emitter(codec, topics, self.name)
        self._observe = observe_block
        self._kept: Kept[Block] = Kept()

    def recovered(self, partition: int, items: Iterable[tuple[bytes, bytes]]) -> None:
        """Nothing is kept in memory."""

    def revoked(self, partition: int) -> None:
        """Forget what is kept for the partition."""
        self._kept.forget(partition)

    def applied(self, partition: int, outcome: Outcome) -> None:
        """Nothing is kept in memory."""

    def process(self, partition: int, batch: Sequence[Record], state: StateReader) -> Outcome:
        """One verdict for each claim. Raises DeadLetter for a record that is no claim."""
        outcome = Outcome()
        blocks: dict[bytes, Block | None] = {}
        stored: dict[bytes, Block | None] = {}
        for record in batch:
            claim = self._codec.decode(record.value)
            if not isinstance(claim, Claim) or record.key != claim.key.encode():
                raise Unmappable("不是归并申报,或键与内容不符")
            key = claim.key.encode()
            if key not in blocks:
                blocks[key] = stored[key] = self._read(partition, key, state)
            block, verdicts = handle_claim(blocks[key], claim)
            blocks[key] = block
            self._observe(len(block.entries) + block.dropped)
            outcome.outputs.extend(self._emit.outputs(verdicts, passed_on(record)))
        for key, changed in blocks.items():
            if changed is not None and changed is not stored[key]:
                outcome.changes[key] = value = self._codec.encode_inner(changed, key)
                self._kept.put(partition, key, value, changed)
        return outcome

    def _read(self, partition: int, key: bytes, state: StateReader) -> Block | None:
        value = state.get(key)
        if value is None:
            return None
        return self._kept.get(partition, key, value) or self._codec.decode_inner(Block, value, key)
