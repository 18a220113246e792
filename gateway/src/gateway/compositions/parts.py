"""What a composition works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from gateway.calls import Call
from gateway.upstreams import Upstream


@dataclass(frozen=True, slots=True)
class Parts:
    """The services, the head of the request to the operation's own service, and the deadlines in seconds."""

    upstreams: Mapping[str, Upstream]
    head: bytes
    seconds: float
    extra_seconds: float


Compose = Callable[[Call, Parts], Awaitable[None]]
