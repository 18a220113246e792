"""Calls to partners, against a real server on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from shared.outbound import Breaker, Partner, PartnerBusy, PartnerNonsense, PartnerRefused, PartnerUnavailable
from shared.testing.partners import Canned, FakePartner


@pytest.fixture
async def server() -> AsyncIterator[FakePartner]:
    async with FakePartner() as running:
        yield running


@pytest.fixture
async def partner(server: FakePartner) -> AsyncIterator[Partner]:
    made = Partner("sample", server.url, deadline=2.0, timeout=1.0, attempts=3, wait_initial=0.001)
    yield made
    await made.close()


async def test_an_answer_is_read_whole(server: FakePartner, partner: Partner) -> None:
    server.answers.append(Canned(200, b'{"a": 1}', {"content-type": "application/json"}))
    answer = await partner.call("GET", "/thing", operation="read", params={"q": "é"})
    assert (answer.status, answer.json()) == (200, {"a": 1})
    assert server.requests[0].target == "/thing?q=%C3%A9"


async def test_a_safe_call_is_tried_again(server: FakePartner, partner: Partner) -> None:
    server.answers += [Canned(503), Canned(500), Canned(200, b"ok")]
    assert (await partner.call("GET", "/", operation="read")).content == b"ok"
    assert len(server.requests) == 3


async def test_an_unsafe_call_is_made_once(server: FakePartner, partner: Partner) -> None:
    server.answers += [Canned(503), Canned(200)]
    with pytest.raises(PartnerUnavailable):
        await partner.call("POST", "/", operation="write", json={})
    assert len(server.requests) == 1


async def test_a_refusal_is_not_tried_again(server: FakePartner, partner: Partner) -> None:
    server.answers.append(Canned(409, b"{}"))
    with pytest.raises(PartnerRefused) as caught:
        await partner.call("GET", "/", operation="read")
    assert caught.value.status == 409
    assert len(server.requests) == 1
    assert not partner.breaker.is_open


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("soon", 60), ("-3", 0), ("999999", 3600)])
async def test_a_busy_partner_says_when(server: FakePartner, partner: Partner, header: str, seconds: float) -> None:
    server.answers.append(Canned(429, b"", {"retry-after": header}))
    with pytest.raises(PartnerBusy) as caught:
        await partner.call("GET", "/", operation="read")
    assert caught.value.retry_after == seconds
    assert len(server.requests) == 1


async def test_a_silent_partner_meets_the_deadline(server: FakePartner) -> None:
    partner = Partner("sample", server.url, deadline=0.05, timeout=5.0)
    server.answers.append(Canned(200, b"", silent=True))
    with pytest.raises(PartnerUnavailable, match="deadline"):
        await partner.call("GET", "/", operation="read")
    await partner.close()


async def test_an_endless_answer_is_cut(server: FakePartner, partner: Partner) -> None:
    server.answers.append(Canned(200, b"x" * 2_000))
    with pytest.raises(PartnerNonsense):
        await partner.call("GET", "/", operation="read", max_bytes=1_000)


async def test_nobody_there() -> None:
    partner = Partner("sample", "http://127.0.0.1:9", attempts=2, wait_initial=0.001)
    with pytest.raises(PartnerUnavailable):
        await partner.call("GET", "/", operation="read")
    await partner.close()


async def test_a_failing_partner_is_left_alone_then_tried_once(server: FakePartner) -> None:
    now = 0.0
    breaker = Breaker(threshold=2, pause=30, monotonic=lambda: now)
    partner = Partner("sample", server.url, attempts=1, breaker=breaker)

    async def fails() -> None:
        with pytest.raises(PartnerUnavailable):
            await partner.call("GET", "/", operation="read")

    server.answers += [Canned(500), Canned(500)]
    await fails()
    await fails()
    assert breaker.is_open
    await fails()
    assert len(server.requests) == 2
    now = 31.0
    server.answers += [Canned(500)]
    await fails()
    await fails()
    assert len(server.requests) == 3
    now = 62.0
    server.answers += [Canned(200)]
    await partner.call("GET", "/", operation="read")
    assert not breaker.is_open
    await partner.close()


@pytest.mark.parametrize("end", [Breaker.succeeded, Breaker.failed, Breaker.forgot])
def test_one_trial_at_a_time(end: Callable[[Breaker], None]) -> None:
    now = 0.0
    breaker = Breaker(threshold=1, pause=10, monotonic=lambda: now)
    breaker.failed()
    assert not breaker.allows()
    now = 10.0
    assert breaker.allows()
    assert not breaker.allows()
    end(breaker)
    now = 21.0
    assert breaker.allows()


async def test_a_cancelled_call_does_not_block_the_breaker(server: FakePartner) -> None:
    partner = Partner("sample", server.url, timeout=5.0)
    server.answers.append(Canned(200, b"", silent=True))
    task = asyncio.create_task(partner.call("GET", "/", operation="read"))
    await server.received()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    server.answers.append(Canned(200, b"again"))
    assert (await partner.call("GET", "/", operation="read")).content == b"again"
    await partner.close()
