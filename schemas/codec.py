"""Events to bytes and back: Confluent wire format (0x00, 4-byte schema id, Avro), personal fields sealed on the way.

In memory events carry plain text; nothing personal leaves `encode` in the clear. Only shells hold a codec.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from schemas.catalog import catalog, record_name, subject
from schemas.errors import DeadLetter, Unreadable
from schemas.headers import headers
from schemas.inner import Inner
from schemas.local_ids import LocalSchemaIds
from schemas.plan import FromBox, Plan, ToBox, plan
from schemas.resolve import Convert, converter, foreign, same
from schemas.sealing import Sealer

__all__ = ["Codec", "LocalSchemaIds", "SchemaIds", "headers"]

MAX_BYTES = 1 << 20  # as the broker's own default for a record
_MAGIC = 0x00
_HEAD_BYTES = 5
T = TypeVar("T")


class SchemaIds(Protocol):
    """Where schema ids come from: the registry, or memory in tests."""

    def id_of(self, subject: str) -> int:
        """Id of our own schema under the subject. Raises Stop when it is not registered, Retry when unreachable."""

    def schema_of(self, schema_id: int) -> dict[str, Any]:
        """The schema of an id. Raises Unreadable when there is none, Retry when the registry is unreachable."""


class Codec:
    """Holds what was compiled; one for a process, thread-safe (at worst two threads compile the same thing)."""

    def __init__(self, sealer: Sealer, ids: SchemaIds, max_bytes: int = MAX_BYTES) -> None:
        self._sealer = sealer
        self._ids = ids
        self._max_bytes = max_bytes
        self._inner: dict[str, Inner] = {}
        self._plans: dict[str, Plan] = {}
        self._out: dict[tuple[str, type[Any]], tuple[bytes, Plan]] = {}
        self._in: dict[int, tuple[Plan, Convert | None]] = {}

    def encode(self, topic: str, event: object) -> bytes:
        """Value of a record. Raises DeadLetter when the event does not fit its schema, Stop when it is unregistered."""
        cls = type(event)
        known = self._out.get((topic, cls))
        if known is None:
            known = self._prepare(topic, cls)
        head, how = known
        out = bytearray(head)
        try:
            how.write(out, event)
        except (ValueError, TypeError, AttributeError) as error:
            raise _unfit(how, event, error) from None  # what went wrong may quote the value
        if len(out) > self._max_bytes:
            raise DeadLetter("encode", f"{cls.__name__} 编码后有 {len(out)} 字节,超过上限 {self._max_bytes}")
        return bytes(out)

    def decode(self, value: bytes | None) -> Any:
        """The event, a dataclass of `schemas.events`. Raises Unreadable on anything wrong with the bytes."""
        if value is None:
            raise Unreadable("记录没有内容(墓碑)")
        if len(value) > self._max_bytes:
            raise Unreadable(f"记录有 {len(value)} 字节,超过上限 {self._max_bytes}")
        if len(value) < _HEAD_BYTES or value[0] != _MAGIC:
            raise Unreadable(_no_magic(value))
        schema_id = int.from_bytes(value[1:_HEAD_BYTES], "big")
        known = self._in.get(schema_id)
        if known is None:
            known = self._in[schema_id] = self._meet(schema_id)
        how, convert = known
        if convert is None:
            return how.read(value, _HEAD_BYTES)
        return how.read(convert(value[_HEAD_BYTES:]))

    def encode_inner(self, record: object, aad: bytes) -> bytes:
        """The whole record sealed, for table values; `aad` ties it to its place (the table and key).
        Raises DeadLetter when it does not fit its schema."""
        inner = self._inner_of(f"cn.santai.inner.{type(record).__name__}")
        try:
            return inner.seal(record, aad)
        except (ValueError, TypeError, AttributeError) as error:
            raise _unfit(inner.plan, record, error) from None

    def decode_inner(self, cls: type[T], data: bytes, aad: bytes) -> T:
        """The record again, from this or any earlier version of its schema. Raises Unreadable."""
        record: T = self._inner_of(f"cn.santai.inner.{cls.__name__}").open(data, aad)
        return record

    def _prepare(self, topic: str, cls: type[Any]) -> tuple[bytes, Plan]:
        name = subject(topic, cls)
        how = self._plan(record_name(name))
        head = bytes((_MAGIC,)) + self._ids.id_of(name).to_bytes(4, "big")
        known = self._out[topic, cls] = (head, how)
        return known

    def _meet(self, schema_id: int) -> tuple[Plan, Convert | None]:
        writer = foreign(self._ids.schema_of(schema_id))
        name = writer.get("name") if isinstance(writer, dict) else None
        if name not in catalog().events:
            raise Unreadable(f"模式编号 {schema_id} 不是本系统的事件类型")
        how = self._plan(name)
        return how, None if same(writer, how.schema) else converter(writer, how.schema)

    def _plan(self, name: str) -> Plan:
        if name not in self._plans:
            self._plans[name] = plan(catalog().current(name), self._sealer, self._boxes)
        return self._plans[name]

    def _inner_of(self, name: str) -> Inner:
        if name not in self._inner:
            self._inner[name] = Inner(self._plan(name), catalog(), self._sealer)
        return self._inner[name]

    def _boxes(self, name: str) -> tuple[ToBox, FromBox]:
        inner = self._inner_of(name)
        return inner.to_box, inner.from_box


def _unfit(how: Plan, record: object, error: Exception) -> DeadLetter:
    reason = f"{type(record).__name__} 的内容不合其模式({type(error).__name__})"
    return DeadLetter("encode", reason, field=how.misfit(record))


def _no_magic(value: bytes) -> str:
    if value[:1] == b"\x01":
        return "首字节是 0x01(新式头部),本系统只认 0x00 加 4 字节模式编号"
    if len(value) < _HEAD_BYTES:
        return f"只有 {len(value)} 字节,不足 0x00 加 4 字节模式编号"
    return "首字节不是 0x00,不是 Confluent 线上格式"
