"""What is pulled from Démarche Numérique by the clock."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from shared import clock
from shared.commands import Counts
from shared.database import Database
from shared.geography import department_code
from shared.outbound import PartnerError
from users.identity.dms.actions import apply_application, apply_deletion
from users.identity.dms.rules import OPEN, DmsState, is_inactive, read_fields, was_never_eligible
from users.identity.models import DmsImport
from users.partners import Partners

log = structlog.get_logger(__name__)
# Read a little twice rather than miss what was written while the last import read.
OVERLAP = timedelta(minutes=10)
DELETIONS_SINCE = timedelta(days=7)
ARCHIVED_AFTER = timedelta(days=30)
INACTIVE = (
    "Ton dossier est resté sans réponse de ta part pendant trente jours : il est classé sans suite. Tu peux en déposer un"
    " nouveau à tout moment."
)


def _procedures(partners: Partners) -> tuple[int, int]:
    return partners.settings.dms_procedure_french, partners.settings.dms_procedure_foreign


async def import_updated(database: Database, partners: Partners, *, dry_run: bool = False) -> Counts:
    """Follow every application that changed since the last import; a second run finds what changed since the first."""
    counts = {"followed": 0, "failed": 0}
    for procedure in _procedures(partners):
        started = clock.now()
        async with database.transaction() as session:
            last = await session.scalar(select(DmsImport.latest_import).where(DmsImport.procedure_id == procedure))
        processed: list[int] = []
        async for application in partners.dms.applications(procedure, since=last - OVERLAP if last else None):
            if dry_run:
                counts["followed"] += 1
                continue
            try:
                async with database.transaction() as session:
                    await apply_application(session, partners.settings, application)
            except Exception as error:
                log.error("dms.import_failed", application=application.number, exc_info=error)
                counts["failed"] += 1
                continue
            processed.append(application.number)
            counts["followed"] += 1
        if not dry_run:
            values = {"latest_import": started, "processed_applications": processed[-1_000:]}
            async with database.transaction() as session:
                await session.execute(
                    insert(DmsImport)
                    .values(procedure_id=procedure, **values)
                    .on_conflict_do_update(index_elements=[DmsImport.procedure_id], set_=values)
                )
    return counts


async def close_inactive(
    database: Database, partners: Partners, *, only_never_eligible: bool = False, dry_run: bool = False
) -> Counts:
    """Close drafts that wait for their applicant for too long; with the option, those of nobody eligible alone."""
    after = timedelta(days=partners.settings.dms_inactivity_days)
    counts = {"closed": 0, "failed": 0}
    for procedure in _procedures(partners):
        foreign = procedure == partners.settings.dms_procedure_foreign
        async for application in partners.dms.applications(procedure, state=DmsState.DRAFT):
            if not is_inactive(application, clock.now(), after):
                continue
            read = read_fields(application, foreign=foreign)
            code = read.values.get("postal_code")
            if only_never_eligible and not was_never_eligible(read, department_code(code) if code else None):
                continue
            try:
                if not dry_run:
                    await partners.dms.close_without_continuation(application.id, INACTIVE, is_draft=True)
            except PartnerError as error:
                log.warning("dms.not_closed", application=application.number, error=str(error))
                counts["failed"] += 1
                continue
            counts["closed"] += 1
    return counts


async def follow_deletions(database: Database, partners: Partners, *, dry_run: bool = False) -> Counts:
    """Cancel the checks of applications that their applicants deleted."""
    counts = {"cancelled": 0, "seen": 0}
    for procedure in _procedures(partners):
        async for deleted in partners.dms.deleted(procedure, since=clock.now() - DELETIONS_SINCE):
            counts["seen"] += 1
            if dry_run:
                continue
            async with database.transaction() as session:
                counts["cancelled"] += await apply_deletion(session, deleted.number, deleted.at)
    return counts


async def archive_processed(database: Database, partners: Partners, *, dry_run: bool = False) -> Counts:
    """Put away applications that were decided a month ago."""
    counts = {"archived": 0, "failed": 0}
    for procedure in _procedures(partners):
        for state in DmsState:
            if state in OPEN:
                continue
            async for application in partners.dms.applications(procedure, state=state):
                decided = application.processed_at or application.modified_at
                if clock.now() - decided < ARCHIVED_AFTER:
                    continue
                try:
                    if not dry_run:
                        await partners.dms.archive(application.id)
                except PartnerError as error:
                    log.warning("dms.not_archived", application=application.number, error=str(error))
                    counts["failed"] += 1
                    continue
                counts["archived"] += 1
    return counts
