"""Erasing people whose time has come."""

from __future__ import annotations

import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.commands import Counts
from shared.database import Database
from users.accounts.actions import lock_account
from users.accounts.models import Account
from users.anonymization.actions import anonymize
from users.anonymization.queries import population
from users.anonymization.rules import OLD_DEPOSIT_YEARS, Category, years_before
from users.deposits.models import Deposit
from users.notices.actions import request_notice
from users.notices.models import NoticeRow

log = structlog.get_logger(__name__)
WARNING = "pro_pre_anonymization"
BATCH = 500


async def anonymize_inactive(database: Database, category: Category, *, dry_run: bool = False) -> Counts:
    """Go through one population of the retention rules: erase it, or mail it for `notify_pro`.

    Each person is a transaction, in which the rule is asked again under the lock; a second run finds nobody.
    """
    if dry_run:
        async with database.transaction() as session:
            wanted = population(category, clock.now()).subquery()
            return {"would_change": await session.scalar(select(func.count()).select_from(wanted)) or 0}
    done, counts, after = (
        ("warned" if category is Category.NOTIFY_PRO else "anonymized"),
        {"skipped": 0, "failed": 0},
        0,
    )
    counts[done] = 0
    while True:
        async with database.transaction() as session:
            page = population(category, clock.now()).where(Account.id > after).order_by(Account.id).limit(BATCH)
            ids = list(await session.scalars(page))
        if not ids:
            break
        after = ids[-1]
        for account_id in ids:
            counts[await _one(database, category, account_id, done)] += 1
    if category is Category.BENEFICIARY:
        counts["deposits_blurred"] = await _blur_old_deposits(database)
    return counts


async def _one(database: Database, category: Category, account_id: int, done: str) -> str:
    try:
        async with database.transaction() as session:
            account = await lock_account(session, account_id)
            concerned = await session.scalar(population(category, clock.now()).where(Account.id == account_id))
            if concerned is None:
                return "skipped"
            if category is Category.NOTIFY_PRO:
                await _warn(session, account)
            else:
                await anonymize(session, account)
    except Exception as error:
        log.error("anonymization.failed", account_id=account_id, exc_info=error)
        return "failed"
    return done


async def _warn(session: AsyncSession, account: Account) -> None:
    """A mail on the day; a second run of the day sends none."""
    sent = await session.scalar(
        select(NoticeRow.id).where(
            NoticeRow.account_id == account.id,
            NoticeRow.kind == WARNING,
            NoticeRow.date_created >= years_before(clock.now(), 1),
        )
    )
    if sent is None:
        await request_notice(session, WARNING, recipient=account.email, user_id=account.id)


async def _blur_old_deposits(database: Database) -> int:
    """Of credits that ended ten years ago the year is kept; how many changed."""
    january_created = func.date_trunc("year", Deposit.date_created, "UTC")
    january_ended = func.date_trunc("year", Deposit.expiration_date, "UTC")
    async with database.transaction() as session:
        changed = await session.scalars(
            update(Deposit)
            .where(
                Deposit.expiration_date < years_before(clock.now(), OLD_DEPOSIT_YEARS),
                or_(Deposit.date_created != january_created, Deposit.expiration_date != january_ended),
            )
            .values(date_created=january_created, expiration_date=january_ended)
            .returning(Deposit.id)
        )
        return len(changed.all())
