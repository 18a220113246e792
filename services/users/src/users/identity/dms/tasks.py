"""What the worker does at Démarche Numérique."""

from __future__ import annotations

from shared.database import Database
from shared.outbound import PartnerRefused
from users.identity.dms.actions import apply_application
from users.identity.dms.rules import URGENT
from users.partners import Partners
from users.tasks.actions import Task

REFUSAL = "Les éléments de ton dossier ne permettent pas de vérifier ton identité ou ton éligibilité au pass Culture."


async def read(database: Database, partners: Partners, task: Task) -> None:
    """Read an application and follow it; one that is not there (deleted, or a forged number) is nothing to do."""
    try:
        application = await partners.dms.application(int(task.subject))
    except PartnerRefused:
        return
    async with database.transaction() as session:
        await apply_application(session, partners.settings, application)


async def send(database: Database, partners: Partners, task: Task) -> None:
    await partners.dms.send_message(task.details["application_id"], task.details["text"])


async def refuse(database: Database, partners: Partners, task: Task) -> None:
    await partners.dms.refuse(task.details["application_id"], REFUSAL, is_draft=task.details["is_draft"])


async def label(database: Database, partners: Partners, task: Task) -> None:
    await partners.dms.add_label(task.details["application_id"], task.details["procedure"], URGENT)
