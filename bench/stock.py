"""The state of many submissions: that of a small load, told again and again under other ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.load import Province, raw_changes
from bench.steps import Walk
from mappings.systems import System
from schemas.catalog import catalog
from schemas.errors import Stop
from schemas.events.tables import Block, TicketRecord
from schemas.inner import Inner
from schemas.plan import FromBox, ToBox, plan
from schemas.sealing import Sealer
from streams.steps.tickets import TIMES
from streams.topology import BLOCKS_TABLE, TICKETS_TABLE

TEMPLATES = 1_000
"""Submissions that are really worked through."""

_IDS = re.compile(rb"(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=:)[0-9a-f]{32}")
"""Ids of events and submissions, and blocking keys. Their length never changes, so neither does what stands around."""
_DIGITS = 8
_SPREAD = 0x9E3779B1  # odd, so that no two copies below 2^32 get the same mask


@dataclass(frozen=True, slots=True)
class _Template:
    table: str
    key: bytes
    head: bytes  # before the sealed record
    box: bytes  # the record as it is sealed
    places: tuple[int, ...]  # of the ids in it
    inner: Inner


class Stock:
    """Table values as the steps would keep them, sealed under a hub's keys; nothing in them meets a later load."""

    def __init__(self, systems: dict[str, System], sealer: Sealer, seed: int) -> None:
        walk = Walk(systems)
        load = Province(seed, follow_up=False).load(TEMPLATES)
        walk.run(raw_changes(load, systems))
        self.submissions = load.submissions
        """In one copy."""
        self._templates = [
            *_templates(walk, TICKETS_TABLE, TicketRecord, TIMES.size, sealer),
            *_templates(walk, BLOCKS_TABLE, Block, 0, sealer),
        ]

    def __len__(self) -> int:
        """Records of one copy."""
        return len(self._templates)

    def copies(self, number: int) -> Iterator[tuple[str, bytes, bytes]]:
        """(table, key, value) of so many copies, each under ids of its own."""
        for k in range(number):
            mask = (k + 1) * _SPREAD & 0xFFFFFFFF
            for t in self._templates:
                key = _under(mask, t.key, _places(t.key))
                yield t.table, key, t.head + t.inner.seal_box(_under(mask, t.box, t.places), key)


def _templates(walk: Walk, table: str, cls: type[Any], head: int, sealer: Sealer) -> Iterator[_Template]:
    inner = Inner(plan(catalog().current(f"cn.santai.inner.{cls.__name__}"), sealer, _no_boxes), catalog(), sealer)
    for key, value in walk.table(table).items():
        box = inner.to_box(walk.codec.decode_inner(cls, value[head:], key))
        yield _Template(table, key, value[:head], box, _places(box), inner)


def _no_boxes(name: str) -> tuple[ToBox, FromBox]:
    raise Stop(f"{name} 在表的记录中另有封存,测量程序须随之修改")


def _places(data: bytes) -> tuple[int, ...]:
    return tuple(found.start() for found in _IDS.finditer(data))


def _under(mask: int, data: bytes, places: tuple[int, ...]) -> bytes:
    """The same bytes under other ids: the first digits of each are changed alike wherever it stands."""
    out = bytearray(data)
    for at in places:
        out[at : at + _DIGITS] = b"%08x" % (int(data[at : at + _DIGITS], 16) ^ mask)
    return bytes(out)
