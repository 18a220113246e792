"""Whatever is sent to whichever operation: no 5xx, no answer outside our own document, nothing written by a refusal.

Schemathesis generates requests from the OpenAPI documents. `FUZZ_EXAMPLES` (`./pc test fuzz --examples N`) sends so many to
each operation, others each time; without it a few, always the same.
"""

from __future__ import annotations

import asyncio
import os
from itertools import count
from typing import Any

import httpx
import pytest
import schemathesis
import structlog
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.testing.databases import TestDatabase
from shared.testing.recorders import Tokens
from tests.fuzz.examples import Operation, operations_of
from tests.fuzz.inputs import Attempt, attempts, caller_of, nonconformities
from tests.fuzz.watch import State, Watch
from tests.fuzz.worlds import Makers, World, make_world

QUICK = 12
RENEWALS = 4
# Tables that refusals are meant to write to.
MEANT = {
    "postNativeV1Bookings": {"idempotency_key"},  # the refusal is kept for its key
    "postNativeV1RefreshAccessToken": {"token_family"},  # a stolen refresh token ends its session
    "postNativeV2RefreshAccessToken": {"token_family"},
    "post__native_v1_send_phone_validation_code": {"subscription_check"},  # too many messages are a suspicion
    "ConnectAs": {"one_time_token"},  # a link that was shown is used up
}


class Fuzz:
    """Sends to one service and collects what is wrong, one finding a kind and operation."""

    def __init__(self, client: httpx.AsyncClient, watch: Watch, makers: Makers, context: str) -> None:
        self._client, self._watch, self._makers, self._context = client, watch, makers, context
        self._numbers = count(1)
        self._horizon, self._state = -1, State()
        self._renewals = 0
        self.failures: list[str] = []
        self.findings: dict[tuple[str, str], str] = {}
        self.sent: dict[int, int] = {}

    async def world(self, operation: Operation) -> World:
        makers = Makers(**{**vars(self._makers), "number": next(self._numbers)})
        return await make_world(self._context, makers, operation)

    def _look(self) -> int:
        """The state before a request, read anew only when something may have been written since."""
        horizon = self._watch.horizon()
        if horizon != self._horizon:
            self._state, self._horizon = self._watch.state(), horizon
        return horizon

    async def send(self, operation: Operation, world: World, attempt: Attempt) -> bool:
        """One request; whether it may have changed the world."""
        request = attempt.prepared(world.values_for(operation))
        name, headers = caller_of(world, operation.surface, attempt.choices)
        signed = world.headers.get(operation.id, {}) if attempt.choices.random() < 0.7 else {}
        horizon = self._look()
        self.failures.clear()
        self._client.cookies.clear()
        body = request.body.encode() if isinstance(request.body, str) else request.body
        answer = await self._client.request(
            request.method or "",
            request.url or "",
            headers={**request.headers, **signed, **headers},
            content=body,
            follow_redirects=False,
        )
        status = answer.status_code
        self.sent[status] = self.sent.get(status, 0) + 1
        for problem in nonconformities(attempt.case, answer):
            self._note(operation, problem, name, request, answer)
        if 400 <= status < 500 and self._watch.horizon() != horizon:
            state = self._watch.state()
            written = {table for table in state if state[table] != self._state.get(table)}
            if tables := sorted(written - MEANT.get(operation.id, set())):
                self._note(operation, f"a refusal wrote to {', '.join(tables)}", name, request, answer)
        return status < 400 and operation.method != "GET"

    def _note(self, operation: Operation, problem: str, caller: str, request: Any, answer: httpx.Response) -> None:
        sent = repr(request.body)[:600] if request.body else ""
        told = f"{answer.status_code} {answer.text[:200]}"
        raised = "\n    ".join(self.failures)
        self.findings.setdefault(
            (str(operation), problem[:60]),
            f"{operation} by {caller}: {problem}\n    {request.url[:300]} {sent}\n    {told}\n    {raised}",
        )

    async def operation(self, operation: Operation, described: schemathesis.APIOperation, examples: int) -> None:
        """Generated requests for one operation; a new world when one was spent, a few times."""
        loop = asyncio.get_running_loop()
        world = await self.world(operation)
        renewals = 0

        async def one(attempt: Attempt) -> None:
            nonlocal world, renewals
            if await self.send(operation, world, attempt) and renewals < RENEWALS:
                world, renewals = await self.world(operation), renewals + 1

        def each(attempt: Attempt) -> None:
            asyncio.run_coroutine_threadsafe(one(attempt), loop).result()

        # Hypothesis is no coroutine: it runs beside the loop, and its requests inside.
        await asyncio.to_thread(attempts, described, examples, is_random="FUZZ_EXAMPLES" in os.environ, each=each)


def _keep_failures(into: list[str]) -> Any:
    """A structlog processor that keeps what failed and drops everything else."""

    def process(_logger: Any, _name: str, event: Any) -> Any:
        error = event.get("exc_info")
        if isinstance(error, BaseException):
            frames = []
            trace = error.__traceback__
            while trace is not None:
                frames.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/src/', 1)[-1]}:{trace.tb_lineno}")
                trace = trace.tb_next
            into.append(f"{type(error).__name__}: {str(error)[:300]} at {' '.join(frames[-4:])}")
        raise structlog.DropEvent

    return process


@pytest.mark.usefixtures("partners")
async def test_no_input_breaks_an_operation(
    context: str,
    app: FastAPI,
    client: httpx.AsyncClient,
    database: Database,
    session: AsyncSession,
    tokens: Tokens,
    test_database: TestDatabase,
) -> None:
    examples = int(os.environ.get("FUZZ_EXAMPLES", QUICK))
    document = app.openapi()
    schema = schemathesis.openapi.from_dict(document)
    only = os.environ.get("FUZZ_ONLY", "")
    with Watch(test_database) as watch:
        fuzz = Fuzz(client, watch, Makers(app, database, session, tokens, 0), context)
        structlog.configure(processors=[_keep_failures(fuzz.failures)])
        try:
            for operation in operations_of(document):
                if only in operation.id:
                    await fuzz.operation(operation, schema[operation.path][operation.method], examples)
        finally:
            structlog.reset_defaults()
    print(f"{context}: {sum(fuzz.sent.values())} requests, {dict(sorted(fuzz.sent.items()))}")  # noqa: T201
    assert 200 in fuzz.sent
    assert not fuzz.findings, "\n\n".join(fuzz.findings.values())
