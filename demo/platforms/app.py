"""The platforms' HTTP side: what the hub calls, and the levers by which a scenario moves them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any, Literal

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send

from demo.platforms.client import PlatformClient
from demo.platforms.faults import Fault, Moods
from demo.platforms.journal import Journal
from demo.platforms.signing import Credentials, genuine

OPERATIONS = {
    "12345": ("/api/order/{operation}", {"sign", "return", "extend", "reply", "callback"}),
    "web": ("/hub/{operation}", {"progress"}),
}


class Order(BaseModel):
    """A message to send to the hub."""

    system: Literal["12345", "web"]
    message: dict[str, Any]


class EchoOrder(BaseModel):
    """Which share of the hub's own writes to send back to it."""

    system: Literal["12345", "web"]
    share: float = Field(1.0, ge=0, le=1)


class BrokenOff:
    """An ASGI response that ends before its announced length: the caller learns nothing of how it went."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"64")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        # Returning without the rest makes the server close the connection.


class Platforms:
    """State of both platforms."""

    def __init__(self, hub: str, credentials: Mapping[str, Credentials], journal: Journal) -> None:
        self.credentials = credentials
        self.journal = journal
        self.moods = Moods([])
        self.unsigned = 0
        self.clients = {name: PlatformClient(hub, known) for name, known in credentials.items()}

    async def told(self, system: str, operation: str, request: Request) -> Any:
        """One signed call of the hub."""
        body = await request.body()
        if not genuine(self.credentials[system], request.headers, body):
            self.unsigned += 1
            return JSONResponse({"code": 1001, "message": "签名不正确"}, status_code=401)
        push_id = request.headers.get("idempotency-key", "")
        if operation not in OPERATIONS[system][1] or not push_id:
            return JSONResponse({"code": 2001, "message": "无此操作或缺少 Idempotency-Key"}, status_code=404)
        fault = self.moods.next(system, body.decode(errors="replace"))
        if fault is not None and fault.mode == "status":
            return JSONResponse({"code": fault.status}, status_code=fault.status)
        if fault is not None and fault.mode == "code":
            return JSONResponse({"code": fault.code})
        if fault is not None and fault.mode == "hang":
            while (await request.receive())["type"] != "http.disconnect":
                pass
            return JSONResponse({"code": 9999})
        first = await asyncio.to_thread(self.journal.write, system, operation, push_id, json.loads(body))
        if fault is not None:
            return BrokenOff()
        return JSONResponse({"code": 0 if first else "duplicate"})

    def echo(self, order: EchoOrder) -> dict[str, int]:
        """Send a share of what the hub wrote back to it, as platforms do whose change feed does not tell who wrote."""
        written = [entry for entry in self.journal.entries(order.system) if entry["applied"]]
        chosen = [entry for entry in written if _draw(entry["push_id"]) < order.share]
        messages = [m for m in map(_ECHOES[order.system], chosen) if m is not None]
        sent = self.clients[order.system].send_many(messages)
        return {"sent": len(sent), "echoes": sum(1 for one in sent if one.answer.get("echo") is True)}


def create_app(hub: str, credentials: Mapping[str, Credentials], journal: Journal) -> FastAPI:
    """Both platforms in one application."""
    platforms = Platforms(hub, credentials, journal)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        for client in platforms.clients.values():
            client.close()
        journal.close()

    app = FastAPI(title="演示平台：12345 热线与公共法律服务网", lifespan=lifespan)

    @app.post(OPERATIONS["12345"][0], response_model=None)
    async def hotline(operation: str, request: Request) -> Any:
        return await platforms.told("12345", operation, request)

    @app.post(OPERATIONS["web"][0], response_model=None)
    async def web(operation: str, request: Request) -> Any:
        return await platforms.told("web", operation, request)

    _add_controls(app, platforms)
    return app


def _add_controls(app: FastAPI, platforms: Platforms) -> None:
    @app.get("/healthz")
    def health() -> dict[str, bool]:
        return {"ok": True}

    @app.post("/control/fault", status_code=204)
    def fault(told: Fault) -> None:
        platforms.moods.waiting.append(told)

    @app.delete("/control/fault", status_code=204)
    def behave() -> None:
        platforms.moods.waiting.clear()

    @app.post("/control/send")
    def send(order: Order) -> dict[str, Any]:
        sent = platforms.clients[order.system].send(order.message)
        return {"status": sent.status, "answer": sent.answer, "attempts": sent.attempts}

    @app.post("/control/echo")
    def echo(order: EchoOrder) -> dict[str, int]:
        return platforms.echo(order)

    @app.get("/control/journal/{system}")
    def journal(system: str) -> list[dict[str, Any]]:
        if system not in OPERATIONS:
            raise HTTPException(404, "无此平台")
        return platforms.journal.entries(system)

    @app.get("/control/counts")
    def counts() -> dict[str, Any]:
        found: dict[str, Any] = {"unsigned": platforms.unsigned}
        for system in OPERATIONS:
            entries = platforms.journal.entries(system)
            applied = sum(1 for entry in entries if entry["applied"])
            found[system] = {"applied": applied, "repeated": len(entries) - applied}
        return found


def _draw(push_id: str) -> float:
    """A number in [0, 1) that is always the same for a push: a scenario run again echoes the same ones."""
    return int.from_bytes(sha256(push_id.encode()).digest()[:4], "big") / 2**32


def _hotline_echo(entry: dict[str, Any]) -> dict[str, Any] | None:
    body = entry["body"]
    return {
        "lx": "zt",
        "gdbh": body.get("gdbh"),
        "djsj": body.get("djsj"),
        "czbh": f"HUB{entry['n']:06}",
        "czsj": body.get("czsj"),
        "zt": body.get("zt"),
        "hub_push_id": entry["push_id"],
        "hub_state": body.get("zt"),
    }


def _web_echo(entry: dict[str, Any]) -> dict[str, Any] | None:
    body = entry["body"]
    case = body.get("case") or {}
    if not case.get("no"):
        return None  # told of somebody else's case: no record of ours that could come back
    return {
        "event": "state",
        "eventId": f"HUB{entry['n']:06}",
        "occurredAt": body.get("occurredAt"),
        "case": {"no": case["no"]},
        "state": body.get("state"),
        "origin": {"pushId": entry["push_id"], "state": body.get("state")},
    }


_ECHOES = {"12345": _hotline_echo, "web": _web_echo}
