"""A broken line to the broker is a broken line, on whichever event loop."""

import asyncio

import pytest
import uvloop
from redis.asyncio import SSLConnection
from redis.exceptions import ConnectionError as NotConnected

from shared.broker import connect


async def _lose_the_line(redis_url):
    redis = connect(redis_url)
    try:
        await redis.ping()
        connection = await redis.connection_pool.get_connection()
        connection._writer.transport.abort()
        # uvloop closes what was aborted at the loop's next turn.
        await asyncio.sleep(0)
        with pytest.raises(NotConnected):
            await connection.send_command("PING")
        assert not connection.is_connected
        await redis.connection_pool.release(connection)
        # And so it is made anew without anybody noticing.
        return await redis.ping()
    finally:
        await redis.aclose()


def test_a_closed_transport_of_uvloop_is_a_lost_connection(redis, redis_url):
    assert uvloop.run(_lose_the_line(redis_url))


def test_secure_lines_are_meant_too():
    made = connect("rediss://example.org/0").connection_pool.connection_class
    assert issubclass(made, SSLConnection)
    assert made is not SSLConnection
