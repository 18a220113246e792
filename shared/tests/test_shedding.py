"""A process refuses at once what it cannot do soon, and finishes what it took on."""

import asyncio
import time

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from prometheus_client import REGISTRY
from sample.settings import Settings
from sqlalchemy import text

from shared.web import create_service_app, native_router

LIMIT = 4


def metric(name: str) -> float:
    return REGISTRY.get_sample_value(name) or 0.0


@pytest.fixture
def settings_overrides():
    return {"max_requests_in_flight": LIMIT, "database_pool_size": 2, "database_pool_wait_ms": 200}


class Slow:
    """A face whose operations wait until told; `entered` says how many are inside."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.inside = asyncio.Semaphore(0)
        self.done = 0
        router = native_router()

        @router.get("/native/v1/slow", operation_id="getSlow")
        async def slow() -> dict[str, bool]:
            self.inside.release()
            await self.go.wait()
            self.done += 1
            return {"done": True}

        @router.get("/native/v1/broken", operation_id="getBroken")
        async def broken() -> None:
            raise RuntimeError

        @router.get("/native/v1/stream", operation_id="getStream")
        async def stream() -> StreamingResponse:
            async def parts():
                yield b"one"
                self.inside.release()
                await self.go.wait()
                yield b"two"

            return StreamingResponse(parts())

        self.router = router

    async def enter(self, client: httpx.AsyncClient, count: int, path: str = "/native/v1/slow") -> list[asyncio.Task]:
        """Send requests and wait until all of them are inside."""
        tasks = [asyncio.create_task(client.get(path)) for _ in range(count)]
        for _ in range(count):
            await asyncio.wait_for(self.inside.acquire(), 5)
        return tasks


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
async def app(settings: Settings, database, slow: Slow):
    made: FastAPI = create_service_app(settings, routers=[slow.router], title="slow")
    async with made.router.lifespan_context(made):
        yield made


async def test_the_excess_is_refused_at_once_and_the_rest_finishes(client, slow):
    before, shed = metric("http_requests_in_flight"), metric("http_requests_shed_total")
    admitted = await slow.enter(client, LIMIT)
    assert metric("http_requests_in_flight") == before + LIMIT
    started = time.perf_counter()
    refused = await asyncio.wait_for(asyncio.gather(*(client.get("/native/v1/slow") for _ in range(50))), 5)
    assert time.perf_counter() - started < 2
    assert {answer.status_code for answer in refused} == {503}
    assert list(refused[0].json()) == ["global"]
    assert refused[0].headers["retry-after"] == "1"
    assert refused[0].headers["x-request-id"]
    assert metric("http_requests_shed_total") == shed + 50
    assert not any(task.done() for task in admitted)
    slow.go.set()
    assert [task.result().status_code for task in (await asyncio.wait(admitted))[0]] == [200] * LIMIT
    assert slow.done == LIMIT
    assert metric("http_requests_in_flight") == before
    assert (await client.get("/native/v1/slow")).status_code == 200


async def test_health_and_metrics_are_always_answered(client, slow):
    admitted = await slow.enter(client, LIMIT)
    assert (await client.get("/health/live")).status_code == 200
    assert (await client.get("/health/ready")).status_code == 200
    assert "http_requests_in_flight" in (await client.get("/metrics")).text
    slow.go.set()
    await asyncio.gather(*admitted)


async def test_a_place_is_given_back_whatever_happens(client, slow):
    assert (await client.get("/native/v1/broken")).status_code == 500
    assert (await client.get("/nowhere")).status_code == 404
    gone = await slow.enter(client, LIMIT)
    for task in gone:
        task.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    admitted = await slow.enter(client, LIMIT)
    slow.go.set()
    assert {answer.status_code for answer in await asyncio.gather(*admitted)} == {200}


async def test_an_answer_that_is_still_streamed_counts(client, slow):
    admitted = await slow.enter(client, LIMIT, "/native/v1/stream")
    assert (await client.get("/native/v1/slow")).status_code == 503
    slow.go.set()
    assert {answer.text for answer in await asyncio.gather(*admitted)} == {"onetwo"}


@pytest.mark.parametrize("way", ["session", "pool"])
async def test_waiting_for_a_connection_is_bounded(app, slow, client, way):
    """A database that has no connection left is answered 503 after the setting's time, not after the client's."""
    router = native_router()
    database = app.state.database

    @router.get("/native/v1/ask", operation_id="getAsk")
    async def ask() -> None:
        if way == "pool":
            async with database.pool.connection() as connection:
                await connection.execute("SELECT 1")
        else:
            async with database.transaction() as session:
                await session.execute(text("SELECT 1"))

    app.include_router(router)
    assert (await client.get("/native/v1/ask")).status_code == 200
    release = asyncio.Event()
    held = asyncio.Semaphore(0)

    async def hold() -> None:
        async with database.pool.connection() if way == "pool" else database.engine.connect():
            held.release()
            await release.wait()

    holders = [asyncio.create_task(hold()) for _ in range(2)]
    for _ in holders:
        await asyncio.wait_for(held.acquire(), 5)
    started = time.perf_counter()
    answer = await client.get("/native/v1/ask")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert 0.15 < time.perf_counter() - started < 2
    release.set()
    await asyncio.gather(*holders)
    assert (await client.get("/native/v1/ask")).status_code == 200
