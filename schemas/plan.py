"""From an Avro schema to the functions that write and read its dataclass, sealing on the way; done once a schema.

Supported: records, arrays, `["null", T]`, string, bytes, int, long, double, boolean. A field with `pii` is written as
`cn.santai.Sealed`; `plain` says what is in the box: nothing = text, "bytes", or the full name of an inner record.
The path of a field in the associated data is `person.name`, in arrays `people[2].name`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from schemas.catalog import class_of, parsed
from schemas.errors import Stop, Unreadable
from schemas.sealing import INDEX_BYTES, Sealer
from schemas.source import PRIMITIVES, Source, read_primitive, write_count, write_primitive
from schemas.wire import length, read_length

SEALED = "cn.santai.Sealed"
_INDEX_HEAD = b"\x02" + length(INDEX_BYTES)
ToBox = Callable[[Any], bytes]
FromBox = Callable[[bytes], Any]
InnerBoxes = Callable[[str], tuple[ToBox, FromBox]]  # by full name of the inner record
Writer = Callable[[bytearray, Any, bytes], None]  # out, record, event id
Reader = Callable[[bytes, int, bytes], tuple[Any, int]]  # data, at, event id → record, position after it


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
    compiler = _Compiler(bare, sealer, inner)
    first = bare["fields"][0] if bare["fields"] else {}
    has_event_id = first.get("name") == "event_id" and first["type"] == "string"
    write, read = compiler.writer(bare["fields"]), compiler.reader()
    if compiler.sealed and not has_event_id:
        raise Stop(f"{bare['name']} 有个人信息字段,首个字段须为 event_id(字符串)")

    def field_writer(name: str) -> Writer:
        return compiler.writer([field for field in bare["fields"] if field["name"] == name])

    return Plan(bare["name"], class_of(schema["name"]), bare, has_event_id, write, read, field_writer)


class _Path(NamedTuple):
    """Where a value lies: the variable that holds the path up to the innermost array item ("" outside arrays), and
    the path from there."""

    prefix: str
    rest: str

    def to(self, name: str) -> _Path:
        return _Path(self.prefix, f"{self.rest}.{name}" if self.rest else name)

    def expression(self) -> str:
        tail = repr(self.rest.encode())
        return f"{self.prefix} + {tail}" if self.prefix else tail


class _Compiler:
    """Walks one schema, once to write the source that writes it and once the source that reads it."""

    def __init__(self, schema: Any, sealer: Sealer, inner: InnerBoxes) -> None:
        self.schema = schema
        self.root: str = schema["name"]
        self.sealer = sealer
        self.inner = inner
        self.sealed = False
        self.named: dict[str, Any] = {}
        self._check(schema, ())

    def writer(self, of: list[Any]) -> Writer:
        """The function that appends these fields of a record."""
        source = Source(self.root, "out, record, event_id")
        self._write_fields(source, of, "record", _Path("", ""))
        return source.function()

    def reader(self) -> Reader:
        """The function that reads the whole record."""
        source = Source(self.root, "data, at, event_id")
        made = self._read_record(source, self.schema, _Path("", ""))
        source.line(f"return {made}, at")
        return source.function()

    def _check(self, schema: Any, around: tuple[str, ...]) -> None:
        """Refuse what cannot be compiled; learn the named types and whether anything is sealed."""
        name = schema["name"]
        if name in around:
            raise Stop(f"{self.root} 的模式自我嵌套({name}),编码器不支持")
        self.named[name] = schema
        cls = class_of(name.rpartition(".")[2])
        if not schema["fields"]:
            raise Stop(f"{cls.__name__} 的模式没有字段")
        if [field["name"] for field in schema["fields"]] != [field.name for field in fields(cls)]:
            raise Stop(f"{name} 的模式与数据类 {cls.__name__} 字段不一致,请使两者字段名与次序相同")
        for field in schema["fields"]:
            kind = self._kind_of_item(field["type"])
            if self._is_sealed(kind):
                if "pii" not in field:
                    raise Stop(f"{self.root} 的字段 {field['name']} 是 Sealed,却没有 pii 标记")
                self.sealed = True
                continue
            if "pii" in field and not self.root.startswith("cn.santai.inner."):
                raise Stop(f"{self.root} 的字段 {field['name']} 标有 pii,类型却不是 Sealed")
            record = self._record_of(kind)
            if record is not None:
                self._check(record, (*around, name))
            elif kind not in PRIMITIVES:
                raise Stop(f"{self.root} 的字段 {field['name']} 的类型编码器不支持,请用 schemas/plan.py 开头列出的类型")

    def _kind_of_item(self, schema: Any) -> Any:
        """What is in a field once null and arrays are taken off."""
        _, kind = _optional(schema)
        while isinstance(kind, dict) and kind["type"] == "array":
            _, kind = _optional(kind["items"])
        return kind["type"] if isinstance(kind, dict) and kind["type"] in PRIMITIVES else kind

    def _record_of(self, kind: Any) -> Any:
        """The record's schema, given or by name; None for what is no record."""
        if isinstance(kind, str):
            return self.named.get(kind)
        return kind if isinstance(kind, dict) and kind["type"] == "record" else None

    def _is_sealed(self, kind: Any) -> bool:
        """Sealed, at its definition or by name."""
        if isinstance(kind, dict) and kind.get("name") == SEALED:
            self.named[SEALED] = kind
            return True
        return bool(kind == SEALED)

    def _has_sealed(self, schema: Any) -> bool:
        """Something in it is sealed."""
        kind = self._kind_of_item(schema)
        if self._is_sealed(kind):
            return True
        record = self._record_of(kind)
        return record is not None and any(self._has_sealed(field["type"]) for field in record["fields"])

    def _write_fields(self, source: Source, of: list[Any], record: str, path: _Path) -> None:
        for field in of:
            value = source.fresh("v")
            source.line(f"{value} = {record}.{field['name']}")
            self._write(source, field["type"], value, path.to(field["name"]), field)

    def _write(self, source: Source, schema: Any, value: str, path: _Path, field: Any) -> None:
        optional, kind = _optional(schema)
        if optional:
            with source.block(f"if {value} is None:"):
                source.line("out.append(0)")
            with source.block("else:"):
                source.line("out.append(2)")
                self._write(source, kind, value, path, field)
        elif self._is_sealed(kind):
            self._write_sealed(source, value, path, field)
        elif isinstance(kind, dict) and kind["type"] == "array":
            self._write_array(source, kind["items"], value, path, field)
        elif (record := self._record_of(kind)) is not None:
            self._write_fields(source, record["fields"], value, path)
        else:
            write_primitive(source, self._kind_of_item(kind), value)

    def _write_array(self, source: Source, items: Any, value: str, path: _Path, field: Any) -> None:
        """Items get their position into their path only where something in them is sealed."""
        with source.block(f"if not isinstance({value}, (tuple, list)):"):
            source.line("raise TypeError('tuple expected')")
        with source.block(f"if {value}:"):
            write_count(source, f"len({value})")
            item = source.fresh("item")
            if self._has_sealed(items):
                k = source.fresh("k")
                with source.block(f"for {k}, {item} in enumerate({value}):"):
                    self._write(source, items, item, self._item(source, path, k), field)
            else:
                with source.block(f"for {item} in {value}:"):
                    self._write(source, items, item, path, field)
        source.line("out.append(0)")

    def _write_sealed(self, source: Source, value: str, path: _Path, field: Any) -> None:
        plain = field.get("plain")
        if plain is None:
            box = f"{value}.encode()"
        else:
            to_box = _as_bytes if plain == "bytes" else self.inner(plain)[0]
            box = f"{source.bind('to_box', to_box)}({value})"
        head = length(len(self.sealer.current)) + self.sealer.current.encode()
        seal = source.bind("seal", self.sealer.seal_with)
        source.line(f"b = {seal}({box}, [event_id, {path.expression()}])")
        source.line(f"out += {head!r}")
        write_count(source, "len(b)")
        source.line("out += b")
        if field.get("indexed"):
            source.line(f"out += {_INDEX_HEAD!r}")
            source.line(f"out += {source.bind('index', self.sealer.index)}({field['pii']!r}, {value})")
        else:
            source.line("out.append(0)")

    def _read_record(self, source: Source, schema: Any, path: _Path) -> str:
        """Lines that read a record; the variable it is in."""
        cls = class_of(schema["name"].rpartition(".")[2])
        record = source.fresh("r")
        source.line(f"{record} = {source.bind('new', object.__new__)}({source.bind('cls', cls)})")
        for field in schema["fields"]:
            value = source.fresh("v")
            self._read(source, field["type"], value, path.to(field["name"]), field)
            # Slots are set straight: a frozen dataclass's own __init__ takes three times as long. None has a
            # __post_init__.
            put = source.bind("put", getattr(cls, field["name"]).__set__)
            source.line(f"{put}({record}, {value})")
        return record

    def _read(self, source: Source, schema: Any, target: str, path: _Path, field: Any) -> None:
        optional, kind = _optional(schema)
        if optional:
            source.line("n = data[at]")
            source.line("at += 1")
            with source.block("if n == 0:"):
                source.line(f"{target} = None")
            with source.block("elif n == 2:"):
                self._read(source, kind, target, path, field)
            with source.block("else:"):
                source.line("raise ValueError('no such branch of the union')")
        elif self._is_sealed(kind):
            self._read_sealed(source, target, path, field)
        elif isinstance(kind, dict) and kind["type"] == "array":
            self._read_array(source, kind["items"], target, path, field)
        elif (record := self._record_of(kind)) is not None:
            source.line(f"{target} = {self._read_record(source, record, path)}")
        else:
            read_primitive(source, self._kind_of_item(kind), target)

    def _read_array(self, source: Source, items: Any, target: str, path: _Path, field: Any) -> None:
        found, item, count = source.fresh("items"), source.fresh("item"), source.fresh("count")
        source.line(f"{found} = []")
        with source.block("while data[at]:"):
            source.line(f"{count}, at = read_long(data, at)")
            with source.block(f"if {count} < 0:"):  # the size of the block in bytes follows
                source.line(f"{count} = -{count}")
                source.line("n, at = read_length(data, at)")
            with source.block(f"for _ in range({count}):"):
                inside = path
                if self._has_sealed(items):
                    inside = self._item(source, path, f"len({found})")
                self._read(source, items, item, inside, field)
                source.line(f"{found}.append({item})")
        source.line(f"{target} = tuple({found})")
        source.line("at += 1")

    def _read_sealed(self, source: Source, target: str, path: _Path, field: Any) -> None:
        plain = field.get("plain")
        key_id, box = source.fresh("key_id"), source.fresh("box")
        read_primitive(source, "string", key_id)
        read_primitive(source, "bytes", box)
        source.line("n = data[at]")
        source.line("at += 1")
        with source.block("if n == 2:"):  # the index: whoever reads the value needs none
            source.line("n, at = read_length(data, at)")
            source.line("at += n")
        with source.block("elif n:"):
            source.line("raise ValueError('no such branch of the union')")
        opened = f"{source.bind('open_', self.sealer.open_with)}({key_id}, {box}, [event_id, {path.expression()}])"
        if plain is None:
            source.line(f"{target} = {opened}.decode()")
        elif plain == "bytes":
            source.line(f"{target} = {opened}")
        else:
            source.line(f"{target} = {source.bind('from_box', self.inner(plain)[1])}({opened})")

    def _item(self, source: Source, path: _Path, k: str) -> _Path:
        """The path of an array's item, in a variable."""
        prefix = source.fresh("prefix")
        text = path.rest.replace("%", "%%") + "[%d]."
        source.line(f"{prefix} = {path.prefix + ' + ' if path.prefix else ''}{text.encode()!r} % {k}")
        return _Path(prefix, "")


def _optional(schema: Any) -> tuple[bool, Any]:
    if isinstance(schema, list) and len(schema) == 2 and schema[0] == "null":
        return True, schema[1]
    return False, schema


def _as_bytes(value: bytes) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("bytes expected")
    return value
