"""Rendering processes behind a bounded queue.

Laying out a page takes a tenth of a second of one processor: it is done in processes of their own, never in the event
loop. A request waits for a free process at most `timeout` seconds in all; a process that exceeds it is killed and
replaced; more than `waiting` requests in the queue are refused at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import structlog
from prometheus_client import Counter, Histogram

from documents.rendering.child import HEADER, WARM
from documents.rendering.scratch import Scratch, sweep

log = structlog.get_logger(__name__)

RENDERED = Histogram(
    "documents_render_seconds", "Time in the rendering process", buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
)
REFUSED = Counter("documents_render_refused", "Documents not rendered", ("reason",))

# A process is replaced after that many documents, whatever its libraries may have leaked.
DOCUMENTS_PER_PROCESS = 2_000
# Starting includes reading the fonts, on a machine that may be busy starting everything else.
WARM_TIMEOUT = 120.0


class RenderingUnavailable(Exception):
    """No process could take the document in time; trying again later is safe."""


class RenderingFailed(Exception):
    """The document itself could not be rendered."""


class _Process:
    """One rendering process, started when first needed and again after it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch: Scratch | None = None
        self._stopping = threading.Lock()
        self._served = 0

    @property
    def is_warm(self) -> bool:
        """Whether it answered before, so that it will answer fast."""
        return self._served > 0 and self._process is not None and self._process.poll() is None

    def call(self, request: bytes, timeout: float) -> bytes:
        """Send one request and wait for its answer; kills the process when `timeout` seconds have passed."""
        if self._served >= DOCUMENTS_PER_PROCESS:
            self.stop()
        process = self._started()
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            process.kill()

        watchdog = threading.Timer(timeout, expire)
        watchdog.daemon = True
        watchdog.start()
        try:
            answer = self._exchange(process, request)
        except OSError as error:
            self.stop()
            if expired.is_set():
                raise RenderingUnavailable("rendering took too long") from error
            raise RenderingFailed("the rendering process died") from error
        finally:
            watchdog.cancel()
        self._served += 1
        if answer[:1] != b"+":
            raise RenderingFailed(answer[1:].decode(errors="replace"))
        return answer[1:]

    def stop(self) -> None:
        # The pool's end may meet the end of a document that took too long.
        with self._stopping:
            process, self._process, self._served = self._process, None, 0
            scratch, self._scratch = self._scratch, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    # Bytes that were not sent yet have nowhere to go.
                    with contextlib.suppress(OSError):
                        pipe.close()
        if scratch is not None:
            scratch.remove()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.stop()
            self._scratch = scratch = Scratch()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "documents.rendering.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "TMPDIR": str(scratch.path)},
                # The folder's lock: it stays in use for as long as either of us lives.
                pass_fds=(scratch.lock,),
            )
        return self._process

    @staticmethod
    def _exchange(process: subprocess.Popen[bytes], request: bytes) -> bytes:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        process.stdin.write(HEADER.pack(len(request)) + request)
        process.stdin.flush()
        head = process.stdout.read(HEADER.size)
        if len(head) < HEADER.size:
            raise BrokenPipeError("no answer")
        (length,) = HEADER.unpack(head)
        body = process.stdout.read(length)
        if len(body) < length:
            raise BrokenPipeError("half an answer")
        return body


class RenderPool:
    """A fixed number of rendering processes. Usable from any event loop."""

    def __init__(self, *, processes: int, waiting: int, timeout: float) -> None:
        self._timeout = timeout
        self._capacity = processes + waiting
        self._taken = 0
        self._lock = threading.Lock()
        self._processes = [_Process() for _ in range(processes)]
        self._idle: queue.LifoQueue[_Process] = queue.LifoQueue()
        for process in self._processes:
            self._idle.put(process)
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="render")
        self._closed = False

    def warm(self) -> None:
        """Start every process in the background, and remove what killed ones left."""
        self._threads.submit(sweep)
        for _ in self._processes:
            self._threads.submit(self._warm_one)

    async def ready(self) -> bool:
        """Whether a document asked for now would be rendered without waiting for a process to start."""
        return any(process.is_warm for process in self._processes)

    async def render(self, request: dict[str, Any]) -> bytes:
        """Render a document.

        Raises RenderingUnavailable when all processes stay busy (or too many requests wait already), RenderingFailed
        when this document cannot be laid out.
        """
        with self._lock:
            if self._closed or self._taken >= self._capacity:
                REFUSED.labels("busy").inc()
                raise RenderingUnavailable("too many documents are waiting")
            self._taken += 1
        deadline = time.monotonic() + self._timeout
        future: Future[bytes] = self._threads.submit(self._run, json.dumps(request).encode(), deadline)
        future.add_done_callback(self._release)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Stop the processes; what is being rendered is lost."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in self._processes:
            process.stop()

    def _release(self, _future: Future[bytes]) -> None:
        with self._lock:
            self._taken -= 1

    def _run(self, request: bytes, deadline: float) -> bytes:
        process = self._idle.get()
        try:
            left = deadline - time.monotonic()
            if left <= 0:
                REFUSED.labels("late").inc()
                raise RenderingUnavailable("rendering took too long")
            started = time.monotonic()
            try:
                answer = process.call(request, left)
            except (RenderingUnavailable, RenderingFailed) as error:
                REFUSED.labels(type(error).__name__).inc()
                log.warning("rendering.failed", error=str(error))
                raise
            RENDERED.observe(time.monotonic() - started)
            return answer
        finally:
            self._idle.put(process)

    def _warm_one(self) -> None:
        process = self._idle.get()
        try:
            process.call(json.dumps({"document": WARM}).encode(), WARM_TIMEOUT)
        except (RenderingUnavailable, RenderingFailed) as error:
            log.error("rendering.start_failed", error=str(error))
        finally:
            self._idle.put(process)
