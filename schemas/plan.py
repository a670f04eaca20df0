"""From an Avro schema to the functions that write and read its dataclass, sealing on the way; done once a schema.

Supported: records, arrays, `["null", T]`, string, bytes, int, long, double, boolean. A field with `pii` is written as
`cn.santai.Sealed`; `plain` says what is in the box: nothing = text, "bytes", or the full name of an inner record.
The path of a field in the associated data is `person.name`, in arrays `people[2].name`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from schemas.catalog import class_of, parsed
from schemas.compiler import Compiler, FromBox, InnerBoxes, Reader, ToBox, Writer
from schemas.errors import Stop, Unreadable
from schemas.sealing import Sealer
from schemas.shape import SEALED, Shape
from schemas.wire import read_length

__all__ = ["SEALED", "FromBox", "Plan", "ToBox", "plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How one record type is written and read."""

    name: str
    cls: type[Any]
    schema: Any  # parsed by fastavro, without logical types
    has_event_id: bool
    write_record: Writer
    read_record: Reader
    field_writer: Callable[[str], Writer]  # of one field alone

    def write(self, out: bytearray, record: Any) -> None:
        """Append the record. Raises ValueError, TypeError or AttributeError when it does not fit the schema."""
        self.write_record(out, record, record.event_id.encode() if self.has_event_id else b"")

    def misfit(self, record: Any) -> str | None:
        """The first field that does not fit the schema; slow, for the message of a failed write."""
        for field in self.schema["fields"]:
            try:
                self.field_writer(field["name"])(bytearray(), record, b"")
            except (ValueError, TypeError, AttributeError):
                return str(field["name"])
        return None

    def read(self, data: bytes, at: int = 0) -> Any:
        """The record that fills the rest of the data. Raises Unreadable."""
        try:
            event_id = b""
            if self.has_event_id:
                n, begin = read_length(data, at)
                event_id = data[begin : begin + n]
            record, end = self.read_record(data, at, event_id)
        except (IndexError, ValueError) as error:  # UnicodeDecodeError is a ValueError
            raise Unreadable(f"{self.name} 的 Avro 内容残缺或损坏({type(error).__name__})") from None
        if end != len(data):
            raise Unreadable(f"{self.name} 的 Avro 内容长度不符")
        return record


def plan(schema: dict[str, Any], sealer: Sealer, inner: InnerBoxes) -> Plan:
    """Compile a schema of ours. Raises Stop, naming the field, when it is of a kind this module does not know."""
    bare = parsed(schema)
    shape = Shape(bare)
    compiler = Compiler(shape, sealer, inner)
    first = bare["fields"][0] if bare["fields"] else {}
    has_event_id = first.get("name") == "event_id" and first["type"] == "string"
    if shape.sealed and not has_event_id:
        raise Stop(f"{bare['name']} 有个人信息字段,首个字段须为 event_id(字符串)")

    def field_writer(name: str) -> Writer:
        return compiler.writer([field for field in bare["fields"] if field["name"] == name])

    write, read = compiler.writer(bare["fields"]), compiler.reader()
    return Plan(bare["name"], class_of(schema["name"]), bare, has_event_id, write, read, field_writer)
