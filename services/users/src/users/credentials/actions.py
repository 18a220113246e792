"""Passwords that are changed, forgotten and set anew; the mails and tokens of it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.errors import ApiError
from shared.geography import local_time
from users.accounts.actions import lock_account, mark_email_validated, note_action
from users.accounts.models import Account
from users.accounts.queries import account_by_email, state_of_account
from users.accounts.rules import AccountState, is_beneficiary, normalise_email
from users.credentials.links import email_validation_link, portal_link, reset_password_link
from users.notices.actions import request_notice
from users.sessions.actions import drop_portal_sessions, revoke_families
from users.sessions.attempts import attempt_key, clear_attempts, count_attempts
from users.settings import Settings
from users.tokens.actions import Known, check_token, consume_token, issue_token
from users.tokens.rules import TokenType

# Where the portal asks for a new password.
RESET_PAGE = "demande-mot-de-passe/"
# Nothing is sent to, nor set for, who is gone.
GONE = frozenset({AccountState.DELETED, AccountState.ANONYMIZED})


def resend_key(email: str) -> bytes:
    return attempt_key("email_resends", normalise_email(email))


async def may_resend(session: AsyncSession, settings: Settings, email: str) -> bool:
    """Count one more mail to an address, whether somebody has it or not; False beyond the limit.

    Validation mails and password resets share the limit (users rules: rate limits).
    """
    window = timedelta(hours=settings.email_resends_hours)
    return await count_attempts(session, {resend_key(email): settings.email_resends}, window) is None


def too_many_resends() -> ApiError:
    return ApiError(
        429,
        {
            "code": "TOO_MANY_EMAIL_VALIDATION_RESENDS",
            "message": "Tu as demandé trop d'e-mails. Réessaie dans quelques heures.",
        },
    )


async def send_email_validation(session: AsyncSession, settings: Settings, account: Account) -> None:
    """Mail a new validation link; the former one ends."""
    token = await issue_token(session, settings, TokenType.EMAIL_VALIDATION, account.id, data={"email": account.email})
    await request_notice(
        session,
        "email_confirmation",
        recipient=account.email,
        user_id=account.id,
        parameters={"CONFIRMATION_LINK": email_validation_link(settings, token, account.email)},
    )


async def send_password_reset(
    session: AsyncSession, settings: Settings, account: Account, kind: str = "new_password_request"
) -> None:
    """Mail a new reset link; the former one ends. `kind` is the mail's."""
    token = await issue_token(session, settings, TokenType.RESET_PASSWORD, account.id, data={"email": account.email})
    await request_notice(
        session,
        kind,
        recipient=account.email,
        user_id=account.id,
        parameters={
            "FIRSTNAME": account.first_name or "",
            "RESET_PASSWORD_LINK": reset_password_link(settings, token, account.email),
        },
    )


async def send_portal_password_reset(session: AsyncSession, settings: Settings, account: Account) -> None:
    """Mail a new reset link, which leads young people to the app and everybody else to the portal."""
    if is_beneficiary(account.roles):
        await send_password_reset(session, settings, account)
        return
    token = await issue_token(session, settings, TokenType.RESET_PASSWORD, account.id, data={"email": account.email})
    await request_notice(
        session,
        "reset_password_to_pro",
        recipient=account.email,
        user_id=account.id,
        parameters={"LIEN_NOUVEAU_MDP": portal_link(settings, RESET_PAGE, token)},
    )


async def ask_portal_password_reset(session: AsyncSession, settings: Settings, email: str) -> None:
    """Mail a reset link to the active holder of an address, if there is one."""
    account = await account_by_email(session, email)
    if account is not None and account.is_active:
        await send_portal_password_reset(session, settings, account)


async def tell_password_changed(session: AsyncSession, account: Account) -> None:
    """Tell a partner that the password of their account was changed, when in their own time."""
    at = local_time(clock.now(), account.department_code)
    await request_notice(
        session,
        "reset_password_to_connected_pro",
        recipient=account.email,
        user_id=account.id,
        parameters={"EVENT_DATE": at.strftime("%d/%m/%Y"), "EVENT_HOUR": at.strftime("%Hh%M")},
    )


async def ask_password_reset(session: AsyncSession, settings: Settings, email: str) -> None:
    """Mail a reset link to the holder of an address, if there is one."""
    account = await account_by_email(session, email)
    if account is not None and await state_of_account(session, account) not in GONE:
        await send_password_reset(session, settings, account)


async def ask_email_validation(session: AsyncSession, settings: Settings, email: str) -> None:
    """Mail what lets an active person in: a validation link, or a reset link when the address was validated."""
    account = await account_by_email(session, email)
    if account is None or not account.is_active:
        return
    if account.is_email_validated:
        await send_password_reset(session, settings, account)
    else:
        await send_email_validation(session, settings, account)


async def take_token(session: AsyncSession, kind: TokenType, secret: str) -> tuple[Account, Known] | None:
    """Use up a living token of somebody, whose account is locked first, as everywhere; None for a dead one.

    A token that was mailed to an address which is no longer the account's is dead, and so is one of somebody who is gone.
    """
    shown = await check_token(session, kind, secret)
    if shown is None or shown.account_id is None:
        return None
    account = await lock_account(session, shown.account_id)
    token = await consume_token(session, kind, secret, account_id=account.id)
    if token is None or token.data.get("email", account.email) != account.email:
        return None
    if await state_of_account(session, account) in GONE:
        return None
    return account, token


async def validate_email_by_token(session: AsyncSession, secret: str) -> Account | None:
    """Validate the address that a link was mailed to; None when the link is used, late, unknown or of a former address."""
    taken = await take_token(session, TokenType.EMAIL_VALIDATION, secret)
    if taken is None:
        return None
    account, _ = taken
    await mark_email_validated(session, account)
    return account


async def set_password(
    session: AsyncSession, account: Account, password_hash: str, *, keep_session: str | None = None
) -> None:
    """Give a locked account a new password: who signed in with the old one is out, but the session that is kept."""
    account.password_hash = password_hash
    await revoke_families(session, account.id, "password_changed", but=keep_session)
    await drop_portal_sessions(session, account.id, but=keep_session)
    await clear_attempts(session, attempt_key("signin.account", account.email))
    await session.flush()


async def reset_password(
    session: AsyncSession, secret: str, password_hash: str, *, keeps_sessions: bool = False
) -> Account | None:
    """Set the password of whom a reset link was mailed to, which also proves the address; None for a dead link.

    `keeps_sessions` for a first password, that nobody can have signed in with.
    """
    taken = await take_token(session, TokenType.RESET_PASSWORD, secret)
    if taken is None:
        return None
    account, _ = taken
    if keeps_sessions and account.password_hash is None:
        account.password_hash = password_hash
    else:
        await set_password(session, account, password_hash)
    await note_action(session, account.id, "USER_PASSWORD_RESET", author_id=account.id)
    await mark_email_validated(session, account)
    return account
