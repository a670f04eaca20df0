"""What is in a schema of ours: named types, optional and sealed fields; and whether we know all kinds in it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from schemas.catalog import class_of
from schemas.errors import Stop
from schemas.source import PRIMITIVES

SEALED = "cn.santai.Sealed"


class Shape:
    """One record type, parsed by fastavro. Raises Stop, naming the field, when a kind is unknown."""

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        self.root: str = schema["name"]
        self.sealed = False
        """Something in it is sealed."""
        self._named: dict[str, Any] = {}
        self._check(schema, ())

    def _check(self, schema: Any, around: tuple[str, ...]) -> None:
        """Refuse what cannot be compiled; learn the named types and whether anything is sealed."""
        name = schema["name"]
        if name in around:
            raise Stop(f"{self.root} 的模式自我嵌套({name}),编码器不支持")
        self._named[name] = schema
        cls = class_of(name.rpartition(".")[2])
        if not schema["fields"]:
            raise Stop(f"{cls.__name__} 的模式没有字段")
        if [field["name"] for field in schema["fields"]] != [field.name for field in fields(cls)]:
            raise Stop(f"{name} 的模式与数据类 {cls.__name__} 字段不一致,请使两者字段名与次序相同")
        for field in schema["fields"]:
            kind = self.kind_of_item(field["type"])
            if self.is_sealed(kind):
                if "pii" not in field:
                    raise Stop(f"{self.root} 的字段 {field['name']} 是 Sealed,却没有 pii 标记")
                self.sealed = True
                continue
            if "pii" in field and not self.root.startswith("cn.santai.inner."):
                raise Stop(f"{self.root} 的字段 {field['name']} 标有 pii,类型却不是 Sealed")
            record = self.record_of(kind)
            if record is not None:
                self._check(record, (*around, name))
            elif kind not in PRIMITIVES:
                raise Stop(f"{self.root} 的字段 {field['name']} 的类型编码器不支持,请用 schemas/plan.py 开头列出的类型")

    def kind_of_item(self, schema: Any) -> Any:
        """What is in a field once null and arrays are taken off."""
        _, kind = optional(schema)
        while isinstance(kind, dict) and kind["type"] == "array":
            _, kind = optional(kind["items"])
        return kind["type"] if isinstance(kind, dict) and kind["type"] in PRIMITIVES else kind

    def record_of(self, kind: Any) -> Any:
        """The record's schema, given or by name; None for what is no record."""
        if isinstance(kind, str):
            return self._named.get(kind)
        return kind if isinstance(kind, dict) and kind["type"] == "record" else None

    def is_sealed(self, kind: Any) -> bool:
        """Sealed, at its definition or by name."""
        if isinstance(kind, dict) and kind.get("name") == SEALED:
            self._named[SEALED] = kind
            return True
        return bool(kind == SEALED)

    def has_sealed(self, schema: Any) -> bool:
        """Something in it is sealed."""
        kind = self.kind_of_item(schema)
        if self.is_sealed(kind):
            return True
        record = self.record_of(kind)
        return record is not None and any(self.has_sealed(field["type"]) for field in record["fields"])


def optional(schema: Any) -> tuple[bool, Any]:
    """Whether null is allowed, and the type without it."""
    if isinstance(schema, list) and len(schema) == 2 and schema[0] == "null":
        return True, schema[1]
    return False, schema
