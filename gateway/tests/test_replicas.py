"""A service of several replicas behind one name: each gets its share, and one that goes away costs no request."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter
from typing import Any

import pytest

from gateway.connections import Connection, Unreachable
from gateway.upstreams import Upstream

SIGNIN = "/users/signin"


def named(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Have every name stand for these addresses."""

    async def getaddrinfo(_host: str, port: int, **_options: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)


async def until_closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read nothing until the other side is gone, and leave nothing open."""
    with contextlib.suppress(ConnectionError):
        await reader.read()
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def test_a_replica_that_closed_its_door_costs_no_request(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that may not be sent twice too: to a closed door nothing was sent."""
    house.users.offers("POST", SIGNIN, "pro")
    door = await house.open()
    monkeypatch.setattr("gateway.upstreams._RESOLVED_SECONDS", 0.0)
    named(monkeypatch, "127.0.0.2", "127.0.0.1")
    for _ in range(20):
        for idle in list(door.gateway.upstreams["users"]._idle):
            idle.close()
        assert (await door.ask("POST", SIGNIN, body=b"{}")).status == 200


async def test_replicas_share_the_connections(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted: Counter[str] = Counter()

    def listen(address: str) -> Any:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await until_closed(reader, writer)
            accepted[address] += 1

        return accept

    first = await asyncio.start_server(listen("127.0.0.2"), "127.0.0.2", 0)
    port = first.sockets[0].getsockname()[1]
    second = await asyncio.start_server(listen("127.0.0.3"), "127.0.0.3", port)
    named(monkeypatch, "127.0.0.2", "127.0.0.3")
    upstream = Upstream("users", f"http://users:{port}")
    async with first, second:
        for _ in range(40):
            connection: Connection = await upstream.connect()
            connection.close()
        await house.until(lambda: accepted.total() == 40)
    # By chance: that one of two gets fewer than five of forty happens once in ten million times.
    assert min(accepted.values()) >= 5
    assert upstream.open_connections == 0


async def test_without_any_replica_it_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    upstream = Upstream("users", f"http://users:{port}")
    named(monkeypatch, "127.0.0.2", "127.0.0.3")
    with pytest.raises(Unreachable):
        await upstream.connect()
    nameless = Upstream("users", f"http://users:{port}")
    named(monkeypatch)
    with pytest.raises(Unreachable):
        await nameless.connect()
    assert (upstream.open_connections, nameless.open_connections) == (0, 0)


async def test_when_names_are_not_answered_the_known_addresses_serve(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = accepted = 0

    async def unanswered(*_address: Any, **_options: Any) -> list[Any]:
        nonlocal asked
        asked += 1
        raise socket.gaierror("nobody answers")

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal accepted
        await until_closed(reader, writer)
        accepted += 1

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    upstream = Upstream("users", f"http://users:{server.sockets[0].getsockname()[1]}")
    async with server:
        named(monkeypatch, "127.0.0.1")
        (await upstream.connect()).close()
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unanswered)
        (await upstream.connect()).close()
        assert asked == 0
        monkeypatch.setattr("gateway.upstreams._RESOLVED_SECONDS", 0.0)
        (await upstream.connect()).close()
        assert asked == 1
        await house.until(lambda: accepted == 3)
