"""What happens to wallets: deposits come, bookings spend, cancellations refund."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.wallet.models import Wallet, WalletEntry
from bookings.wallet.rules import Domain
from shared import clock
from shared.database import emit, upsert_replica
from shared.events import Event
from shared.events.bookings import WALLET
from shared.events.bookings import Wallet as WalletState
from shared.events.users import Deposit


@dataclass(frozen=True, slots=True)
class Spending:
    """What a booking took from a wallet and has not given back, cents."""

    wallet_id: int
    booking_id: int
    amount_cents: int
    domain: str | None


async def lock_wallets(session: AsyncSession, wallet_ids: Collection[int]) -> dict[int, Wallet]:
    """Lock wallets in the order of their ids; after inventories, persons and bookings."""
    rows = await session.scalars(
        select(Wallet)
        .where(Wallet.id.in_(sorted(set(wallet_ids))))
        .order_by(Wallet.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {wallet.id: wallet for wallet in rows}


async def receive_deposit(session: AsyncSession, event: Event[Deposit]) -> bool:
    """Open or correct the wallet of a deposit; tells `wallet.changed`. False when the news is old.

    An amount below what is spent leaves the credit at what is spent: nothing can be bought then.
    """
    deposit = event.state
    described = {
        "user_id": deposit.user_id,
        "type": deposit.type,
        "generation": deposit.version,
        "granted_cents": deposit.amount_cents,
        "expiration_date": deposit.expiration_date,
        "recredit_types": [recredit.type for recredit in deposit.recredits],
    }
    wallet = (await lock_wallets(session, [deposit.id])).get(deposit.id)
    if wallet is None:
        if not await upsert_replica(session, Wallet, event, credit_cents=deposit.amount_cents, **described):
            return False
        wallet = (await lock_wallets(session, [deposit.id]))[deposit.id]
    elif wallet.version >= event.aggregate_version:
        return False
    else:
        for name, value in described.items():
            setattr(wallet, name, value)
        wallet.version = event.aggregate_version
        wallet.credit_cents = max(deposit.amount_cents, wallet.spent_cents)
    await tell(session, wallet)
    return True


async def spendings_of(session: AsyncSession, booking_ids: Collection[int]) -> list[Spending]:
    """What each of the bookings has taken by the ledger; those that took nothing are left out."""
    amount = func.sum(WalletEntry.amount_cents)
    rows = await session.execute(
        select(WalletEntry.wallet_id, WalletEntry.booking_id, amount, WalletEntry.domain)
        .where(WalletEntry.booking_id.in_(list(booking_ids)))
        .group_by(WalletEntry.wallet_id, WalletEntry.booking_id, WalletEntry.domain)
        .having(amount != 0)
        .order_by(WalletEntry.wallet_id, WalletEntry.booking_id)
    )
    return [Spending(wallet, booking, int(cents), domain) for wallet, booking, cents, domain in rows]


def change(session: AsyncSession, wallet: Wallet, booking_id: int, cents: int, domain: str | None, reason: str) -> None:
    """Write one line in the ledger of a locked wallet, positive to spend, and carry it into its sums."""
    wallet.spent_cents += cents
    if domain == Domain.DIGITAL:
        wallet.digital_spent_cents += cents
    elif domain == Domain.PHYSICAL:
        wallet.physical_spent_cents += cents
    if cents < 0:
        # A credit held up by what was spent comes down with it; spending never raises it.
        wallet.credit_cents = max(wallet.granted_cents, wallet.spent_cents)
    session.add(
        WalletEntry(
            wallet_id=wallet.id,
            booking_id=booking_id,
            amount_cents=cents,
            domain=domain,
            reason=reason,
            date_created=clock.now(),
        )
    )


async def refund(session: AsyncSession, spendings: Collection[Spending], wallets: Mapping[int, Wallet]) -> None:
    """Give back what cancelled bookings took; tells one `wallet.changed` a wallet. The wallets are locked."""
    touched: dict[int, Wallet] = {}
    for spending in spendings:
        wallet = wallets[spending.wallet_id]
        change(session, wallet, spending.booking_id, -spending.amount_cents, spending.domain, "CANCELLED")
        touched[wallet.id] = wallet
    for wallet in touched.values():
        await tell(session, wallet)


async def tell(session: AsyncSession, wallet: Wallet) -> None:
    """Publish a wallet as it is now; it is locked or just written."""
    await emit(session, WALLET, "changed", state_of(wallet))


def state_of(wallet: Wallet) -> WalletState:
    return WalletState(
        id=wallet.id, user_id=wallet.user_id, credit_cents=wallet.granted_cents, spent_cents=wallet.spent_cents
    )
