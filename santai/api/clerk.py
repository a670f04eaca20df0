"""The clerk's door: the review queue, one pair's evidence, and decisions. Signed (Standard Webhooks), or closed.

A request with a body signs the body; one without signs `GET ` and the path with its query, as they are sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, StrictBool, StrictStr, ValidationError
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from connectors.signature import BadSignature, Scheme, StandardSection
from mappings.validation import reason_of
from santai.projector.reading import reading
from santai.projector.reviews import waiting
from santai.review.decide import Accepted
from santai.review.desk import Undecidable, listed, shown
from santai.review.dossier import dossier
from santai.words import Words
from schemas.codec import Codec
from schemas.errors import Stop

BODY_BYTES_MAX = 16 * 1024
CLOSED = "裁定与档案入口没有开放：未设置 SANTAI_CLERK_SECRET"
_CLOSED_DOOR: dict[int | str, dict[str, Any]] = {
    403: {"description": "没有设置密钥，入口关闭"},
    401: {"description": "签名不对"},
}

Decide = Callable[..., Accepted]
"""(a, b, same=, by=, reason=, now=) as `santai.review.decide.Decider.decide`."""


class Decision(BaseModel):
    """A clerk's word on two submissions."""

    model_config = ConfigDict(extra="forbid")

    a: StrictStr
    b: StrictStr
    same: StrictBool
    by: StrictStr
    reason: StrictStr


def clerk_scheme(secret: str, old: str = "") -> Scheme | None:
    """How requests are signed; None without a secret. Raises Stop when it is too short to be one."""
    if not secret:
        if old:
            raise Stop("只设了 SANTAI_CLERK_SECRET_OLD，没有 SANTAI_CLERK_SECRET：请一并设置，或都不设")
        return None
    try:
        return StandardSection(scheme="standard-webhooks", secrets=(secret, old)).build()
    except ValidationError as error:
        why = reason_of(error.errors(include_input=False, include_url=False)[0])
        raise Stop(f"设置 SANTAI_CLERK_SECRET 不合格：{why}") from None


class ClerkDoor:
    """What stands behind the routes. Without a scheme every request is turned away."""

    def __init__(
        self,
        scheme: Scheme | None,
        engine: Engine,
        codec: Codec,
        decide: Decide,
        words: Words,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._scheme = scheme
        self.engine = engine
        self.codec = codec
        self.words = words
        self._decide = decide
        self._now_ms = now_ms

    async def signed(self, request: Request) -> bytes:
        """The body, once it is shown to come from somebody who has the secret."""
        if self._scheme is None:
            raise HTTPException(403, CLOSED)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_BYTES_MAX:
                raise HTTPException(413, f"消息超过 {BODY_BYTES_MAX} 字节上限")
        try:
            self._scheme.verify(dict(request.headers), bytes(body) or _target(request), now_s=self._now_ms() // 1000)
        except BadSignature as error:
            raise HTTPException(401, str(error)) from None
        return bytes(body)

    def decide(self, body: bytes) -> Response:
        """202 once Kafka has it; 200 when it stood already."""
        try:
            given = Decision.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or None
            return JSONResponse({"field": where, "reason": reason_of(first)}, 422)
        done = self._decide(
            given.a, given.b, same=given.same, by=given.by, reason=given.reason, now=self._now_ms()
        )  # fmt: skip
        return JSONResponse(done.as_json(), 200 if done.already else 202)


def _target(request: Request) -> bytes:
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    return request.method.encode() + b" " + path + (b"?" + query if query else b"")


def add_clerk_routes(app: FastAPI, door: ClerkDoor | None) -> None:
    """The routes; without a door they say that it is closed."""

    def opened() -> ClerkDoor:
        if door is None:
            raise HTTPException(403, CLOSED)
        return door

    async def signed(request: Request) -> bytes:
        return await opened().signed(request)

    router = APIRouter(responses=_CLOSED_DOOR)

    @router.get("/reviews", summary="待核实的诉求", dependencies=[Depends(signed)])
    def reviews(
        everything: bool = Query(False, alias="all", description="连同已经裁定的"),
        limit: int = Query(200, ge=1, le=10_000),
    ) -> dict[str, Any]:
        desk = opened()
        with reading(desk.engine) as connection:
            found = listed(connection, desk.words, limit, decided=everything)
            return {"open": waiting(connection)[0], "reviews": found}

    @router.get("/reviews/pair", summary="两件诉求的依据", dependencies=[Depends(signed)])
    def pair(a: str, b: str) -> dict[str, Any]:
        desk = opened()
        with reading(desk.engine) as connection:
            return shown(connection, desk.codec, a, b, desk.words)

    @router.get("/tickets/{number:path}/dossier", summary="当事人法律服务档案", dependencies=[Depends(signed)])
    def earlier(number: str) -> dict[str, Any]:
        desk = opened()
        with reading(desk.engine) as connection:
            return dossier(connection, desk.codec, number, desk.words)

    @router.post("/decisions", status_code=202, summary="裁定两件是不是同一件", responses=_DECISIONS)
    async def decisions(body: bytes = Depends(signed)) -> Response:
        return await run_in_threadpool(opened().decide, body)

    @app.exception_handler(RequestValidationError)
    async def unreadable(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return JSONResponse({"field": str(first["loc"][-1]), "reason": reason_of(first)}, 422)

    @app.exception_handler(Undecidable)
    async def undecidable(_request: Request, error: Undecidable) -> Response:
        return JSONResponse({"reason": str(error)}, 422)

    app.include_router(router)


_DECISIONS: dict[int | str, dict[str, Any]] = {
    200: {"description": "此前已这样裁定，没有重复写入"},
    202: {"description": "Kafka 的全部同步副本都已写入"},
    404: {"description": "没有这个编号"},
    409: {"description": "多个办件有这个编号；内容列出系统"},
    422: {"description": "无法裁定；内容写明原因"},
    503: {"description": "暂时无法可靠保存，请重发"},
}
