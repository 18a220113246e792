"""Reads the services' OpenAPI documents, keeps the last good ones, and the routing table that follows from them.

The documents outlive the process in the state directory, so that a gateway restarted while a service is down still
knows its routes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from gateway.connections import UpstreamError
from gateway.metrics import DOCUMENT_READS, ROUTE_CONFLICTS
from gateway.proxy import fetch
from gateway.routes import RouteTable, build, operations_of
from gateway.upstreams import Upstream

log = structlog.get_logger(__name__)

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 3.0
_FETCH_SECONDS = 5.0
# Wrong documents fail in these ways; none of them may cost the routes that are known.
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)


class Catalogue:
    """The documents by service, the routing table, and the loops that keep them fresh."""

    def __init__(self, upstreams: Mapping[str, Upstream], directory: Path, interval: float) -> None:
        self._upstreams = upstreams
        self._directory = directory
        self._interval = interval
        self._raw: dict[str, bytes] = {}
        self.documents: dict[str, dict[str, Any]] = {}
        self.read: set[str] = set()
        self._answering: set[str] = set()
        self.table = RouteTable()
        self.version = 0
        self._owners: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._wake: dict[str, asyncio.Event] = {}
        self._listeners: list[Callable[[], None]] = []
        self._changed = asyncio.Event()

    @property
    def complete(self) -> bool:
        """Whether every service's document is known: only then is an unknown path really unknown."""
        return len(self.documents) == len(self._upstreams)

    @property
    def ordered(self) -> dict[str, dict[str, Any]]:
        """The known documents in the order of the services, whatever the order in which they arrived."""
        return {service: self.documents[service] for service in self._upstreams if service in self.documents}

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each change of the documents."""
        self._listeners.append(listener)

    def load(self) -> None:
        """Take the documents that an earlier process left."""
        for service in self._upstreams:
            with contextlib.suppress(OSError):
                self._accept(service, self._file(service).read_bytes(), build_now=False)
        self._build()

    def start(self) -> None:
        """Begin to follow every service."""
        self._tasks = [asyncio.create_task(self._follow(service)) for service in self._upstreams]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def look_again(self, service: str) -> None:
        """Ask a service soon: something about it seems to have changed. One that is away is asked often already."""
        if service not in self._answering:
            return
        self._answering.discard(service)
        if (event := self._wake.get(service)) is not None:
            event.set()

    async def wait_complete(self) -> None:
        """Wait until every document is known."""
        while not self.complete:
            await self._changed.wait()
            self._changed.clear()

    async def refresh(self, service: str) -> bool:
        """Read one service's document now; whether that went well."""
        try:
            fetched = await fetch(self._upstreams[service], "GET", "/openapi.json", seconds=_FETCH_SECONDS)
        except UpstreamError as error:
            self._answering.discard(service)
            log.info("documents.unreachable", service=service, error=str(error))
            DOCUMENT_READS.labels(service, "unreachable").inc()
            return False
        if fetched.status != 200 or not self._accept(service, fetched.body):
            DOCUMENT_READS.labels(service, "unreadable").inc()
            return False
        DOCUMENT_READS.labels(service, "read").inc()
        self.read.add(service)
        self._answering.add(service)
        return True

    async def _follow(self, service: str) -> None:
        wake = self._wake[service] = asyncio.Event()
        pause = _FIRST_PAUSE
        while True:
            if await self.refresh(service):
                pause = _FIRST_PAUSE
                wait = self._interval
            else:
                wait = pause * random.uniform(0.7, 1.3)
                pause = min(pause * 2, _LONGEST_PAUSE)
            wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await wake.wait()

    def _accept(self, service: str, raw: bytes, *, build_now: bool = True) -> bool:
        """Take a document over, unless it cannot be read."""
        if self._raw.get(service) == raw:
            return True
        try:
            document = json.loads(raw)
            operations_of(service, document)
        except _UNREADABLE as error:
            log.warning("documents.unreadable", service=service, error=repr(error))
            return False
        self._raw[service] = raw
        self.documents[service] = document
        if build_now:
            self._build()
            self._save(service, raw)
        return True

    def _build(self) -> None:
        table = build(self.ordered, self._owners)
        for conflict in table.conflicts:
            log.error(
                "routes.conflict",
                method=conflict.method,
                path=conflict.path,
                kept=conflict.kept,
                refused=conflict.refused,
            )
        ROUTE_CONFLICTS.set(len(table.conflicts))
        self._owners = {operation.key: operation.service for operation in table.operations}
        self.table = table
        self.version += 1
        self._changed.set()
        for listener in self._listeners:
            listener()

    def _file(self, service: str) -> Path:
        return self._directory / f"openapi-{service}.json"

    def _save(self, service: str, raw: bytes) -> None:
        try:
            write_atomically(self._file(service), raw)
        except OSError as error:
            log.warning("documents.not_saved", service=service, error=str(error))


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file so that a reader sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
