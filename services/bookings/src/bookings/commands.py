"""The command line of bookings."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.auditing import look
from bookings.booking import jobs
from bookings.booking.models import Booking
from bookings.booking.states import booking_states
from bookings.erasure.actions import PERSONAL, clean_outbox
from bookings.erasure.models import ErasedPerson
from bookings.features import Flag, flags
from bookings.idempotency import jobs as idempotency
from bookings.inventory.actions import state_of as inventory_state
from bookings.inventory.models import Inventory
from bookings.settings import Settings
from bookings.wallet.actions import state_of as wallet_state
from bookings.wallet.models import Wallet
from shared.commands import Counts, job, service_cli
from shared.database import Database
from shared.events import State, erasure
from shared.events.bookings import BOOKING, INVENTORY, WALLET
from shared.schedules import daily, every


async def _bookings(session: AsyncSession, after: int, limit: int) -> AsyncIterator[State]:
    ids = list(
        await session.scalars(
            select(Booking.id).where(Booking.id > after).order_by(Booking.id).limit(limit).with_for_update(read=True)
        )
    )
    states = await booking_states(session, ids)
    for booking_id in ids:
        yield states[booking_id]


async def _inventories(session: AsyncSession, after: int, limit: int) -> AsyncIterator[State]:
    rows = select(Inventory).where(Inventory.id > after).order_by(Inventory.id).limit(limit)
    for inventory in await session.scalars(rows.with_for_update(read=True)):
        yield inventory_state(inventory)


async def _wallets(session: AsyncSession, after: int, limit: int) -> AsyncIterator[State]:
    rows = select(Wallet).where(Wallet.id > after).order_by(Wallet.id).limit(limit)
    for wallet in await session.scalars(rows.with_for_update(read=True)):
        yield wallet_state(wallet)


async def _sandbox(name: str, database: Database) -> None:
    from bookings.sandbox import build

    await build(name, database)


cli = service_cli(
    Settings,
    flags=flags,
    replays={"booking": (BOOKING, _bookings), "inventory": (INVENTORY, _inventories), "wallet": (WALLET, _wallets)},
    sandbox=_sandbox,
)


@job(cli, Settings, "audit", daily("06:00"))
async def audit(database: Database) -> Counts:
    """Fail when seats, money or facts disagree anywhere. Daily, and after any repair."""
    broken = await look(database)
    if broken:
        raise RuntimeError(f"broken laws: {broken}; the rows are in the log")
    return {"broken": 0}


@job(cli, Settings, "expire-bookings", daily("00:15"), needs=[Flag.ENABLE_ALL_CRON])
async def expire_bookings(database: Database) -> Counts:
    """Cancel the bookings that nobody came for in time. Daily, after midnight."""
    return {"expired": await jobs.expire(database, batch=Settings().job_batch)}


@job(cli, Settings, "use-past-bookings", daily("01:30"), needs=[Flag.ENABLE_ALL_CRON, Flag.UPDATE_BOOKING_USED])
async def use_past_bookings(database: Database) -> Counts:
    """Count bookings of events that began two days ago as used. Daily, at night."""
    return {"used": await jobs.use_past(database, batch=Settings().job_batch)}


@job(cli, Settings, "archive-bookings", daily("02:15"), needs=[Flag.ENABLE_ALL_CRON])
async def archive_bookings(database: Database) -> Counts:
    """Put old online and card bookings among the ended ones. Daily."""
    return {"archived": await jobs.archive(database, batch=Settings().job_batch)}


@job(cli, Settings, "forget-idempotency-keys", every(minutes=60), needs=[Flag.ENABLE_ALL_CRON])
async def forget_idempotency_keys(database: Database) -> Counts:
    """Drop the answers kept under callers' keys for more than a day. Hourly."""
    return {"forgotten": await idempotency.forget(database)}


@job(cli, Settings, "take-back-facts", every(minutes=60))
async def take_back_facts(database: Database, dry_run: bool = False) -> Counts:
    """Take people who were made anonymous out of the facts that bookings told. Hourly."""
    return await erasure.take_back(Settings(), database, ErasedPerson, PERSONAL, clean_outbox, dry_run=dry_run)
