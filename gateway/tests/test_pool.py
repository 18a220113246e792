"""The connections to a service: outages leave nothing behind, and the count stays right whatever happens."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.connections import HIGH_WATER, Connection, Unreachable
from gateway.proxy import fetch
from gateway.upstreams import Upstream

SIGNIN = "/users/signin"


@pytest.fixture(autouse=True)
def operations(house: Any) -> None:
    house.users.offers("POST", SIGNIN, "pro")
    house.users.offers("GET", "/users/current", "pro", security=[{"SessionAuth": []}])


async def test_people_sign_in_as_soon_as_the_service_is_back(house: Any) -> None:
    """However many asked while it was away, and however often it failed: nothing remembers the outage."""
    door = await house.open(pool_size=4, pool_waiting=8)
    upstream = door.gateway.upstreams["users"]
    assert (await door.ask("POST", SIGNIN, body=b"{}")).status == 200
    await house.users.stop()
    for _ in range(5):
        crowd = [door.ask("POST", SIGNIN, {"cookie": "session=a"}, b"{}") for _ in range(20)]
        crowd += [door.get("/users/current", {"cookie": "session=a"}) for _ in range(20)]
        replies = await asyncio.gather(*crowd)
        assert {reply.status for reply in replies} == {503}
        assert all(int(reply.header("retry-after")) > 0 for reply in replies)
    assert (upstream.open_connections, len(upstream._waiters)) == (0, 0)
    await house.users.start()
    assert (await door.ask("POST", SIGNIN, body=b"{}")).status == 200
    assert (await door.ask("POST", SIGNIN, {"cookie": "session=a"}, b"{}")).status == 200


async def test_a_restart_under_load_loses_no_place_in_the_pool(house: Any) -> None:
    held = asyncio.Semaphore(0)

    async def holds(wire: Any, _request: Any) -> None:
        held.release()
        await wire.gone()

    house.users.script("POST", SIGNIN, holds)
    door = await house.open(pool_size=4)
    upstream = door.gateway.upstreams["users"]
    busy = [asyncio.create_task(door.ask("POST", SIGNIN, body=b"{}")) for _ in range(4)]
    for _ in busy:
        await held.acquire()
    in_line = [asyncio.create_task(door.ask("POST", SIGNIN, body=b"{}")) for _ in range(6)]
    await house.until(lambda: len(upstream._waiters) == 6)
    await house.users.stop()
    # Taken, perhaps done: 502. Never sent: 503.
    assert {(await task).status for task in busy} == {502}
    assert {(await task).status for task in in_line} == {503}
    assert upstream.open_connections == 0
    del house.users.handlers[f"POST {SIGNIN}"]
    await house.users.start()
    assert [(await door.ask("POST", SIGNIN, body=b"{}")).status for _ in range(3)] == [200] * 3


async def test_a_service_that_does_not_read_holds_the_client_back(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    go = asyncio.Event()
    size = 64 * 1_000_000
    got = sent = 0
    buffered: list[int] = []
    write = Connection.write

    def watched(connection: Connection, data: bytes) -> None:
        write(connection, data)
        buffered.append(connection.transport.get_write_buffer_size())

    async def lazy(wire: Any, _request: Any) -> None:
        nonlocal got
        await go.wait()
        while got < size:
            got += len(await wire.reader.read(1 << 20))
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    house.users.offers("POST", "/users/upload", "pro", x_max_body=size)
    house.users.script("POST", "/users/upload", lazy, streaming=True)
    door = await house.open()
    monkeypatch.setattr(Connection, "write", watched)
    wire = await door.open()
    await wire.send(b"POST /users/upload HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % size)

    async def upload() -> None:
        nonlocal sent
        part = b"x" * 1_000_000
        while sent < size:
            await wire.send(part)
            sent += len(part)

    uploading = asyncio.create_task(upload())
    await house.until(lambda: sent == size or (buffered and buffered[-1] > HIGH_WATER))
    before = -1
    while before != len(buffered):
        before = len(buffered)
        for _ in range(100):
            await asyncio.sleep(0)
    assert sent < size
    go.set()
    assert (await wire.reply()).body == b"ok"
    await uploading
    assert (sent, got) == (size, size)
    # What the gateway holds of an upload is a few reads, however long it is.
    assert max(buffered) < 2_000_000
    assert door.gateway.upstreams["users"].idle_connections == 1


@pytest.mark.parametrize("failure", [TimeoutError, asyncio.CancelledError])
async def test_a_connection_given_up_while_it_opens_is_counted_once(
    house: Any, monkeypatch: pytest.MonkeyPatch, failure: type[BaseException]
) -> None:
    """The deadline may strike between the connection's being made and its being handed out."""
    upstream = Upstream("users", house.users.url)
    made = []

    async def create_connection(factory: Any, *_address: Any) -> Any:
        protocol = factory()
        protocol.connection_made(_Transport())
        protocol.connection_lost(None)
        made.append(protocol)
        raise failure

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", create_connection)
    with pytest.raises(Unreachable if failure is TimeoutError else failure):
        await upstream.connect()
    assert (len(made), upstream.open_connections) == (1, 0)


async def test_a_connection_closed_as_it_opens_is_no_connection(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else its request would be written to nowhere, and wait for its whole deadline."""
    upstream = Upstream("users", house.users.url)

    async def create_connection(factory: Any, *_address: Any) -> Any:
        protocol = factory()
        protocol.connection_made(_Transport())
        protocol.connection_lost(None)
        return None, protocol

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", create_connection)
    with pytest.raises(Unreachable):
        await fetch(upstream, "GET", "/health/ready", seconds=5)
    assert upstream.open_connections == 0


class _Transport:
    def abort(self) -> None: ...

    def is_closing(self) -> bool:
        return True


async def test_a_cancelled_request_gives_its_place_back(house: Any) -> None:
    asked = asyncio.Semaphore(0)

    async def never(wire: Any, _request: Any) -> None:
        asked.release()
        await wire.gone()

    house.users.script("GET", "/health/ready", never)
    upstream = Upstream("users", house.users.url, size=1)
    running = asyncio.create_task(fetch(upstream, "GET", "/health/ready", seconds=60))
    await asked.acquire()
    in_line = asyncio.create_task(fetch(upstream, "GET", "/health/ready", seconds=60))
    await house.until(lambda: upstream._waiters)
    in_line.cancel()
    running.cancel()
    await asyncio.gather(running, in_line, return_exceptions=True)
    assert (upstream.open_connections, len(upstream._waiters)) == (0, 0)
    assert (await fetch(upstream, "GET", "/openapi.json", seconds=5)).status == 200
    upstream.close()
    assert upstream.open_connections == 0


async def test_the_pools_show_in_metrics(house: Any) -> None:
    door = await house.open()
    await door.ask("POST", SIGNIN, body=b"{}")
    text = (await door.get("/metrics")).body.decode()
    assert 'gateway_upstream_connections{service="users",state="idle"} 1.0' in text
    assert 'gateway_upstream_connections{service="users",state="busy"} 0.0' in text
    assert 'method="POST",route="/users/signin",status="200"' in text


async def test_health_follows_each_service(house: Any) -> None:
    door = await house.open()
    well = await door.get("/health")
    assert (well.status, well.json()["status"]) == (200, "ok")
    house.bookings.on("GET", "/health/ready", {}, status=503)
    await house.documents.stop()
    ill = await door.get("/health")
    report = ill.json()
    assert (ill.status, report["status"]) == (503, "degraded")
    assert {name: state["ready"] for name, state in report["services"].items()} == {
        "users": True,
        "offers": True,
        "bookings": False,
        "documents": False,
    }
    assert report["services"]["documents"]["reachable"] is False
    # The balancer still sends requests here: three services out of four can be used.
    assert (await door.get("/health/ready")).status == 200
