"""Reading credits."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from shared.events.users import Deposit as DepositState
from shared.events.users import Recredit as RecreditState
from users.deposits.models import Deposit
from users.deposits.rules import DepositType, HeldDeposit, RecreditType


async def deposits_of(session: AsyncSession, account_id: int) -> list[Deposit]:
    """The deposits of an account with their recredits, oldest first."""
    return list(
        await session.scalars(
            select(Deposit)
            .where(Deposit.account_id == account_id)
            .options(selectinload(Deposit.recredits))
            .order_by(Deposit.id)
        )
    )


def held(deposit: Deposit) -> HeldDeposit:
    """A deposit as the rules see it."""
    return HeldDeposit(
        id=deposit.id,
        type=DepositType(deposit.type),
        amount_cents=deposit.amount_cents,
        date_created=deposit.date_created,
        expiration_date=deposit.expiration_date,
        recredits=tuple(RecreditType(recredit.type) for recredit in deposit.recredits),
    )


def state_of(deposit: Deposit) -> DepositState:
    """The public state of a deposit."""
    return DepositState(
        id=deposit.id,
        user_id=deposit.account_id,
        type=deposit.type,
        version=deposit.version,
        amount_cents=deposit.amount_cents,
        source=deposit.source,
        date_created=deposit.date_created,
        expiration_date=deposit.expiration_date,
        replaces_id=deposit.replaces_id,
        recredits=[
            RecreditState(type=r.type, amount_cents=r.amount_cents, date_created=r.date_created)
            for r in deposit.recredits
        ],
    )


async def states_page(session: AsyncSession, after: int, limit: int) -> list[DepositState]:
    """Deposits in the order of their ids, for a replay."""
    rows = await session.scalars(
        select(Deposit)
        .where(Deposit.id > after)
        .options(selectinload(Deposit.recredits))
        .order_by(Deposit.id)
        .limit(limit)
        .with_for_update(read=True)
    )
    return [state_of(deposit) for deposit in rows]
