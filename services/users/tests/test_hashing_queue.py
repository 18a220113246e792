"""A crowd that signs in delays nobody else: hashes stand back, and what does not fit is refused before anything is asked."""

from __future__ import annotations

import os
import sys
import threading

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from shared.testing.recorders import StatementCounter
from users.factories import YoungFactory
from users.sessions.passwords import Passwords
from users.settings import Settings

from .conftest import SignIn


def _niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads have a priority of their own on Linux alone")
async def test_hashing_threads_go_after_the_others(settings: Settings) -> None:
    before = _niceness()
    passwords = Passwords(settings)
    try:
        assert await passwords._run(_niceness) == 10
        assert _niceness() == before
    finally:
        passwords.close()


async def test_a_full_queue_is_said_before_the_database_is_asked(
    app: FastAPI,
    client: httpx.AsyncClient,
    session: AsyncSession,
    sign_in: SignIn,
    statements: StatementCounter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = await YoungFactory.create(session)
    await session.commit()
    passwords = app.state.sign_in.passwords
    with monkeypatch.context() as patched:
        patched.setattr(passwords, "_waiting", passwords._capacity)
        assert passwords.is_full
        with statements() as seen:
            answer = await sign_in(account.email, version=1)
        assert (answer.status_code, bool(answer.headers["retry-after"])) == (503, True)
        assert seen == []
    assert (await sign_in(account.email, version=1)).status_code == 200
