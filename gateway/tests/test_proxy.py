"""The proxied path over real sockets: streams, limits, deadlines, connections that die."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

PATH = "/native/v1/thing"


@pytest.fixture(autouse=True)
def operations(house: Any) -> None:
    house.users.offers("GET", PATH, "native")
    house.users.offers("POST", PATH, "native")
    house.users.offers("DELETE", PATH, "native")


async def test_an_answer_is_streamed_before_the_service_has_finished(house: Any) -> None:
    first_seen = asyncio.Event()

    async def slow(wire: Any, _request: Any) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        await first_seen.wait()
        await wire.send(b"6\r\nsecond\r\n0\r\n\r\n")

    house.users.script("GET", PATH, slow)
    door = await house.open()
    wire = await door.open()
    await wire.send(f"GET {PATH} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
    assert (await wire.head()).status == 200
    assert await wire.chunk() == b"first"
    first_seen.set()
    assert await wire.chunk() == b"second"
    assert await wire.chunk() is None
    assert door.gateway.upstreams["users"].idle_connections == 1


async def test_an_upload_is_streamed_before_the_client_has_finished(house: Any) -> None:
    arrived = asyncio.Event()

    async def reads(wire: Any, request: Any) -> None:
        assert await wire.reader.readexactly(5) == b"first"
        arrived.set()
        rest = await wire.reader.readexactly(6)
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n" + rest)

    house.users.script("POST", PATH, reads, streaming=True)
    door = await house.open()
    wire = await door.open()
    await wire.send(f"POST {PATH} HTTP/1.1\r\nhost: a\r\ncontent-length: 11\r\n\r\nfirst".encode())
    async with asyncio.timeout(5):
        await arrived.wait()
    await wire.send(b"second")
    assert (await wire.reply()).body == b"second"


async def test_a_chunked_upload_arrives_whole(house: Any) -> None:
    async def echo(wire: Any, request: Any) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(request.body), request.body))

    house.users.script("POST", PATH, echo)
    door = await house.open()
    wire = await door.open()
    await wire.send(f"POST {PATH} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n".encode())
    for part in (b"3\r\nabc\r\n", b"2\r\nde\r\n", b"0\r\n\r\n"):
        await wire.send(part)
    assert (await wire.reply()).body == b"abcde"


async def test_a_slow_client_holds_the_service_back(house: Any) -> None:
    """What the service sends piles up in the sockets, not in the gateway: its drain waits, and all arrives in the end."""
    size, piece = 40_000_000, b"x" * 100_000
    sent = 0

    async def floods(wire: Any, _request: Any) -> None:
        nonlocal sent
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
        for _ in range(size // len(piece)):
            await wire.send(piece)
            sent += len(piece)

    house.users.script("GET", PATH, floods)
    door = await house.open()
    wire = await door.open()
    await wire.send(f"GET {PATH} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
    head = await wire.head()
    before = -1
    # The service has come to rest when nothing has moved over several turns of the loop.
    still = 0
    while still < 500:
        still, before = (still + 1, sent) if sent == before else (0, sent)
        await asyncio.sleep(0)
    assert sent < size
    assert len(await wire.body(head)) == size


async def test_a_body_over_the_limit_is_refused_and_never_reaches_the_service(house: Any) -> None:
    house.users.offers("POST", "/native/v1/image", "native", x_max_body=2_000_000)
    door = await house.open()
    announced = await door.ask("POST", PATH, {"content-length": "20000000"})
    assert announced.status == 413
    assert list(announced.json()) == ["global"]
    assert house.users.seen(PATH) == []
    image = await door.ask("POST", "/native/v1/image", body=b"x" * 1_500_000)
    assert image.status == 200
    assert len(house.users.seen("/native/v1/image")[0].body) == 1_500_000


async def test_a_client_that_sends_everything_still_reads_the_refusal(house: Any) -> None:
    door = await house.open()
    wire = await door.open()
    await wire.send(f"POST {PATH} HTTP/1.1\r\nhost: a\r\ncontent-length: 20000000\r\n\r\n".encode())
    await wire.send(b"x" * 20_000_000)
    assert (await wire.reply()).status == 413
    # And the connection still works.
    await wire.send(f"GET {PATH} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
    assert (await wire.reply()).status == 200


async def test_a_chunked_body_over_the_limit_is_cut_off(house: Any) -> None:
    cut = asyncio.Event()

    async def reads(wire: Any, _request: Any) -> None:
        await wire.gone()
        cut.set()

    house.users.script("POST", PATH, reads, streaming=True)
    door = await house.open(default_max_body=1_000)
    wire = await door.open()
    await wire.send(f"POST {PATH} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n".encode())
    await house.until(lambda: house.users.seen(PATH))
    await wire.send(b"5dc\r\n" + b"x" * 1_500 + b"\r\n")
    assert (await wire.head()).status == 413
    async with asyncio.timeout(5):
        await cut.wait()


async def test_the_service_is_left_when_the_client_goes(house: Any) -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def never(wire: Any, _request: Any) -> None:
        asked.set()
        await wire.gone()
        left.set()

    house.users.script("GET", PATH, never)
    door = await house.open()
    wire = await door.open()
    await wire.send(f"GET {PATH} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
    async with asyncio.timeout(5):
        await asked.wait()
        await wire.close()
        await left.wait()
    assert door.gateway.upstreams["users"].open_connections == 0


async def test_the_service_is_left_when_the_client_goes_in_mid_stream(house: Any) -> None:
    left = asyncio.Event()

    async def endless(wire: Any, _request: Any) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        await wire.gone()
        left.set()

    house.users.script("GET", PATH, endless)
    door = await house.open()
    wire = await door.open()
    await wire.send(f"GET {PATH} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
    await wire.head()
    assert await wire.chunk() == b"first"
    await wire.close()
    async with asyncio.timeout(5):
        await left.wait()


async def test_connections_are_kept_on_both_sides(house: Any) -> None:
    door = await house.open()
    before = house.users.accepted
    wire = await door.open()
    for _ in range(5):
        await wire.send(f"GET {PATH} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
        assert (await wire.reply()).status == 200
    # The connection that read the document serves these too.
    assert house.users.accepted == before


async def _drops_after_request(wire: Any, _request: Any) -> None:
    await wire.close()


async def test_a_dead_idle_connection_costs_a_get_nothing(house: Any) -> None:
    """The service closes the kept connection exactly when the next request comes: a GET goes out again, once."""
    calls = 0

    async def drops_once(wire: Any, _request: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            await wire.close()
        else:
            await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    house.users.script("GET", PATH, drops_once)
    door = await house.open()
    assert door.gateway.upstreams["users"].idle_connections == 1
    reply = await door.get(PATH)
    assert (reply.status, reply.body, calls) == (200, b"ok", 2)


async def test_a_post_is_never_sent_twice(house: Any) -> None:
    house.users.script("POST", PATH, _drops_after_request)
    door = await house.open()
    assert door.gateway.upstreams["users"].idle_connections == 1
    reply = await door.ask("POST", PATH, body=b"{}")
    assert reply.status == 502
    assert reply.header("retry-after") is None
    assert len(house.users.seen(PATH)) == 1


async def test_a_get_that_kills_new_connections_is_not_tried_for_ever(house: Any) -> None:
    house.users.script("GET", PATH, _drops_after_request)
    door = await house.open()
    reply = await door.get(PATH)
    assert reply.status == 503
    assert len(house.users.seen(PATH)) == 2


async def test_a_post_finds_out_that_an_idle_connection_was_closed(house: Any) -> None:
    door = await house.open()
    await house.users.stop()
    await house.users.start()
    reply = await door.ask("POST", PATH, body=b"{}")
    assert reply.status == 200
    assert len(house.users.seen(PATH)) == 1


async def test_a_stalled_service_answers_503_in_time_and_only_for_its_own_routes(house: Any) -> None:
    async def never(wire: Any, _request: Any) -> None:
        await wire.gone()

    house.users.offers("GET", "/native/v1/stalled", "native", x_timeout=0.1)
    house.users.script("GET", "/native/v1/stalled", never)
    house.offers.offers("GET", "/native/v1/other", "native")
    door = await house.open()
    stalled, other = await asyncio.gather(door.get("/native/v1/stalled"), door.get("/native/v1/other"))
    assert stalled.status == 503
    assert stalled.header("retry-after") == "2"
    assert list(stalled.json()) == ["global"]
    assert other.status == 200


async def test_an_unreachable_service_answers_503_and_is_found_again(house: Any) -> None:
    house.offers.offers("GET", "/native/v1/other", "native")
    door = await house.open()
    await house.users.stop()
    down = await door.get(PATH)
    assert (down.status, down.header("retry-after")) == (503, "2")
    assert (await door.get("/native/v1/other")).status == 200
    await house.users.start()
    assert (await door.get(PATH)).status == 200


async def test_a_client_that_stops_uploading_gets_408(house: Any) -> None:
    async def reads(wire: Any, request: Any) -> None:
        await wire.gone()

    house.users.script("POST", PATH, reads, streaming=True)
    door = await house.open(default_timeout=0.1)
    wire = await door.open()
    await wire.send(f"POST {PATH} HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc".encode())
    reply = await wire.reply()
    assert reply.status == 408
    assert reply.header("connection") == "close"


async def test_an_answer_that_stops_half_way_is_cut_off(house: Any) -> None:
    async def halves(wire: Any, _request: Any) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
        await wire.close()

    house.users.script("GET", PATH, halves)
    door = await house.open()
    wire = await door.open()
    await wire.send(f"GET {PATH} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
    assert (await wire.head()).header("content-length") == "10"
    assert await wire.gone() == b"half"


async def test_a_stream_without_length_ends_with_the_connection(house: Any) -> None:
    async def until_close(wire: Any, _request: Any) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nto the end")
        await wire.close()

    house.users.script("GET", PATH, until_close)
    door = await house.open()
    assert (await door.get(PATH)).body == b"to the end"


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\x02 no http\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbig: " + b"x" * 300_000,
    ],
)
async def test_what_is_no_http_answer_becomes_502(house: Any, garbage: bytes) -> None:
    async def babbles(wire: Any, _request: Any) -> None:
        await wire.send(garbage)
        await wire.gone()

    house.users.script("GET", PATH, babbles)
    door = await house.open()
    reply = await door.get(PATH)
    assert reply.status == 502
    assert list(reply.json()) == ["global"]


async def test_interim_answers_are_swallowed(house: Any) -> None:
    async def hints(wire: Any, _request: Any) -> None:
        await wire.send(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    house.users.script("GET", PATH, hints)
    door = await house.open()
    reply = await door.get(PATH)
    assert (reply.status, reply.body, reply.header("link")) == (200, b"ok", None)


@pytest.mark.parametrize("status", [204, 304])
async def test_answers_without_a_body(house: Any, status: int) -> None:
    async def bare(wire: Any, _request: Any) -> None:
        await wire.send(b'HTTP/1.1 %d X\r\netag: "a"\r\n\r\n' % status)

    house.users.script("DELETE", PATH, bare)
    door = await house.open()
    wire = await door.open()
    for _ in range(2):
        await wire.send(f"DELETE {PATH} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
        reply = await wire.reply()
        assert (reply.status, reply.header("etag"), reply.header("transfer-encoding")) == (status, '"a"', None)


async def test_head_is_answered_from_get(house: Any) -> None:
    house.users.on("GET", PATH, {"a": 1})
    door = await house.open()
    wire = await door.open()
    for _ in range(2):
        await wire.send(f"HEAD {PATH} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
        head = await wire.head()
        assert (head.status, head.header("content-length")) == (200, "8")
    assert [seen.method for seen in house.users.seen(PATH)] == ["GET", "GET"]


async def test_head_of_an_operation_of_its_own(house: Any) -> None:
    async def bare(wire: Any, _request: Any) -> None:
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 123\r\n\r\n")

    house.users.offers("HEAD", PATH, "native")
    house.users.script("HEAD", PATH, bare)
    door = await house.open()
    for _ in range(2):
        head = await door.ask("HEAD", PATH)
        assert head.header("content-length") == "123"
    assert house.users.accepted == 1


async def test_no_more_connections_than_allowed_and_no_endless_line(house: Any) -> None:
    release = asyncio.Event()
    asked = asyncio.Semaphore(0)

    async def waits(wire: Any, _request: Any) -> None:
        asked.release()
        await release.wait()
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    house.users.script("GET", PATH, waits)
    door = await house.open(pool_size=1, pool_waiting=1)
    first = asyncio.create_task(door.get(PATH))
    await asked.acquire()
    second = asyncio.create_task(door.get(PATH))
    upstream = door.gateway.upstreams["users"]
    await house.until(lambda: upstream._waiters)
    third = await door.get(PATH)
    assert third.status == 503
    release.set()
    assert [(await first).status, (await second).status] == [200, 200]
    assert upstream.open_connections <= 1


async def test_a_place_in_line_is_not_kept_for_ever(house: Any) -> None:
    async def never(wire: Any, _request: Any) -> None:
        await wire.gone()

    house.users.script("GET", PATH, never)
    door = await house.open(pool_size=1, pool_wait_seconds=0.05, default_timeout=1.0)
    first = asyncio.create_task(door.get(PATH))
    await house.until(lambda: house.users.seen(PATH))
    second = await door.get(PATH)
    assert second.status == 503
    assert (await first).status == 503
