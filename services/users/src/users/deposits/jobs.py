"""What time brings: the amounts that birthdays add to running credits."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.commands import Counts
from shared.database import Database
from users.accounts.actions import lock_account
from users.accounts.models import Account
from users.accounts.rules import Role
from users.deposits.actions import recredit_for_age
from users.deposits.queries import deposits_of, held
from users.deposits.rules import GrantRefused
from users.eligibility.rules import age_at, birthday
from users.features import flags
from users.notices.actions import request_notice
from users.settings import Settings
from users.subscription.queries import candidate_of, person_of
from users.subscription.rules import State, subscription_state

log = structlog.get_logger(__name__)
BATCH = 500
# Nothing is left to do for somebody in these states.
FINISHED = frozenset({State.BENEFICIARY, State.COMPLETED})


async def recredit_users(
    database: Database, settings: Settings, *, batch: int = BATCH, dry_run: bool = False
) -> Counts:
    """Recredit the minors who reached 17 or 18 and whose subscription is finished (users rules: daily recredit job).

    Each person is a transaction: one that fails is logged and the others go on. A second run adds nothing. A dry run does
    everything and takes it back.
    """
    counts = {"recredited": 0, "skipped": 0, "failed": 0}
    today, after = clock.today(), 0
    while True:
        async with database.transaction() as session:
            ids = list(
                await session.scalars(
                    select(Account.id)
                    .where(
                        Account.id > after,
                        Account.roles.contains([Role.UNDERAGE_BENEFICIARY.value]),
                        # A day more on both sides: the rules know the hour in each département.
                        Account.validated_birth_date > birthday(today, -19) - timedelta(days=1),
                        Account.validated_birth_date <= birthday(today, -17) + timedelta(days=1),
                    )
                    .order_by(Account.id)
                    .limit(batch)
                )
            )
        if not ids:
            return counts
        after = ids[-1]
        for account_id in ids:
            counts[await _recredit(database, settings, account_id, dry_run=dry_run)] += 1


async def _recredit(database: Database, settings: Settings, account_id: int, *, dry_run: bool) -> str:
    try:
        async with database.transaction() as session:
            if not await _is_finished(session, settings, account_id):
                return "skipped"
            await recredit_for_age(session, account_id, reform=settings.reform(flags.active))
            await _mail(session, account_id)
            if dry_run:
                await session.rollback()
    except GrantRefused:
        return "skipped"
    except Exception as error:
        log.error("recredit.failed", account_id=account_id, exc_info=error)
        return "failed"
    return "recredited"


async def _mail(session: AsyncSession, account_id: int) -> None:
    """Tell whoever got the amount of 18; minors see theirs in the app."""
    account = await lock_account(session, account_id)
    person = person_of(account)
    if person and age_at(person, clock.now()) >= 18 and account.recredit_amount_to_show_cents:
        await request_notice(session, "recredit", recipient=account.email, user_id=account.id)


async def _is_finished(session: AsyncSession, settings: Settings, account_id: int) -> bool:
    account = await lock_account(session, account_id)
    deposits = [held(deposit) for deposit in await deposits_of(session, account_id)]
    candidate = await candidate_of(
        session, account, deposits, flags=flags.active, reform=settings.reform(flags.active), now=clock.now()
    )
    return candidate.eligibility is not None and subscription_state(candidate) in FINISHED
