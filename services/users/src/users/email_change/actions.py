"""A young person's change of address (users rules: e-mail change).

Asked for, confirmed from the old address, the new one chosen, validated from there. An address that somebody else has is
taken in like any other, token included, but nothing is mailed to it: nobody learns who has an account.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.errors import code_error
from users.accounts.actions import lock_account, note_action, reserve_email, suspend, tell
from users.accounts.models import Account, EmailChange
from users.accounts.queries import account_by_email
from users.accounts.rules import SuspensionReason
from users.credentials.actions import take_token
from users.credentials.addresses import is_blocked
from users.credentials.links import email_change_link
from users.email_change.rules import Step
from users.identity.dms.adoption import adopt_orphans
from users.notices.actions import request_notice
from users.sessions.actions import drop_portal_sessions, revoke_families
from users.sessions.attempts import attempt_key, count_attempts
from users.settings import Settings
from users.sso.links import unlink
from users.tokens.actions import Issued, consume_token, end_tokens, issue_token, living_token, look_up
from users.tokens.rules import TokenType

CONFIRMATION = TokenType.UPDATE_EMAIL_CONFIRMATION
SELECTION = TokenType.UPDATE_EMAIL_NEW_MAIL_SELECTION
VALIDATION = TokenType.UPDATE_EMAIL_VALIDATION
CONFIRMATION_PAGE = "changement-email/confirmation"
VALIDATION_PAGE = "changement-email/validation"
CANCELLATION_PAGE = "suspension-compte/confirmation"


async def note_step(session: AsyncSession, account: Account, step: Step, new_email: str | None = None) -> None:
    """Write a step into the history of addresses."""
    session.add(
        EmailChange(
            account_id=account.id,
            step=step.value,
            old_email=account.email,
            new_email=new_email,
            date_created=clock.now(),
        )
    )
    await session.flush()


async def last_step(session: AsyncSession, account_id: int) -> EmailChange | None:
    return await session.scalar(
        select(EmailChange).where(EmailChange.account_id == account_id).order_by(EmailChange.id.desc()).limit(1)
    )


def lifetime(settings: Settings) -> timedelta:
    return timedelta(hours=settings.email_change_token_hours)


async def is_pending(session: AsyncSession, settings: Settings, account_id: int) -> bool:
    """Whether a request waits for its confirmation or for the validation of the new address."""
    for kind in (CONFIRMATION, VALIDATION):
        if await living_token(session, settings, kind, account_id):
            return True
    return False


async def may_request(session: AsyncSession, settings: Settings, account_id: int) -> bool:
    """Count one more request; False beyond the limit."""
    key, window = (
        attempt_key("email_change", str(account_id)),
        timedelta(days=settings.email_change_requests_days),
    )
    return await count_attempts(session, {key: settings.email_change_requests}, window) is None


async def request_change(session: AsyncSession, settings: Settings, account: Account) -> None:
    """Ask the old address to confirm."""
    token = await issue_token(
        session, settings, CONFIRMATION, account.id, data={"email": account.email}, lifetime=lifetime(settings)
    )
    await note_step(session, account, Step.UPDATE_REQUEST)
    await request_notice(
        session,
        "email_change_request",
        recipient=account.email,
        user_id=account.id,
        parameters={
            "FIRSTNAME": account.first_name or "",
            "EXPIRATION_DELAY": settings.email_change_token_hours,
            "CONFIRMATION_LINK": email_change_link(settings, CONFIRMATION_PAGE, token),
            "CANCELLATION_LINK": email_change_link(settings, CANCELLATION_PAGE, token),
        },
    )


async def confirm_change(
    session: AsyncSession, settings: Settings, secret: str
) -> tuple[Account, Issued, Issued | None] | None:
    """The old address agrees: a token to choose the new one and, for who has no password, one to set it. None: dead link."""
    taken = await take_token(session, CONFIRMATION, secret)
    if taken is None or not taken[0].is_active:
        return None
    account = taken[0]
    await note_step(session, account, Step.CONFIRMATION)
    data = {"email": account.email}
    selection = await issue_token(session, settings, SELECTION, account.id, data=data, lifetime=lifetime(settings))
    reset = None
    if account.password_hash is None:
        reset = await issue_token(session, settings, TokenType.RESET_PASSWORD, account.id, data=data)
    return account, selection, reset


async def cancel_change(session: AsyncSession, secret: str) -> bool:
    """The holder asked for nothing: whoever did has the password, so the account is closed. False: dead link."""
    taken = await take_token(session, CONFIRMATION, secret)
    if taken is None:
        return False
    account = taken[0]
    await note_step(session, account, Step.CANCELLATION)
    if account.is_active:
        await suspend(session, account.id, SuspensionReason.FRAUD_SUSPICION, author_id=account.id)
        await revoke_families(session, account.id, "email_change_cancelled")
    await request_notice(
        session,
        "email_change_cancellation",
        recipient=account.email,
        user_id=account.id,
        parameters={"FIRSTNAME": account.first_name or ""},
    )
    return True


async def choose_email(
    session: AsyncSession, settings: Settings, account: Account, secret: str, new_email: str
) -> bool:
    """A locked account's holder says the new address, which is asked to validate. False: dead link, or somebody else's."""
    token = await consume_token(session, SELECTION, secret, account_id=account.id)
    if token is None or token.data.get("email") != account.email:
        return False
    await note_step(session, account, Step.NEW_EMAIL_SELECTION, new_email)
    data = {"email": account.email, "new_email": new_email}
    validation = await issue_token(session, settings, VALIDATION, account.id, data=data, lifetime=lifetime(settings))
    if await account_by_email(session, new_email) is None:
        await request_notice(
            session,
            "email_change_confirmation",
            recipient=new_email,
            user_id=account.id,
            parameters={
                "FIRSTNAME": account.first_name or "",
                "EXPIRATION_DELAY": settings.email_change_token_hours,
                "CONFIRMATION_LINK": email_change_link(settings, VALIDATION_PAGE, validation, new_email=new_email),
            },
        )
    return True


async def change_email(session: AsyncSession, account: Account, new_email: str, step: Step) -> None:
    """Give a locked account its new, free address: who signed in under the old one is out, links mailed there are dead."""
    await note_step(session, account, step, new_email)
    account.email = new_email
    await revoke_families(session, account.id, "email_changed")
    await drop_portal_sessions(session, account.id)
    await unlink(session, account.id)
    await end_tokens(
        session,
        account.id,
        TokenType.RESET_PASSWORD,
        TokenType.EMAIL_VALIDATION,
        TokenType.RECENTLY_RESET_PASSWORD,
        TokenType.SUSPENSION_SUSPICIOUS_LOGIN,
        CONFIRMATION,
        SELECTION,
    )
    await note_action(session, account.id, "EMAIL_CHANGED", author_id=account.id)
    await adopt_orphans(session, new_email)
    await tell(session, account, "email_changed")


async def validate_change(session: AsyncSession, secret: str, *, tells_holder: bool = True) -> Account | None:
    """The new address answers: the change is made. None: dead link.

    Showing the link again in its time, while the account has that address, changes nothing and succeeds: mail readers and
    impatient people open a link twice. An address that was taken meanwhile changes nothing either.
    """
    shown = await look_up(session, VALIDATION, secret)
    if shown is None or shown.account_id is None or shown.expires_at <= clock.now():
        return None
    account = await lock_account(session, shown.account_id)
    new_email = shown.data.get("new_email", "")
    if not account.is_active:
        return None
    token = await consume_token(session, VALIDATION, secret, account_id=account.id)
    if token is None:
        return account if account.email == new_email else None
    if token.data.get("email") != account.email:
        return None
    if await is_blocked(session, new_email):
        raise code_error("INVALID_EMAIL", "Cette adresse e-mail ne peut pas être utilisée.")
    if await reserve_email(session, new_email) is not None:
        return account
    await change_email(session, account, new_email, Step.VALIDATION)
    if tells_holder:
        await request_notice(
            session,
            "email_change_information",
            recipient=new_email,
            user_id=account.id,
            parameters={"FIRSTNAME": account.first_name or ""},
        )
    return account


async def token_expiration(session: AsyncSession, settings: Settings, account_id: int) -> datetime | None:
    """When the step that is under way ends."""
    for kind in (CONFIRMATION, SELECTION, VALIDATION):
        token = await living_token(session, settings, kind, account_id)
        if token is not None:
            return token.expires_at
    return None
