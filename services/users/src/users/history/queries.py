"""What happened to an account and who did it, for agents."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import forbidden
from users.accounts.models import AccountAction
from users.permissions.queries import permissions_of
from users.permissions.rules import Permission

READERS = frozenset({Permission.READ_PUBLIC_ACCOUNT, Permission.READ_PRO_ENTITY, Permission.READ_ADMIN_ACCOUNTS})
# What agents against fraud note of people is for them alone.
FRAUD_NOTES = "FRAUD_INFO_MODIFIED"


async def history_of(session: AsyncSession, agent_id: int, account_id: int, limit: int = 100) -> list[AccountAction]:
    """The last lines of an account's history, newest first; 403 for who reads no account."""
    allowed = await permissions_of(session, agent_id)
    if allowed.isdisjoint(READERS):
        raise forbidden("Vous n'avez pas la permission de faire cela.")
    statement = select(AccountAction).where(AccountAction.account_id == account_id)
    if Permission.PRO_FRAUD_ACTIONS not in allowed:
        statement = statement.where(AccountAction.type != FRAUD_NOTES)
    return list(await session.scalars(statement.order_by(AccountAction.id.desc()).limit(limit)))
