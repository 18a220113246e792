"""Reads of wallets."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.replicas.models import UserReplica
from bookings.wallet.models import Wallet
from bookings.wallet.rules import DomainsCredit, Purse, domains_credit
from shared import clock


def purse_of(wallet: Wallet) -> Purse:
    return Purse(
        id=wallet.id,
        type=wallet.type,
        generation=wallet.generation,
        granted_cents=wallet.granted_cents,
        spent_cents=wallet.spent_cents,
        digital_spent_cents=wallet.digital_spent_cents,
        physical_spent_cents=wallet.physical_spent_cents,
        expiration_date=wallet.expiration_date,
        recredit_types=wallet.recredit_types,
    )


async def credit_of(session: AsyncSession, user_id: int) -> DomainsCredit | None:
    """What is left of the person's deposit, the one that ends last; None when they never had one."""
    rows = await session.execute(
        select(Wallet, UserReplica.department_code)
        .outerjoin(UserReplica, UserReplica.id == Wallet.user_id)
        .where(Wallet.user_id == user_id)
        .order_by(Wallet.expiration_date.desc().nulls_first(), Wallet.id.desc())
        .limit(1)
    )
    row = rows.one_or_none()
    if row is None:
        return None
    wallet, department_code = row
    return domains_credit(purse_of(wallet), department_code, clock.now())
