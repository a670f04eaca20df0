"""Python source under construction: the lines of one function, the objects they name, Avro's primitives as lines.

Why source and not closures: a function for each field costs two calls a field, more than the field itself. What is
compiled here is made of field names of our own schemas and of nothing from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from schemas import wire

PRIMITIVES = ("boolean", "int", "long", "double", "string", "bytes")
_HELPERS = {
    name: getattr(wire, name)
    for name in ("LENGTHS", "varint", "write_long", "write_int", "read_long", "read_int", "read_length", "read_double")
} | {"pack_double": wire.DOUBLE.pack}
_LENGTH = "out += LENGTHS[n] if n < 8192 else varint(n)"


class Source:
    """One function of so many parameters, line by line."""

    def __init__(self, name: str, parameters: str) -> None:
        self._name = name
        self._lines = [f"def made({parameters}):"]
        self._depth = 1
        self._objects: dict[str, Any] = dict(_HELPERS)
        self._count = 0

    def line(self, text: str) -> None:
        """Add a line at the present depth."""
        self._lines.append("    " * self._depth + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Lines below a line that ends in a colon."""
        self.line(head)
        self._depth += 1
        yield
        self._depth -= 1

    def fresh(self, stem: str) -> str:
        """A name nobody has."""
        self._count += 1
        return f"{stem}{self._count}"

    def bind(self, stem: str, value: Any) -> str:
        """A fresh name for an object."""
        name = self.fresh(stem)
        self._objects[name] = value
        return name

    def function(self) -> Callable[..., Any]:
        """The function as it stands."""
        code = compile("\n".join(self._lines), f"<avro {self._name}>", "exec")
        scope = dict(self._objects)
        exec(code, scope)  # noqa: S102 - see the module's text
        made: Callable[..., Any] = scope["made"]
        return made


def write_primitive(source: Source, kind: str, value: str) -> None:
    """Append the value of an expression to `out`. The lines raise ValueError, TypeError or AttributeError."""
    if kind == "string":
        source.line(f"b = {value}.encode()")
        source.line("n = len(b)")
        source.line(_LENGTH)
        source.line("out += b")
    elif kind == "bytes":
        source.line(f"n = len({value})")
        source.line(_LENGTH)
        source.line(f"out += {value}")
    elif kind == "boolean":
        with source.block(f"if {value} is not True and {value} is not False:"):
            source.line("raise TypeError('boolean expected')")
        source.line(f"out.append({value})")
    elif kind == "double":
        source.line(f"out += pack_double({value})")
    else:
        source.line(f"write_{kind}(out, {value})")


def read_primitive(source: Source, kind: str, target: str) -> None:
    """Read from `data` at `at` into a variable, and move `at`. The lines raise IndexError or ValueError."""
    if kind in ("string", "bytes"):
        source.line("n = data[at]")
        with source.block("if n < 128 and not n & 1:"):
            source.line("at += 1")
            source.line("end = at + (n >> 1)")
        with source.block("else:"):
            source.line("n, at = read_length(data, at)")
            source.line("end = at + n")
        source.line(f"{target} = data[at:end]" + (".decode()" if kind == "string" else ""))
        source.line("at = end")
    elif kind == "boolean":
        source.line("n = data[at]")
        with source.block("if n > 1:"):
            source.line("raise ValueError('boolean is neither 0 nor 1')")
        source.line(f"{target} = n == 1")
        source.line("at += 1")
    else:
        source.line(f"{target}, at = read_{kind}(data, at)")


def write_count(source: Source, count: str) -> None:
    """Append a length or count."""
    source.line(f"n = {count}")
    source.line(_LENGTH)
