"""Where pull sources stand, and which version of each row they have seen.

All functions raise Retry when the database is in trouble.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from connectors.store import positions, reading, seen, writing

_CHUNK = 400  # below SQLite's limit of variables in a statement


class Positions:
    """The position is opaque JSON; write it only after its documents are durable on Kafka."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert: Any = postgresql_insert if engine.dialect.name == "postgresql" else sqlite_insert

    def load(self, system: str) -> dict[str, Any] | None:
        """The position last saved, or None when there is none."""
        with reading(self._engine) as connection:
            found: dict[str, Any] | None = connection.scalar(
                select(positions.c.position).where(positions.c.system == system)
            )
        return found

    def save(self, system: str, position: dict[str, Any]) -> None:
        """Replace the position."""
        statement = self._insert(positions).values(system=system, position=position)
        replace = statement.on_conflict_do_update(
            index_elements=["system"], set_={"position": statement.excluded.position}
        )
        with writing(self._engine) as connection:
            connection.execute(replace)

    def unseen(self, system: str, rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Of (source key, row hash) those whose hash differs from what was last remembered, in the order given."""
        known: dict[str, str] = {}
        with reading(self._engine) as connection:
            for at in range(0, len(rows), _CHUNK):
                keys = [key for key, _ in rows[at : at + _CHUNK]]
                found = select(seen.c.source_key, seen.c.row_hash).where(
                    seen.c.system == system, seen.c.source_key.in_(keys)
                )
                known.update((row.source_key, row.row_hash) for row in connection.execute(found))
        return [(key, row_hash) for key, row_hash in rows if known.get(key) != row_hash]

    def own_parts(self, system: str, keys: Collection[str]) -> dict[str, str]:
        """source key → digest of the system's own part of the record as it was last remembered."""
        found: dict[str, str] = {}
        wanted = sorted(keys)
        with reading(self._engine) as connection:
            for at in range(0, len(wanted), _CHUNK):
                rows = select(seen.c.source_key, seen.c.own_digest).where(
                    seen.c.system == system, seen.c.source_key.in_(wanted[at : at + _CHUNK])
                )
                found.update((row.source_key, row.own_digest) for row in connection.execute(rows) if row.own_digest)
        return found

    def remember(self, system: str, rows: Sequence[tuple[str, str]], own: Mapping[str, str]) -> None:
        """These versions are durable on Kafka, with the digests of their own parts by source key; of a key given twice
        the last one counts."""
        latest = [
            {"system": system, "source_key": key, "row_hash": row_hash, "own_digest": own.get(key)}
            for key, row_hash in dict(rows).items()
        ]
        if not latest:
            return
        statement = self._insert(seen)
        replace = statement.on_conflict_do_update(
            index_elements=["system", "source_key"],
            set_={"row_hash": statement.excluded.row_hash, "own_digest": statement.excluded.own_digest},
        )
        with writing(self._engine) as connection:
            connection.execute(replace, latest)
