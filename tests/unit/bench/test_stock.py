"""Copies of state: each under ids of its own, consistent in itself, readable under the hub's keys."""

from __future__ import annotations

from pathlib import Path

import pytest

import mappings
from bench.stock import Stock
from mappings.systems import load_systems
from schemas.codec import Codec, LocalSchemaIds
from schemas.events.tables import Block, TicketRecord
from streams.steps.tickets import TIMES
from streams.topology import BLOCKS_TABLE, TICKETS_TABLE
from tests.unit.schemas.keys import sealer


@pytest.fixture(scope="module")
def stock() -> Stock:
    return Stock(load_systems(Path(mappings.__file__).parent / "systems", None, None), sealer(), 1)


def test_no_two_copies_share_a_key_and_all_can_be_read(stock: Stock) -> None:
    codec = Codec(sealer(), LocalSchemaIds())
    found: dict[str, dict[bytes, bytes]] = {TICKETS_TABLE: {}, BLOCKS_TABLE: {}}
    for table, key, value in stock.copies(2):
        assert key not in found[table]
        found[table][key] = value
    assert sum(map(len, found.values())) == 2 * len(stock)
    assert len(found[TICKETS_TABLE]) == 2 * stock.submissions
    keys = set(found[BLOCKS_TABLE])
    laid = 0
    for key, value in found[TICKETS_TABLE].items():
        record = codec.decode_inner(TicketRecord, value[TIMES.size :], key)
        assert record.submission_id.encode() == key
        claims = {claim.key.encode() for claim in record.claims}
        laid += len(claims)
        assert claims <= keys, "a submission's blocks are copied under the same ids"
    assert laid > len(found[TICKETS_TABLE])
    for key, value in list(found[BLOCKS_TABLE].items())[:200]:
        entries = codec.decode_inner(Block, value, key).entries
        assert {e.features.submission_id.encode() for e in entries} <= set(found[TICKETS_TABLE])
