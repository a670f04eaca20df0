"""The dossier of a ticket for its handler: the person's earlier tickets as they stand now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from santai.api.progress import CONFIDENTIAL
from santai.projector.numbers import find, root_of
from santai.projector.reviews import is_confidential
from santai.projector.schema import DOSSIERS, TICKETS
from santai.words import Words, iso
from schemas.codec import Codec
from schemas.events.dossier import Earlier

ENDED = frozenset({"RESOLVED", "CALLBACK", "CLOSED", "ARCHIVED", "REJECTED", "WITHDRAWN", "TERMINATED"})


def dossier(connection: Connection, codec: Codec, number: str, words: Words) -> dict[str, Any]:
    """Earlier tickets, the earliest first, and the similar ones of them that have ended.

    Raises NotFound, Ambiguous, and Unreadable when the keys for the dossier are gone.
    """
    ticket_id = find(connection, number, CONFIDENTIAL).ticket_id
    row = connection.execute(select(DOSSIERS.c.told).where(DOSSIERS.c.ticket_id == ticket_id)).first()
    told = codec.decode(row.told).dossier.earlier if row is not None else ()
    shown = [_entry(connection, x, words) for x in _spoken_of(connection, ticket_id, told)]
    return {
        "ticket_id": ticket_id, "earlier": shown,
        "similar_ended": [x["number"] for x in shown if x["similar"] and x["state"] in ENDED],
    }  # fmt: skip


def _spoken_of(connection: Connection, ticket_id: str, told: Iterable[Earlier]) -> Iterable[Earlier]:
    """Looked at again: what has become confidential since, or is this very matter by now, is not shown."""
    if is_confidential(connection, ticket_id):
        return
    for x in told:
        root = root_of(connection, x.submission_id)
        secret = x.system in CONFIDENTIAL or any(is_confidential(connection, i) for i in (x.submission_id, root))
        if root != ticket_id and not secret:
            yield x


def _entry(connection: Connection, x: Earlier, words: Words) -> dict[str, Any]:
    root = root_of(connection, x.submission_id)
    state = connection.execute(select(TICKETS.c.state).where(TICKETS.c.ticket_id == root)).scalar_one_or_none()
    return {
        "ticket_id": root, "number": f"{x.system}:{x.number}", "system": x.system,
        "system_title": words.system(x.system),
        "received_at": iso(x.received_at), "family": x.family, "family_title": words.family(x.family),
        "kind": x.kind, "kind_title": words.kind(x.kind), "state": state, "state_title": words.state(state),
        "similar": x.similar,
    }  # fmt: skip
