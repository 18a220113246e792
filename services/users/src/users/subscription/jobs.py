"""What time brings to candidates: birthdays that open a right, and a second mail to who may try again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.commands import Counts
from shared.database import Database
from shared.money import french_price
from users.accounts.actions import lock_account
from users.accounts.models import Account
from users.accounts.profile import candidate_for
from users.accounts.rules import Role, is_beneficiary, is_caledonian
from users.deposits.models import Deposit
from users.deposits.rules import AMOUNTS_BY_AGE
from users.identity.rules import most_relevant
from users.identity.ubble.rules import mail_about
from users.notices.actions import request_notice
from users.notices.models import NoticeRow
from users.replicas.models import AttachmentReplica
from users.settings import Settings
from users.subscription.checks import CheckStatus, CheckType, may_activate_next
from users.subscription.models import SubscriptionCheck
from users.subscription.rules import State, subscription_state

log = structlog.get_logger(__name__)
BIRTHDAY_MAILS = {17: "birthday_age_17", 18: "birthday_age_18_v3"}
# Somebody has each birthday once, whatever date of birth is corrected meanwhile.
BIRTHDAY_ONCE_IN = timedelta(days=300)
# What another document mends takes longer to have than another picture of the same one.
SLOW_CODES = frozenset({"id_check_expired", "id_check_not_supported"})
REMIND_AFTER, REMIND_SLOW_AFTER = timedelta(days=7), timedelta(days=21)
LOOKED_BACK = timedelta(days=3)


def years_before(day: date, years: int) -> date:
    """The same day so many years ago; 1 March for a 29 February that was none, so that its mails go on 1 March."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 3, 1)


async def _was_mailed(session: AsyncSession, account_id: int, kind: str, since: datetime) -> bool:
    return bool(
        await session.scalar(
            select(
                exists().where(
                    NoticeRow.account_id == account_id, NoticeRow.kind == kind, NoticeRow.date_created >= since
                )
            )
        )
    )


async def notify_newly_eligible(database: Database, settings: Settings, *, dry_run: bool = False) -> Counts:
    """Mail whoever turns 17 or 18 today what they may get; once a birthday."""
    if not settings.notify_newly_eligible_users:
        return {"disabled": 1}
    today, counts = clock.today(), {"mailed": 0, "skipped": 0, "failed": 0}
    for age, kind in BIRTHDAY_MAILS.items():
        born = func.coalesce(Account.validated_birth_date, Account.date_of_birth)
        async with database.transaction() as session:
            ids = list(
                await session.scalars(
                    select(Account.id)
                    .where(
                        born > years_before(today - timedelta(days=1), age),
                        born <= years_before(today, age),
                        Account.is_active,
                        ~Account.roles.contains([Role.ADMIN.value]),
                        Account.date_created < datetime.combine(today, datetime.min.time(), clock.now().tzinfo),
                        ~exists().where(AttachmentReplica.user_id == Account.id),
                    )
                    .order_by(Account.id)
                )
            )
        if dry_run:
            counts["mailed"] += len(ids)
            continue
        await _each(database, ids, counts, lambda s, i, a=age, k=kind: _wish(s, i, a, k))
    return counts


Work = Callable[[AsyncSession, int], Awaitable[bool]]


async def _each(database: Database, ids: list[int], counts: dict[str, int], work: Work) -> None:
    """Do something for each, in a transaction of its own; one that fails does not stop the others."""
    for identifier in ids:
        try:
            async with database.transaction() as session:
                done = await work(session, identifier)
        except Exception as error:
            log.error("job.one_failed", id=identifier, exc_info=error)
            counts["failed"] += 1
        else:
            counts["mailed" if done else "skipped"] += 1


async def _wish(session: AsyncSession, account_id: int, age: int, kind: str) -> bool:
    account = await lock_account(session, account_id)
    if await _was_mailed(session, account_id, kind, clock.now() - BIRTHDAY_ONCE_IN):
        return False
    deposits = await session.scalar(select(func.count()).where(Deposit.account_id == account_id))
    said: dict[str, Any] = {"DEPOSITS_COUNT": deposits or 0}
    if age == 18:
        amount = AMOUNTS_BY_AGE[18]
        said |= {
            "CREDIT": amount // 100,
            "FORMATTED_CREDIT": french_price(amount, xpf=is_caledonian(account.postal_code)),
        }
    await request_notice(session, kind, recipient=account.email, user_id=account.id, parameters=said)
    return True


async def remind_subscriptions(database: Database, settings: Settings, *, dry_run: bool = False) -> Counts:
    """Mail once more whoever failed at Ubble, may try again and did not: after a week, three for another document."""
    counts = {"mailed": 0, "skipped": 0, "failed": 0}
    now = clock.now()
    changed = func.coalesce(SubscriptionCheck.updated_at, SubscriptionCheck.date_created)
    async with database.transaction() as session:
        rows = await session.execute(
            select(SubscriptionCheck.id, SubscriptionCheck.reason_codes, changed)
            .where(
                SubscriptionCheck.type == CheckType.UBBLE.value,
                SubscriptionCheck.status.in_((CheckStatus.KO.value, CheckStatus.SUSPICIOUS.value)),
                changed <= now - REMIND_AFTER,
                changed > now - REMIND_SLOW_AFTER - LOOKED_BACK,
            )
            .order_by(SubscriptionCheck.id)
        )
        due = [identifier for identifier, codes, at in rows if _is_due(codes or (), at, now)]
    if dry_run:
        return {**counts, "mailed": len(due)}
    await _each(database, due, counts, lambda s, i: _remind(s, settings, i))
    return counts


def _is_due(codes: list[str] | tuple[str, ...], at: datetime, now: datetime) -> bool:
    """Whether the reminder of a failed check is due, for some days, so that a day without cron loses nothing."""
    after = REMIND_SLOW_AFTER if most_relevant(codes) in SLOW_CODES else REMIND_AFTER
    return after <= now - at < after + LOOKED_BACK


async def _remind(session: AsyncSession, settings: Settings, check_id: int) -> bool:
    check = await session.get(SubscriptionCheck, check_id)
    if check is None:
        return False
    account = await lock_account(session, check.account_id)
    mail = mail_about(check.reason_codes or ())
    if mail is None or not account.is_active or is_beneficiary(account.roles):
        return False
    latest = await session.scalar(
        select(func.max(SubscriptionCheck.id)).where(
            SubscriptionCheck.account_id == account.id, SubscriptionCheck.type == CheckType.UBBLE.value
        )
    )
    candidate = await candidate_for(session, settings, account)
    if latest != check.id or not may_activate_next(candidate):
        return False
    if subscription_state(candidate) is not State.IDENTITY_CHECK_RETRY:
        return False
    kind = f"ubble_ko_reminder_{mail}"
    if await _was_mailed(session, account.id, kind, check.updated_at or check.date_created):
        return False
    await request_notice(session, kind, recipient=account.email, user_id=account.id)
    return True
