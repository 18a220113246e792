"""Installing roles, changing what they allow, and who has them."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import forbidden
from users.accounts.actions import grant_role, lock_account, note_action, set_roles
from users.accounts.rules import Role, remove_role
from users.permissions.models import AgentAssignment, AgentRolePermission, AgentRoleRow
from users.permissions.queries import REFUSED, allowed_by, permissions_of, require, roles_of
from users.permissions.rules import SEED, AgentRole, Permission
from users.sessions.actions import drop_portal_sessions

log = structlog.get_logger(__name__)
CHANGED = "ROLE_PERMISSIONS_CHANGED"
# One short statement, though there are hundreds of rows.
_LINK = text(
    "INSERT INTO agent_role_permission (role, permission)"
    " SELECT * FROM unnest(CAST(:roles AS text[]), CAST(:permissions AS text[])) ON CONFLICT DO NOTHING"
)


async def install_roles(session: AsyncSession, *, seed: bool) -> int:
    """Add the declared roles that the table lacks, with their first permissions when `seed`; the number added.

    What agents changed of the others stays; rows that are no longer declared stay too, and are logged.
    """
    wanted = [{"name": role.value} for role in AgentRole]
    added = list(
        await session.scalars(insert(AgentRoleRow).values(wanted).on_conflict_do_nothing().returning(AgentRoleRow.name))
    )
    links = [(name, permission.value) for name in added for permission in sorted(SEED[AgentRole(name)])]
    if seed and links:
        names, permissions = zip(*links, strict=True)
        await session.execute(_LINK, {"roles": list(names), "permissions": list(permissions)})
    unknown = set(await session.scalars(select(AgentRoleRow.name))) - {role.value for role in AgentRole}
    if unknown:
        log.warning("permissions.unknown_roles", roles=sorted(unknown))
    return len(added)


async def set_role_permissions(
    session: AsyncSession, agent_id: int, role: AgentRole, permissions: Iterable[Permission], *, comment: str
) -> bool:
    """Have a role allow exactly this, for a reason; the history tells what changed. False when nothing did."""
    await require(session, agent_id, Permission.MANAGE_PERMISSIONS)
    await session.scalar(select(AgentRoleRow.name).where(AgentRoleRow.name == role.value).with_for_update())
    before = set(
        await session.scalars(select(AgentRolePermission.permission).where(AgentRolePermission.role == role.value))
    )
    after = {permission.value for permission in permissions}
    if before == after:
        return False
    gone, new = sorted(before - after), sorted(after - before)
    await session.execute(
        delete(AgentRolePermission).where(
            AgentRolePermission.role == role.value, AgentRolePermission.permission.in_(gone)
        )
    )
    if new:
        await session.execute(
            insert(AgentRolePermission).values([{"role": role.value, "permission": name} for name in new])
        )
    changes = {name: {"old_info": name in before, "new_info": name in after} for name in sorted(before ^ after)}
    await note_action(
        session, None, CHANGED, author_id=agent_id, comment=comment, role=role.value, modified_info=changes
    )
    return True


async def _require_to_give(session: AsyncSession, author_id: int, roles: frozenset[AgentRole]) -> None:
    """Nobody gives away what they may not do themselves, unless they decide of permissions anyway."""
    own = await permissions_of(session, author_id)
    is_allowed = Permission.MANAGE_ADMIN_ACCOUNTS in own
    if is_allowed and Permission.MANAGE_PERMISSIONS not in own:
        is_allowed = await allowed_by(session, roles) <= own
    if not is_allowed:
        raise forbidden(REFUSED)


async def set_agent_roles(
    session: AsyncSession, account_id: int, roles: Iterable[AgentRole], *, author_id: int | None = None
) -> bool:
    """Have an agent hold exactly these roles. False when nothing changed.

    `author_id`: the agent who decides, who needs the permission and never decides of themselves; None when the house's
    directory or a command says so. Somebody who gets a first role becomes ADMIN and leaves the portal, who loses the last
    one is an agent no more; a closed account gets none.
    """
    after = frozenset(roles)
    if author_id is not None:
        await _require_to_give(session, author_id, after)
        if author_id == account_id:
            raise forbidden("Personne ne change ses propres rôles.")
    account = await lock_account(session, account_id)
    before = await roles_of(session, account_id)
    if before == after:
        return False
    if after and not account.is_active:
        raise forbidden("Ce compte est fermé.")
    if not after:
        await set_roles(session, account, remove_role(account.roles, Role.ADMIN))
    elif await grant_role(session, account, Role.ADMIN):
        await drop_portal_sessions(session, account_id)
    await session.execute(delete(AgentAssignment).where(AgentAssignment.account_id == account_id))
    if after:
        rows = [{"account_id": account_id, "role": role.value} for role in sorted(after)]
        await session.execute(insert(AgentAssignment).values(rows))
    change = {"old_info": sorted(before), "new_info": sorted(after)}
    await note_action(session, account_id, "INFO_MODIFIED", author_id=author_id, modified_info={"agent_roles": change})
    return True
