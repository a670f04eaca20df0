"""Schema ids in memory, for tests and for programs that never meet a registry."""

from __future__ import annotations

from typing import Any

from schemas.catalog import catalog, record_name
from schemas.errors import Unreadable


class LocalSchemaIds:
    """Numbers subjects as they are asked for; every subject of a known record type counts as registered."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._schemas: dict[int, dict[str, Any]] = {}

    def id_of(self, subject: str) -> int:
        """Id of our own schema under the subject. Raises Stop when no file holds it."""
        if subject not in self._ids:
            self._ids[subject] = self.add(catalog().current(record_name(subject)))
        return self._ids[subject]

    def schema_of(self, schema_id: int) -> dict[str, Any]:
        """The schema of an id. Raises Unreadable when there is none."""
        try:
            return self._schemas[schema_id]
        except KeyError:
            raise Unreadable(f"模式编号 {schema_id} 没有登记") from None

    def add(self, schema: dict[str, Any]) -> int:
        """A new id for any schema, as if somebody else had registered it."""
        schema_id = len(self._schemas) + 1
        self._schemas[schema_id] = schema
        return schema_id
