"""From an Avro schema to the functions that write and read its dataclass, sealing on the way; done once a schema.

Supported: records, arrays, `["null", T]`, string, bytes, int, long, double, boolean. A field with `pii` is written as
`cn.santai.Sealed`; `plain` says what is in the box: nothing = text, "bytes", or the full name of an inner record.
The path of a field in the associated data is `person.name`, in arrays `people[2].name`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from schemas.catalog import class_of, parsed
from schemas.errors import Stop, Unreadable
from schemas.sealing import INDEX_BYTES, Sealer
from schemas.wire import PRIMITIVES, Place, Reader, Writer, length, read_bytes, read_length, read_long, read_string

SEALED = "cn.santai.Sealed"
ToBox = Callable[[Any], bytes]
FromBox = Callable[[bytes], Any]
InnerBoxes = Callable[[str], tuple[ToBox, FromBox]]  # by full name of the inner record

_NOWHERE: Place = (b"", b"")


@dataclass(frozen=True, slots=True)
class Plan:
    """How one record type is written and read."""

    name: str
    cls: type[Any]
    schema: Any  # parsed by fastavro, without logical types
    has_event_id: bool
    write_record: Writer
    read_record: Reader
    fields: tuple[tuple[str, Writer], ...]

    def write(self, out: bytearray, record: Any) -> None:
        """Append the record. Raises ValueError, TypeError or AttributeError when it does not fit the schema."""
        self.write_record(out, record, (record.event_id.encode(), b"") if self.has_event_id else _NOWHERE)

    def misfit(self, record: Any) -> str | None:
        """The first field that does not fit the schema; slow, for the message of a failed write."""
        for name, write in self.fields:
            try:
                write(bytearray(), getattr(record, name), _NOWHERE)
            except (ValueError, TypeError, AttributeError):
                return name
        return None

    def read(self, data: bytes, at: int = 0) -> Any:
        """The record that fills the rest of the data. Raises Unreadable."""
        try:
            place = (read_bytes(data, at, _NOWHERE)[0], b"") if self.has_event_id else _NOWHERE
            record, end = self.read_record(data, at, place)
        except (IndexError, ValueError) as error:  # UnicodeDecodeError is a ValueError
            raise Unreadable(f"{self.name} 的 Avro 内容残缺或损坏({type(error).__name__})") from None
        if end != len(data):
            raise Unreadable(f"{self.name} 的 Avro 内容长度不符")
        return record


def plan(schema: dict[str, Any], sealer: Sealer, inner: InnerBoxes) -> Plan:
    """Compile a schema of ours. Raises Stop, naming the field, when it is of a kind this module does not know."""
    bare = parsed(schema)
    first = bare["fields"][0] if bare["fields"] else {}
    compiler = _Compiler(bare["name"], sealer, inner)
    parts = compiler.fields(bare, "")
    cls = class_of(schema["name"])
    names = [field["name"] for field in bare["fields"]]
    write, read = _record(cls, names, parts)
    has_event_id = first.get("name") == "event_id" and first["type"] == "string"
    if compiler.seals and not has_event_id:
        raise Stop(f"{bare['name']} 有个人信息字段,首个字段须为 event_id(字符串)")
    writers = tuple((name, write) for name, (write, _) in zip(names, parts, strict=True))
    return Plan(bare["name"], cls, bare, has_event_id, write, read, writers)


class _Compiler:
    """Walks one schema; `seals` tells whether a sealed field was met since it was last cleared."""

    def __init__(self, root: str, sealer: Sealer, inner: InnerBoxes) -> None:
        self.root = root
        self.sealer = sealer
        self.inner = inner
        self.seals = False
        self.named: dict[str, Any] = {}
        self.open: list[str] = []

    def record(self, schema: Any, path: str) -> tuple[Writer, Reader]:
        """Of a record whose fields lie under `path` ("person.", "" at the root and in array items)."""
        cls = class_of(schema["name"].rpartition(".")[2])
        return _record(cls, [field["name"] for field in schema["fields"]], self.fields(schema, path))

    def fields(self, schema: Any, path: str) -> list[tuple[Writer, Reader]]:
        """Of a record's fields, which must be those of its dataclass."""
        name = schema["name"]
        if name in self.open:
            raise Stop(f"{self.root} 的模式自我嵌套({name}),编码器不支持")
        self.named[name] = schema
        self.open.append(name)
        cls = class_of(name.rpartition(".")[2])
        names = [field["name"] for field in schema["fields"]]
        if names != [field.name for field in fields(cls)]:
            raise Stop(f"{name} 的模式与数据类 {cls.__name__} 字段不一致,请使两者字段名与次序相同")
        parts = [self.field(field, path) for field in schema["fields"]]
        self.open.pop()
        return parts

    def field(self, field: Any, path: str) -> tuple[Writer, Reader]:
        """Of one field: sealed when its type is Sealed, which must go with `pii`."""
        here = path + field["name"]
        optional, kind = _optional(field["type"])
        if not self.is_sealed(kind):
            if "pii" in field and not self.root.startswith("cn.santai.inner."):
                raise Stop(f"{self.root} 的字段 {here} 标有 pii,类型却不是 Sealed")
            return self.type(field["type"], here)
        if "pii" not in field:
            raise Stop(f"{self.root} 的字段 {here} 是 Sealed,却没有 pii 标记")
        self.seals = True
        pair = self.sealed(field, here)
        return _nullable(*pair) if optional else pair

    def type(self, schema: Any, path: str) -> tuple[Writer, Reader]:
        """Of a type that is not sealed."""
        optional, kind = _optional(schema)
        if optional:
            return _nullable(*self.type(kind, path))
        if isinstance(kind, str) and kind in PRIMITIVES:
            return PRIMITIVES[kind]
        if isinstance(kind, str) and kind in self.named:
            return self.record(self.named[kind], path and path + ".")
        if isinstance(kind, dict):
            if kind["type"] == "record":
                return self.record(kind, path and path + ".")
            if kind["type"] == "array":
                return self.array(kind, path)
            if kind["type"] in PRIMITIVES:
                return PRIMITIVES[kind["type"]]
        raise Stop(f"{self.root} 的字段 {path} 的类型编码器不支持,请用 schemas/plan.py 开头列出的类型")

    def array(self, schema: Any, path: str) -> tuple[Writer, Reader]:
        """Of an array; its items get their position as place only where something in them is sealed."""
        before, self.seals = self.seals, False
        item = self.type(schema["items"], "")
        placed = path if self.seals else None
        self.seals = self.seals or before
        return _array(*item, placed)

    def sealed(self, field: Any, path: str) -> tuple[Writer, Reader]:
        """Of a sealed value."""
        plain = field.get("plain")
        to_box: ToBox = str.encode
        from_box: FromBox = bytes.decode
        if plain == "bytes":
            to_box = from_box = _as_bytes
        elif plain is not None:
            to_box, from_box = self.inner(plain)
        kind = field["pii"] if field.get("indexed") else None
        return _sealed(self.sealer, path, to_box, from_box, kind)

    def is_sealed(self, kind: Any) -> bool:
        """Sealed, at its definition or by name."""
        if isinstance(kind, dict) and kind.get("name") == SEALED:
            self.named[SEALED] = kind
            return True
        return bool(kind == SEALED)


def _optional(schema: Any) -> tuple[bool, Any]:
    if isinstance(schema, list) and len(schema) == 2 and schema[0] == "null":
        return True, schema[1]
    return False, schema


def _as_bytes(value: bytes) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("bytes expected")
    return value


def _record(cls: type[Any], names: list[str], parts: list[tuple[Writer, Reader]]) -> tuple[Writer, Reader]:
    if not names:
        raise Stop(f"{cls.__name__} 的模式没有字段")
    get = attrgetter(*names) if len(names) > 1 else lambda value, one=attrgetter(names[0]): (one(value),)
    writers = tuple(write for write, _ in parts)
    # Slots are set straight: a frozen dataclass's own __init__ takes three times as long. None has a __post_init__.
    readers = tuple((getattr(cls, name).__set__, read) for name, (_, read) in zip(names, parts, strict=True))
    new = object.__new__

    def write_record(out: bytearray, value: Any, place: Place) -> None:
        for write, part in zip(writers, get(value), strict=True):
            write(out, part, place)

    def read_record(data: bytes, at: int, place: Place) -> tuple[Any, int]:
        record = new(cls)
        for put, read in readers:
            part, at = read(data, at, place)
            put(record, part)
        return record, at

    return write_record, read_record


def _nullable(write: Writer, read: Reader) -> tuple[Writer, Reader]:
    def write_nullable(out: bytearray, value: Any, place: Place) -> None:
        if value is None:
            out.append(0)
        else:
            out.append(2)
            write(out, value, place)

    def read_nullable(data: bytes, at: int, place: Place) -> tuple[Any, int]:
        branch = data[at]
        if branch == 0:
            return None, at + 1
        if branch == 2:
            return read(data, at + 1, place)
        raise ValueError("no such branch of the union")

    return write_nullable, read_nullable


def _array(write: Writer, read: Reader, placed: str | None) -> tuple[Writer, Reader]:
    def write_array(out: bytearray, value: Any, place: Place) -> None:
        if not isinstance(value, tuple | list):
            raise TypeError("tuple expected")
        if value:
            out += length(len(value))
            for k, item in enumerate(value):
                write(out, item, place if placed is None else _item(place, placed, k))
        out.append(0)

    def read_array(data: bytes, at: int, place: Place) -> tuple[Any, int]:
        items: list[Any] = []
        while data[at]:
            count, at = read_long(data, at)
            if count < 0:  # the size of the block in bytes follows
                count = -count
                _, at = read_length(data, at)
            for _ in range(count):
                k = len(items)
                item, at = read(data, at, place if placed is None else _item(place, placed, k))
                items.append(item)
        return tuple(items), at + 1

    return write_array, read_array


def _item(place: Place, path: str, k: int) -> Place:
    return place[0], place[1] + f"{path}[{k}].".encode()


def _sealed(sealer: Sealer, path: str, to_box: ToBox, from_box: FromBox, kind: str | None) -> tuple[Writer, Reader]:
    head = length(len(sealer.current)) + sealer.current.encode()
    index_head = b"\x02" + length(INDEX_BYTES)
    seal, open_, index = sealer.seal_with, sealer.open_with, sealer.index
    here = path.encode()

    def write_sealed(out: bytearray, value: Any, place: Place) -> None:
        box = seal(to_box(value), [place[0], place[1] + here])
        out += head
        out += length(len(box))
        out += box
        if kind is None:
            out.append(0)
        else:
            out += index_head
            out += index(kind, value)

    def read_sealed(data: bytes, at: int, place: Place) -> tuple[Any, int]:
        key_id, at = read_string(data, at, place)
        box, at = read_bytes(data, at, place)
        branch = data[at]
        at += 1
        if branch == 2:
            _, at = read_bytes(data, at, place)
        elif branch:
            raise ValueError("no such branch of the union")
        return from_box(open_(key_id, box, [place[0], place[1] + here])), at

    return write_sealed, read_sealed
