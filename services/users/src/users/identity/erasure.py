"""What identity checks leave behind is erased with the person."""

from __future__ import annotations

from sqlalchemy import and_, delete, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from users.accounts.models import Account, EmailChange
from users.bonus.actions import ASK_DISABILITY, ASK_QUOTIENT
from users.identity.dms.actions import LABEL, REFUSE, SEND_MESSAGE
from users.identity.dms.adoption import READ_APPLICATION
from users.identity.models import OrphanApplication, SamlRequest
from users.identity.ubble.actions import PICTURES, REFRESH
from users.identity.ubble.pictures import pictures_start
from users.partners import Partners
from users.subscription.checks import CheckType
from users.subscription.models import SubscriptionCheck
from users.tasks.actions import Task, ask_for
from users.tasks.models import PartnerTask

ERASE_PICTURES = "erase_pictures"


async def erase_identity(session: AsyncSession, account_id: int) -> None:
    """Forget requests, applications and tasks of a person, and have their documents' pictures deleted.

    Before the checks and the changes of address are erased, by which all that is found. The task that deletes pictures
    names nothing but the account's number: it may have to wait for the storage.
    """
    checks = (
        await session.execute(
            select(SubscriptionCheck.id, SubscriptionCheck.type, SubscriptionCheck.third_party_id).where(
                SubscriptionCheck.account_id == account_id
            )
        )
    ).all()
    addresses = union(
        select(Account.email).where(Account.id == account_id),
        select(EmailChange.old_email).where(EmailChange.account_id == account_id),
        select(EmailChange.new_email).where(EmailChange.account_id == account_id),
    )
    orphans = await session.scalars(
        delete(OrphanApplication)
        .where(OrphanApplication.email.in_(addresses))
        .returning(OrphanApplication.application_id)
    )
    files = [third for _, _, third in checks] + [str(number) for number in orphans]
    of_checks = PartnerTask.kind.in_((PICTURES, ASK_QUOTIENT, ASK_DISABILITY))
    of_files = PartnerTask.kind.in_((REFRESH, READ_APPLICATION, REFUSE, LABEL))
    await session.execute(
        delete(PartnerTask).where(
            or_(
                and_(of_checks, PartnerTask.subject.in_([str(number) for number, _, _ in checks])),
                and_(of_files, PartnerTask.subject.in_(files)),
                # A message's subject is the application's number and the instant that it is about.
                and_(PartnerTask.kind == SEND_MESSAGE, func.split_part(PartnerTask.subject, ".", 1).in_(files)),
            )
        )
    )
    if any(kind == CheckType.UBBLE for _, kind, _ in checks):
        await ask_for(session, ERASE_PICTURES, str(account_id))
    await session.execute(delete(SamlRequest).where(SamlRequest.account_id == account_id))


async def erase_pictures(database: Database, partners: Partners, task: Task) -> None:
    await partners.private_storage.delete_starting(pictures_start(int(task.subject)))
