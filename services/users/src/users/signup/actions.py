"""Opening an account of the app."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from users.accounts.actions import create_account, reserve_email
from users.accounts.models import DEFAULT_SUBSCRIPTIONS, Account
from users.accounts.queries import state_of_account
from users.credentials.actions import GONE, send_email_validation
from users.credentials.links import reset_password_link
from users.notices.actions import request_notice
from users.sessions.actions import Device, trust_device
from users.sessions.attempts import attempt_key, count_attempts
from users.settings import Settings
from users.tokens.actions import issue_token
from users.tokens.rules import TokenType


async def sign_up(
    session: AsyncSession,
    settings: Settings,
    *,
    email: str,
    password_hash: str,
    birth_date: date,
    marketing_email: bool,
    external_ids: dict[str, Any],
    device: Device | None,
) -> None:
    """Open an account and mail a link that validates the address.

    The address of somebody else gets a mail that says so, and nothing of their account changes (users rules: accounts).
    The address must be in its stored form.
    """
    holder = await reserve_email(session, email)
    if holder is not None:
        await _tell_holder(session, settings, holder)
        return
    account = await create_account(
        session,
        email=email,
        password_hash=password_hash,
        date_of_birth=birth_date,
        notification_subscriptions={**DEFAULT_SUBSCRIPTIONS, "marketing_email": marketing_email},
        external_ids=external_ids,
    )
    await trust_device(session, account.id, device)
    await send_email_validation(session, settings, account)


async def _tell_holder(session: AsyncSession, settings: Settings, holder: Account) -> None:
    """Somebody tried to sign up with this address: likely its holder, who forgot. Few such mails a day."""
    if await state_of_account(session, holder) in GONE:
        return
    key, window = attempt_key("email_already_exists", holder.email), timedelta(hours=settings.email_resends_hours)
    if await count_attempts(session, {key: settings.email_resends}, window) is not None:
        return
    token = await issue_token(session, settings, TokenType.RESET_PASSWORD, holder.id, data={"email": holder.email})
    await request_notice(
        session,
        "email_already_exists",
        recipient=holder.email,
        user_id=holder.id,
        parameters={
            "FIRSTNAME": holder.first_name or "",
            "RESET_PASSWORD_LINK": reset_password_link(settings, token, holder.email),
        },
    )
