"""How the two platforms sign and check, written from the contract, not from the hub's code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

WINDOW_S = 300


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a platform and the hub agreed on."""

    system: str  # 12345 or web
    secret: str
    app_key: str = "santai"


def outgoing(credentials: Credentials, body: bytes, message_id: str) -> dict[str, str]:
    """Headers for a message to the hub."""
    now = int(time.time())
    if credentials.system == "12345":
        nonce = uuid.uuid4().hex
        sign = _hotline(credentials, str(now), nonce, body)
        return {"X-AppKey": credentials.app_key, "X-Ts": str(now), "X-Nonce": nonce, "X-Sign": sign}
    sign = _standard(credentials, message_id, str(now), body)
    return {"webhook-id": message_id, "webhook-timestamp": str(now), "webhook-signature": f"v1,{sign}"}


def genuine(credentials: Credentials, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the hub signed this call, lately."""
    if credentials.system == "12345":
        stamp = headers.get("x-ts", "")
        good = {_hotline(credentials, stamp, headers.get("x-nonce", ""), body)}
        given = {headers.get("x-sign", "")}
        known = headers.get("x-appkey") == credentials.app_key
    else:
        stamp = headers.get("webhook-timestamp", "")
        good = {_standard(credentials, headers.get("webhook-id", ""), stamp, body)}
        given = {part.removeprefix("v1,") for part in headers.get("webhook-signature", "").split(" ")}
        known = True
    fresh = stamp.isdecimal() and abs(time.time() - int(stamp)) <= WINDOW_S
    return known and fresh and bool(good & given)


def _hotline(credentials: Credentials, stamp: str, nonce: str, body: bytes) -> str:
    text = f"{credentials.app_key}\n{stamp}\n{nonce}\n{hashlib.sha256(body).hexdigest()}"
    return hmac.new(credentials.secret.encode(), text.encode(), "sha256").hexdigest()


def _standard(credentials: Credentials, message_id: str, stamp: str, body: bytes) -> str:
    secret = credentials.secret
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    return base64.b64encode(hmac.digest(key, f"{message_id}.{stamp}.".encode() + body, "sha256")).decode()
