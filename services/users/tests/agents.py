"""Agents of the back office, for tests."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from users.accounts.models import Account
from users.factories import AdminFactory
from users.permissions.models import AgentAssignment, AgentRolePermission, AgentRoleRow
from users.permissions.rules import Permission


async def agent_with(session: AsyncSession, permissions: Iterable[Permission], role: str = "qa") -> Account:
    """An agent whose one role allows exactly this."""
    account = await AdminFactory.create(session)
    await session.execute(insert(AgentRoleRow).values(name=role).on_conflict_do_nothing())
    rows = [{"role": role, "permission": permission.value} for permission in permissions]
    if rows:
        await session.execute(insert(AgentRolePermission).values(rows).on_conflict_do_nothing())
    session.add(AgentAssignment(account_id=account.id, role=role))
    await session.commit()
    return account
