"""Sending what was asked for. A task is split by app first, so that one which fails is sent again there alone."""

from __future__ import annotations

from shared.database import Database
from users.partners import Partners
from users.push.queries import active_young, contact_of
from users.push.rules import described
from users.tasks.actions import Task, ask_for


async def _split(database: Database, partners: Partners, task: Task) -> bool:
    """Whether the task was for every app, and is now one for each."""
    if "app" in task.details:
        return False
    async with database.transaction() as session:
        for app in partners.push.apps:
            await ask_for(session, task.kind, f"{task.subject}@{app}", details={**task.details, "app": app})
    return True


async def send_happened(database: Database, partners: Partners, task: Task) -> None:
    if await _split(database, partners, task):
        return
    said = task.details
    async with database.transaction() as session:
        account = await active_young(session, said["user_id"])
    if account is not None:
        await partners.push.happened(said["app"], account.id, said["name"], said["attributes"])


async def send_description(database: Database, partners: Partners, task: Task) -> None:
    if await _split(database, partners, task):
        return
    async with database.transaction() as session:
        account = await active_young(session, task.details["user_id"])
        attributes = described(await contact_of(session, account)) if account else None
    if attributes is not None:
        await partners.push.describe(task.details["app"], task.details["user_id"], attributes)


async def send_oblivion(database: Database, partners: Partners, task: Task) -> None:
    if await _split(database, partners, task):
        return
    await partners.push.forget(task.details["app"], task.details["user_id"])
