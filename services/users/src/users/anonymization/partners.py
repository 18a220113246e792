"""A partner who erases their own account, at once."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from shared import clock
from shared.database.locks import lock
from users.accounts.models import Account
from users.accounts.rules import PRO_ROLES
from users.anonymization.actions import anonymize
from users.anonymization.queries import ATTACHED, has_open_extract
from users.notices.actions import request_notice
from users.replicas.models import ActiveOfferer, AttachmentReplica, OffererReplica
from users.subscription.models import SubscriptionCheck

VALIDATED, REJECTED = "VALIDATED", "REJECTED"


@dataclass(frozen=True)
class Eligibility:
    """What stands in the way of a partner's erasure; see `is_allowed`."""

    is_only_pro: bool
    has_suspended_offerer: bool
    is_sole_user_with_ongoing_activities: bool

    @property
    def is_allowed(self) -> bool:
        return self.is_only_pro and not self.has_suspended_offerer and not self.is_sole_user_with_ongoing_activities


async def eligibility_of(session: AsyncSession, account: Account) -> Eligibility:
    """Whether a partner may go (users rules: erasure of partners).

    An offerer of which nothing was told counts as suspended; one that ever showed an offer counts as active, since its
    bookings and what it is owed are known elsewhere: in doubt, support erases.
    """
    mine, other, holder = aliased(AttachmentReplica), aliased(AttachmentReplica), aliased(Account)
    suspended = (
        select(mine.id)
        .outerjoin(OffererReplica, OffererReplica.id == mine.offerer_id)
        .where(
            mine.user_id == account.id,
            mine.validation_status.in_(ATTACHED),
            or_(
                OffererReplica.id.is_(None),
                and_(~OffererReplica.is_active, OffererReplica.validation_status != REJECTED),
            ),
        )
    )
    sole = (
        select(mine.id)
        .join(ActiveOfferer, ActiveOfferer.offerer_id == mine.offerer_id)
        .where(
            mine.user_id == account.id,
            mine.validation_status == VALIDATED,
            ~exists().where(
                other.offerer_id == mine.offerer_id,
                other.validation_status == VALIDATED,
                other.user_id != account.id,
                holder.id == other.user_id,
                holder.is_active,
            ),
        )
    )
    checked = select(SubscriptionCheck.id).where(SubscriptionCheck.account_id == account.id)
    row = (await session.execute(select(suspended.exists(), sole.exists(), checked.exists()))).one()
    is_only_pro = bool(account.roles) and {role.value for role in PRO_ROLES}.issuperset(account.roles)
    return Eligibility(is_only_pro and not row[2], bool(row[0]), bool(row[1]))


async def erase_partner(session: AsyncSession, account: Account) -> bool:
    """Erase a locked account at its holder's word and tell them by a last mail; False when they may not go.

    Of the last two users of an offerer who go at once, one stays: they take turns by offerer.
    """
    offerers = await session.scalars(
        select(AttachmentReplica.offerer_id)
        .where(AttachmentReplica.user_id == account.id, AttachmentReplica.validation_status == VALIDATED)
        .distinct()
        .order_by(AttachmentReplica.offerer_id)
    )
    for offerer_id in offerers.all():
        await lock(session, f"anonymization.offerer.{offerer_id}")
    if not (await eligibility_of(session, account)).is_allowed:
        return False
    if await has_open_extract(session, account.id, clock.now()):
        return False
    await request_notice(session, "anonymization_confirmation", recipient=account.email, user_id=account.id)
    await anonymize(session, account, author_id=account.id)
    return True
