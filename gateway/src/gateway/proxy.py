"""Carries one request to a service and its answer back, streaming both ways.

Backpressure goes through: a service that does not read stops the client's upload, a client that does not read stops
the service's answer. One deadline covers the upload and the wait for the answer's head; after that no pause may be
longer than it.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.answers import Header
from gateway.calls import Call
from gateway.connections import Connection, Died, Malformed, Stalled, Unreachable, UpstreamError
from gateway.headers import response_headers
from gateway.upstreams import Upstream

# Most answers are there before this; only for the others is it worth a task to notice that the client has gone.
_GRACE_SECONDS = 0.05
_REPLAYABLE = frozenset({"GET", "HEAD", "OPTIONS"})


class ClientGoneError(UpstreamError):
    """The client closed the connection: nobody waits for an answer."""


class ClientSlowError(UpstreamError):
    """The request's body did not arrive in time."""


class BodyTooLargeError(UpstreamError):
    """The request's body is larger than the operation takes."""


class _Watch:
    """Looks after one exchange: its deadline, the rest of the upload, and whether the client is still there."""

    __slots__ = (
        "_attendant",
        "_timer",
        "call",
        "client_due",
        "connection",
        "due",
        "expired",
        "loop",
        "seconds",
        "task",
        "uploading",
    )

    def __init__(self, call: Call, seconds: float) -> None:
        self.call = call
        self.loop = asyncio.get_running_loop()
        self.seconds = seconds
        self.due = self.loop.time() + seconds
        self.task = asyncio.current_task()
        self.connection: Connection | None = None
        self.expired: UpstreamError | None = None
        # Whether it is the client's turn (the next part of its body is due), and whether some of its body is missing.
        self.client_due = False
        self.uploading = False
        self._attendant: asyncio.Task[None] | None = None
        self._timer = self.loop.call_later(min(_GRACE_SECONDS, seconds), self._tick)

    def touch(self) -> None:
        """Something moved: the pause starts anew."""
        self.due = self.loop.time() + self.seconds

    def attend(self, remaining: int | None = None, *, chunked: bool = False) -> None:
        """Send what follows of the body (`remaining` more bytes at most), then wait for the client to go."""
        if self._attendant is None:
            self.uploading = remaining is not None
            self._attendant = self.loop.create_task(self._attend(remaining, chunked=chunked))

    def end(self) -> None:
        self._timer.cancel()
        if self._attendant is not None:
            self._attendant.cancel()
            self._attendant = None

    def _tick(self) -> None:
        now = self.loop.time()
        if now >= self.due:
            self._expire()
            return
        if self.connection is not None:
            self.attend()
        self._timer = self.loop.call_at(self.due, self._tick)

    def _expire(self) -> None:
        connection = self.connection
        if connection is not None and not connection.heads:
            connection.fail(ClientSlowError() if self.client_due else Stalled("no answer in time"))
            return
        # Waiting for the body's beginning, for a connection, or for one side of a stream: nothing to close that would
        # wake the task, so it is cancelled and told why.
        self.expired = ClientSlowError() if connection is None and self.client_due else Stalled("the stream stopped")
        if self.task is not None:
            self.task.cancel()

    async def _attend(self, remaining: int | None, *, chunked: bool) -> None:
        connection, call = self.connection, self.call
        assert connection is not None  # noqa: S101 - set before the attendant is
        try:
            while self.uploading:
                self.client_due = True
                message = await call.receive()
                self.client_due = False
                if message["type"] == "http.disconnect":
                    connection.fail(ClientGoneError())
                    return
                data = message.get("body", b"")
                last = not message.get("more_body", False)
                remaining = (remaining or 0) - len(data)
                if remaining < 0:
                    connection.fail(BodyTooLargeError())
                    return
                if connection.closed:
                    return
                _write_part(connection, data, chunked=chunked, last=last)
                self.uploading = not last
                await connection.drain()
            message = await call.receive()
            while message["type"] != "http.disconnect":
                message = await call.receive()
            connection.fail(ClientGoneError())
        except UpstreamError:
            return


def _write_part(connection: Connection, data: bytes, *, chunked: bool, last: bool) -> None:
    if not chunked:
        if data:
            connection.write(data)
    elif data:
        connection.write(b"%x\r\n%b\r\n%b" % (len(data), data, b"0\r\n\r\n" if last else b""))
    elif last:
        connection.write(b"0\r\n\r\n")


def _hung_up(connection: Connection) -> bool:
    """Whether the service has closed an idle connection and the loop has not yet noticed."""
    socket = connection.transport.get_extra_info("socket")
    poll = select.poll()
    poll.register(socket.fileno(), select.POLLIN | getattr(select, "POLLRDHUP", 0))
    return bool(poll.poll(0))


async def _begin(
    upstream: Upstream, watch: _Watch, opening: bytes, *, head_only: bool, replayable: bool
) -> tuple[Connection, bool]:
    """A connection on which `opening` has been written; the flag says that it was used before."""
    connection = upstream.take()
    while connection is not None and not replayable and _hung_up(connection):
        connection.close()
        connection = upstream.take()
    if connection is None:
        connection = await upstream.connect()
    reused = connection.exchanges > 0
    connection.begin(head_only=head_only)
    watch.connection = connection
    connection.write(opening)
    return connection, reused


async def forward(
    call: Call,
    upstream: Upstream,
    head: bytes,
    *,
    timeout: float,  # noqa: ASYNC109 - one timer for the whole exchange is cheaper than asyncio.timeout
    max_body: int,
    as_get: bool = False,
    before_answer: Callable[[int, list[Header]], Awaitable[None]] | None = None,
) -> None:
    """Carry `call` to `upstream`. `head` is the request's head without framing.

    `as_get` when a HEAD is asked of the service as a GET; `before_answer` is awaited with the answer's status and
    headers before the client sees them. Raises UpstreamError; once `call.status` is set the answer has begun and cannot be
    replaced.
    """
    length = call.fields.get(b"content-length")
    if length is not None and (not length.isdigit() or int(length) > max_body):
        raise BodyTooLargeError
    has_body = call.has_body
    watch = _Watch(call, timeout)
    connection: Connection | None = None
    try:
        body, more, chunked = b"", False, False
        if has_body:
            watch.client_due = True
            message = await call.receive()
            watch.client_due = False
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            body, more = message.get("body", b""), message.get("more_body", False)
            if len(body) > max_body:
                raise BodyTooLargeError
            chunked = length is None and more
            framing = (
                b"transfer-encoding: chunked\r\n\r\n"
                if chunked
                else b"content-length: %d\r\n\r\n" % (int(length) if length is not None else len(body))
            )
        elif call.method in _REPLAYABLE or call.method == "DELETE":
            framing = b"\r\n"
        else:
            framing = b"content-length: 0\r\n\r\n"
        if chunked:
            opening = b"%b%b%x\r\n%b\r\n" % (head, framing, len(body), body) if body else head + framing
        else:
            opening = head + framing + body
        head_only = call.method == "HEAD" and not as_get
        replayable = call.method in _REPLAYABLE and not has_body
        while True:
            connection, reused = await _begin(upstream, watch, opening, head_only=head_only, replayable=replayable)
            if more:
                watch.attend(max_body - len(body), chunked=chunked)
            try:
                await connection.head()
                break
            except Died:
                # An idle connection that the service had given up: nothing of the request was taken.
                if not (reused and replayable and connection.head_size == 0):
                    raise
        watch.touch()
        if before_answer is not None:
            await before_answer(connection.status, connection.headers)
        await _answer(call, connection, watch)
        if connection.complete and not watch.uploading:
            upstream.release(connection)
            connection = None
    except asyncio.CancelledError:
        if watch.expired is None:
            raise
        if watch.task is not None:
            watch.task.uncancel()
        raise watch.expired from None
    finally:
        watch.end()
        if connection is not None:
            connection.close()
            connection.busy = False


async def _answer(call: Call, connection: Connection, watch: _Watch) -> None:
    """Send the answer on as it comes."""
    headers = response_headers(connection.status, connection.headers)
    rest = connection.take_rest()
    await call.start(connection.status, headers)
    if call.method == "HEAD":
        await call.body(b"")
        return
    if rest is not None:
        await call.body(rest)
        return
    watch.attend()
    while True:
        data = await connection.chunk()
        watch.touch()
        last = connection.complete
        await call.body(data or b"", more=not last)
        watch.touch()
        if last:
            return


@dataclass(frozen=True, slots=True)
class Fetched:
    """A service's whole answer to a request of the gateway's own."""

    status: int
    headers: list[Header]
    body: bytes


async def exchange(upstream: Upstream, opening: bytes, *, seconds: float, max_body: int = 20_000_000) -> Fetched:
    """Send a whole request, get the whole answer. Raises UpstreamError, within `seconds`.

    `opening` must be safe to send again: it is, on a new connection, when an idle one turns out to be dead.
    """
    connection: Connection | None = None
    try:
        async with asyncio.timeout(seconds):
            while True:
                connection = upstream.take() or await upstream.connect()
                reused = connection.exchanges > 0
                connection.begin()
                connection.write(opening)
                try:
                    await connection.head()
                    break
                except Died:
                    if not (reused and connection.head_size == 0):
                        raise
            parts, size = [], 0
            while (data := await connection.chunk()) is not None:
                parts.append(data)
                size += len(data)
                if size > max_body:
                    raise Malformed("the answer is too long")
        fetched = Fetched(connection.status, connection.headers, b"".join(parts))
        upstream.release(connection)
        connection = None
        return fetched
    except TimeoutError as error:
        raise Stalled(f"{upstream.name} did not answer in time") from error
    finally:
        if connection is not None:
            connection.close()
            connection.busy = False


async def fetch(
    upstream: Upstream,
    method: str,
    target: str,
    *,
    headers: list[Header] | None = None,
    body: bytes = b"",
    seconds: float,
    max_body: int = 20_000_000,
) -> Fetched:
    """Ask a service something on the gateway's own account, something that may be asked twice."""
    lines = [b"%b %b HTTP/1.1\r\nhost: %b\r\n" % (method.encode(), target.encode(), upstream.authority)]
    lines += [b"%b: %b\r\n" % header for header in headers or []]
    if body or method != "GET":
        lines.append(b"content-length: %d\r\n" % len(body))
    return await exchange(upstream, b"".join(lines) + b"\r\n" + body, seconds=seconds, max_body=max_body)


__all__ = [
    "BodyTooLargeError",
    "ClientGoneError",
    "ClientSlowError",
    "Fetched",
    "Unreachable",
    "UpstreamError",
    "exchange",
    "fetch",
    "forward",
]
