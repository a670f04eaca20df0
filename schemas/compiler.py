"""A schema's writer and reader as source: dataclass to Avro bytes and back, sealing on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from schemas.catalog import class_of
from schemas.sealing import INDEX_BYTES, Sealer
from schemas.shape import Shape, optional
from schemas.source import Source, read_primitive, write_count, write_primitive
from schemas.wire import length

ToBox = Callable[[Any], bytes]
FromBox = Callable[[bytes], Any]
InnerBoxes = Callable[[str], tuple[ToBox, FromBox]]  # by full name of the inner record
Writer = Callable[[bytearray, Any, bytes], None]  # out, record, event id
Reader = Callable[[bytes, int, bytes], tuple[Any, int]]  # data, at, event id → record, position after it

_INDEX_HEAD = b"\x02" + length(INDEX_BYTES)


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


class Compiler:
    """Walks one schema, once to write the source that writes it and once the source that reads it."""

    def __init__(self, shape: Shape, sealer: Sealer, inner: InnerBoxes) -> None:
        self._shape = shape
        self._sealer = sealer
        self._inner = inner

    def writer(self, of: list[Any]) -> Writer:
        """The function that appends these fields of a record."""
        source = Source(self._shape.root, "out, record, event_id")
        self._write_fields(source, of, "record", _Path("", ""))
        return source.function()

    def reader(self) -> Reader:
        """The function that reads the whole record."""
        source = Source(self._shape.root, "data, at, event_id")
        made = self._read_record(source, self._shape.schema, _Path("", ""))
        source.line(f"return {made}, at")
        return source.function()

    def _write_fields(self, source: Source, of: list[Any], record: str, path: _Path) -> None:
        for field in of:
            value = source.fresh("v")
            source.line(f"{value} = {record}.{field['name']}")
            self._write(source, field["type"], value, path.to(field["name"]), field)

    def _write(self, source: Source, schema: Any, value: str, path: _Path, field: Any) -> None:
        nullable, kind = optional(schema)
        if nullable:
            with source.block(f"if {value} is None:"):
                source.line("out.append(0)")
            with source.block("else:"):
                source.line("out.append(2)")
                self._write(source, kind, value, path, field)
        elif self._shape.is_sealed(kind):
            self._write_sealed(source, value, path, field)
        elif isinstance(kind, dict) and kind["type"] == "array":
            self._write_array(source, kind["items"], value, path, field)
        elif (record := self._shape.record_of(kind)) is not None:
            self._write_fields(source, record["fields"], value, path)
        else:
            write_primitive(source, self._shape.kind_of_item(kind), value)

    def _write_array(self, source: Source, items: Any, value: str, path: _Path, field: Any) -> None:
        """Items get their position into their path only where something in them is sealed."""
        with source.block(f"if not isinstance({value}, (tuple, list)):"):
            source.line("raise TypeError('tuple expected')")
        with source.block(f"if {value}:"):
            write_count(source, f"len({value})")
            item = source.fresh("item")
            if self._shape.has_sealed(items):
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
            to_box = _as_bytes if plain == "bytes" else self._inner(plain)[0]
            box = f"{source.bind('to_box', to_box)}({value})"
        head = length(len(self._sealer.current)) + self._sealer.current.encode()
        seal = source.bind("seal", self._sealer.seal_with)
        source.line(f"b = {seal}({box}, [event_id, {path.expression()}])")
        source.line(f"out += {head!r}")
        write_count(source, "len(b)")
        source.line("out += b")
        if field.get("indexed"):
            source.line(f"out += {_INDEX_HEAD!r}")
            source.line(f"out += {source.bind('index', self._sealer.index)}({field['pii']!r}, {value})")
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
        nullable, kind = optional(schema)
        if nullable:
            source.line("n = data[at]")
            source.line("at += 1")
            with source.block("if n == 0:"):
                source.line(f"{target} = None")
            with source.block("elif n == 2:"):
                self._read(source, kind, target, path, field)
            with source.block("else:"):
                source.line("raise ValueError('no such branch of the union')")
        elif self._shape.is_sealed(kind):
            self._read_sealed(source, target, path, field)
        elif isinstance(kind, dict) and kind["type"] == "array":
            self._read_array(source, kind["items"], target, path, field)
        elif (record := self._shape.record_of(kind)) is not None:
            source.line(f"{target} = {self._read_record(source, record, path)}")
        else:
            read_primitive(source, self._shape.kind_of_item(kind), target)

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
                if self._shape.has_sealed(items):
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
        opened = f"{source.bind('open_', self._sealer.open_with)}({key_id}, {box}, [event_id, {path.expression()}])"
        if plain is None:
            source.line(f"{target} = {opened}.decode()")
        elif plain == "bytes":
            source.line(f"{target} = {opened}")
        else:
            source.line(f"{target} = {source.bind('from_box', self._inner(plain)[1])}({opened})")

    def _item(self, source: Source, path: _Path, k: str) -> _Path:
        """The path of an array's item, in a variable."""
        prefix = source.fresh("prefix")
        text = path.rest.replace("%", "%%") + "[%d]."
        source.line(f"{prefix} = {path.prefix + ' + ' if path.prefix else ''}{text.encode()!r} % {k}")
        return _Path(prefix, "")


def _as_bytes(value: bytes) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("bytes expected")
    return value
