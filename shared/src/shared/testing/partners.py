"""A partner's server as tests see it: a real socket on this machine, canned answers, what was asked."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import orjson


@dataclass(frozen=True)
class Canned:
    """An answer to come. A `silent` one never comes."""

    status: int = 200
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    silent: bool = False

    @classmethod
    def json(cls, body: Any, status: int = 200) -> Canned:
        return cls(status, orjson.dumps(body), {"content-type": "application/json"})


@dataclass(frozen=True)
class Asked:
    """A request that was received. Header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> Any:
        return orjson.loads(self.content)


class FakePartner:
    """An HTTP server that gives its `answers` in turn (then 404) and keeps the `requests`."""

    def __init__(self) -> None:
        self.answers: deque[Canned] = deque()
        self.requests: list[Asked] = []
        self.url = ""
        self._server: asyncio.Server | None = None
        self._seen = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()

    async def received(self) -> None:
        """Wait until a request is there."""
        await self._seen.wait()

    async def __aenter__(self) -> FakePartner:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            for writer in list(self._writers):
                writer.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while (asked := await _read(reader)) is not None:
                self.requests.append(asked)
                self._seen.set()
                answer = self.answers.popleft() if self.answers else Canned(404)
                if answer.silent:
                    await reader.read()
                    break
                writer.write(_written(answer))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    head = await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""
    if not head:
        return None
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    content = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(method, target, headers, content)


def _written(answer: Canned) -> bytes:
    headers = {**answer.headers, "content-length": str(len(answer.content))}
    lines = [f"HTTP/1.1 {answer.status} Canned", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + answer.content
