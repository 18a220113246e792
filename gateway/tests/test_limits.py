"""Rate limits: the window's arithmetic, Redis's part, and what happens without it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from gateway.limits import Limiter
from gateway.rates import Rate, estimate, parse_rate, rate_of_extension, retry_after

NOON = 1_780_000_020.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10/minute", Rate(10, 60)), ("200/hour", Rate(200, 3_600)), ("3/90", Rate(3, 90)), ("", None), (" ", None)],
)
def test_rates_are_read(text: str, expected: Rate | None) -> None:
    assert parse_rate(text) == expected


@pytest.mark.parametrize("text", ["10", "ten/minute", "10/fortnight", "0/minute", "-1/minute"])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_rate(text)


def test_an_operations_own_rate() -> None:
    assert rate_of_extension({"limit": 5, "window": 60, "per": "address"}) == Rate(5, 60, "address")
    assert rate_of_extension({"limit": 5, "window": 60}) == Rate(5, 60, "identity")
    assert rate_of_extension(None) is None


@given(
    previous=st.integers(0, 1_000),
    current=st.integers(0, 1_000),
    limit=st.integers(1, 1_000),
    window=st.integers(1, 3_600),
    elapsed=st.floats(0, 0.999),
)
def test_after_the_wait_one_more_fits(previous: int, current: int, limit: int, window: int, elapsed: float) -> None:
    wait = retry_after(previous, current, limit, window, elapsed)
    assert 1 <= wait <= 2 * window + 1
    later = elapsed + wait / window
    if later < 1:
        held = estimate(previous, current, later)
    elif later < 2:
        held = estimate(current, 0, later - 1)
    else:
        held = 0.0
    assert held + 1 <= limit + 1e-6 or current > limit


@given(st.lists(st.floats(0, 200), min_size=1, max_size=300))
def test_the_default_never_lets_more_than_its_limit_into_one_fixed_window(moments: list[float]) -> None:
    limiter, rate = Limiter(None), Rate(10, 60)
    passed: dict[int, int] = {}
    for moment in sorted(moments):
        if limiter.check_default(rate, "a", "native", NOON + moment) == 0:
            slot = int((NOON + moment) // 60)
            passed[slot] = passed.get(slot, 0) + 1
    assert max(passed.values()) <= 10


def test_the_default_slides() -> None:
    limiter, rate = Limiter(None), Rate(10, 60)
    start = NOON // 60 * 60
    assert [limiter.check_default(rate, "a", "s", start + 59) for _ in range(11)].count(0) == 10
    # A second later the window has moved on, but most of it is still the last one.
    waits = [limiter.check_default(rate, "a", "s", start + 61) for _ in range(3)]
    assert all(wait > 0 for wait in waits)
    assert limiter.check_default(rate, "a", "s", start + 61 + waits[0]) == 0
    assert limiter.check_default(rate, "b", "s", start + 61) == 0


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    await client.flushdb()
    yield client
    await client.flushdb()
    await client.aclose()


async def test_an_operations_limit_holds_over_gateways(redis: Redis) -> None:
    one, two, rate = Limiter(redis, seconds=5), Limiter(redis, seconds=5), Rate(5, 3_600)
    waits = [await limiter.check(rate, "native:1", "POST /x") for limiter in (one, two) * 4]
    assert waits.count(0) == 5
    assert all(0 < wait <= 7_201 for wait in waits[5:])
    assert await one.check(rate, "native:2", "POST /x") == 0
    assert await one.check(rate, "native:1", "POST /y") == 0
    for key in await redis.keys("*"):
        assert "native" not in repr(key)
        assert 0 < await redis.ttl(key) <= 7_201


async def test_the_default_is_settled_between_gateways(redis: Redis) -> None:
    one, two, rate = Limiter(redis), Limiter(redis), Rate(10, 3_600)
    for _ in range(6):
        assert one.check_default(rate, "a", "s", NOON) == 0
    assert two.check_default(rate, "a", "s", NOON) == 0
    await one.settle(NOON)
    await two.settle(NOON)
    assert [two.check_default(rate, "a", "s", NOON) for _ in range(5)].count(0) == 3
    # Nothing is counted twice, and who is quiet is forgotten.
    await two.settle(NOON)
    await two.settle(NOON)
    assert two.check_default(rate, "a", "s", NOON) > 0
    await two.settle(NOON + 3 * 3_600)
    assert not two._windows


async def test_redis_is_told_of_a_caller_once_it_is_worth_it(redis: Redis) -> None:
    one, two, rate = Limiter(redis), Limiter(redis), Rate(1_000, 3_600)
    for _ in range(9):
        assert one.check_default(rate, "a", "s", NOON) == 0
    await one.settle(NOON)
    assert await redis.keys("gateway:default:*") == []
    one.check_default(rate, "a", "s", NOON)
    await one.settle(NOON)
    assert two.check_default(rate, "a", "s", NOON) == 0
    for _ in range(989):
        two.check_default(rate, "a", "s", NOON)
    await two.settle(NOON)
    assert two.check_default(rate, "a", "s", NOON) > 0


async def test_without_redis_everything_passes_and_is_counted() -> None:
    from gateway.metrics import LIMITER_FAILURES

    before = LIMITER_FAILURES._value.get()
    client = Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.1)
    limiter = Limiter(client, seconds=0.1)
    assert [await limiter.check(Rate(1, 60), "a", "r") for _ in range(5)] == [0] * 5
    assert LIMITER_FAILURES._value.get() - before == 5
    limiter.check_default(Rate(10, 60), "a", "s")
    await limiter.settle()
    await client.aclose()


# Over the wire


async def test_too_many_requests(house: Any, redis: Redis, redis_url: str) -> None:
    house.users.offers(
        "POST", "/native/v1/signin", "native", x_rate_limit={"limit": 2, "window": 3_600, "per": "address"}
    )
    house.users.offers("GET", "/native/v1/thing", "native")
    door = await house.open(redis_url=redis_url, redis_timeout=5.0)
    replies = [await door.ask("POST", "/native/v1/signin", {"origin": "http://localhost:8082"}) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    refused = replies[-1]
    assert list(refused.json()) == ["global"]
    assert 0 < int(refused.header("retry-after") or 0) <= 7_201
    assert refused.header("access-control-allow-origin") == "http://localhost:8082"
    assert (await door.get("/native/v1/thing")).status == 200
    assert len(house.users.seen("/native/v1/signin")) == 2


async def test_people_behind_one_address_have_a_limit_each_and_forgers_share_theirs(
    house: Any, redis: Redis, redis_url: str, tokens: Any
) -> None:
    limit = {"limit": 1, "window": 3_600, "per": "identity"}
    house.users.on("GET", "/internal/jwks", tokens.jwks)
    house.users.offers("POST", "/native/v1/bookings", "native", x_rate_limit=limit)
    door = await house.open(redis_url=redis_url, redis_timeout=5.0)
    statuses = [(await door.ask("POST", "/native/v1/bookings", tokens.native(user))).status for user in (1, 2, 1)]
    assert statuses == [200, 200, 429]
    forged = [type(tokens)().native(user) for user in (3, 4)]
    assert [(await door.ask("POST", "/native/v1/bookings", headers)).status for headers in forged] == [200, 429]


async def test_the_surfaces_default(house: Any) -> None:
    house.users.offers("GET", "/native/v1/thing", "native")
    door = await house.open(address_rate="3/hour")
    assert [(await door.get("/native/v1/thing")).status for _ in range(4)] == [200, 200, 200, 429]


async def test_a_dead_redis_refuses_nobody(house: Any) -> None:
    house.users.offers("GET", "/native/v1/thing", "native", x_rate_limit={"limit": 1, "window": 60})
    door = await house.open()
    assert [(await door.get("/native/v1/thing")).status for _ in range(3)] == [200] * 3
    assert (await door.get("/health")).json()["checks"]["redis"] is False
