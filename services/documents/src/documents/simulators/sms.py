"""The operator of texts, played on a developer's machine: Brevo's API, and a page that chooses how it behaves.

What was sent is read in the mailbox; nothing of it is kept here.
"""

from __future__ import annotations

import asyncio
from html import escape
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from redis.asyncio import Redis

from shared.web import RedisOf

router = APIRouter(prefix="/simulators/sms", include_in_schema=False)

_KEY = "simulators:mode:sms"
_NUMBER = "simulators:number:sms"
_SLOW_SECONDS = 20
MODES = {
    "accepted": "accepte tout",
    "refused": "refuse le numéro (400)",
    "credit": "n'a plus de crédit (402)",
    "busy": "est saturé (429)",
    "down": "est en panne (503)",
    "slow": "répond après 20 secondes, trop tard",
}


async def mode_of(redis: Redis) -> str:
    stored = await redis.get(_KEY)
    return (stored.decode() if isinstance(stored, bytes) else stored) or "accepted"


@router.post("/v3/transactionalSMS/send")
async def send(redis: RedisOf, text: Annotated[dict[str, Any], Body()]) -> Response:
    mode = await mode_of(redis)
    if mode == "slow":
        await asyncio.sleep(_SLOW_SECONDS)
    if mode == "busy":
        return JSONResponse({"code": "too_many_requests", "message": "slow down"}, 429, {"Retry-After": "10"})
    if mode == "down":
        return JSONResponse({"code": "unavailable", "message": "down"}, 503)
    if mode == "credit":
        return JSONResponse({"code": "not_enough_credits", "message": "no credit left"}, 402)
    missing = [name for name in ("sender", "recipient", "content") if not text.get(name)]
    if mode == "refused" or missing:
        return JSONResponse(
            {"code": "missing_parameter" if missing else "invalid_parameter", "message": "refused"}, 400
        )
    return JSONResponse({"messageId": 1_511_882_900_000_000 + int(await redis.incr(_NUMBER))}, 201)


@router.get("")
async def show(redis: RedisOf) -> HTMLResponse:
    chosen = await mode_of(redis)
    items = "".join(
        f'<li>{"<b>" if mode == chosen else ""}<a href="/simulators/sms/mode?mode={mode}">{escape(label)}</a>'
        f"{'</b> (choisi)' if mode == chosen else ''}</li>"
        for mode, label in MODES.items()
    )
    return HTMLResponse(
        "<!doctype html><html lang=fr><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        "<title>Opérateur SMS</title><style>:root{color-scheme:light dark}body{font:16px/1.6 system-ui,sans-serif;"
        "max-width:40rem;margin:2rem auto;padding:0 1rem}</style><h1>Opérateur SMS</h1>"
        "<p>Simulateur : cet opérateur est joué par le service documents. "
        'Les messages se lisent dans <a href="/mailbox?channel=sms">la boîte aux lettres</a>.</p>'
        f"<p>L'opérateur…</p><ul>{items}</ul></html>",
        headers={"Cache-Control": "no-store"},
    )


@router.get("/mode")
async def choose(redis: RedisOf, mode: Annotated[str, Query(max_length=20)]) -> Response:
    if mode in MODES:
        await redis.set(_KEY, mode)
    return RedirectResponse("/simulators/sms", 303)
