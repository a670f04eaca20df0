"""Signed HTTP, both ways: the hotline's own scheme and Standard Webhooks. Time is passed in, in seconds; what is
signed holds nothing else from outside but the hotline's nonce, which is drawn by chance for each try.

Neither scheme remembers nonces or ids. A message replayed within the window is the same message, its ids are
deterministic, and what is downstream takes a repeat for a repeat; a store of nonces would only add a way to lose one
(noted before the message is durable, it would turn the sender's own retry away).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, field_validator

WINDOW_S = 300
SECRET_BYTES_MIN = 16
NONCE_BYTES = 8


class BadSignature(Exception):
    """The message is not shown to come from the partner, or is too old; the text is Chinese and for the sender."""


class Scheme(Protocol):
    """How one partner signs."""

    def sign(self, body: bytes, *, message_id: str, now_s: int) -> dict[str, str]:
        """The headers that prove the body; the id is the same for each try to send it."""

    def verify(self, headers: Mapping[str, str], body: bytes, *, now_s: int) -> None:
        """Raises BadSignature unless some current secret signed exactly this body within the window."""


@dataclass(frozen=True, slots=True)
class HotlineScheme:
    """X-AppKey, X-Ts (seconds), X-Nonce, X-Sign = hex HMAC-SHA256(secret, app key, ts, nonce, hex SHA-256 of the body),
    the parts joined by newlines."""

    app_key: str
    secrets: tuple[bytes, ...] = field(repr=False)
    window_s: int = WINDOW_S

    def sign(self, body: bytes, *, message_id: str, now_s: int) -> dict[str, str]:
        stamp = str(now_s)
        # Another for each try, also within one second or after a restart: the partner may keep a store of nonces.
        nonce = f"{message_id}.{token_hex(NONCE_BYTES)}"
        return {
            "X-AppKey": self.app_key,
            "X-Ts": stamp,
            "X-Nonce": nonce,
            "X-Sign": self._sum(self.secrets[0], stamp, nonce, body),
        }

    def verify(self, headers: Mapping[str, str], body: bytes, *, now_s: int) -> None:
        found = _lower(headers)
        app_key, stamp, nonce, given = (_need(found, name) for name in ("X-AppKey", "X-Ts", "X-Nonce", "X-Sign"))
        _fresh(stamp, "X-Ts", now_s, self.window_s)
        good = [self._sum(secret, stamp, nonce, body) for secret in self.secrets]
        # No early way out: neither the app key nor which secret fits shows in the time taken.
        known = _same(app_key, self.app_key)
        if not (_any_same([given.lower()], good) and known):
            raise BadSignature("签名不正确：请核对应用标识、密钥和签名算法")

    def _sum(self, secret: bytes, stamp: str, nonce: str, body: bytes) -> str:
        text = "\n".join([self.app_key, stamp, nonce, hashlib.sha256(body).hexdigest()])
        return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class StandardWebhooks:
    """https://www.standardwebhooks.com: webhook-id, webhook-timestamp (seconds), webhook-signature, which is a list of
    `v1,<base64 HMAC-SHA256 of id.timestamp.body>` separated by spaces, one for each secret in rotation."""

    secrets: tuple[bytes, ...] = field(repr=False)
    window_s: int = WINDOW_S

    def sign(self, body: bytes, *, message_id: str, now_s: int) -> dict[str, str]:
        stamp = str(now_s)
        return {
            "webhook-id": message_id,
            "webhook-timestamp": stamp,
            "webhook-signature": " ".join(f"v1,{self._sum(s, message_id, stamp, body)}" for s in self.secrets),
        }

    def verify(self, headers: Mapping[str, str], body: bytes, *, now_s: int) -> None:
        found = _lower(headers)
        message_id, stamp, given = (
            _need(found, name) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
        )
        _fresh(stamp, "webhook-timestamp", now_s, self.window_s)
        # Other versions in the list (v1a, …) are not ours to judge: they neither help nor harm.
        offered = [part[3:] for part in given.split() if part.startswith("v1,")]
        if not _any_same(offered, [self._sum(secret, message_id, stamp, body) for secret in self.secrets]):
            raise BadSignature("签名不正确：请核对密钥和签名算法")

    def _sum(self, secret: bytes, message_id: str, stamp: str, body: bytes) -> str:
        signed = message_id.encode() + b"." + stamp.encode() + b"." + body
        return base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    secrets: tuple[str, ...] = Field(repr=False)
    window_s: int = Field(WINDOW_S, gt=0)

    @field_validator("secrets")
    @classmethod
    def _strong(cls, secrets: tuple[str, ...]) -> tuple[str, ...]:
        # An empty one is a placeholder whose setting is not given (no rotation under way); a short one can be guessed.
        given = tuple(secret for secret in secrets if secret)
        if not given or any(len(key_of(secret)) < SECRET_BYTES_MIN for secret in given):
            raise ValueError(f"至少要有一个密钥，每个至少 {SECRET_BYTES_MIN} 字节")
        return given

    def keys(self) -> tuple[bytes, ...]:
        """The secrets as bytes, first the one to sign with."""
        return tuple(key_of(secret) for secret in self.secrets)


class HotlineSection(_Section):
    """`signature:` of a system that signs as the hotline does."""

    scheme: Literal["12345"]
    app_key: str = Field(min_length=1)

    def build(self) -> Scheme:
        """The scheme, ready for use."""
        return HotlineScheme(self.app_key, self.keys(), self.window_s)


class StandardSection(_Section):
    """`signature:` of a system that signs by Standard Webhooks."""

    scheme: Literal["standard-webhooks"]

    def build(self) -> Scheme:
        """The scheme, ready for use."""
        return StandardWebhooks(self.keys(), self.window_s)


SignatureSection = Annotated[HotlineSection | StandardSection, Field(discriminator="scheme")]


def key_of(secret: str) -> bytes:
    """A secret as bytes: base64 after `whsec_`, as the standard writes them, else the text itself.

    Raises ValueError when the base64 is broken.
    """
    if not secret.startswith("whsec_"):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("密钥中 whsec_ 之后的部分应为 base64") from error


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _need(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name.lower(), "")
    if not value:
        raise BadSignature(f"缺少请求头 {name}")
    return value


def _fresh(stamp: str, name: str, now_s: int, window_s: int) -> None:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        raise BadSignature(f"{name} 应为秒级时间戳")
    if abs(now_s - int(stamp)) > window_s:
        raise BadSignature(f"{name} 与本机时间相差超过 {window_s} 秒：请校准时钟后重新签名")


def _same(a: str, b: str) -> bool:
    return hmac.compare_digest(a.encode(), b.encode())


def _any_same(given: Sequence[str], good: Sequence[str]) -> bool:
    """Whether one given value equals one good one, comparing every pair in constant time."""
    found = [_same(a, b) for a in given for b in good]  # a list: all are compared, whichever fits
    return any(found)
