"""Who is behind a request: the app's token, the portal's cookie, the partner's key."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

EXCHANGE = "/internal/sessions/exchange"
KEYS = "/internal/api-keys/exchange"
COOKIE = {"cookie": "other=1; session=good; more=2"}
SECURED = [{"SessionAuth": []}]


class Sessions:
    """The `users` side: which cookies are good, and how often it was asked."""

    def __init__(self, house: Any, tokens: Any) -> None:
        self.good = {"good": 7}
        self.asked = 0
        self._tokens = tokens
        house.users.script("POST", EXCHANGE, self._exchange)
        house.users.offers("GET", "/users/current", "pro", security=SECURED)
        house.users.offers("GET", "/users/signout", "pro", security=SECURED)
        house.users.offers("POST", "/users/signin", "pro")
        house.offers.offers("GET", "/venues", "pro", security=SECURED)

    async def _exchange(self, wire: Any, request: Any) -> None:
        import json

        self.asked += 1
        user = self.good.get(json.loads(request.body)["session"])
        if user is None:
            await wire.send(b"HTTP/1.1 401 X\r\ncontent-length: 2\r\n\r\n{}")
            return
        body = json.dumps({"token": self._tokens.token("pro", user), "expires_in": 900}).encode()
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))


@pytest.fixture
def sessions(house: Any, tokens: Any) -> Sessions:
    return Sessions(house, tokens)


def authorization(house: Any, service: str, path: str) -> str | None:
    return house.services[service].seen(path)[-1].header("authorization")


async def test_a_cookie_becomes_a_token_and_is_asked_about_once(house: Any, sessions: Sessions) -> None:
    door = await house.open()
    for _ in range(3):
        assert (await door.get("/venues", COOKIE)).status == 200
    assert (authorization(house, "offers", "/venues") or "").startswith("Bearer ey")
    seen = house.offers.seen("/venues")[-1]
    assert (seen.header("cookie"), seen.header("x-session")) == (None, None)
    assert sessions.asked == 1


async def test_a_burst_asks_about_a_cookie_once(house: Any, sessions: Sessions) -> None:
    door = await house.open()
    replies = await asyncio.gather(*(door.get("/venues", COOKIE) for _ in range(20)))
    assert {reply.status for reply in replies} == {200}
    assert sessions.asked == 1


async def test_only_users_sees_the_cookie_itself(house: Any, sessions: Sessions) -> None:
    door = await house.open()
    await door.get("/users/current", COOKIE)
    await door.ask("POST", "/users/signin", COOKIE, body=b"{}")
    assert [house.users.seen(path)[0].header("x-session") for path in ("/users/current", "/users/signin")] == [
        "good",
        "good",
    ]
    assert house.users.seen("/users/signin")[0].header("authorization") is None


@pytest.mark.parametrize("cookie", ["session=tampered", "session=", "sessions=good", "x", "session=" + "g" * 5_000])
async def test_an_unknown_cookie_is_nobody(house: Any, sessions: Sessions, cookie: str) -> None:
    door = await house.open()
    assert (await door.get("/venues", {"cookie": cookie})).status == 200
    assert authorization(house, "offers", "/venues") is None


async def test_the_portal_cannot_bring_a_token_of_its_own(house: Any, sessions: Sessions, tokens: Any) -> None:
    door = await house.open()
    await door.get("/venues", tokens.pro(1))
    assert authorization(house, "offers", "/venues") is None


async def test_a_session_outlives_users_until_its_token_ends(house: Any, sessions: Sessions, clock: Any) -> None:
    from datetime import UTC, datetime

    clock.set(datetime(2026, 6, 1, 12, tzinfo=UTC))
    door = await house.open()
    assert (await door.get("/venues", COOKIE)).status == 200
    await house.users.stop()
    clock.advance(seconds=61)
    assert (await door.get("/venues", COOKIE)).status == 200
    assert (authorization(house, "offers", "/venues") or "").startswith("Bearer")
    clock.advance(minutes=13)
    assert (await door.get("/venues", COOKIE)).status == 200
    clock.advance(minutes=1)
    assert (await door.get("/venues", COOKIE)).status == 503
    await house.users.start()
    assert (await door.get("/venues", COOKIE)).status == 200


async def test_a_revoked_session_ends_within_a_minute(house: Any, sessions: Sessions, clock: Any) -> None:
    from datetime import UTC, datetime

    clock.set(datetime(2026, 6, 1, 12, tzinfo=UTC))
    door = await house.open()
    await door.get("/venues", COOKIE)
    sessions.good.clear()
    clock.advance(seconds=61)
    await door.get("/venues", COOKIE)
    assert authorization(house, "offers", "/venues") is None


@pytest.mark.parametrize("set_cookie", ["session=; Max-Age=0; Path=/", "session=new; HttpOnly; Path=/"])
async def test_signing_out_or_in_again_forgets_the_session_at_once(
    house: Any, sessions: Sessions, set_cookie: str
) -> None:
    house.users.on("GET", "/users/signout", {}, headers=f"set-cookie: {set_cookie}\r\n")
    door = await house.open()
    await door.get("/venues", COOKIE)
    out = await door.get("/users/signout", COOKIE)
    assert out.header("set-cookie") == set_cookie
    sessions.good.clear()
    await door.get("/venues", COOKIE)
    assert authorization(house, "offers", "/venues") is None
    assert sessions.asked == 2


async def test_signing_out_while_the_session_is_being_asked_about(house: Any, sessions: Sessions, tokens: Any) -> None:
    """The answer about a session that has gone meanwhile serves the request that asked, and nobody after it."""
    asked, go = asyncio.Event(), asyncio.Event()
    exchange = house.users.handlers[f"POST {EXCHANGE}"]

    async def slow(wire: Any, request: Any) -> None:
        asked.set()
        await go.wait()
        await exchange(wire, request)

    house.users.script("POST", EXCHANGE, slow)
    door = await house.open()
    first = asyncio.create_task(door.get("/venues", COOKIE))
    await asked.wait()
    await door.gateway.callers._sessions.drop(b"good")
    go.set()
    assert (await first).status == 200
    sessions.good.clear()
    await door.get("/venues", COOKIE)
    assert authorization(house, "offers", "/venues") is None


async def test_a_token_that_a_service_refuses_is_asked_for_anew(house: Any, sessions: Sessions) -> None:
    house.offers.on("GET", "/venues", {}, status=401)
    door = await house.open()
    assert [(await door.get("/venues", COOKIE)).status for _ in range(2)] == [401, 401]
    assert sessions.asked == 2


async def test_a_token_of_the_clients_own_goes_nowhere_from_the_portal(
    house: Any, sessions: Sessions, tokens: Any
) -> None:
    """Not where a cookie is needed, with or without one, nor where none is."""
    door = await house.open()
    own = tokens.pro(1)
    await door.ask("POST", "/users/signin", own, body=b"{}")
    assert authorization(house, "users", "/users/signin") is None
    await door.get("/venues", {**own, **COOKIE})
    sent = authorization(house, "offers", "/venues")
    assert sent is not None
    assert sent != own["Authorization"]


async def test_a_revoked_session_does_not_come_back_while_users_is_away(
    house: Any, sessions: Sessions, clock: Any, redis: Redis, redis_url: str
) -> None:
    from datetime import UTC, datetime

    clock.set(datetime(2026, 6, 1, 12, tzinfo=UTC))
    door = await house.open(redis_url=redis_url, redis_timeout=2.0)
    await door.get("/venues", COOKIE)
    sessions.good.clear()
    clock.advance(seconds=61)
    await door.get("/venues", COOKIE)
    assert authorization(house, "offers", "/venues") is None
    assert await redis.keys("gateway:identity:*") == []
    await house.users.stop()
    clock.advance(seconds=10)
    assert (await door.get("/venues", COOKIE)).status == 503


async def test_gateways_share_what_they_know_in_redis(house: Any, sessions: Sessions, redis_url: str) -> None:
    redis = Redis.from_url(redis_url)
    await redis.flushdb()
    first, second = await house.open(redis_url=redis_url, redis_timeout=2.0), None
    await first.get("/venues", COOKIE)
    second = await house.open(redis_url=redis_url, redis_timeout=2.0)
    await second.get("/venues", COOKIE)
    assert sessions.asked == 1
    assert (authorization(house, "offers", "/venues") or "").startswith("Bearer")
    keys = await redis.keys("*")
    assert "good" not in repr(keys)
    house.users.on("GET", "/users/signout", {}, headers="set-cookie: session=; Max-Age=0\r\n")
    await first.get("/users/signout", COOKIE)
    assert await redis.keys("gateway:identity:*") == []
    await redis.aclose()


async def test_a_stalled_users_does_not_hold_the_desk(house: Any, sessions: Sessions) -> None:
    async def never(wire: Any, _request: Any) -> None:
        await wire.gone()

    house.users.script("POST", EXCHANGE, never)
    door = await house.open(identity_timeout=0.1)
    assert (await door.get("/venues", COOKIE)).status == 503
    assert (await door.get("/venues")).status == 200


# The partner's key


@pytest.fixture
def public(house: Any, tokens: Any) -> None:
    house.offers.on("POST", KEYS, {"token": tokens.token("provider", 3), "expires_in": 900})
    house.bookings.offers("GET", "/public/bookings/v1/bookings", "public", security=[{"ApiKeyAuth": []}])


async def test_a_key_becomes_a_token(house: Any, public: None) -> None:
    door = await house.open()
    for _ in range(2):
        await door.get("/public/bookings/v1/bookings", {"authorization": "Bearer development_key"})
    assert (authorization(house, "bookings", "/public/bookings/v1/bookings") or "").startswith("Bearer ey")
    assert house.offers.seen(KEYS)[0].json() == {"key": "development_key"}
    assert len(house.offers.seen(KEYS)) == 1


async def test_a_wrong_key_is_nobody_and_not_asked_about_again_and_again(house: Any, public: None) -> None:
    house.offers.on("POST", KEYS, {}, status=401)
    door = await house.open()
    for _ in range(3):
        await door.get("/public/bookings/v1/bookings", {"authorization": "Bearer wrong"})
    assert authorization(house, "bookings", "/public/bookings/v1/bookings") is None
    assert len(house.offers.seen(KEYS)) == 1


@pytest.mark.parametrize("answer", [{"token": "x"}, {"token": "a.b.c", "expires_in": 1}, [], {"expires_in": 900}])
async def test_an_issuer_that_talks_nonsense_is_no_issuer(house: Any, public: None, answer: Any) -> None:
    house.offers.on("POST", KEYS, answer)
    door = await house.open()
    reply = await door.get("/public/bookings/v1/bookings", {"authorization": "Bearer key"})
    assert reply.status == 503


# The app's token


async def test_the_apps_token_passes_as_it_is_and_names_the_caller(house: Any, tokens: Any) -> None:
    house.users.on("GET", "/internal/jwks", tokens.jwks)
    house.users.offers("GET", "/native/v1/thing", "native")
    door = await house.open()
    headers = tokens.native(12)
    for _ in range(2):
        await door.get("/native/v1/thing", headers)
    assert authorization(house, "users", "/native/v1/thing") == headers["Authorization"]
    assert len(house.users.seen("/internal/jwks")) == 1
    assert [name for name, _ in door.gateway.callers._known.values()] == ["native:12"]


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "Bearer"])
async def test_a_forged_token_passes_too_and_names_nobody(house: Any, tokens: Any, token: str) -> None:
    """It is for the service to refuse it in its own words; only no one else's limit is spent."""
    house.users.on("GET", "/internal/jwks", tokens.jwks)
    house.users.offers("GET", "/native/v1/thing", "native")
    door = await house.open()
    forged = type(tokens)().native(12)["Authorization"] if token == "x" else f"Bearer {token}"
    reply = await door.get("/native/v1/thing", {"authorization": forged})
    assert reply.status == 200
    assert not door.gateway.callers._known


async def test_keys_outlive_the_gateway(house: Any, tokens: Any) -> None:
    house.users.on("GET", "/internal/jwks", tokens.jwks)
    house.bookings.offers("GET", "/native/v2/bookings", "native")
    first = await house.open()
    await first.get("/native/v2/bookings", tokens.native(12))
    await house.users.stop()
    second = await house.open()
    await second.get("/native/v2/bookings", tokens.native(13))
    assert [name for name, _ in second.gateway.callers._known.values()] == ["native:13"]


@pytest.mark.parametrize("nonsense", [{}, [], {"keys": 1}, {"keys": []}])
async def test_a_key_set_that_is_none_breaks_no_request(house: Any, tokens: Any, nonsense: Any) -> None:
    house.users.on("GET", "/internal/jwks", nonsense)
    house.users.offers("GET", "/native/v1/thing", "native")
    door = await house.open()
    assert (await door.get("/native/v1/thing", tokens.native(12))).status == 200
    assert not door.gateway.callers._known
