"""`python -m local.bench.benches.upstream PORT`: a service that answers at once, so that what stands before it shows.

One process on a bare asyncio protocol, far quicker than any service. It describes itself as `bookings` would; its
operations ask for the identity of the app.
"""

from __future__ import annotations

import asyncio
import json
import sys

import httptools
import uvloop

SMALL, STREAMED, POSTED = "/native/v1/bench", "/native/v1/bench/stream", "/native/v1/bench/post"
_PIECE = b"y" * 16_384
_PIECES = 4


def _document() -> bytes:
    def operation(name: str) -> dict[str, object]:
        return {
            "operationId": name,
            "x-surface": "native",
            "security": [{"bearer": []}],
            "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}},
        }

    paths = {
        SMALL: {"get": operation("getBench")},
        STREAMED: {"get": operation("getBenchStream")},
        POSTED: {"post": operation("postBench")},
    }
    return json.dumps({"openapi": "3.1.0", "info": {"title": "Bench", "version": "1"}, "paths": paths}).encode()


def _whole(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


_SMALL = _whole(json.dumps({"items": [{"id": number, "name": "Un nom d'offre"} for number in range(30)]}).encode())
_ANSWERS = {SMALL.encode(): _SMALL, POSTED.encode(): _SMALL, b"/openapi.json": _whole(_document())}
_STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n"
_CHUNK = b"%x\r\n%b\r\n" % (len(_PIECE), _PIECE)
_READY = _whole(b"{}")


class Answering(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._loop = asyncio.get_running_loop()
        self._path = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path = url.partition(b"?")[0]

    def on_message_complete(self) -> None:
        if self._path == STREAMED.encode():
            self._write(_STREAM_HEAD + _CHUNK)
            self._loop.call_soon(self._go_on, 1)
        else:
            self._write(_ANSWERS.get(self._path, _READY))

    def _go_on(self, piece: int) -> None:
        """Each piece in a turn of the loop of its own: whoever passes them on gets several."""
        if piece < _PIECES:
            self._write(_CHUNK)
            self._loop.call_soon(self._go_on, piece + 1)
        else:
            self._write(b"0\r\n\r\n")

    def _write(self, data: bytes) -> None:
        self._transport.write(data)  # type: ignore[attr-defined]  # pyrefly: ignore


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", port, backlog=1_024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
