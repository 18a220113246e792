"""Reading accounts."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, and_, exists, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from users.accounts.models import Account, AccountAction
from users.accounts.rules import AccountState, Role, SuspensionEntry, SuspensionReason, account_state, normalise_email
from users.replicas.models import AttachmentReplica

SUSPENDED, UNSUSPENDED = "USER_SUSPENDED", "USER_UNSUSPENDED"
LOST_ATTACHMENTS = ("REJECTED", "DELETED")


async def account_by_id(session: AsyncSession, account_id: int) -> Account | None:
    return await session.get(Account, account_id)


async def account_by_email(session: AsyncSession, email: str) -> Account | None:
    return await session.scalar(select(Account).where(Account.email == normalise_email(email)))


def _entry(kind: str, reason: str | None) -> SuspensionEntry:
    known = {item.value for item in SuspensionReason}
    return SuspensionEntry(kind == SUSPENDED, SuspensionReason(reason) if reason in known else None)


def _last_action(account_id: int) -> Select[str, str | None]:
    return (
        select(AccountAction.type, AccountAction.reason)
        .where(AccountAction.account_id == account_id, AccountAction.type.in_((SUSPENDED, UNSUSPENDED)))
        .order_by(AccountAction.id.desc())
        .limit(1)
    )


async def last_suspension(session: AsyncSession, account_id: int) -> SuspensionEntry | None:
    """The last line of the suspension history."""
    row = (await session.execute(_last_action(account_id))).first()
    return _entry(*row) if row else None


async def state_of_account(session: AsyncSession, account: Account) -> AccountState:
    """The state that apps are told."""
    last = None if account.is_active else await last_suspension(session, account.id)
    return account_state(account.roles, account.is_active, last)


@dataclass(frozen=True)
class Partner:
    account: Account
    has_offerer: bool


async def partner_by_id(session: AsyncSession, account_id: int) -> Partner | None:
    """An account and whether it is attached, or waits to be, to an offerer. One statement."""
    attached = exists().where(
        and_(AttachmentReplica.user_id == Account.id, AttachmentReplica.validation_status.not_in(LOST_ATTACHMENTS))
    )
    row = (await session.execute(select(Account, attached).where(Account.id == account_id))).first()
    return Partner(row[0], bool(row[1])) if row else None


async def acts_for_offerer(session: AsyncSession, account: Account, offerer_id: int) -> bool:
    """Whether a person may act for an offerer; agents act for all."""
    if Role.ADMIN in account.roles:
        return True
    return bool(
        await session.scalar(
            select(
                exists().where(
                    AttachmentReplica.user_id == account.id,
                    AttachmentReplica.offerer_id == offerer_id,
                    AttachmentReplica.validation_status == "VALIDATED",
                )
            )
        )
    )


async def states_page(session: AsyncSession, after: int, limit: int) -> list[tuple[Account, str | None]]:
    """Accounts in the order of their ids with the reason of their suspension, for a replay."""
    accounts = list(
        await session.scalars(
            select(Account).where(Account.id > after).order_by(Account.id).limit(limit).with_for_update(read=True)
        )
    )
    closed = [account.id for account in accounts if not account.is_active]
    reasons: dict[int | None, str | None] = {}
    if closed:
        rows = await session.execute(
            select(AccountAction.account_id, AccountAction.type, AccountAction.reason)
            .ext(distinct_on(AccountAction.account_id))
            .where(AccountAction.account_id.in_(closed), AccountAction.type.in_((SUSPENDED, UNSUSPENDED)))
            .order_by(AccountAction.account_id, AccountAction.id.desc())
        )
        reasons = {account_id: reason if kind == SUSPENDED else None for account_id, kind, reason in rows}
    return [(account, reasons.get(account.id)) for account in accounts]
