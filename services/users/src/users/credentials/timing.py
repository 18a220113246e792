"""Answers that take as long for an unknown address as for a known one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from users.settings import Settings


@asynccontextmanager
async def even_time(settings: Settings) -> AsyncIterator[None]:
    """Whatever happens inside, leave no sooner than `unknown_account_floor_ms` after entering."""
    started = time.monotonic()
    try:
        yield
    finally:
        floor = settings.unknown_account_floor_ms / 1_000
        await asyncio.sleep(max(0.0, floor - (time.monotonic() - started)))
