"""A known number of slow requests, where wrk's fixed time would see too few of them."""

from __future__ import annotations

import http.client
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from local.bench.load import Load, Request

_PATIENCE = 120.0


def ask(url: str, requests: Sequence[Request], *, at_once: int = 1) -> Load:
    """Each request once, so many of them at a time, each over a connection that is kept. `url` is `http://host:port`."""
    place = urlsplit(url)

    def lane(mine: Sequence[Request]) -> list[tuple[float, int]]:
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_PATIENCE)
        seen = []
        for request in mine:
            started = time.monotonic()
            try:
                connection.request(request.method, request.path, request.body or None, dict(request.headers))
                answer = connection.getresponse()
                answer.read()
                seen.append(((time.monotonic() - started) * 1_000, answer.status))
            except (OSError, http.client.HTTPException):
                connection.close()
                seen.append(((time.monotonic() - started) * 1_000, 0))
        connection.close()
        return seen

    started = time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        seen = [
            answer for part in pool.map(lane, [requests[first::at_once] for first in range(at_once)]) for answer in part
        ]
    seconds = time.monotonic() - started
    times = sorted(milliseconds for milliseconds, _ in seen)
    return Load(
        requests=len(seen),
        seconds=seconds,
        refused=sum(status >= 400 for _, status in seen),
        broken=sum(status == 0 for _, status in seen),
        p50=times[len(times) // 2],
        p90=times[int(len(times) * 0.9)],
        p99=times[int(len(times) * 0.99)],
        longest=times[-1],
    )
