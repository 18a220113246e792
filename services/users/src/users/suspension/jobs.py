"""What time brings to accounts that their holders closed: a warning, then deletion."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.commands import Counts
from shared.database import Database
from users.accounts.actions import lock_account, suspend
from users.accounts.models import Account, AccountAction
from users.accounts.queries import SUSPENDED, UNSUSPENDED
from users.accounts.rules import SuspensionReason
from users.notices.actions import request_notice
from users.notices.models import NoticeRow
from users.sessions.actions import revoke_families
from users.suspension.actions import reason_of, suspended_at
from users.suspension.rules import DELETION_AFTER, WARNING_AFTER
from users.tokens.actions import end_tokens

log = structlog.get_logger(__name__)
WARNING = "notification_before_deleting_suspended_account"


async def _suspended_upon_request(
    session: AsyncSession, *, since: datetime | None, until: datetime, unwarned: bool
) -> list[int]:
    """Closed accounts whose latest suspension is their holder's wish, pronounced in the interval."""
    later = AccountAction.__table__.alias("later")
    statement = (
        select(Account.id)
        .join(AccountAction, AccountAction.account_id == Account.id)
        .where(
            ~Account.is_active,
            AccountAction.type == SUSPENDED,
            AccountAction.reason == SuspensionReason.UPON_USER_REQUEST.value,
            AccountAction.happened_at <= until,
            ~exists().where(
                later.c.account_id == Account.id,
                later.c.id > AccountAction.id,
                later.c.type.in_((SUSPENDED, UNSUSPENDED)),
            ),
        )
        .order_by(Account.id)
    )
    if since is not None:
        statement = statement.where(AccountAction.happened_at > since)
    if unwarned:
        statement = statement.where(
            ~exists().where(
                NoticeRow.account_id == Account.id,
                NoticeRow.kind == WARNING,
                NoticeRow.date_created >= AccountAction.happened_at,
            )
        )
    return list(await session.scalars(statement))


async def _still_closed_by_holder(session: AsyncSession, account: Account) -> bool:
    """What the list said, looked at again under the lock."""
    return await reason_of(session, account) is SuspensionReason.UPON_USER_REQUEST


async def warn_before_deletion(database: Database, *, dry_run: bool = False) -> Counts:
    """Tell whoever closed their account 51 days ago that it will be deleted in ten days; once for each suspension."""
    now = clock.now()
    async with database.transaction() as session:
        ids = await _suspended_upon_request(
            session, since=now - DELETION_AFTER, until=now - WARNING_AFTER, unwarned=True
        )
    if dry_run:
        return {"would_warn": len(ids)}
    counts = {"warned": 0, "skipped": 0}
    for account_id in ids:
        async with database.transaction() as session:
            account = await lock_account(session, account_id)
            if not await _still_closed_by_holder(session, account):
                counts["skipped"] += 1
                continue
            await request_notice(
                session,
                WARNING,
                recipient=account.email,
                user_id=account.id,
                parameters={"FIRSTNAME": account.first_name or ""},
            )
            counts["warned"] += 1
    return counts


async def delete_suspended(database: Database, *, dry_run: bool = False) -> Counts:
    """Delete accounts that their holders closed 61 days ago and did not open again: the suspension becomes final."""
    now = clock.now()
    async with database.transaction() as session:
        ids = await _suspended_upon_request(session, since=None, until=now - DELETION_AFTER, unwarned=False)
    if dry_run:
        return {"would_delete": len(ids)}
    counts = {"deleted": 0, "skipped": 0, "failed": 0}
    for account_id in ids:
        try:
            async with database.transaction() as session:
                account = await lock_account(session, account_id)
                at = await suspended_at(session, account_id)
                if not await _still_closed_by_holder(session, account) or at is None or at > now - DELETION_AFTER:
                    counts["skipped"] += 1
                    continue
                await suspend(session, account_id, SuspensionReason.DELETED)
                await revoke_families(session, account_id, "deleted")
                await end_tokens(session, account_id)
            counts["deleted"] += 1
        except Exception as error:
            log.error("deletion.failed", account_id=account_id, exc_info=error)
            counts["failed"] += 1
    return counts
