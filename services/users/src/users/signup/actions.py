"""Opening an account of the app or of the portal."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from users.accounts.actions import create_account, mark_email_validated, note_action, reserve_email
from users.accounts.models import DEFAULT_SUBSCRIPTIONS, Account
from users.accounts.queries import state_of_account
from users.accounts.rules import Role
from users.credentials.actions import GONE, send_email_validation, send_portal_password_reset, take_token
from users.credentials.links import portal_link, reset_password_link
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


async def sign_up_partner(
    session: AsyncSession,
    settings: Settings,
    *,
    email: str,
    password_hash: str,
    first_name: str,
    last_name: str,
    phone_number: str | None,
    contact_ok: bool,
) -> None:
    """Open an account of the portal, attached to no structure yet, and mail a link that validates the address.

    The holder of an address that is taken gets a mail with which to come back in, as in the app, and nothing changes.
    """
    holder = await reserve_email(session, email)
    if holder is not None:
        if await _may_be_told(session, settings, holder):
            await send_portal_password_reset(session, settings, holder)
        return
    account = await create_account(
        session,
        email=email,
        password_hash=password_hash,
        roles=(Role.NON_ATTACHED_PRO,),
        first_name=first_name,
        last_name=last_name,
        phone_number=phone_number,
        needs_to_fill_cultural_survey=False,
        notification_subscriptions={**DEFAULT_SUBSCRIPTIONS, "marketing_email": contact_ok},
    )
    await note_action(session, account.id, "USER_CREATED", author_id=account.id)
    token = await issue_token(session, settings, TokenType.PRO_SIGNUP, account.id, data={"email": account.email})
    await request_notice(
        session,
        "signup_email_confirmation_to_pro",
        recipient=account.email,
        user_id=account.id,
        parameters={"EMAIL_VALIDATION_LINK": portal_link(settings, "inscription/compte/confirmation/", token)},
    )


async def validate_partner(session: AsyncSession, secret: str) -> Account | None:
    """Validate the address that a partner signed up with; None when the link is dead or the account may not sign in."""
    taken = await take_token(session, TokenType.PRO_SIGNUP, secret)
    if taken is None:
        return None
    account, _ = taken
    if not account.is_active or Role.ADMIN in account.roles:
        return None
    await mark_email_validated(session, account)
    return account


async def _may_be_told(session: AsyncSession, settings: Settings, holder: Account) -> bool:
    """Somebody tried to sign up with this address: likely its holder, who forgot. Few such mails a day."""
    if await state_of_account(session, holder) in GONE:
        return False
    key, window = attempt_key("email_already_exists", holder.email), timedelta(hours=settings.email_resends_hours)
    return await count_attempts(session, {key: settings.email_resends}, window) is None


async def _tell_holder(session: AsyncSession, settings: Settings, holder: Account) -> None:
    if not await _may_be_told(session, settings, holder):
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
