"""What campaigns may know of a person, read when it leaves."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from users.accounts.models import DEFAULT_SUBSCRIPTIONS, Account
from users.accounts.queries import account_by_id
from users.deposits.queries import deposits_of
from users.push.rules import Contact, is_contact
from users.replicas.models import WalletReplica


async def active_young(session: AsyncSession, user_id: int) -> Account | None:
    """The account of somebody of the app who is active, else None."""
    account = await account_by_id(session, user_id)
    return account if account is not None and is_contact(account.roles, is_active=account.is_active) else None


async def contact_of(session: AsyncSession, account: Account) -> Contact:
    deposits = await deposits_of(session, account.id)
    current = max(deposits, key=lambda item: (item.expiration_date is None, item.expiration_date), default=None)
    wallet = await session.get(WalletReplica, current.id) if current else None
    credit = 0
    if current is not None and (current.expiration_date is None or current.expiration_date > clock.now()):
        credit = max(0, current.amount_cents - (wallet.spent_cents if wallet else 0))
    said = {**DEFAULT_SUBSCRIPTIONS, **account.notification_subscriptions}
    return Contact(
        birth_date=account.birth_date,
        city=account.city,
        postal_code=account.postal_code,
        department_code=account.department_code,
        roles=tuple(account.roles),
        date_created=account.date_created,
        last_connection=account.last_connection_date,
        marketing_push=bool(said["marketing_push"]),
        marketing_email=bool(said["marketing_email"]),
        themes=tuple(said["subscribed_themes"]),
        credit_cents=credit,
        deposits_count=len(deposits),
        deposit_activation=current.date_created if current else None,
        deposit_expiration=current.expiration_date if current else None,
    )
