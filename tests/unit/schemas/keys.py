"""Keys for tests and golden records: derived from words, the same for ever, secret to nobody."""

from __future__ import annotations

from hashlib import sha256, sha512

from schemas.sealing import Sealer

KEYS = {"k1": sha512(b"first test key").digest(), "k2": sha512(b"second test key").digest()}
INDEX_KEY = sha256(b"test index key").digest()


def sealer(current: str = "k1") -> Sealer:
    """A sealer that closes with `current` and opens both."""
    return Sealer(KEYS, current, INDEX_KEY)
