"""Signatures: what was signed verifies, anything else does not, and two independent writings of the contract agree."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from connectors.signature import (
    BadSignature,
    HotlineScheme,
    Scheme,
    SignatureSection,
    StandardWebhooks,
    key_of,
)
from demo.platforms.signing import Credentials, genuine, outgoing

SECRET = b"a secret of sixteen bytes or more"
NOW = 1_760_000_000
HOTLINE = HotlineScheme("santai", (SECRET,))
STANDARD = StandardWebhooks((SECRET,))
schemes = st.sampled_from([HOTLINE, STANDARD])
REQUIRED = {
    HOTLINE: ["X-AppKey", "X-Ts", "X-Nonce", "X-Sign"],
    STANDARD: ["webhook-id", "webhook-timestamp", "webhook-signature"],
}


def test_the_hotline_sign_is_the_contract_s() -> None:
    scheme = HotlineScheme("k", (b"s",))
    # echo -n '{}' | sha256sum; printf 'k\n1\nm.1\n<that>' | openssl dgst -sha256 -hmac s
    sign = "68858f494ba1468a203fc9f5c1decf93dc3e9677e535c8568130cda7026545cc"
    scheme.verify({"X-AppKey": "k", "X-Ts": "1", "X-Nonce": "m.1", "X-Sign": sign}, b"{}", now_s=1)


def test_each_try_has_a_nonce_of_its_own() -> None:
    """Also within one second, and by a sender started anew: the partner may keep a store of nonces."""
    tries = [HotlineScheme("k", (SECRET,)).sign(b"{}", message_id="m", now_s=NOW)["X-Nonce"] for _ in range(50)]
    assert len(set(tries)) == len(tries)
    assert all(nonce.isascii() and nonce.startswith("m.") for nonce in tries)


def test_standard_webhooks_own_example() -> None:
    """The example of the standard's reference implementations."""
    scheme = StandardWebhooks((key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),))
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    body = b'{"test": 2432232314}'
    scheme.verify(headers, body, now_s=1614265330)
    assert scheme.sign(body, message_id=headers["webhook-id"], now_s=1614265330) == headers


@given(scheme=schemes, body=st.binary(max_size=200), message_id=st.uuids().map(str), drift=st.integers(-300, 300))
def test_what_was_signed_verifies_within_the_window(scheme: Scheme, body: bytes, message_id: str, drift: int) -> None:
    signed = scheme.sign(body, message_id=message_id, now_s=NOW)
    scheme.verify({name.upper(): value for name, value in signed.items()}, body, now_s=NOW + drift)


@given(scheme=schemes, drift=st.one_of(st.integers(max_value=-301), st.integers(min_value=301)))
def test_old_and_future_messages_are_refused(scheme: Scheme, drift: int) -> None:
    signed = scheme.sign(b"{}", message_id="m", now_s=NOW)
    with pytest.raises(BadSignature, match="相差超过 300 秒"):
        scheme.verify(signed, b"{}", now_s=NOW + drift)


@given(scheme=schemes, body=st.binary(max_size=100), other=st.binary(max_size=100))
def test_another_body_is_refused(scheme: Scheme, body: bytes, other: bytes) -> None:
    assume(body != other)
    with pytest.raises(BadSignature, match="签名不正确"):
        scheme.verify(scheme.sign(body, message_id="m", now_s=NOW), other, now_s=NOW)


@given(scheme=schemes, data=st.data())
def test_no_header_can_be_changed_or_left_out(scheme: Scheme, data: st.DataObject) -> None:
    signed = scheme.sign(b"{}", message_id="m", now_s=NOW)
    name = data.draw(st.sampled_from(sorted(signed)))
    value = data.draw(st.one_of(st.just(signed[name] + "0"), st.just("v1,"), st.text(max_size=30)))
    assume(value.lower() != signed[name].lower())
    # A list with the good signature in it is good.
    assume(signed[name] not in value.split())
    with pytest.raises(BadSignature):
        scheme.verify({**signed, name: value}, b"{}", now_s=NOW)
    del signed[name]
    with pytest.raises(BadSignature, match=f"缺少请求头 {name}"):
        scheme.verify(signed, b"{}", now_s=NOW)


@pytest.mark.parametrize("stamp", ["٣", "1e9", "-1", "1760000000.0", "9" * 400, " 1760000000"])
def test_a_timestamp_is_plain_digits(stamp: str) -> None:
    signed = {**STANDARD.sign(b"", message_id="m", now_s=NOW), "webhook-timestamp": stamp}
    with pytest.raises(BadSignature, match="秒级时间戳"):
        STANDARD.verify(signed, b"", now_s=NOW)


@pytest.mark.parametrize("make", [lambda *keys: HotlineScheme("k", keys), lambda *keys: StandardWebhooks(keys)])
def test_secrets_rotate_without_a_gap(make: Callable[..., Scheme]) -> None:
    """First the receiver learns the new one, then the sender uses it, then the old one goes."""
    old, new = b"old secret, sixteen", b"new secret, sixteen"
    for sender, receiver in [
        ((old,), (old, new)),
        ((new,), (old, new)),
        ((new, old), (new,)),
        ((new, old), (new, old)),
    ]:
        signed = make(*sender).sign(b"{}", message_id="m", now_s=NOW)
        make(*receiver).verify(signed, b"{}", now_s=NOW)
    signed = make(old).sign(b"{}", message_id="m", now_s=NOW)
    with pytest.raises(BadSignature):
        make(new).verify(signed, b"{}", now_s=NOW)


def test_another_app_key_is_refused_even_with_the_secret() -> None:
    signed = HotlineScheme("other", (SECRET,)).sign(b"{}", message_id="m", now_s=NOW)
    with pytest.raises(BadSignature):
        HOTLINE.verify(signed, b"{}", now_s=NOW)
    with pytest.raises(BadSignature):
        HOTLINE.verify({**signed, "X-AppKey": "santai"}, b"{}", now_s=NOW)


def test_versions_of_the_standard_we_do_not_know_neither_help_nor_harm() -> None:
    signed = STANDARD.sign(b"{}", message_id="m", now_s=NOW)
    good = signed["webhook-signature"]
    STANDARD.verify({**signed, "webhook-signature": f"v1a,xxx {good} v2,yyy"}, b"{}", now_s=NOW)
    with pytest.raises(BadSignature):
        STANDARD.verify({**signed, "webhook-signature": good.replace("v1,", "v2,")}, b"{}", now_s=NOW)


@pytest.mark.parametrize("system", ["12345", "web"])
def test_the_platforms_own_writing_of_the_contract_agrees(system: str) -> None:
    credentials = Credentials(system, SECRET.decode())
    scheme: Scheme = HOTLINE if system == "12345" else STANDARD
    body, now = '{"标题": "讨薪"}'.encode(), int(time.time())
    scheme.verify(outgoing(credentials, body, "msg_1"), body, now_s=now)
    signed = {name.lower(): value for name, value in scheme.sign(body, message_id="m", now_s=now).items()}
    assert genuine(credentials, signed, body)
    assert not genuine(credentials, signed, body + b" ")


section: TypeAdapter[SignatureSection] = TypeAdapter(SignatureSection)


def test_a_section_becomes_its_scheme() -> None:
    secret = "0123456789abcdef"
    hotline = section.validate_python({"scheme": "12345", "app_key": "k", "secrets": [secret, ""]})
    assert hotline.build() == HotlineScheme("k", (secret.encode(),))
    standard = section.validate_python({"scheme": "standard-webhooks", "secrets": [secret, "whsec_" + "QUFB" * 8]})
    assert standard.build() == StandardWebhooks((secret.encode(), b"AAA" * 8))
    for shown in (repr(hotline), repr(standard), repr(hotline.build()), repr(standard.build())):
        assert secret not in shown


@pytest.mark.parametrize(
    "wrong",
    [
        {"scheme": "none", "secrets": ["0123456789abcdef"]},
        {"scheme": "standard-webhooks", "secrets": []},
        {"scheme": "standard-webhooks", "secrets": [""]},
        {"scheme": "standard-webhooks", "secrets": ["short"]},
        {"scheme": "standard-webhooks", "secrets": ["whsec_***"]},
        {"scheme": "standard-webhooks", "secrets": ["0123456789abcdef"], "app_key": "k"},
        {"scheme": "12345", "secrets": ["0123456789abcdef"]},
    ],
)
def test_a_section_that_would_leave_the_door_open_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        section.validate_python(wrong)
