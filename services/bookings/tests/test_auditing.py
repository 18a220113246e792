"""The hourly look at the laws: what it counts, and that it is seen when one is broken."""

from __future__ import annotations

import asyncio
from typing import Any

from prometheus_client import REGISTRY
from sqlalchemy import text

from bookings.audit import LAWS
from bookings.auditing import AuditLoop, look
from bookings.factories import InventoryFactory
from bookings.settings import Settings

LAW = "booked = sum of live quantities"


def broken(law: str) -> float | None:
    return REGISTRY.get_sample_value("audit_broken_rows", {"law": law})


async def test_a_broken_law_is_a_metric_until_it_is_mended(database: Any, session: Any) -> None:
    inventory = await InventoryFactory.create(session, quantity=10)
    await session.commit()
    assert await look(database) == {}
    assert {broken(law) for law in LAWS} == {0}

    async def booked(quantity: int) -> None:
        async with database.transaction() as other:
            await other.execute(
                text("UPDATE inventory SET booked_quantity = :quantity WHERE id = :id"),
                {"quantity": quantity, "id": inventory.id},
            )

    await booked(3)
    assert (await look(database))[LAW] == 1
    assert broken(LAW) == 1
    await booked(0)
    assert await look(database) == {}
    assert broken(LAW) == 0


async def test_the_loop_looks_at_once_and_ends_when_told(database: Any, settings: Settings) -> None:
    before = REGISTRY.get_sample_value("audit_finished_timestamp_seconds") or 0.0
    stop = asyncio.Event()
    loop = asyncio.create_task(AuditLoop(settings)(database, stop))
    async with asyncio.timeout(10):
        while (REGISTRY.get_sample_value("audit_finished_timestamp_seconds") or 0.0) <= before:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        stop.set()
        await loop
