"""A server that is asked to stop takes its leave, finishes what it has, ends with 0; what asks whether it is well."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from shared.probe import is_well

_SERVER = """
import asyncio, os, sys
import uvicorn
from shared.web.serving import serve

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/slow":
        print("slow", flush=True)
        await asyncio.sleep(1.0)
    status = 503 if scope["path"] == "/ill" else 200
    headers = [(b"content-length", b"2"), (b"x-process", str(os.getpid()).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})

config = uvicorn.Config(app, port=int(sys.argv[1]), lifespan="off", log_level="critical", timeout_graceful_shutdown=5)
serve(config, leave_seconds=float(sys.argv[2]), share_port=len(sys.argv) > 3)
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as made:
        return made.getsockname()[1]


@asynccontextmanager
async def serving(leave: float, shared_port: int | None = None) -> AsyncIterator[tuple[subprocess.Popen[str], int]]:
    """A server of its own process, up; on a port that it shares when one is given."""
    port = shared_port or free_port()
    sharing = ["share"] if shared_port else []
    process = subprocess.Popen(  # noqa: ASYNC220, S603 - our own, and it is up in no time
        [sys.executable, "-c", _SERVER, str(port), str(leave), *sharing],
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    try:
        # A new connection each time: on a shared port the system may give it to either process.
        limits = httpx.Limits(max_keepalive_connections=0)
        async with asyncio.timeout(60), httpx.AsyncClient(limits=limits) as client:
            while True:
                try:
                    answer = await client.get(f"http://127.0.0.1:{port}/")
                    if answer.headers["x-process"] == str(process.pid):
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.02)
        yield process, port
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


async def test_it_goes_on_answering_and_ends_every_connection_then_ends_with_zero():
    async with serving(1.0) as (process, port), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        assert "connection" not in (await client.get("/")).headers
        process.send_signal(signal.SIGTERM)
        parting = 0
        async with asyncio.timeout(30):
            while process.poll() is None:
                try:
                    answer = await client.get("/")
                except httpx.ConnectError:
                    # A closed door: nothing of the request was sent, and another replica would take it.
                    await asyncio.sleep(0.01)
                    continue
                assert answer.status_code == 200
                parting += answer.headers.get("connection") == "close"
        assert parting > 2
        assert process.returncode == 0


@pytest.mark.parametrize("leave", [0.0, 0.5])
async def test_what_is_under_way_is_finished(leave: float):
    async with serving(leave) as (process, port), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        asking = asyncio.create_task(client.get("/slow"))
        assert process.stdout is not None
        assert await asyncio.to_thread(process.stdout.readline) == "slow\n"
        process.send_signal(signal.SIGTERM)
        assert (await asking).text == "ok"
        assert await asyncio.to_thread(process.wait, 30) == 0


async def test_asked_again_it_stops_taking_its_leave():
    async with serving(600.0) as (process, _):
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 30) == 0


async def test_a_port_that_is_taken_is_a_failure_to_start():
    async with serving(0.0) as (_, port):
        second = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", _SERVER, str(port), "0"], check=False, capture_output=True
        )
        assert second.returncode == 3


async def test_the_probe_asks_whoever_listens():
    async with serving(0.0) as (_, port):
        silent = free_port()
        assert await asyncio.to_thread(is_well, [f"{silent}/health", f"{port}/health"])
        assert not await asyncio.to_thread(is_well, [f"{port}/ill", f"{port}/health"])
        assert not await asyncio.to_thread(is_well, [f"{silent}/health"])


async def test_a_new_process_begins_on_the_port_of_the_old_one_and_no_request_is_lost():
    port = free_port()
    limits = httpx.Limits(max_keepalive_connections=0)
    async with (
        serving(0.5, port) as (old, _),
        serving(0.5, port) as (new, _),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", limits=limits) as client,
    ):
        old.send_signal(signal.SIGTERM)
        answered = 0
        async with asyncio.timeout(30):
            while old.poll() is None or answered < 50:
                assert (await client.get("/")).status_code == 200
                answered += 1
        assert (old.returncode, new.poll()) == (0, None)
