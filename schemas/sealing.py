"""Sealing of personal data: AES-SIV (RFC 5297), deterministic, so that a replay writes the same bytes.

Associated data tie a box to its place: a box copied into another event or another field does not open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from itertools import pairwise

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from schemas.errors import Stop, Unreadable

KEY_BYTES = 64
INDEX_KEY_BYTES = 32
INDEX_BYTES = 16
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,32}\Z")
_ENOUGH_DISTINCT = 16  # 64 random bytes have about 57 distinct ones, 32 about 30


class Sealer:
    """Closes and opens boxes, and makes the keyed index by which equal values are found. Thread-safe."""

    def __init__(self, keys: Mapping[str, bytes], current: str, index_key: bytes) -> None:
        """`keys`: key id → 64 bytes; `current` closes, all open. Raises Stop when a key is missing, short or weak."""
        for key_id, key in keys.items():
            if not _KEY_ID.match(key_id):
                raise Stop("封存密钥的编号只能是 1 到 32 个字母、数字、下划线或连字符")
            _refuse_weak(f"封存密钥 {key_id}", key, KEY_BYTES)
            if key[:32] == key[32:]:
                raise Stop(f"封存密钥 {key_id} 的前后两半相同,请换成 64 个随机字节")
            if index_key == key or index_key in (key[:32], key[32:]):
                raise Stop(f"索引密钥与封存密钥 {key_id} 相同,请各用各的随机字节")
        if current not in keys:
            raise Stop("当前封存密钥的编号不在密钥表中,请检查密钥设置")
        _refuse_weak("索引密钥", index_key, INDEX_KEY_BYTES)
        self._boxes = {key_id: AESSIV(key) for key_id, key in keys.items()}
        self._current = current
        self._encrypt = self._boxes[current].encrypt
        self._index_key = index_key
        self._hashes: dict[str, blake2b] = {}

    @property
    def current(self) -> str:
        """Id of the key that closes."""
        return self._current

    def seal(self, plain: bytes, event_id: str, field: str) -> tuple[str, bytes]:
        """Key id and box of a value of one field of one event."""
        return self._current, self._encrypt(plain, [event_id.encode(), field.encode()])

    def open(self, key_id: str, box: bytes, event_id: str, field: str) -> bytes:
        """The value again. Raises Unreadable when the key is unknown, the box altered or from another place."""
        return self.open_with(key_id, box, [event_id.encode(), field.encode()])

    def seal_with(self, plain: bytes, associated: list[bytes]) -> bytes:
        """Box closed by the current key, over associated data of one's own."""
        return self._encrypt(plain, associated)

    def open_with(self, key_id: str, box: bytes, associated: list[bytes]) -> bytes:
        """As `open`, over associated data of one's own."""
        try:
            return self._boxes[key_id].decrypt(box, associated)
        except KeyError:
            shown = key_id if _KEY_ID.match(key_id) else "(不合规)"
            raise Unreadable(f"封存密钥 {shown} 不在密钥设置中,请补上该密钥后重放") from None
        except (InvalidTag, ValueError):
            raise Unreadable("封存值打不开:密钥不对、内容被改动,或不属于此事件的此字段") from None

    def index(self, kind: str, value: str) -> bytes:
        """16 bytes, equal for equal (kind, value) only; keyed, for plain hashes of phones can be enumerated."""
        base = self._hashes.get(kind)
        if base is None:
            base = blake2b(kind.encode() + b"\0", key=self._index_key, digest_size=INDEX_BYTES)
            self._hashes[kind] = base
        mine = base.copy()
        mine.update(value.encode())
        return mine.digest()


def sealer_from_hex(keys: Mapping[str, str] | str, current: str, index_key: str) -> Sealer:
    """A sealer from settings: keys as {id: hex} or "id:hex,id:hex". Raises Stop in one line without key material."""
    if isinstance(keys, str):
        pairs = [part.strip().partition(":") for part in keys.split(",") if part.strip()]
        if len({key_id for key_id, _, _ in pairs}) != len(pairs):
            raise Stop("封存密钥设置中有重复的编号")
        keys = {key_id: value for key_id, _, value in pairs}
    return Sealer(
        {key_id: _unhex("封存密钥", value) for key_id, value in keys.items()}, current, _unhex("索引密钥", index_key)
    )


def _unhex(what: str, value: str) -> bytes:
    try:
        return bytes.fromhex(value)
    except ValueError:
        raise Stop(f"{what}不是十六进制,请检查密钥设置(格式为 编号:十六进制)") from None


def _refuse_weak(what: str, key: bytes, size: int) -> None:
    if len(key) != size:
        raise Stop(f"{what} 须为 {size} 字节,实为 {len(key)} 字节")
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    if len(set(key)) < _ENOUGH_DISTINCT or len(steps) == 1:
        raise Stop(f"{what} 太弱,请换成 {size} 个随机字节")
