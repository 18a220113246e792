"""Every operation that asks for an identity refuses a broken one with 401, and writes nothing.

Generated from the OpenAPI documents: an operation that is added is tested without a word here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg import sql

from shared.identity.tokens import Kind
from shared.testing.databases import TestDatabase
from shared.testing.recorders import Tokens

KIND_OF_SCHEME: dict[str, Kind] = {"JWTAuth": "native", "SessionAuth": "pro", "ApiKeyAuth": "provider"}
OTHERS: dict[Kind, Kind] = {"native": "pro", "pro": "native", "provider": "native"}
# What tells of the inside when it is in a body.
_INSIDE = re.compile(r"Traceback|psycopg|sqlalchemy|SELECT |INSERT |UPDATE |\.py\b")


@pytest.fixture(params=["users", "offers", "bookings", "documents"])
def context(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def settings_overrides(context: str) -> dict[str, Any]:
    return {"render_warm": False} if context == "documents" else {}


def guarded(app: FastAPI) -> Iterator[tuple[str, str, Kind]]:
    """Method, path with ids filled in, and kind of principal of each operation that requires one."""
    for path, item in app.openapi()["paths"].items():
        for method, operation in item.items():
            for scheme in operation.get("security", ()):
                for name in scheme:
                    yield method.upper(), re.sub(r"\{[^}]+\}", "1", path), KIND_OF_SCHEME[name]


def broken(tokens: Tokens, kind: Kind) -> dict[str, dict[str, str]]:
    """Headers of everybody who is nobody to a face that asks for `kind`."""
    bearer = tokens.token(kind, 1)
    head, claims, signature = bearer.split(".")
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    values = {
        "expired": tokens.token(kind, 1, lifetime=timedelta(hours=-1)),
        "signed by a stranger": Tokens().token(kind, 1),
        "forged signature": f"{head}.{claims}.{flipped}",
        "no signature": f"{head}.{claims}.",
        "of another surface": tokens.token(OTHERS[kind], 1),
        "not a token": "x",
    }
    return {"nobody": {}, **{name: {"Authorization": f"Bearer {value}"} for name, value in values.items()}}


def state_of(database: TestDatabase) -> dict[str, tuple[int, int]]:
    """Rows of each table and the sum of the transactions that wrote them: any write changes it."""
    with psycopg.connect(database.superuser_url) as connection:
        names = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        statement = "SELECT count(*), coalesce(sum(xmin::text::bigint), 0) FROM {}"
        seen = {}
        for name in names:
            row = connection.execute(sql.SQL(statement).format(sql.Identifier(name))).fetchone()
            assert row is not None
            seen[name] = (row[0], int(row[1]))
        return seen


async def test_broken_identities_are_refused_and_write_nothing(
    app: FastAPI, client: httpx.AsyncClient, tokens: Tokens, test_database: TestDatabase
) -> None:
    before = state_of(test_database)
    wrong, tried = [], 0
    for method, path, kind in guarded(app):
        for name, headers in broken(tokens, kind).items():
            answer = await client.request(method, path, headers=headers)
            tried += 1
            if answer.status_code != 401 or _INSIDE.search(answer.text):
                wrong.append(f"{method} {path}, {name}: {answer.status_code} {answer.text[:80]}")
    print(f"{app.title}: {tried} requests")  # noqa: T201
    assert tried
    assert wrong == []
    assert state_of(test_database) == before
