"""Whether the platform can be used: what `/health` says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.answers import Answer, json_answer
from gateway.catalogue import Catalogue
from gateway.connections import UpstreamError
from gateway.proxy import fetch
from gateway.upstreams import Upstream

_PROBE_SECONDS = 1.5
_RETRY: tuple[tuple[bytes, bytes], ...] = ((b"retry-after", b"1"),)


class Health:
    """Looks at the services when asked, at most twice a second."""

    def __init__(self, catalogue: Catalogue, upstreams: Mapping[str, Upstream], redis: Redis | None) -> None:
        self._catalogue = catalogue
        self._upstreams = upstreams
        self._redis = redis
        # However often it is asked, the services are asked twice a second at most.
        self.kept_seconds = 0.5
        self._kept: tuple[float, Answer] | None = None
        self._lock = asyncio.Lock()

    def live(self) -> Answer:
        """The process runs."""
        return json_answer(200, {"status": "live"})

    def ready(self) -> Answer:
        """The gateway itself can work: every service's document is known. For the balancer in front of gateways."""
        missing = [service for service in self._upstreams if service not in self._catalogue.documents]
        if missing:
            return json_answer(503, {"status": "starting", "missing": missing}, _RETRY)
        return json_answer(200, {"status": "ready"})

    async def report(self) -> Answer:
        """The whole platform: 200 when every document is known and every service says that it is ready."""
        async with self._lock:
            if self._kept is not None and time.monotonic() - self._kept[0] < self.kept_seconds:
                return self._kept[1]
            answer = await self._look()
            self._kept = (time.monotonic(), answer)
            return answer

    async def _look(self) -> Answer:
        probes = asyncio.gather(*(self._service(upstream) for upstream in self._upstreams.values()))
        redis = await self._redis_answers()
        states = await probes
        services = dict(zip(self._upstreams, states, strict=True))
        good = self._catalogue.complete and all(state["ready"] for state in states)
        status = "ok" if good else "degraded" if self._catalogue.complete else "starting"
        conflicts = [
            {"method": c.method, "path": c.path, "kept": c.kept, "refused": c.refused}
            for c in self._catalogue.table.conflicts
        ]
        checks = {**{name: state["ready"] for name, state in services.items()}, "redis": redis}
        content = {
            "status": status,
            "checks": checks,
            "services": services,
            "conflicts": conflicts,
        }
        return json_answer(200 if good else 503, content, () if good else _RETRY)

    async def _service(self, upstream: Upstream) -> dict[str, Any]:
        name = upstream.name
        document = "read" if name in self._catalogue.read else "missing"
        if document == "missing" and name in self._catalogue.documents:
            document = "kept"
        try:
            fetched = await fetch(upstream, "GET", "/health/ready", seconds=_PROBE_SECONDS)
        except UpstreamError as error:
            return {"reachable": False, "ready": False, "document": document, "error": str(error)}
        return {"reachable": True, "ready": fetched.status == 200, "document": document}

    async def _redis_answers(self) -> bool:
        if self._redis is None:
            return False
        try:
            async with asyncio.timeout(0.5):
                await self._redis.ping()
        except (RedisError, OSError, TimeoutError):
            return False
        return True
