"""One request on its way through the gateway: what is known of it, and what the log will say."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from gateway.answers import Answer, Header
from shared.telemetry.trace import is_traceparent

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from gateway.routes import Operation

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_.:-]{8,64}")


def _trace(given: bytes | None, fresh: str) -> bytes:
    """A caller's trace goes on under its name; whether it is recorded is not for a caller to say."""
    if given is not None and is_traceparent(given.decode("latin-1")):
        return given[:-2] + b"00"
    return f"00-{fresh}-{fresh[:16]}-00".encode()


class Call:
    """One request. `fields` holds its headers by lower-case name (the last of several wins)."""

    __slots__ = (
        "_receive",
        "_send",
        "address",
        "authorization",
        "error",
        "fields",
        "identity",
        "method",
        "operation",
        "path",
        "query",
        "quiet",
        "request_id",
        "response_headers",
        "scope",
        "sent",
        "service",
        "span",
        "started",
        "status",
        "surface",
        "traceparent",
    )

    def __init__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self.address = ""
        self.started = time.perf_counter()
        self.method: str = scope["method"]
        self.path: str = scope["raw_path"].decode("latin-1")
        self.query: bytes = scope["query_string"]
        self.fields: dict[bytes, bytes] = dict(scope["headers"])
        given = self.fields.get(b"x-request-id")
        # Unique, not secret: the process's generator will do, at a tenth of the system's price.
        fresh = f"{random.getrandbits(128):032x}"
        self.request_id = given.decode() if given is not None and _REQUEST_ID.fullmatch(given) else fresh
        self.traceparent = _trace(self.fields.get(b"traceparent"), fresh)
        self.span: Span | None = None
        self.operation: Operation | None = None
        self.service = ""
        self.surface = ""
        self.identity: str | None = None
        self.authorization: bytes | None = self.fields.get(b"authorization")
        self.response_headers: list[Header] = []
        self.status = 0
        self.sent = 0
        self.error = ""
        # Asked for by machines, all the time: not worth a line in the log.
        self.quiet = False

    @property
    def has_body(self) -> bool:
        """Whether the request announces a body."""
        length = self.fields.get(b"content-length")
        return (length is not None and length != b"0") or b"transfer-encoding" in self.fields

    async def receive(self) -> Message:
        return await self._receive()

    async def start(self, status: int, headers: list[Header]) -> None:
        """Send the answer's head; `response_headers` (CORS, security, request id) come on top of `headers`."""
        self.status = status
        headers.extend(self.response_headers)
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def body(self, data: bytes, *, more: bool = False) -> None:
        """Send a part of the answer's body."""
        self.sent += len(data)
        await self._send({"type": "http.response.body", "body": data, "more_body": more})

    async def answer(self, answer: Answer) -> None:
        """Send a whole answer of the gateway's own."""
        await self.start(answer.status, answer.framed())
        await self.body(answer.body)
