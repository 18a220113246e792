"""A deposit comes, changes, or takes over from another: wallets follow, and live bookings move to the deposit that replaces
theirs (users rules: deposits, recredit).

What a replaced deposit has left is known here alone, so here it is decided: `carried_cents` of the new wallet always is what
was granted on the old one less what stays spent there. `users` hears it by `wallet.changed` and repeats it in the deposit.
Whatever comes first, twice or late, both wallets end alike.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.booking.actions import tell as tell_bookings
from bookings.booking.models import Booking
from bookings.booking.values import BookingStatus
from bookings.replicas.models import OfferReplica, UserReplica
from bookings.wallet.actions import change, lock_wallets, settle_carried, spendings_of, tell
from bookings.wallet.models import Wallet
from bookings.wallet.rules import NOT_REIMBURSED_SUBCATEGORIES, PREVIOUS_DEPOSIT
from shared.database import upsert_replica
from shared.database.locks import lock
from shared.events import Event
from shared.events.users import Deposit

MOVABLE = (BookingStatus.CONFIRMED.value, BookingStatus.USED.value)


class BookedMeanwhile(Exception):
    """Something was booked on the replaced deposit while its bookings were being looked at: hear the fact again."""


async def receive_deposit(session: AsyncSession, event: Event[Deposit]) -> bool:
    """Open or correct the wallet of a deposit; tells `wallet.changed`. False when the news is old.

    An amount below what is spent leaves the credit at what is spent: nothing can be bought then. Where one deposit replaces
    the other and both are known, the bookings move; tells `booking.moved` for each and `wallet.changed` for both.
    """
    deposit = event.state
    # Facts about one person's deposits are followed one by one: two at once would not see each other's wallet.
    await lock(session, f"deposits.{deposit.user_id}")
    pair = await _pair_of(session, deposit)
    moving = await _lock_movable(session, deposit.user_id, pair[0]) if pair else {}
    wallets = await lock_wallets(session, [deposit.id, *(pair or ())])
    if not await _write(session, event, wallets):
        return False
    old, new = (wallets.get(pair[0]), wallets.get(pair[1])) if pair else (None, None)
    if old is None or new is None:
        await tell(session, wallets[deposit.id])
        return True
    if set(moving) != set(await _movable(session, old.id)):
        raise BookedMeanwhile
    for item in await spendings_of(session, moving):
        if item.wallet_id == old.id:
            change(session, old, item.booking_id, -item.amount_cents, item.domain, "MOVED_OUT")
            change(session, new, item.booking_id, item.amount_cents, item.domain, "MOVED_IN")
    for booking in moving.values():
        booking.deposit_id = new.id
    settle_carried(old, new)
    await session.flush()
    await tell_bookings(session, "moved", list(moving))
    for wallet in (old, new):
        await tell(session, wallet)
    return True


async def _pair_of(session: AsyncSession, deposit: Deposit) -> tuple[int, int] | None:
    """The replaced deposit and the one that replaces it, where this is one of them."""
    if deposit.replaces_id is not None:
        return deposit.replaces_id, deposit.id
    heir = await session.scalar(
        select(Wallet.id).where(Wallet.user_id == deposit.user_id, Wallet.replaces_id == deposit.id)
    )
    return (deposit.id, heir) if heir is not None else None


async def _movable(session: AsyncSession, deposit_id: int) -> list[int]:
    """Live bookings that finance has not paid and will; the others stay with the deposit that paid them."""
    rows = await session.scalars(
        select(Booking.id)
        .join(OfferReplica, OfferReplica.id == Booking.offer_id)
        .where(
            Booking.deposit_id == deposit_id,
            Booking.status.in_(MOVABLE),
            OfferReplica.subcategory_id.not_in(NOT_REIMBURSED_SUBCATEGORIES),
        )
    )
    return list(rows)


async def _lock_movable(session: AsyncSession, user_id: int, deposit_id: int) -> dict[int, Booking]:
    """Lock the person, so that they book nothing meanwhile, then the bookings: the order of the whole service."""
    await session.execute(select(UserReplica.id).where(UserReplica.id == user_id).with_for_update(key_share=True))
    rows = await session.scalars(
        select(Booking)
        .where(Booking.id.in_(await _movable(session, deposit_id)))
        .order_by(Booking.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    # What was cancelled or paid while we waited for its lock does not move.
    return {booking.id: booking for booking in rows if booking.status in MOVABLE}


async def _write(session: AsyncSession, event: Event[Deposit], wallets: dict[int, Wallet]) -> bool:
    """Carry a deposit's state into its wallet, which is then among `wallets`, locked; False when it is old."""
    deposit = event.state
    previous = sum(item.amount_cents for item in deposit.recredits if item.type == PREVIOUS_DEPOSIT)
    described = {
        "user_id": deposit.user_id,
        "type": deposit.type,
        "generation": deposit.version,
        "granted_cents": deposit.amount_cents,
        "expiration_date": deposit.expiration_date,
        "recredit_types": [recredit.type for recredit in deposit.recredits],
        "replaces_id": deposit.replaces_id,
        # As told, until the replaced wallet is known and says better.
        "carried_cents": previous if deposit.replaces_id is not None else 0,
    }
    wallet = wallets.get(deposit.id)
    if wallet is None:
        if not await upsert_replica(session, Wallet, event, credit_cents=deposit.amount_cents, **described):
            return False
        wallets |= await lock_wallets(session, [deposit.id])
        return True
    if wallet.version >= event.aggregate_version:
        return False
    for name, value in described.items():
        setattr(wallet, name, value)
    wallet.version = event.aggregate_version
    wallet.limit_credit()
    return True
