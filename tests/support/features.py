"""Features for tests: a citizen against a company, changed as the test wants."""

from __future__ import annotations

from typing import Any

from schemas.events.book import BookContents, Features, Note
from schemas.events.common import Counterparty, Pair, Person
from streams.core.book import merge
from streams.core.compare import compare

DAY = 86_400_000
PERSON: dict[str, Any] = {
    "type": "natural", "name": "王晓", "id_number": "ID-1", "id_typed": None, "phone": "P-1", "region": None,
}  # fmt: skip
COMPANY = Counterparty(name="某建筑公司")


def features(sid: str, received_at: int = 0, **changed: Any) -> Features:
    """A submission `sid` of 王晓 against the company; `name`, `id_number`, `phone` … change the person."""
    person = Person(**{name: changed.pop(name, value) for name, value in PERSON.items()})
    given: dict[str, Any] = {"counterparty": COMPANY, "family": "legal-aid", "kind": "application", "system": "web"}
    given |= {"source_key": sid, "number": sid, "person": person} | changed
    return Features(submission_id=sid, received_at=received_at, **given)


def status(sid: str, at: int, state: str | None, *, event_id: str = "", **more: Any) -> Note:
    """A note of submission `sid`."""
    what = more.pop("what", "status" if state else "urge")
    return Note(
        event_id=event_id or f"{sid}-{at}-{state}",
        submission_id=sid,
        system="web",
        what=what,
        at=at,
        state=state,
        **more,
    )


def book(*members: Features, notes: tuple[Note, ...] = (), phone_counts: bool = True, **more: Any) -> BookContents:
    """A book of members with every pair that comparing finds."""
    pairs: list[Pair] = []
    for i, a in enumerate(members):
        for b in members[i + 1 :]:
            pair = compare(a, b, phone_counts=phone_counts)
            if pair is not None:
                pairs.append(pair)
    return merge(BookContents(), BookContents(members=members, pairs=tuple(pairs), notes=notes, **more))
