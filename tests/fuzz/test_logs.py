"""What the services print holds no secret and nobody's name: every operation is called with real ones, as in production."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from itertools import count
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.telemetry.logs import configure_logging
from shared.testing.recorders import Tokens
from tests.fuzz.examples import Operation, operations_of, request_of
from tests.fuzz.worlds import Makers, World, make_world

# Names of parameters and properties whose values are secrets or people.
SECRETS = {
    "token", "password", "currentPassword", "oldPassword", "newPassword", "newConfirmationPassword", "resetPasswordToken",
    "emailValidationToken", "identifier", "email", "newEmail", "phoneNumber", "key", "session", "code", "firstName",
    "lastName", "firstNames", "birthdate", "birthDate", "address",
}  # fmt: skip
# Of answers.
GIVEN = {
    "token",
    "accessToken",
    "refreshToken",
    "email",
    "firstName",
    "lastName",
    "phoneNumber",
    "newEmailSelectionToken",
}
SHORTEST = 5
# Words that are also of our own code, or that anybody may know.
HARMLESS = {"email", "token", "local", "users", "native"}


@pytest.fixture
def printed() -> io.StringIO:
    """What the service prints with the logging of production; afterwards logs are as they were (`shared.testing`)."""
    stream = io.StringIO()
    with redirect_stdout(stream):
        configure_logging("test", log_format="json")
    # Loggers that are kept would go on printing here in the next test.
    structlog.configure(cache_logger_on_first_use=False)
    return stream


def words_of(value: Any, names: set[str], name: str = "") -> Iterator[str]:
    """The texts below those names, in any depth."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from words_of(item, names, key)
    elif isinstance(value, list):
        for item in value:
            yield from words_of(item, names, name)
    elif isinstance(value, str) and name in names and len(value) >= SHORTEST and value.lower() not in HARMLESS:
        yield value


def secrets_of(world: World, operation: Operation, answers: list[httpx.Response]) -> set[str]:
    """Everything that was sent or answered and must not be read in a log."""
    found = set(words_of(world.values_for(operation), SECRETS)) | {mark for mark in world.marks if "@" in mark}
    found |= {mark for mark in world.marks if mark.startswith("Titulaire")}
    for headers in (*world.callers.get(operation.surface, {}).values(), world.headers.get(operation.id, {})):
        found |= {value.removeprefix("Bearer ") for value in headers.values()}
    for answer in answers:
        found |= {cookie.split("=", 1)[1].split(";")[0] for cookie in answer.headers.get_list("set-cookie")}
        if answer.content and answer.headers.get("content-type", "").startswith("application/json"):
            found |= set(words_of(answer.json(), GIVEN))
    return {word for word in found if len(word) >= SHORTEST}


async def call(client: httpx.AsyncClient, operation: Operation, world: World) -> list[httpx.Response]:
    """The owner and nobody, rightly and with a body that is none."""
    request = request_of(operation, world.values_for(operation))
    owner = {**world.headers.get(operation.id, {}), **world.callers.get(operation.surface, {}).get("owner", {})}
    answers = []
    for headers in (owner, {}):
        client.cookies.clear()
        answers.append(await client.request(**request, headers=headers, follow_redirects=False))
    if "json" in request:
        client.cookies.clear()
        broken = {**request, "json": {name: [value] for name, value in request["json"].items()}}
        answers.append(await client.request(**broken, headers=owner))
    return answers


@pytest.mark.usefixtures("partners")
async def test_no_operation_prints_a_secret(
    context: str,
    app: FastAPI,
    client: httpx.AsyncClient,
    database: Database,
    session: AsyncSession,
    tokens: Tokens,
    printed: io.StringIO,
) -> None:
    numbers, leaks, lines, answered = count(1), [], 0, 0
    for operation in operations_of(app.openapi()):
        world = await make_world(context, Makers(app, database, session, tokens, next(numbers)), operation)
        printed.seek(0)
        printed.truncate()
        answers = await call(client, operation, world)
        told = printed.getvalue()
        lines, answered = lines + told.count('"event":"request"'), answered + len(answers)
        for word in sorted(secrets_of(world, operation, answers)):
            if word in told:
                line = next(line for line in told.splitlines() if word in line)
                leaks.append(f"{operation}: {word!r} in {line[:400]}")
    assert lines >= answered, "not every request was printed, so not all was looked at"
    assert not leaks, "\n".join(leaks)


@pytest.mark.parametrize("context", ["bookings"], indirect=True)
async def test_a_failure_prints_no_value(database: Database, printed: io.StringIO) -> None:
    """A row that the database refuses is in its error, which is logged."""
    log = structlog.get_logger("test")
    secret = {"secret": "personne@example.com"}
    detail = "DO $$ BEGIN RAISE unique_violation USING DETAIL = current_setting('test.secret'); END $$"

    async def fail(statement: str) -> None:
        async with database.transaction() as session:
            await session.execute(text("SELECT set_config('test.secret', :secret, true)"), secret)
            await session.execute(text(statement), secret if ":secret" in statement else {})

    for statement in ("SELECT CAST(:secret AS integer)", "SELECT :secret + 1 FROM nowhere", detail):
        with pytest.raises(SQLAlchemyError) as caught:
            await fail(statement)
        log.error("request.failed", exc_info=caught.value)
    told = printed.getvalue()
    assert told.count("Traceback") >= 3
    assert "UniqueViolation" in told
    assert secret["secret"] not in told
