"""The authorisation matrix: each operation, asked by each kind of caller about somebody else's real objects.

Generated from the OpenAPI documents: what is expected stands beside the operation (`x-access`, see `shared.web.access`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.routes import build
from shared.database import Database
from shared.identity.tokens import Kind
from shared.testing.databases import TestDatabase
from shared.testing.recorders import Tokens
from shared.web.access import CALLERS_OF_SURFACE, PUBLIC, SERVED
from tests.fuzz.examples import Operation, operations_of, request_of
from tests.fuzz.watch import Watch
from tests.fuzz.worlds import Headers, Makers, World, control_statuses, make_world

# What tells of the inside when it is in a refusal.
_INSIDE = re.compile(r"Traceback|psycopg|sqlalchemy|SELECT |INSERT |UPDATE |\.py\b")
KIND_OF_SCHEME: dict[str, Kind] = {"JWTAuth": "native", "SessionAuth": "pro", "ApiKeyAuth": "provider"}
OTHERS: dict[Kind, Kind] = {"native": "pro", "pro": "provider", "provider": "native"}


def nobodies(tokens: Tokens, kind: Kind) -> Iterator[tuple[str, Headers]]:
    """Everybody whose identity is none for a face that asks for `kind`."""
    signed, signature = tokens.token(kind, 1).rsplit(".", 1)
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    bearers = {
        "expired": tokens.token(kind, 1, lifetime=timedelta(hours=-1)),
        "signed by a stranger": Tokens().token(kind, 1),
        "forged": f"{signed}.{flipped}",
        "unsigned": f"{signed}.",
        "no token": "x",
        "of another surface": tokens.token(OTHERS[kind], 1),
        "an agent's": tokens.token("agent", 1),
    }
    yield "nobody", {}
    for name, bearer in bearers.items():
        yield name, {"Authorization": f"Bearer {bearer}"}


def undeclared(operation: Operation) -> str | None:
    """What is wrong with an operation's declaration of who may call it."""
    access = operation.access
    if access is None:
        return f"{operation}: says no access; give `openapi_extra=operation(access=…)` (docs/contracts.md)"
    if operation.schemes and access.get("nobody") != 401:
        return f"{operation}: asks for an identity, so nobody is to be refused with 401"
    if operation.surface != "internal" and operation.schemes:
        missing = [caller for caller in CALLERS_OF_SURFACE[operation.surface] if caller not in access]
        return f"{operation}: says nothing of {', '.join(missing)}" if missing else None
    if operation.surface == "internal" and "outside" not in access:
        return f"{operation}: is internal, and does not say so"
    return None


def test_every_operation_declares_who_may_call_it(app: FastAPI) -> None:
    wrong = [sentence for operation in operations_of(app.openapi()) if (sentence := undeclared(operation))]
    assert not wrong, "\n".join(wrong)


def test_what_is_internal_is_not_routed(app: FastAPI, context: str) -> None:
    table = build({context: app.openapi()})
    inside = [operation for operation in operations_of(app.openapi()) if "outside" in (operation.access or {})]
    assert [str(operation) for operation in inside if operation.method in table.find(operation.path)] == []


def is_expected(answer: httpx.Response, expected: int | str) -> bool:
    if expected in (SERVED, PUBLIC):
        return answer.status_code < 500 and answer.status_code not in (401, 403)
    return answer.status_code == expected


class Matrix:
    """Asks, and collects what is not as declared."""

    def __init__(self, client: httpx.AsyncClient, watch: Watch) -> None:
        self._client, self._watch = client, watch
        self.wrong: list[str] = []
        self.asked = 0

    async def ask(self, operation: Operation, world: World, headers: Headers, *, signed: bool = True) -> httpx.Response:
        request = request_of(operation, world.values_for(operation) if signed else {})
        given = {**(world.headers.get(operation.id, {}) if signed else {}), **headers}
        self._client.cookies.clear()
        self.asked += 1
        return await self._client.request(**request, headers=given, follow_redirects=False)

    async def stranger(
        self,
        operation: Operation,
        world: World,
        name: str,
        headers: Headers,
        expected: int | str,
        *,
        signed: bool = True,
    ) -> None:
        """Somebody who is not entitled: hears what is declared, reads nothing, changes nothing."""
        is_refused = expected not in (SERVED, PUBLIC)
        before = self._watch.state() if is_refused else {}
        kept = self._watch.rows(world.kept)
        answer = await self.ask(operation, world, headers, signed=signed)
        told = f"{operation} by {name}: {answer.status_code} {answer.text[:120]}"
        if not is_expected(answer, expected):
            self.wrong.append(f"{told}; {expected} was declared")
        if expected != PUBLIC and (seen := [mark for mark in world.marks if mark in answer.text]):
            self.wrong.append(f"{told}; shows {seen}")
        if is_refused and _INSIDE.search(answer.text):
            self.wrong.append(f"{told}; tells of the inside")
        if self._watch.rows(world.kept) != kept and operation.schemes:
            self.wrong.append(f"{told}; changed somebody else's")
        if is_refused and self._watch.state() != before:
            self.wrong.append(f"{told}; wrote")

    async def entitled(self, operation: Operation, world: World, expected: int | None) -> None:
        """The control: who is entitled gets their answer to the very same request."""
        answer = await self.ask(operation, world, world.callers.get(operation.surface, {}).get("owner", {}))
        is_right = answer.status_code == expected if expected else answer.status_code < 400
        if not is_right:
            self.wrong.append(
                f"{operation} by its owner: {answer.status_code} {answer.text[:200]}; {expected or 'success'} was expected"
            )


async def ask_everybody(matrix: Matrix, operation: Operation, world: World, tokens: Tokens) -> None:
    """Each caller whom the declaration names, the entitled one excepted."""
    access: dict[str, Any] = operation.access or {}
    for caller, expected in access.items():
        if caller == "unsigned":
            await matrix.stranger(operation, world, caller, {}, expected, signed=False)
        elif caller == "nobody":
            for scheme in operation.schemes:
                for name, headers in nobodies(tokens, KIND_OF_SCHEME[scheme]):
                    await matrix.stranger(operation, world, name, headers, expected)
        elif caller != "outside":
            await matrix.stranger(operation, world, caller, world.callers[operation.surface][caller], expected)


@pytest.mark.usefixtures("partners")
async def test_callers_hear_what_is_declared(
    context: str,
    app: FastAPI,
    client: httpx.AsyncClient,
    database: Database,
    session: AsyncSession,
    tokens: Tokens,
    test_database: TestDatabase,
) -> None:
    controls = control_statuses(context)
    numbers = count(1)
    with Watch(test_database) as watch:
        matrix = Matrix(client, watch)
        for operation in operations_of(app.openapi()):
            world = await make_world(context, Makers(app, database, session, tokens, next(numbers)), operation)
            await ask_everybody(matrix, operation, world, tokens)
            if "unsigned" in (operation.access or {}) or operation.schemes:
                await matrix.entitled(operation, world, controls.get(operation.id))
    print(f"{context}: {matrix.asked} requests")  # noqa: T201
    assert not matrix.wrong, "\n".join(matrix.wrong)
