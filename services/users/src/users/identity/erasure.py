"""What identity checks leave behind is erased with the person."""

from __future__ import annotations

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from users.accounts.models import Account
from users.bonus.actions import ASK_DISABILITY, ASK_QUOTIENT
from users.identity.dms.actions import LABEL, REFUSE
from users.identity.dms.adoption import READ_APPLICATION
from users.identity.models import OrphanApplication, SamlRequest
from users.identity.ubble.actions import PICTURES, REFRESH
from users.identity.ubble.pictures import picture_keys
from users.partners import Partners
from users.subscription.checks import CheckType
from users.subscription.models import SubscriptionCheck
from users.tasks.actions import Task, ask_for
from users.tasks.models import PartnerTask

ERASE_PICTURES = "erase_pictures"


async def erase_identity(session: AsyncSession, account_id: int) -> None:
    """Forget requests, applications and tasks of a person, and have their documents' pictures deleted.

    Before the checks lose the identifiers under which the pictures were kept.
    """
    checks = (
        await session.execute(
            select(SubscriptionCheck.id, SubscriptionCheck.type, SubscriptionCheck.third_party_id).where(
                SubscriptionCheck.account_id == account_id
            )
        )
    ).all()
    of_checks = PartnerTask.kind.in_((PICTURES, ASK_QUOTIENT, ASK_DISABILITY))
    of_files = PartnerTask.kind.in_((REFRESH, READ_APPLICATION, REFUSE, LABEL))
    await session.execute(
        delete(PartnerTask).where(
            or_(
                and_(of_checks, PartnerTask.subject.in_([str(row[0]) for row in checks])),
                and_(of_files, PartnerTask.subject.in_([row[2] for row in checks])),
            )
        )
    )
    keys = [key for _, kind, third in checks if kind == CheckType.UBBLE for key in picture_keys(account_id, third)]
    if keys:
        await ask_for(session, ERASE_PICTURES, str(account_id), details={"keys": keys})
    await session.execute(delete(SamlRequest).where(SamlRequest.account_id == account_id))
    email = select(Account.email).where(Account.id == account_id).scalar_subquery()
    await session.execute(delete(OrphanApplication).where(OrphanApplication.email == email))


async def erase_pictures(database: Database, partners: Partners, task: Task) -> None:
    for key in task.details["keys"]:
        await partners.private_storage.delete(key)
