"""What the worker does about Ubble."""

from __future__ import annotations

from sqlalchemy import select

from shared.database import Database
from users.identity.ubble.actions import apply_identification
from users.identity.ubble.pictures import store_pictures
from users.partners import Partners
from users.subscription.models import SubscriptionCheck
from users.tasks.actions import Task


async def refresh(database: Database, partners: Partners, task: Task) -> None:
    """Read an identification and apply it."""
    identification = await partners.ubble.read(task.subject)
    async with database.transaction() as session:
        await apply_identification(session, partners.settings, identification)


async def archive(database: Database, partners: Partners, task: Task) -> None:
    async with database.transaction() as session:
        identification_id = await session.scalar(
            select(SubscriptionCheck.third_party_id).where(SubscriptionCheck.id == int(task.subject))
        )
    if identification_id is not None:
        await store_pictures(database, partners.ubble, partners.private_storage, identification_id)
