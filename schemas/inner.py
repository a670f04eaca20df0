"""Records that exist only inside a box: what a claim and a book carry, and what the tables keep.

A box holds one byte, the version of the inner schema, and the Avro record. Earlier versions stay in
`avro/inner/history/` for ever and are read by schema resolution. Whole records sealed for tables look like
`0x01, length of the key id, key id, box`, with (full name, place) as associated data.
"""

from __future__ import annotations

from typing import Any

from schemas.catalog import Catalog, parsed, version
from schemas.errors import Stop, Unreadable
from schemas.plan import Plan
from schemas.resolve import Convert, converter
from schemas.sealing import Sealer

_FORMAT = 1
_LABEL = b"inner"


class Inner:
    """One inner record type; `plan` is of its current schema."""

    def __init__(self, plan: Plan, known: Catalog, sealer: Sealer) -> None:
        self.plan = plan
        self._sealer = sealer
        self._version = version(known.current(plan.name))
        if not 1 <= self._version <= 255:
            raise Stop(f"{plan.name} 的 version 须在 1 到 255 之间")
        self._older: dict[int, Convert] = {
            number: converter(parsed(schema), plan.schema)
            for (name, number), schema in known.history.items()
            if name == plan.name and number < self._version
        }
        self._head = bytes((_FORMAT, len(sealer.current))) + sealer.current.encode()
        self._place = (_LABEL, plan.name.encode())

    def to_box(self, record: Any) -> bytes:
        """What goes into a box. Raises ValueError, TypeError or AttributeError when the record does not fit."""
        if type(record) is not self.plan.cls:
            raise TypeError(f"{self.plan.cls.__name__} expected")
        out = bytearray((self._version,))
        self.plan.write(out, record)
        return bytes(out)

    def from_box(self, data: bytes) -> Any:
        """The record. Raises Unreadable."""
        number = data[0] if data else 0
        if number == self._version:
            return self.plan.read(data, 1)
        convert = self._older.get(number)
        if convert is None:
            raise Unreadable(f"{self.plan.name} 的版本 {number} 不认识:程序太旧,或缺少 avro/inner/history 中的旧模式")
        return self.plan.read(convert(data[1:]))

    def seal(self, record: Any, aad: bytes) -> bytes:
        """The record as a table keeps it."""
        return self.seal_box(self.to_box(record), aad)

    def seal_box(self, box: bytes, aad: bytes) -> bytes:
        """What `to_box` made, as a table keeps it."""
        return self._head + self._sealer.seal_with(box, [*self._place, aad])

    def open(self, data: bytes, aad: bytes) -> Any:
        """The record again. Raises Unreadable."""
        if len(data) < 2 or data[0] != _FORMAT:
            raise Unreadable(f"{self.plan.name} 的存储格式不认识")
        end = 2 + data[1]
        key_id = data[2:end].decode("ascii", "replace")
        return self.from_box(self._sealer.open_with(key_id, data[end:], [*self._place, aad]))
