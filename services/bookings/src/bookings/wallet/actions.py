"""What happens to wallets: bookings spend, cancellations refund, what is left is carried over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.wallet.models import Wallet, WalletEntry
from bookings.wallet.rules import Domain
from shared import clock
from shared.database import emit
from shared.events.bookings import WALLET
from shared.events.bookings import Wallet as WalletState


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


async def lock_with_heirs(session: AsyncSession, wallet_ids: Collection[int]) -> dict[int, Wallet]:
    """Lock wallets and those that replaced them, which get what is refunded."""
    ids = list(set(wallet_ids))
    heirs = await session.scalars(
        select(Wallet.replaced_by_id).where(Wallet.id.in_(ids), Wallet.replaced_by_id.is_not(None))
    )
    wallets = await lock_wallets(session, [*ids, *(heir for heir in heirs if heir is not None)])
    late = {wallet.replaced_by_id for wallet in wallets.values() if wallet.replaced_by_id is not None} - wallets.keys()
    return wallets | await lock_wallets(session, late) if late else wallets


def settle_carried(old: Wallet, new: Wallet) -> None:
    """Give the wallet that replaces another all that the other has left, both locked; nothing is left there."""
    carried = max(0, old.granted_cents - old.spent_cents)
    new.granted_cents = max(0, new.granted_cents + carried - new.carried_cents)
    new.carried_cents = carried
    old.replaced_by_id = new.id
    for wallet in (old, new):
        wallet.limit_credit()


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
        wallet.limit_credit()
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
    """Give back what cancelled bookings took; tells one `wallet.changed` a wallet. The wallets are locked, heirs too.

    What goes back to a wallet that was replaced is carried over to its heir.
    """
    touched: dict[int, Wallet] = {}
    for spending in spendings:
        wallet = wallets[spending.wallet_id]
        change(session, wallet, spending.booking_id, -spending.amount_cents, spending.domain, "CANCELLED")
        touched[wallet.id] = wallet
        if wallet.replaced_by_id is not None:
            heir = wallets[wallet.replaced_by_id]
            settle_carried(wallet, heir)
            touched[heir.id] = heir
    for wallet in touched.values():
        await tell(session, wallet)


async def tell(session: AsyncSession, wallet: Wallet) -> None:
    """Publish a wallet as it is now; it is locked or just written."""
    await emit(session, WALLET, "changed", state_of(wallet))


def state_of(wallet: Wallet) -> WalletState:
    return WalletState(
        id=wallet.id,
        user_id=wallet.user_id,
        credit_cents=wallet.granted_cents,
        spent_cents=wallet.spent_cents,
        replaces_id=wallet.replaces_id,
        carried_cents=wallet.carried_cents,
    )
