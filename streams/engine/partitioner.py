"""murmur2 as Java's default partitioner uses it: which partition a keyed record belongs to."""

from __future__ import annotations

import struct
from functools import lru_cache

_M = 0x5BD1E995
_MASK = 0xFFFFFFFF
_SEED = 0x9747B28C


@lru_cache(maxsize=256)
def _words(count: int) -> struct.Struct:
    return struct.Struct(f"<{count}I")


def murmur2(data: bytes) -> int:
    """32-bit murmur2 (seed 0x9747b28c), unsigned. Several times faster than aiokafka's, which it agrees with."""
    length = len(data)
    count = length >> 2
    h = _SEED ^ length
    for k in _words(count).unpack_from(data):
        k = (k * _M) & _MASK
        k = ((k ^ (k >> 24)) * _M) & _MASK
        h = ((h * _M) & _MASK) ^ k
    if tail := data[count << 2 :]:
        h = ((h ^ int.from_bytes(tail, "little")) * _M) & _MASK
    h = ((h ^ (h >> 13)) * _M) & _MASK
    return h ^ (h >> 15)


def partition_of(key: bytes, partitions: int) -> int:
    """The partition Java's, aiokafka's and librdkafka's murmur2 partitioners send the key to."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
