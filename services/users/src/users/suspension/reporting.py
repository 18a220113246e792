"""Telling somebody of a sign-in from a device that is not known, with a link that closes the account."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.geography import local_time
from users.accounts.models import Account
from users.accounts.rules import AccountState
from users.credentials.links import account_securing_link
from users.notices.actions import request_notice
from users.notices.models import NoticeRow
from users.sessions.actions import Device
from users.settings import Settings
from users.tokens.actions import issue_token
from users.tokens.rules import TokenType

KIND = "suspicious_login"
COUNTED = timedelta(hours=24)
REPORTED = frozenset({AccountState.ACTIVE, AccountState.SUSPENDED_UPON_USER_REQUEST})


async def report_suspicious_login(
    session: AsyncSession, settings: Settings, account: Account, state: AccountState, device: Device | None
) -> None:
    """Mail the holder of a locked account that somebody signed in on an untrusted device (users rules: devices).

    At most `suspicious_login_mails` a day to one account, whether the device said who it is or not.
    """
    now = clock.now()
    if state not in REPORTED:
        return
    sent = await session.scalar(
        select(func.count())
        .select_from(NoticeRow)
        .where(NoticeRow.account_id == account.id, NoticeRow.kind == KIND, NoticeRow.date_created > now - COUNTED)
    )
    if (sent or 0) >= settings.suspicious_login_mails:
        return
    at = local_time(now, account.department_code)
    said = {
        "location": device.location if device else None,
        "os": device.os if device else None,
        "source": device.source if device else None,
    }
    suspension = await issue_token(
        session,
        settings,
        TokenType.SUSPENSION_SUSPICIOUS_LOGIN,
        account.id,
        data={"email": account.email, "date_created": now.isoformat(), **said},
    )
    reset = await issue_token(session, settings, TokenType.RESET_PASSWORD, account.id, data={"email": account.email})
    await request_notice(
        session,
        KIND,
        recipient=account.email,
        user_id=account.id,
        parameters={
            "LOCATION": said["location"],
            "LOGIN_DATE": at.strftime("%d/%m/%Y"),
            "LOGIN_TIME": at.strftime("%Hh%M"),
            "OS": said["os"],
            "SOURCE": said["source"],
            "ACCOUNT_SECURING_LINK": account_securing_link(settings, suspension, reset, account.email),
        },
    )
