"""Signed HTTP out: telling a platform, and judging from its answer whether it now knows."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import httpx

from connectors.api import Result, Told
from connectors.webhook_config import WebhookSinkConfig, sink_config
from mappings.message import Message

ANSWER_BYTES_MAX = 64 * 1024

# The connection was never made, or never handed out: nothing was sent.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,20}")
_LATER = {408, 425, 429}
# A gateway says so of a server that may have done the work.
_LOST_BEHIND_A_GATEWAY = {502, 504}


class WebhookSink:
    """Tells one system; `send` may be called from several threads. Raises Stop when the `sink:` section is wrong."""

    def __init__(self, system: str, section: dict[str, Any] | None) -> None:
        self._config: WebhookSinkConfig = sink_config(system, section)
        self._base = str(self._config.base_url).rstrip("/")
        self._scheme = self._config.signature.build()
        self._client = httpx.Client(
            timeout=httpx.Timeout(self._config.timeout_s, connect=self._config.connect_timeout_s),
            follow_redirects=False,
            trust_env=False,
        )

    def send(self, message: Message, push_id: str) -> Result:
        """Tell the system; the push id goes along as `Idempotency-Key`. Never raises for what the partner does."""
        path = self._config.paths.get(message.operation)
        if path is None:
            return Result(Told.REFUSED, f"未配置操作 {message.operation} 的接口路径")
        body = json.dumps(message.body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Accept-Encoding": "identity",
            "Idempotency-Key": push_id,
            **self._scheme.sign(body, message_id=push_id, now_s=int(time.time())),
        }
        try:
            status, answer = self._post(self._base + path, body, headers)
        except _NOT_SENT:
            return Result(Told.RETRY, "无法连接对方系统")
        except httpx.TimeoutException:
            return Result(Told.UNKNOWN, "等待对方答复超时，结果不明")
        except httpx.TransportError:
            return Result(Told.UNKNOWN, "连接中断，未收到完整答复，结果不明")
        return self._judge(status, answer)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        # httpx bounds each read, not their sum: a partner that drips its answer would hold the ticket for ever.
        deadline = time.monotonic() + self._config.timeout_s
        with self._client.stream("POST", url, content=body, headers=headers) as response:
            answer = b""
            for some in response.iter_raw():
                answer += some
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("answer drips", request=response.request)
                if len(answer) > ANSWER_BYTES_MAX:
                    break
            return response.status_code, answer

    def _judge(self, status: int, answer: bytes) -> Result:
        if status in _LOST_BEHIND_A_GATEWAY:
            return Result(Told.UNKNOWN, f"网关返回 {status}，结果不明")
        if status in _LATER or status >= 500:
            return Result(Told.RETRY, f"对方返回 {status}")
        if status >= 400:
            return Result(Told.REFUSED, f"对方拒绝，返回 {status}")
        if not 200 <= status < 300:
            return Result(Told.RETRY, f"对方返回 {status}，请检查接口地址")
        return self._judge_code(answer)

    def _judge_code(self, answer: bytes) -> Result:
        """A fault inside a 200 is a fault. The partner's own text is left out: it may quote what we sent."""
        try:
            code = json.loads(answer)["code"]
        except (ValueError, LookupError, TypeError):
            return Result(Told.UNKNOWN, "对方答复无法识别，结果不明")
        codes = self._config.codes
        if _listed(code, codes.done):
            return Result(Told.DONE)
        shown = str(code) if _CODE.fullmatch(str(code)) else "?"
        if _listed(code, codes.retry):
            return Result(Told.RETRY, f"对方返回代码 {shown}，稍后重试")
        return Result(Told.REFUSED, f"对方拒绝，返回代码 {shown}")


def _listed(code: object, codes: tuple[int | str, ...]) -> bool:
    return isinstance(code, int | str) and not isinstance(code, bool) and str(code) in {str(known) for known in codes}
