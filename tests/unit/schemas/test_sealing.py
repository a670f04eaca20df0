"""Boxes open where they were closed and nowhere else; weak keys are refused."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Stop, Unreadable
from schemas.sealing import Sealer, sealer_from_hex
from tests.unit.schemas.keys import INDEX_KEY, KEYS, sealer


@given(st.binary(), st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_round_trip_is_deterministic(plain: bytes, event_id: str, field: str) -> None:
    key_id, box = sealer().seal(plain, event_id, field)
    assert (key_id, box) == sealer().seal(plain, event_id, field)
    assert sealer().open(key_id, box, event_id, field) == plain


def test_a_box_opens_only_in_its_own_place() -> None:
    key_id, box = sealer().seal("王小明".encode(), "event", "person.name")
    for event_id, field in (("other", "person.name"), ("event", "agent.name"), ("eventp", "erson.name")):
        with pytest.raises(Unreadable, match="封存值打不开"):
            sealer().open(key_id, box, event_id, field)


@given(st.integers(0, 8 * 25 - 1))
def test_any_altered_bit_is_noticed(bit: int) -> None:
    key_id, box = sealer().seal("王小明".encode(), "event", "name")
    altered = bytearray(box)
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unreadable, match="封存值打不开"):
        sealer().open(key_id, bytes(altered), "event", "name")


@pytest.mark.parametrize("box", [b"", b"short", bytes(16)])
def test_a_box_too_short_is_unreadable(box: bytes) -> None:
    with pytest.raises(Unreadable):
        sealer().open("k1", box, "event", "name")


def test_older_keys_still_open_and_unknown_ones_are_named() -> None:
    key_id, box = sealer("k1").seal(b"x", "event", "name")
    assert sealer("k2").open(key_id, box, "event", "name") == b"x"
    with pytest.raises(Unreadable, match="封存密钥 k9 不在密钥设置中"):
        sealer().open("k9", box, "event", "name")


def test_a_hostile_key_id_is_not_repeated_in_the_message() -> None:
    with pytest.raises(Unreadable) as caught:
        sealer().open("王小明 370100199001010011", b"", "event", "name")
    assert "王小明" not in str(caught.value)


def test_wrong_key_under_the_same_id() -> None:
    key_id, box = sealer().seal(b"x", "event", "name")
    other = Sealer({"k1": KEYS["k2"]}, "k1", INDEX_KEY)
    with pytest.raises(Unreadable, match="密钥不对"):
        other.open(key_id, box, "event", "name")


def test_index_is_keyed_and_told_apart_by_kind() -> None:
    index = sealer().index("phone", "13800000000")
    assert len(index) == 16
    assert index == sealer("k2").index("phone", "13800000000"), "a new sealing key must not change the index"
    assert index != sealer().index("id_number", "13800000000")
    assert index != Sealer(KEYS, "k1", secrets.token_bytes(32)).index("phone", "13800000000")


@pytest.mark.parametrize(
    ("keys", "current", "index_key", "message"),
    [
        ({"k1": KEYS["k1"][:32]}, "k1", INDEX_KEY, "须为 64 字节,实为 32"),
        ({"k1": bytes(64)}, "k1", INDEX_KEY, "太弱"),
        ({"k1": bytes(range(64))}, "k1", INDEX_KEY, "太弱"),
        ({"k1": KEYS["k1"][:32] * 2}, "k1", INDEX_KEY, "前后两半相同"),
        (KEYS, "k3", INDEX_KEY, "当前封存密钥"),
        ({}, "k1", INDEX_KEY, "当前封存密钥"),
        ({"": KEYS["k1"]}, "", INDEX_KEY, "编号"),
        ({"k" * 33: KEYS["k1"]}, "k1", INDEX_KEY, "编号"),
        (KEYS, "k1", INDEX_KEY[:31], "须为 32 字节,实为 31"),
        (KEYS, "k1", b"a" * 32, "太弱"),
        (KEYS, "k1", KEYS["k1"][32:], "相同"),
    ],
)
def test_weak_and_missing_keys_stop_in_one_line(
    keys: dict[str, bytes], current: str, index_key: bytes, message: str
) -> None:
    with pytest.raises(Stop, match=message) as caught:
        Sealer(keys, current, index_key)
    assert "\n" not in str(caught.value)


def test_settings_in_hex() -> None:
    text = ", ".join(f"{key_id}:{key.hex()}" for key_id, key in KEYS.items())
    read = sealer_from_hex(text, "k2", INDEX_KEY.hex())
    assert read.current == "k2"
    assert read.seal(b"x", "e", "f") == sealer("k2").seal(b"x", "e", "f")
    again = sealer_from_hex({key_id: key.hex() for key_id, key in KEYS.items()}, "k2", INDEX_KEY.hex())
    assert again.seal(b"x", "e", "f") == read.seal(b"x", "e", "f")


@pytest.mark.parametrize("text", ["", "k1", "k1:zz", "k1=00", f"k1:{KEYS['k1'].hex()},k1:{KEYS['k2'].hex()}"])
def test_settings_that_are_no_keys_stop_without_repeating_them(text: str) -> None:
    with pytest.raises(Stop) as caught:
        sealer_from_hex(text, "k1", INDEX_KEY.hex())
    assert KEYS["k1"].hex() not in str(caught.value)
