"""Closing an account at its holder's word, and opening it again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from users.accounts.actions import lock_account, suspend, unsuspend
from users.accounts.models import Account, AccountAction, AnonymizationRequest
from users.accounts.queries import SUSPENDED, UNSUSPENDED, last_suspension
from users.accounts.rules import SuspensionReason
from users.credentials.actions import send_password_reset
from users.notices.actions import request_notice
from users.sessions.actions import revoke_families
from users.settings import Settings
from users.subscription.activation import try_activation
from users.suspension.rules import Unsuspension, refused_unsuspension
from users.tokens.actions import check_token, consume_token, look_up
from users.tokens.rules import TokenType


async def suspended_at(session: AsyncSession, account_id: int) -> datetime | None:
    """When the suspension that is in force was pronounced."""
    row = (
        await session.execute(
            select(AccountAction.type, AccountAction.happened_at)
            .where(AccountAction.account_id == account_id, AccountAction.type.in_((SUSPENDED, UNSUSPENDED)))
            .order_by(AccountAction.id.desc())
            .limit(1)
        )
    ).first()
    return row[1] if row and row[0] == SUSPENDED else None


async def reason_of(session: AsyncSession, account: Account) -> SuspensionReason | None:
    """Why a closed account is closed."""
    if account.is_active:
        return None
    last = await last_suspension(session, account.id)
    return last.reason if last and last.is_suspension else None


async def suspend_upon_request(session: AsyncSession, account: Account) -> None:
    """The holder asks for their account to be deleted: closed now, deleted after the time to think again."""
    await suspend(session, account.id, SuspensionReason.UPON_USER_REQUEST, author_id=account.id)
    await request_notice(
        session,
        "user_request_delete_account_reception",
        recipient=account.email,
        user_id=account.id,
        parameters={"FIRSTNAME": account.first_name or ""},
    )


async def suspend_for_hack(session: AsyncSession, account: Account) -> None:
    """The holder says that their account was stolen: closed, and every session of the app with it."""
    await suspend(session, account.id, SuspensionReason.FRAUD_HACK, author_id=account.id)
    await revoke_families(session, account.id, "hack_suspicion")


async def suspend_by_link(session: AsyncSession, secret: str) -> bool:
    """Close the account of whom a suspicious sign-in was reported to; False when the link is dead.

    The link works once, and showing it again while the account is closed for that reason changes nothing. Nobody's other
    suspension is overwritten, but the one that they asked for themselves.
    """
    shown = await look_up(session, TokenType.SUSPENSION_SUSPICIOUS_LOGIN, secret)
    if shown is None or shown.account_id is None:
        return False
    account = await lock_account(session, shown.account_id)
    reason = await reason_of(session, account)
    if reason is SuspensionReason.SUSPICIOUS_LOGIN_REPORTED_BY_USER:
        return True
    if await consume_token(session, TokenType.SUSPENSION_SUSPICIOUS_LOGIN, secret, account_id=account.id) is None:
        return False
    if account.is_active or reason is SuspensionReason.UPON_USER_REQUEST:
        await suspend(session, account.id, SuspensionReason.SUSPICIOUS_LOGIN_REPORTED_BY_USER, author_id=account.id)
    return True


async def is_link_alive(session: AsyncSession, secret: str) -> bool:
    return await check_token(session, TokenType.SUSPENSION_SUSPICIOUS_LOGIN, secret) is not None


async def reopen(
    session: AsyncSession,
    settings: Settings,
    account_id: int,
    *,
    author_id: int | None = None,
    comment: str | None = None,
    tells_holder: bool = True,
) -> Account:
    """Open an account again: a request to be erased lapses, and its holder is told.

    After a reported sign-in the mail has a link to a new password, since the old one was taken away.
    """
    account = await lock_account(session, account_id)
    reason = await reason_of(session, account)
    await unsuspend(session, account.id, author_id=author_id, comment=comment)
    await session.execute(delete(AnonymizationRequest).where(AnonymizationRequest.account_id == account.id))
    if reason is SuspensionReason.SUSPICIOUS_LOGIN_REPORTED_BY_USER:
        await send_password_reset(session, settings, account, "new_password_request_for_suspicious_login")
    elif tells_holder:
        await request_notice(session, "account_unsuspended", recipient=account.email, user_id=account.id)
    # What was proven while the account was closed counts now.
    await try_activation(session, settings, account.id)
    return account


async def reopen_own(session: AsyncSession, settings: Settings, account_id: int) -> Unsuspension | None:
    """The holder comes back; the reason for which they may not, else None."""
    account = await lock_account(session, account_id)
    refusal = refused_unsuspension(
        account.is_active,
        await reason_of(session, account),
        await suspended_at(session, account.id),
        clock.today(),
    )
    if refusal is None:
        await reopen(session, settings, account.id, author_id=account.id)
    return refusal
