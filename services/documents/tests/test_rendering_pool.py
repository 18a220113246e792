from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from documents.rendering import pool as pool_module
from documents.rendering.child import WARM
from documents.rendering.pool import RenderingFailed, RenderingUnavailable, RenderPool
from documents.rendering.scratch import Scratch, sweep


class Scripted:
    """A stand-in for the process: holds requests until released."""

    def __init__(self) -> None:
        import threading

        self.release = threading.Event()
        self.calls = 0
        self.is_warm = True

    def call(self, request: bytes, timeout: float) -> bytes:
        self.calls += 1
        if not self.release.wait(min(timeout, 5)):
            raise RenderingUnavailable("late")
        return b"done"

    def stop(self) -> None:
        self.release.set()


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    made = Scripted()
    monkeypatch.setattr(pool_module, "_Process", lambda: made)
    return made


async def test_more_than_the_queue_holds_is_refused_at_once(scripted: Scripted) -> None:
    pool = RenderPool(processes=1, waiting=2, timeout=5)
    taken = [asyncio.ensure_future(pool.render({"document": WARM})) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(RenderingUnavailable):
        await pool.render({"document": WARM})
    scripted.release.set()
    assert await asyncio.gather(*taken) == [b"done"] * 3
    assert await pool.render({"document": WARM}) == b"done"
    pool.close()


async def test_waiting_counts_against_the_deadline(scripted: Scripted) -> None:
    pool = RenderPool(processes=1, waiting=2, timeout=0.05)
    answers = await asyncio.gather(*(pool.render({"document": WARM}) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(answer, RenderingUnavailable) for answer in answers)
    # What waited beyond its deadline is not even begun.
    assert scripted.calls < 3
    pool.close()


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The system's folder for temporary files, for this test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def found(folder: Path, pattern: str = "*") -> list[Path]:
    return list(folder.glob(pattern))


async def test_a_process_that_takes_too_long_or_dies_is_replaced(temporary: Path) -> None:
    made = RenderPool(processes=1, waiting=0, timeout=0.1)
    try:
        # Starting Python and reading the fonts takes longer than that.
        with pytest.raises(RenderingUnavailable):
            await made.render({"document": WARM})
        assert not await made.ready()
        made._timeout = 60.0
        assert await made.render({"document": WARM}) == b""
        assert await made.ready()
        running = made._processes[0]._process
        assert running is not None
        # Its fonts lie in a folder of its own, and go with it.
        (scratch,) = found(temporary)
        assert found(scratch, "weasyprint-*/*")
        running.kill()
        running.wait()
        assert not await made.ready()
        assert await made.render({"document": WARM}) == b""
        assert scratch not in found(temporary)
    finally:
        made.close()
    assert found(temporary) == []


def test_what_is_left_of_processes_that_were_killed_together_is_removed(temporary: Path) -> None:
    used = Scratch()
    killed = Scratch()
    # A rendering process outlives its parent, for as long as it takes to notice.
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(killed.lock,)) as child:
        os.close(killed.lock)
        (killed.path / "font").write_bytes(b"...")
        assert sweep() == 0
        assert {used.path, killed.path} == set(found(temporary))
        child.kill()
    assert sweep() == 1
    assert found(temporary) == [used.path]
    used.remove()
    assert found(temporary) == []


async def test_a_document_that_cannot_be_laid_out_fails_alone(pool: RenderPool) -> None:
    broken: dict[str, Any] = {"document": "ticket", "ticket": {"booking_id": "?"}, "issuer": "", "image": None}
    with pytest.raises(RenderingFailed):
        await pool.render(broken)
    assert await pool.render({"document": WARM}) == b""


async def test_a_closed_pool_refuses(scripted: Scripted) -> None:
    pool = RenderPool(processes=1, waiting=0, timeout=1)
    pool.close()
    with pytest.raises(RenderingUnavailable):
        await pool.render({"document": WARM})
