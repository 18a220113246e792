"""Agents who come in: who the house's directory says they are, what they may do, and the token that says so."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from shared.errors import ApiError, forbidden
from users.accounts.actions import UNUSABLE_HASH, create_account, lock_account, mark_email_validated, reserve_email
from users.accounts.models import Account
from users.accounts.rules import normalise_email
from users.permissions.actions import set_agent_roles
from users.permissions.queries import permissions_of
from users.permissions.rules import roles_of_groups
from users.sessions.actions import note_connection
from users.sessions.tokens import TokenIssuer

log = structlog.get_logger(__name__)


async def enter(
    session: AsyncSession,
    *,
    email: str,
    first_name: str,
    last_name: str,
    groups: Iterable[str],
    environment: str,
) -> Account:
    """The account of whom the house's directory knows, opened at their first visit; their roles are what it says now.

    403 for a closed account, and for whom no group makes an agent. The address must have been proven by the directory.
    """
    roles = roles_of_groups(groups, environment)
    known = await reserve_email(session, normalise_email(email))
    if (known is not None and not known.is_active) or (known is None and not roles):
        log.warning("agent.refused", technical_message_id="backoffice.authorize", success=False)
        raise forbidden("Ce compte n'ouvre pas le back-office.")
    account = await lock_account(session, known.id) if known else None
    if account is None:
        account = await create_account(
            session, email=email, password_hash=UNUSABLE_HASH, first_name=first_name, last_name=last_name
        )
    await mark_email_validated(session, account)
    await set_agent_roles(session, account.id, roles)
    if not roles:
        # Whoever left the groups is no agent any more, and that is to be committed.
        log.warning("agent.refused", technical_message_id="backoffice.authorize", success=False, account_id=account.id)
        return account
    note_connection(account)
    log.info("agent.entered", technical_message_id="backoffice.authorize", success=True, account_id=account.id)
    return account


async def agent_token(session: AsyncSession, issuer: TokenIssuer, account: Account) -> str:
    """A token of a quarter of an hour whose scope is what the agent may do now; 403 for who may do nothing."""
    permissions = await permissions_of(session, account.id)
    if not permissions:
        raise ApiError(403, {"global": ["Ce compte n'ouvre pas le back-office."]})
    return await issuer.agent(account, permissions)
