"""A gateway on a free port before services that are a few lines of script each, and a client that speaks raw HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import uvicorn

from gateway.__main__ import configure
from gateway.app import Gateway
from gateway.settings import SERVICES, Settings
from shared.testing.recorders import ClockControl, Tokens

NOWHERE = "redis://127.0.0.1:1/0"
PATIENCE = 10.0


@dataclass
class Message:
    """A request or an answer as it came over the wire."""

    first_line: str
    headers: list[tuple[str, str]]
    body: bytes = b""

    @property
    def method(self) -> str:
        return self.first_line.split(" ")[0]

    @property
    def target(self) -> str:
        return self.first_line.split(" ")[1]

    @property
    def status(self) -> int:
        return int(self.first_line.split(" ")[1])

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """One connection, either side of it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> Message:
        """Read a head."""
        async with asyncio.timeout(PATIENCE):
            raw = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = raw.decode("latin-1").strip().split("\r\n")
        return Message(first, [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)])

    async def body(self, message: Message, *, nothing: bool = False) -> bytes:
        """Read the body that a head announces."""
        async with asyncio.timeout(PATIENCE):
            if nothing:
                return b""
            if message.header("transfer-encoding") == "chunked":
                parts = []
                while (part := await self.chunk()) is not None:
                    parts.append(part)
                return b"".join(parts)
            length = message.header("content-length")
            return await self.reader.readexactly(int(length)) if length else b""

    async def chunk(self) -> bytes | None:
        """Read one chunk; None for the last."""
        async with asyncio.timeout(PATIENCE):
            size = int(await self.reader.readline(), 16)
            data = await self.reader.readexactly(size)
            await self.reader.readline()
        return data or None

    async def reply(self) -> Message:
        """Read a whole answer."""
        message = await self.head()
        message.body = await self.body(message, nothing=message.status in (204, 304))
        return message

    async def gone(self) -> bytes:
        """Wait until the other side has closed; answers what it still sent."""
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                return await self.reader.read()
        return b""

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


Handler = Callable[[Wire, Message], Awaitable[None]]


def answer(content: Any, status: int = 200, headers: str = "") -> bytes:
    """A whole JSON answer as bytes."""
    body = json.dumps(content).encode()
    lines = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n{headers}\r\n"
    return lines.encode() + body


@dataclass
class Service:
    """A service: its document, and a handler for each `METHOD /path`; the others get `{}`. Reads bodies itself only
    when the handler is marked so with `reads_body`."""

    name: str
    document: dict[str, Any] = field(default_factory=lambda: {"openapi": "3.1.0", "paths": {}})
    handlers: dict[str, Handler] = field(default_factory=dict)
    streaming: set[str] = field(default_factory=set)
    requests: list[Message] = field(default_factory=list)
    accepted: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def offers(self, method: str, path: str, surface: str, **described: Any) -> None:
        """Put an operation into the document. `x_timeout=1` is written `x-timeout`."""
        operation: dict[str, Any] = {"x-surface": surface, "responses": {"200": {"description": "OK"}}}
        operation |= {key.replace("_", "-") if key.startswith("x_") else key: value for key, value in described.items()}
        self.document["paths"].setdefault(path, {})[method.lower()] = operation

    def on(self, method: str, path: str, content: Any = None, status: int = 200, headers: str = "") -> None:
        """Answer with JSON."""

        async def handler(wire: Wire, _request: Message) -> None:
            await wire.send(answer(content, status, headers))

        self.handlers[f"{method} {path}"] = handler

    def script(self, method: str, path: str, handler: Handler, *, streaming: bool = False) -> None:
        """Answer as the handler does; with `streaming` it reads the request's body itself."""
        self.handlers[f"{method} {path}"] = handler
        if streaming:
            self.streaming.add(f"{method} {path}")

    def seen(self, path: str) -> list[Message]:
        return [request for request in self.requests if request.target.partition("?")[0] == path]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        wire = Wire(reader, writer)
        try:
            while not writer.is_closing():
                raw = await reader.readuntil(b"\r\n\r\n")
                first, *lines = raw.decode("latin-1").strip().split("\r\n")
                pairs = (line.partition(":") for line in lines)
                request = Message(first, [(name, value.strip()) for name, _, value in pairs])
                key = f"{request.method} {request.target.partition('?')[0]}"
                if key not in self.streaming:
                    request.body = await wire.body(request)
                self.requests.append(request)
                if key == "GET /openapi.json":
                    await wire.send(answer(self.document))
                elif key in self.handlers:
                    await self.handlers[key](wire, request)
                else:
                    await wire.send(answer({}))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()


@dataclass
class Door:
    """A running gateway."""

    gateway: Gateway
    port: int
    stack: AsyncExitStack

    async def open(self) -> Wire:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        wire = Wire(reader, writer)
        self.stack.push_async_callback(wire.close)
        return wire

    async def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Message:
        """One request over a new connection."""
        wire = await self.open()
        await wire.send(request(method, path, headers, body))
        message = await wire.head()
        bodyless = method == "HEAD" or message.status in (204, 304)
        message.body = await wire.body(message, nothing=bodyless)
        await wire.close()
        return message

    async def get(self, path: str, headers: dict[str, str] | None = None) -> Message:
        return await self.ask("GET", path, headers)


def request(method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """A whole request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "host: door.example"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"content-length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


@dataclass
class House:
    """The four services, and a way to open gateways before them."""

    services: dict[str, Service]
    directory: Path
    stack: AsyncExitStack

    def __getattr__(self, name: str) -> Service:
        try:
            return self.services[name]
        except KeyError:
            raise AttributeError(name) from None

    @staticmethod
    async def until(condition: Callable[[], object]) -> None:
        """Let the loop turn until something holds."""
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 - another side's state, which has no event
                await asyncio.sleep(0)

    async def open(self, *, wait: bool = True, **overrides: Any) -> Door:
        """Start a gateway; with `wait`, until it has read every document."""
        given: dict[str, Any] = {
            "environment": "test",
            "host": "127.0.0.1",
            "port": 0,
            "redis_url": NOWHERE,
            "state_directory": self.directory,
            "native_rate": "",
            "pro_rate": "",
            "public_rate": "",
            "address_rate": "",
            "documents_interval": 60.0,
            **{f"{name}_url": service.url for name, service in self.services.items()},
            **overrides,
        }
        config = configure(Settings(**given))
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup()
        self.stack.push_async_callback(self._shut, server)
        gateway = config.app
        assert isinstance(gateway, Gateway)
        gateway.health.kept_seconds = 0.0
        if wait:
            async with asyncio.timeout(PATIENCE):
                await gateway.catalogue.wait_complete()
        return Door(gateway, server.servers[0].sockets[0].getsockname()[1], self.stack)

    @staticmethod
    async def _shut(server: uvicorn.Server) -> None:
        for connection in list(server.server_state.connections):
            connection.transport.abort()  # type: ignore[union-attr]
        await server.shutdown()


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        services = {name: Service(name) for name in SERVICES}
        for service in services.values():
            await service.start()
            stack.push_async_callback(service.stop)
        yield House(services, tmp_path / "state", stack)


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def clock() -> Any:
    from shared import clock as clock_module

    yield ClockControl()
    clock_module.set_frozen(None)
