"""What an agent may do."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import forbidden
from users.accounts.models import Account
from users.accounts.rules import Role
from users.permissions.models import AgentAssignment, AgentRolePermission
from users.permissions.rules import AgentRole, Permission

REFUSED = "Vous n'avez pas la permission de faire cela."


async def permissions_of(session: AsyncSession, account_id: int) -> frozenset[Permission]:
    """What an active agent's roles allow together; nothing for anybody else. One statement."""
    rows = await session.scalars(
        select(AgentRolePermission.permission)
        .join(AgentAssignment, AgentAssignment.role == AgentRolePermission.role)
        .join(Account, Account.id == AgentAssignment.account_id)
        .where(Account.id == account_id, Account.is_active, Account.roles.contains([Role.ADMIN.value]))
        .distinct()
    )
    return _known(rows)


async def roles_of(session: AsyncSession, account_id: int) -> frozenset[AgentRole]:
    """The roles of an agent, those that are no longer declared left out."""
    rows = await session.scalars(select(AgentAssignment.role).where(AgentAssignment.account_id == account_id))
    known = {role.value for role in AgentRole}
    return frozenset(AgentRole(row) for row in rows if row in known)


async def may_connect_as(session: AsyncSession, agent_id: int) -> bool:
    """Whether an agent may sign in as a partner."""
    return Permission.CONNECT_AS_PRO in await permissions_of(session, agent_id)


async def allowed_by(session: AsyncSession, roles: Iterable[AgentRole]) -> frozenset[Permission]:
    """What roles allow together."""
    names = [role.value for role in roles]
    rows = await session.scalars(
        select(AgentRolePermission.permission).where(AgentRolePermission.role.in_(names)).distinct()
    )
    return _known(rows)


def _known(rows: Iterable[str]) -> frozenset[Permission]:
    """Permissions that are still declared."""
    declared = {permission.value for permission in Permission}
    return frozenset(Permission(row) for row in rows if row in declared)


async def require(session: AsyncSession, agent_id: int, *needed: Permission) -> None:
    """403 unless the agent has every permission, as the tables say now: a token's scope may be minutes old."""
    if not await permissions_of(session, agent_id) >= frozenset(needed):
        raise forbidden(REFUSED)
