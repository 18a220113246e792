"""What happened to an account and who did it, for agents."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import forbidden, not_found
from users.accounts.models import AccountAction
from users.accounts.queries import account_by_id
from users.permissions.queries import REFUSED, permissions_of
from users.permissions.rules import Permission, who_reads

# What agents against fraud note of people is for them alone.
FRAUD_NOTES = "FRAUD_INFO_MODIFIED"
# About roles rather than about an account.
ROLE_CHANGES = "ROLE_PERMISSIONS_CHANGED"


async def history_of(session: AsyncSession, agent_id: int, account_id: int, limit: int = 100) -> list[AccountAction]:
    """The last lines of an account's history, newest first; 403 for who may not read such an account."""
    allowed = await permissions_of(session, agent_id)
    account = await account_by_id(session, account_id)
    if not allowed or (account is not None and allowed.isdisjoint(who_reads(account.roles))):
        raise forbidden(REFUSED)
    if account is None:
        raise not_found()
    statement = select(AccountAction).where(AccountAction.account_id == account_id)
    if Permission.PRO_FRAUD_ACTIONS not in allowed:
        statement = statement.where(AccountAction.type != FRAUD_NOTES)
    return list(await session.scalars(statement.order_by(AccountAction.id.desc()).limit(limit)))


async def role_changes(session: AsyncSession, agent_id: int, limit: int = 100) -> list[AccountAction]:
    """The last changes of what roles allow, newest first."""
    if Permission.READ_PERMISSIONS not in await permissions_of(session, agent_id):
        raise forbidden(REFUSED)
    statement = select(AccountAction).where(AccountAction.account_id.is_(None), AccountAction.type == ROLE_CHANGES)
    return list(await session.scalars(statement.order_by(AccountAction.id.desc()).limit(limit)))
