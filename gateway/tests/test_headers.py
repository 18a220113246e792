"""What passes of headers, in either direction, and what the gateway says of itself."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from gateway.access_log import AccessLog
from gateway.addresses import client_address, counted_address

PATH = "/native/v1/thing"


@pytest.fixture(autouse=True)
def operations(house: Any) -> None:
    house.users.offers("GET", PATH, "native")


async def test_hop_by_hop_headers_stay_on_their_hop(house: Any) -> None:
    house.users.on("GET", PATH, {}, headers="keep-alive: timeout=5\r\nconnection: x-hop\r\nx-hop: 1\r\nx-end: 2\r\n")
    door = await house.open()
    reply = await door.get(
        PATH,
        {
            "connection": "keep-alive, x-secret-hop",
            "x-secret-hop": "1",
            "te": "trailers",
            "upgrade": "h2c",
            "proxy-authorization": "Basic x",
            "app-version": "1.404.0",
        },
    )
    seen = {name.lower() for name, _ in house.users.seen(PATH)[0].headers}
    assert seen.isdisjoint({"connection", "x-secret-hop", "te", "upgrade", "proxy-authorization", "keep-alive"})
    assert "app-version" in seen
    assert (reply.header("x-hop"), reply.header("keep-alive"), reply.header("x-end")) == (None, None, "2")


async def test_what_only_the_gateway_may_say_is_said_by_it(house: Any) -> None:
    door = await house.open()
    await door.get(
        PATH,
        {
            "x-forwarded-for": "6.6.6.6",
            "x-forwarded-host": "evil.example",
            "x-session": "stolen",
            "cookie": "session=abc",
            "x-country": "FR",
            "forwarded": "for=6.6.6.6",
        },
    )
    seen = house.users.seen(PATH)[0]
    assert seen.header("x-forwarded-for") == "127.0.0.1"
    assert seen.header("x-forwarded-host") == "door.example"
    assert seen.header("x-forwarded-proto") == "http"
    assert seen.header("host") == f"127.0.0.1:{house.users.port}"
    for name in ("x-session", "cookie", "x-country", "forwarded"):
        assert seen.header(name) is None
    assert seen.header("traceparent").startswith("00-")


async def test_behind_our_own_proxies_their_word_is_taken(house: Any) -> None:
    door = await house.open(trusted_proxies=2)
    await door.get(PATH, {"x-forwarded-for": "6.6.6.6, 203.0.113.7, 10.0.0.1", "x-country": "FR"})
    seen = house.users.seen(PATH)[0]
    assert (seen.header("x-forwarded-for"), seen.header("x-country")) == ("203.0.113.7", "FR")


@pytest.mark.parametrize(
    ("header", "proxies", "expected"),
    [
        (None, 3, "10.0.0.9"),
        (b"1.2.3.4", 0, "10.0.0.9"),
        (b"1.2.3.4", 1, "1.2.3.4"),
        (b"6.6.6.6, 1.2.3.4", 1, "1.2.3.4"),
        (b"1.2.3.4", 3, "1.2.3.4"),
        (b"not an address", 1, "10.0.0.9"),
    ],
)
def test_the_client_address(header: bytes | None, proxies: int, expected: str) -> None:
    assert client_address("10.0.0.9", header, proxies) == expected


def test_an_ipv6_caller_is_counted_by_its_network() -> None:
    assert counted_address("2001:db8:1:2:3::4") == counted_address("2001:db8:1:2:ffff::1") == "2001:db8:1:2::"
    assert counted_address("::ffff:192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize("path", [PATH, "/native/v1/unknown", "/health", "/native/docs", "/unknown"])
async def test_security_headers_are_on_every_answer(house: Any, path: str) -> None:
    house.users.on("GET", PATH, {}, headers="x-frame-options: ALLOWALL\r\nserver: secret/1\r\ndate: x\r\n")
    door = await house.open()
    reply = await door.get(path)
    assert [value for name, value in reply.headers if name == "x-frame-options"] == ["SAMEORIGIN"]
    assert reply.header("x-content-type-options") == "nosniff"
    assert reply.header("x-xss-protection") == "1; mode=block"
    assert reply.header("strict-transport-security") == "max-age=31536000; includeSubDomains; preload"
    assert reply.header("server") is None


async def test_the_request_id_goes_through(house: Any) -> None:
    door = await house.open()
    reply = await door.get(PATH, {"x-request-id": "0c2fe2a8-given"})
    assert reply.header("x-request-id") == "0c2fe2a8-given"
    assert house.users.seen(PATH)[0].header("x-request-id") == "0c2fe2a8-given"
    made = await door.get(PATH, {"x-request-id": "<script>"})
    assert len(made.header("x-request-id") or "") == 32


async def test_one_line_a_request(house: Any) -> None:
    house.users.offers("GET", "/users/validate_signup/{token}", "pro")
    door = await house.open()
    stream = io.StringIO()
    door.gateway.access_log = AccessLog("json", stream)
    headers = {"app-version": "1.404.0", "device-id": "d1", "platform": "web", "request-id": "r1", "commit-hash": "c1"}
    await door.get(f"{PATH}?page=2&token=secret", headers)
    await door.get("/users/validate_signup/very-secret")
    await door.get("/health")
    door.gateway.access_log.flush()
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first["message"] == "HTTP request at"
    extra = first["extra"]
    assert extra.pop("duration") > 0
    assert extra == {
        "statusCode": 200,
        "method": "GET",
        "route": PATH,
        "path": PATH,
        "queryParams": {"page": "2", "token": "***"},
        "size": 2,
        "deviceId": "d1",
        "sourceIp": "127.0.0.1",
        "requestId": "r1",
        "appVersion": "1.404.0",
        "commitHash": "c1",
        "codePushId": None,
        "platform": "web",
        "surface": "native",
        "service": "users",
    }
    assert second["extra"]["path"] == "/users/validate_signup/***"
    assert "very-secret" not in stream.getvalue()


# What is no request


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00 a TLS hello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nhost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
async def test_malformed_requests_get_400_and_the_door(house: Any, garbage: bytes) -> None:
    door = await house.open()
    wire = await door.open()
    await wire.send(garbage)
    reply = await wire.reply()
    assert (reply.status, list(reply.json())) == (400, ["global"])
    assert await wire.gone() == b""


async def test_an_endless_head_is_refused(house: Any) -> None:
    door = await house.open(max_head_bytes=2_048)
    wire = await door.open()
    await wire.send(b"GET / HTTP/1.1\r\nbig: " + b"x" * 4_000)
    assert (await wire.reply()).status == 431


@pytest.mark.parametrize(
    "start", [b"", b"GET / HTTP/1.1\r\nhost:", f"GET {PATH} HTTP/1.1\r\nhost: a\r\n\r\nGE".encode()]
)
async def test_a_head_that_does_not_come_is_not_waited_for(house: Any, start: bytes) -> None:
    door = await house.open(head_timeout=0.1)
    wire = await door.open()
    await wire.send(start)
    sent = await wire.gone()
    assert sent.count(b"HTTP/1.1 200") == start.count(PATH.encode())


async def test_no_more_connections_than_there_is_room_for(house: Any) -> None:
    door = await house.open(max_connections=1)
    first = await door.open()
    await first.send(f"GET {PATH} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
    assert (await first.reply()).status == 200
    second = await door.open()
    assert await second.gone() == b""


async def test_pipelined_requests_are_answered_in_order(house: Any) -> None:
    house.users.on("GET", PATH, {"n": 1})
    door = await house.open()
    wire = await door.open()
    await wire.send(f"GET {PATH} HTTP/1.1\r\nhost: a\r\n\r\nGET /native/v1/no HTTP/1.1\r\nhost: a\r\n\r\n".encode())
    assert (await wire.reply()).json() == {"n": 1}
    assert (await wire.reply()).status == 404
