"""The HTTP application. Everything it needs is handed to it; it holds no state of its own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as Unrouted
from starlette.requests import ClientDisconnect

from connectors.webhook import BODY_BYTES_MAX, TOO_LARGE
from santai.api.clerk import ClerkDoor, add_clerk_routes
from santai.api.progress import CONFIDENTIAL, Progress, WaitingOf, progress
from santai.api.unread import ReadToTheEnd
from santai.projector.numbers import Ambiguous, NotFound
from santai.words import Words
from schemas.errors import Retry

log = logging.getLogger(__name__)


class WebhookHandler(Protocol):
    """One system's webhook: checks the signature, maps to validate, and makes the message durable."""

    def handle(self, headers: Mapping[str, str], body: bytes, now: int) -> tuple[int, Mapping[str, Any]]:
        """HTTP status and JSON answer. `now` in ms. Blocks until Kafka has the message; may be called from several
        threads. Raises Retry when it cannot be made durable."""


Health = Callable[[], tuple[bool, Mapping[str, Any]]]
"""Green or red, and why; called in a thread."""


def create_app(
    read_engine: Engine,
    webhooks: Mapping[str, WebhookHandler],
    health: Health,
    metrics_registry: CollectorRegistry,
    *,
    words: Words | None = None,
    clerk: ClerkDoor | None = None,
    waiting_of: WaitingOf = lambda _tickets: (),
    confidential: Collection[str] = CONFIDENTIAL,
    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
) -> FastAPI:
    """The application. `webhooks`: system → handler; without `clerk` that door is closed. `waiting_of`: what the ledger
    still has to tell of tickets. `now_ms` is the clock that signatures are checked against."""
    said = words or Words.load()
    app = FastAPIOffline(  # its pages load nothing from elsewhere: a government network has no way out
        redoc_url=None,
        swagger_ui_parameters={"validatorUrl": None},
        title="三台",
        summary="公共法律服务三台融合：一次接收、三台通行",
        description="系统推送诉求（签名），任何一个编号都能查到同一件事的进度。",
        version="1",
        redirect_slashes=False,  # an address is right or unknown
    )
    app.add_middleware(ReadToTheEnd)

    @app.post("/intake/{system}", status_code=202, summary="接收系统推送", responses=_INTAKE)
    async def intake(system: str, request: Request) -> Response:
        handler = webhooks.get(system)
        if handler is None:
            raise HTTPException(404, "没有这个系统的接收入口")
        body = await _body(request)
        status, answer = await run_in_threadpool(handler.handle, dict(request.headers), body, now_ms())
        return JSONResponse(dict(answer), status)

    add_clerk_routes(app, clerk)  # before /tickets/…: a number may hold anything

    @app.get("/tickets/{number:path}", summary="按编号查进度", responses=_TICKETS)
    def ticket(number: str) -> Progress:
        return progress(read_engine, number, said, waiting_of, confidential)

    @app.get("/healthz", summary="健康状况", responses={503: {"description": "不健康，原因见内容"}})
    def healthz() -> Response:
        green, detail = health()
        return JSONResponse({"ok": green, **detail}, 200 if green else 503)

    @app.get("/metrics", summary="监控指标", include_in_schema=False)
    def metrics() -> Response:
        return Response(generate_latest(metrics_registry), media_type=CONTENT_TYPE_LATEST)

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, error: HTTPException) -> Response:
        return JSONResponse({"reason": error.detail}, error.status_code)

    @app.exception_handler(Unrouted)
    async def unrouted(request: Request, error: Unrouted) -> Response:
        reason = _UNROUTED.get(error.status_code, "请求无法处理。").format(method=request.method)
        return JSONResponse({"reason": reason}, error.status_code, headers=error.headers)

    @app.exception_handler(ClientDisconnect)
    async def gone(_request: Request, _error: ClientDisconnect) -> Response:
        return JSONResponse({"reason": "消息没有收完，连接已断开。"}, 400)  # nobody reads it; nothing was taken over

    @app.exception_handler(NotFound)
    async def unknown(_request: Request, _error: NotFound) -> Response:
        return JSONResponse({"reason": "没有查到这个编号。请核对编号；刚登记的诉求请稍后再查。"}, 404)

    @app.exception_handler(Ambiguous)
    async def ambiguous(_request: Request, error: Ambiguous) -> Response:
        return JSONResponse({"reason": _which([said.system(s) for s in error.systems]), "systems": error.systems}, 409)

    @app.exception_handler(Retry)
    async def passing(_request: Request, error: Retry) -> Response:
        log.warning("http_unavailable", extra={"why": str(error)})
        return JSONResponse({"reason": "系统暂时无法处理，请稍后再试。"}, 503, headers={"Retry-After": "5"})

    return app


_INTAKE: dict[int | str, dict[str, Any]] = {
    202: {"description": "Kafka 的全部同步副本都已写入"},
    401: {"description": "签名不对"},
    404: {"description": "没有这个系统的接收入口"},
    413: {"description": "消息过大"},
    422: {"description": "消息无法映射；内容写明字段和原因"},
    503: {"description": "暂时无法可靠保存，请重发"},
}
_TICKETS: dict[int | str, dict[str, Any]] = {
    404: {"description": "没有这个编号"},
    409: {"description": "多个办件有这个编号；内容列出系统"},
    503: {"description": "读模型暂时不可用"},
}

_UNROUTED = {404: "没有这个地址。接口说明见 /docs。", 405: "这个地址不支持 {method} 方法。接口说明见 /docs。"}


def _which(titles: list[str]) -> str:
    if len(titles) > 1:
        return f"这个编号在{'、'.join(titles)}都有，不是同一件事。请写明系统，例如 系统代码:编号。"
    return f"这个编号在{titles[0]}不止一件。请用该系统的完整主键查询，例如 编号@登记时间。"


async def _body(request: Request) -> bytes:
    """The body, read no further than it may be long; one that says it is too long is not asked for."""
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and len(said) < 20 and int(said) > BODY_BYTES_MAX:
        raise HTTPException(413, TOO_LARGE)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise HTTPException(413, TOO_LARGE)
    return bytes(body)
