"""Agents who close others' accounts and open them again: who may, and what the history keeps of it."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import field_error, forbidden
from users.accounts.actions import lock_account, suspend
from users.accounts.models import Account
from users.accounts.rules import Role, SuspensionReason, has_any_pro_role
from users.permissions.queries import require
from users.permissions.rules import Permission
from users.settings import Settings
from users.suspension.actions import reopen
from users.suspension.rules import suits


def _needed(account: Account, young: Permission) -> Permission:
    """Agents' accounts, partners' and young people's are closed by different agents (back-office rules)."""
    if Role.ADMIN in account.roles:
        return Permission.MANAGE_ADMIN_ACCOUNTS
    return Permission.PRO_FRAUD_ACTIONS if has_any_pro_role(account.roles) else young


async def suspend_by_agent(
    session: AsyncSession, agent_id: int, account_id: int, reason: SuspensionReason, *, comment: str | None = None
) -> Account:
    """Close somebody's account for a reason that suits it; 403 without the permission or for one's own account."""
    account = await lock_account(session, account_id)
    await require(session, agent_id, _needed(account, Permission.SUSPEND_USER))
    if agent_id == account_id:
        raise forbidden("Personne ne ferme son propre compte.")
    if not account.is_active:
        raise field_error("global", "Ce compte est déjà fermé.")
    if not suits(reason, account.roles):
        raise field_error("reason", "Cette raison ne convient pas à ce compte.")
    return await suspend(session, account_id, reason, author_id=agent_id, comment=comment)


async def reopen_by_agent(
    session: AsyncSession, settings: Settings, agent_id: int, account_id: int, *, comment: str | None = None
) -> Account:
    """Open somebody's account again; 403 without the permission. Nobody who was erased comes back."""
    account = await lock_account(session, account_id)
    await require(session, agent_id, _needed(account, Permission.UNSUSPEND_USER))
    if account.is_active or Role.ANONYMIZED in account.roles:
        raise field_error("global", "Ce compte ne peut pas être rouvert.")
    return await reopen(session, settings, account_id, author_id=agent_id, comment=comment)
