"""What time brings to identifications: those that Ubble forgot to tell of, reminders to who may try again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from shared import clock
from shared.commands import Counts
from shared.database import Database
from users.identity.ubble.actions import REFRESH
from users.identity.ubble.rules import V2_PREFIX
from users.subscription.checks import CheckStatus, CheckType
from users.subscription.models import SubscriptionCheck
from users.tasks.actions import ask_for

STALE_AFTER = timedelta(hours=12)


async def refresh_stale(database: Database, *, dry_run: bool = False) -> Counts:
    """Have every check read again of which nothing was heard for 12 hours."""
    async with database.transaction() as session:
        stale = list(
            await session.scalars(
                select(SubscriptionCheck.third_party_id)
                .where(
                    SubscriptionCheck.type == CheckType.UBBLE.value,
                    SubscriptionCheck.status.in_((CheckStatus.STARTED.value, CheckStatus.PENDING.value)),
                    SubscriptionCheck.third_party_id.startswith(V2_PREFIX),
                    func.coalesce(SubscriptionCheck.updated_at, SubscriptionCheck.date_created)
                    < clock.now() - STALE_AFTER,
                )
                .distinct()
            )
        )
        if dry_run:
            return {"would_ask": len(stale)}
        for identification_id in stale:
            await ask_for(session, REFRESH, identification_id)
    return {"asked": len(stale)}
