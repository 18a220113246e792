"""A partner's change of address: asked for with the password, made by the link that the new address gets.

An address that somebody else has goes the same way, but no link leaves: nobody learns who has an account.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from users.accounts.models import Account
from users.accounts.queries import account_by_email
from users.credentials.links import portal_link
from users.email_change.actions import VALIDATION, last_step, lifetime, note_step
from users.email_change.rules import Step
from users.notices.actions import request_notice
from users.sessions.attempts import attempt_key, count_attempts
from users.settings import Settings
from users.tokens.actions import issue_token

VALIDATION_PAGE = "email_validation?token="
PENDING = timedelta(hours=24)


async def may_request(session: AsyncSession, settings: Settings, account_id: int) -> bool:
    """Count one more request; False beyond the limit."""
    key = attempt_key("email_change", str(account_id))
    window = timedelta(hours=settings.portal_email_change_requests_hours)
    return await count_attempts(session, {key: settings.portal_email_change_requests}, window) is None


async def request_change(session: AsyncSession, settings: Settings, account: Account, new_email: str) -> None:
    """A locked account's holder, whose password was checked, asks for a new address, in its stored form."""
    await note_step(session, account, Step.UPDATE_REQUEST, new_email)
    data = {"email": account.email, "new_email": new_email}
    token = await issue_token(session, settings, VALIDATION, account.id, data=data, lifetime=lifetime(settings))
    await request_notice(
        session,
        "pro_email_change_request",
        recipient=account.email,
        user_id=account.id,
        parameters={"NEW_EMAIL": new_email, "OLD_EMAIL": account.email},
    )
    if await account_by_email(session, new_email) is None:
        await request_notice(
            session,
            "pro_email_change_confirmation",
            recipient=new_email,
            user_id=account.id,
            parameters={"CONFIRMATION_LINK": portal_link(settings, VALIDATION_PAGE, token)},
        )


async def pending_email(session: AsyncSession, account_id: int) -> str | None:
    """The address that waits for its validation, for a day."""
    last = await last_step(session, account_id)
    if last is None or last.step != Step.UPDATE_REQUEST.value or last.date_created <= clock.now() - PENDING:
        return None
    return last.new_email
