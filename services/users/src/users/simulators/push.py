"""Batch, played: the page shows what would have been pushed, and what campaigns know of whom."""

from __future__ import annotations

from html import escape
from typing import Any
from uuid import uuid4

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

from shared import clock
from users.simulators.pages import heading, page, paragraph
from users.simulators.store import StoreOf

router = APIRouter(prefix="/simulators/push", include_in_schema=False)
NAME, EVENTS, PEOPLE = "push", "push_event", "push_person"


def _table(rows: list[dict[str, Any]], *columns: str) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(row.get(column, '')))}</td>" for column in columns) + "</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


@router.get("")
async def show(store: StoreOf) -> HTMLResponse:
    events, people = await store.all(EVENTS), await store.all(PEOPLE)
    return page(
        "Notifications",
        paragraph("Ce que l'app aurait reçu : les campagnes partent de ces événements."),
        heading("Événements"),
        _table(events, "user", "name", "attributes") if events else paragraph("Rien encore."),
        heading("Personnes"),
        _table(people, "user", "values") if people else paragraph("Personne encore."),
    )


def _order() -> float:
    return clock.now().timestamp()


@router.post("/1.0/{app}/events/users/{user}")
async def happened(app: str, user: str, request: Request, store: StoreOf) -> JSONResponse:
    await store.behave(NAME)
    for said in orjson.loads(await request.body()):
        await store.put(EVENTS, uuid4().hex, {"app": app, "user": user, "order": _order(), **said})
    return JSONResponse({"token": uuid4().hex}, 202)


@router.post("/1.0/{app}/data/users/{user}")
async def describe(app: str, user: str, request: Request, store: StoreOf) -> JSONResponse:
    await store.behave(NAME)
    known = (await store.get(PEOPLE, user) or {"values": {}})["values"]
    said = orjson.loads(await request.body())["values"]
    values = {name: value for name, value in {**known, **said}.items() if value is not None}
    await store.put(PEOPLE, user, {"app": app, "user": user, "order": _order(), "values": values})
    return JSONResponse({"token": uuid4().hex}, 202)


@router.delete("/1.0/{app}/data/users/{user}")
async def forget(app: str, user: str, store: StoreOf) -> JSONResponse:
    await store.behave(NAME)
    if await store.take(PEOPLE, user) is None:
        return JSONResponse({"code": 20, "message": "User not found"}, 404)
    return JSONResponse({"token": uuid4().hex}, 202)
