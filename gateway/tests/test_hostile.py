"""Requests made to be read in two ways, or to cost more than they look: none of it reaches a service."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

PATH = "/native/v1/thing"


@pytest.fixture(autouse=True)
def operations(house: Any) -> None:
    house.users.offers("GET", PATH, "native")
    house.users.offers("POST", PATH, "native")


def get(headers: bytes) -> bytes:
    return b"GET /native/v1/thing HTTP/1.1\r\nhost: a\r\n%b\r\n\r\n" % headers


def post(headers: bytes, body: bytes) -> bytes:
    return b"POST /native/v1/thing HTTP/1.1\r\nhost: a\r\n%b\r\n\r\n%b" % (headers, body)


SMUGGLED = b"GET /native/v1/thing?smuggled HTTP/1.1\r\nhost: a\r\n\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        # One length said twice, in two ways, or in a way that only some would read.
        post(b"content-length: 2\r\ncontent-length: 2", b"{}"),
        post(b"content-length: 2, 2", b"{}"),
        post(b"content-length: +2", b"{}"),
        post(b"content-length: 0x2", b"{}"),
        post(b"content-length: 99999999999999999999999", b"{}"),
        post(b"content-length : 2", b"{}"),
        post(b"content-length: 2\r\ntransfer-encoding: chunked", b"0\r\n\r\n" + SMUGGLED),
        post(b"transfer-encoding: chunked\r\ncontent-length: 5", b"0\r\n\r\n" + SMUGGLED),
        # Codings that are not exactly "chunked, and last".
        post(b"transfer-encoding: identity", b"0\r\n\r\n" + SMUGGLED),
        post(b"transfer-encoding: xchunked", b"0\r\n\r\n" + SMUGGLED),
        post(b"transfer-encoding: \x0bchunked", b"0\r\n\r\n" + SMUGGLED),
        post(b"transfer-encoding : chunked", b"0\r\n\r\n" + SMUGGLED),
        post(b"transfer-encoding: chunked, identity", b"0\r\n\r\n" + SMUGGLED),
        post(b"transfer-encoding: chunked\r\ntransfer-encoding: chunked", b"0\r\n\r\n" + SMUGGLED),
        # Lines that some would take for two.
        get(b"x-a: b\nx-session: evil"),
        get(b"x-a: b\rx-session: evil"),
        get(b"x-a: b\r\n x-session: evil"),
        get(b"x-a: b\x00c"),
        get(b"x a: b"),
        b"GET /native/v1/thing?a\tb HTTP/1.1\r\nhost: a\r\n\r\n",
        b"CONNECT users:80 HTTP/1.1\r\nhost: a\r\n\r\n",
        # A body that the parser would take for the next request.
        post(b"connection: upgrade\r\nupgrade: h2c\r\ncontent-length: %d" % len(SMUGGLED), SMUGGLED),
        post(b"connection: upgrade\r\nupgrade: websocket\r\ntransfer-encoding: chunked", b"0\r\n\r\n" + SMUGGLED),
    ],
)
async def test_what_could_be_read_in_two_ways_is_refused(house: Any, raw: bytes) -> None:
    door = await house.open()
    wire = await door.open()
    await wire.send(raw)
    reply = await wire.reply()
    assert (reply.status, list(reply.json()), reply.header("connection")) == (400, ["global"], "close")
    assert await wire.gone() == b""
    assert house.users.seen(PATH) == []


@pytest.mark.parametrize("chunk", [b"-2\r\n{}\r\n", b"fffffffffffffffff\r\n{}\r\n", b"2\n{}\n", b"2\r\n{}x\r\n"])
async def test_a_chunk_that_is_none_ends_the_request(house: Any, chunk: bytes) -> None:
    door = await house.open()
    wire = await door.open()
    await wire.send(post(b"transfer-encoding: chunked", chunk + b"0\r\n\r\n"))
    assert (await wire.reply()).status == 400
    assert await wire.gone() == b""


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://users/internal/jwks", 404),
        ("//internal/jwks", 404),
        ("*", 404),
        ("http://users/native/v1/thing", 200),
    ],
)
async def test_a_target_names_a_path_and_never_a_service(house: Any, target: str, status: int) -> None:
    door = await house.open()
    reply = await door.ask("OPTIONS" if target == "*" else "GET", target)
    assert reply.status == status
    assert house.users.seen("/internal/jwks") == []
    assert all(seen.header("host") == f"127.0.0.1:{house.users.port}" for seen in house.users.requests)


async def test_a_coding_stays_on_its_hop_and_the_length_is_the_bodys(house: Any) -> None:
    door = await house.open()
    wire = await door.open()
    await wire.send(post(b"transfer-encoding: chunked", b"2;ext=1\r\n{}\r\n0\r\n\r\n"))
    assert (await wire.reply()).status == 200
    seen = house.users.seen(PATH)[0]
    assert (seen.header("content-length"), seen.header("transfer-encoding"), seen.body) == ("2", None, b"{}")


async def test_trailers_are_no_headers(house: Any) -> None:
    door = await house.open()
    wire = await door.open()
    await wire.send(
        post(b"transfer-encoding: chunked", b"2\r\n{}\r\n0\r\nx-trail: 1\r\nx-country: FR\r\nauthorization: x\r\n\r\n")
    )
    assert (await wire.reply()).status == 200
    for name in ("x-trail", "x-country", "authorization"):
        assert house.users.seen(PATH)[0].header(name) is None
    await wire.send(get(b"x-a: b"))
    assert (await wire.reply()).status == 200
    assert house.users.seen(PATH)[1].header("x-a") == "b"


@pytest.mark.parametrize("start", [b"0\r\nx-a: ", b"0\r\nx-a: 1\r\nx-b: ", b"2;ext="])
async def test_trailers_and_extensions_without_end_are_refused(house: Any, start: bytes) -> None:
    door = await house.open(max_head_bytes=8_192)
    wire = await door.open()
    await wire.send(post(b"transfer-encoding: chunked", b"2\r\n{}\r\n" + start))
    sent = 0
    with suppress(ConnectionError):
        async with asyncio.timeout(5):
            while sent < 100_000_000:
                await wire.send(b"y" * 4_096)
                sent += 4_096
    assert sent < 20_000_000


async def test_many_small_packets_of_a_body_are_no_head(house: Any) -> None:
    """What bounds heads and trailers does not count bodies."""
    door = await house.open(max_head_bytes=1_024)
    wire = await door.open()
    await wire.send(post(b"content-length: 40000", b""))
    for _ in range(40):
        await wire.send(b"x" * 1_000)
    assert (await wire.reply()).status == 200
    assert len(house.users.seen(PATH)[0].body) == 40_000


async def test_an_upgrade_is_not_taken_up_and_nothing_follows_it(house: Any) -> None:
    door = await house.open()
    wire = await door.open()
    await wire.send(get(b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: x") + SMUGGLED)
    reply = await wire.reply()
    assert (reply.status, reply.header("connection")) == (200, "close")
    assert await wire.gone() == b""
    seen = house.users.seen(PATH)
    assert [request.target for request in seen] == [PATH]
    assert all(seen[0].header(name) is None for name in ("upgrade", "connection", "http2-settings"))


async def test_an_answer_cannot_be_split_by_what_was_asked(house: Any) -> None:
    """Of what a caller sends, only the request id and the origin come back in headers: both are checked whole."""
    door = await house.open()
    evil = "0c2fe2a8%0d%0aset-cookie:x"
    reply = await door.get(f"{PATH}?%0d%0aset-cookie:x", {"x-request-id": evil, "origin": evil})
    assert reply.header("set-cookie") is None
    assert evil not in [value for _, value in reply.headers]


async def test_a_second_answer_is_not_kept_for_the_next_caller(house: Any) -> None:
    """A service that answers twice loses its connection: the second answer belongs to nobody."""

    async def twice(wire: Any, _request: Any) -> None:
        one = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n"
        await wire.send(one + b"one" + one + b"two")
        await wire.gone()

    house.users.script("GET", PATH, twice)
    door = await house.open()
    assert [(await door.get(PATH)).body for _ in range(3)] == [b"one"] * 3
    assert door.gateway.upstreams["users"].idle_connections == 0
