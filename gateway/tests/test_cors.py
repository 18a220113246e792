"""Which pages may call: both front-ends, nobody who only looks like them."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.cors import CorsPolicy

APP, PORTAL = "http://localhost:8082", "http://localhost:3001"
APP_HEADERS = "app-version,device-id,platform,commit-hash,request-id,authorization,content-type"


@pytest.fixture(autouse=True)
def operations(house: Any) -> None:
    house.users.offers("GET", "/native/v1/thing", "native")
    house.users.offers("POST", "/users/signin", "pro")
    house.users.offers("GET", "/public/v1/thing", "public")


async def preflight(door: Any, path: str, origin: str, method: str = "POST", headers: str = APP_HEADERS) -> Any:
    return await door.ask(
        "OPTIONS",
        path,
        {"origin": origin, "access-control-request-method": method, "access-control-request-headers": headers},
    )


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("/native/v1/thing", APP),
        ("/native/v1/thing", "http://127.0.0.1:8082"),
        ("/native/v1/not-there-yet", APP),
        ("/mock/native/native/v1/thing", APP),
        ("/users/signin", PORTAL),
        ("/users/signin", "http://127.0.0.1:3001"),
    ],
)
async def test_both_front_ends_are_allowed_with_credentials(house: Any, path: str, origin: str) -> None:
    door = await house.open()
    before = await preflight(door, path, origin)
    assert before.status == 204
    assert before.header("access-control-allow-origin") == origin
    assert before.header("access-control-allow-credentials") == "true"
    allowed = {name.strip() for name in (before.header("access-control-allow-headers") or "").split(",")}
    assert set(APP_HEADERS.split(",")) <= allowed
    methods = (before.header("access-control-allow-methods") or "").split(", ")
    assert set(methods) == {"GET", "POST", "PATCH", "PUT", "DELETE"}
    reply = await door.get(path, {"origin": origin})
    assert reply.header("access-control-allow-origin") == origin
    assert reply.header("access-control-allow-credentials") == "true"
    assert "x-country-ban" in (reply.header("access-control-expose-headers") or "")
    assert "educonnect-redirect" in (reply.header("access-control-expose-headers") or "")
    assert "origin" in [value for name, value in reply.headers if name == "vary"]


BYPASSES = [
    "null",
    "http://evil-localhost.example",
    "http://localhost:8082.evil.example",
    "http://localhost:80821",
    "http://evil.example/http://localhost:8082",
    "http://localhost:8082@evil.example",
    "http://xlocalhost:8082",
    "https://localhost:8082",
    "http://LOCALHOST:8082",
    "http://127x0y0z1:8082",
    "http://localhost",
    "file://",
    "http://localhost:3001",
]


@pytest.mark.parametrize("origin", BYPASSES)
async def test_nobody_else_is(house: Any, origin: str) -> None:
    door = await house.open()
    before = await preflight(door, "/native/v1/thing", origin)
    assert before.status == 403
    assert before.header("access-control-allow-origin") is None
    reply = await door.get("/native/v1/thing", {"origin": origin})
    assert reply.header("access-control-allow-origin") is None
    assert reply.header("access-control-allow-credentials") is None


def test_a_pattern_must_match_the_whole_origin() -> None:
    policy = CorsPolicy({"pro": [r"https://[a-z]+\.passculture\.pro", r"http://localhost:3001"]})
    assert policy.allows("pro", b"https://portal.passculture.pro")
    for origin in (b"https://portal.passculture.pro.evil.example", b"https://portalxpassculture.pro", b"\n", b""):
        assert not policy.allows("pro", origin)
    assert not policy.allows("pro", b"http://localhost:3001\nhttps://evil.example")
    assert not CorsPolicy({"pro": []}).allows("pro", b"")


async def test_public_is_open_to_all_without_credentials(house: Any) -> None:
    door = await house.open()
    for reply in (
        await preflight(door, "/public/v1/thing", "https://anywhere.example"),
        await door.get("/public/v1/thing", {"origin": "https://anywhere.example"}),
    ):
        assert reply.header("access-control-allow-origin") == "*"
        assert reply.header("access-control-allow-credentials") is None


@pytest.mark.parametrize("path", ["/native/v1/unknown", "/native/v1/thing"])
async def test_refusals_can_be_read_by_the_page(house: Any, path: str) -> None:
    door = await house.open()
    reply = await door.ask("DELETE", path, {"origin": APP})
    assert reply.status in (404, 405)
    assert reply.header("access-control-allow-origin") == APP


async def test_a_services_own_cors_headers_do_not_count(house: Any) -> None:
    house.users.on("GET", "/native/v1/thing", {}, headers="access-control-allow-origin: *\r\n")
    door = await house.open()
    reply = await door.get("/native/v1/thing", {"origin": "http://evil.example"})
    assert reply.header("access-control-allow-origin") is None


async def test_options_without_a_page_is_an_ordinary_method(house: Any) -> None:
    door = await house.open()
    assert (await door.ask("OPTIONS", "/native/v1/thing")).status == 405
