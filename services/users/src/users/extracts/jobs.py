"""Making extracts that were asked for, one at a time, and deleting those whose time is over."""

from __future__ import annotations

import structlog
from sqlalchemy import delete, func, select

from shared import clock
from shared.commands import Counts
from shared.database import Database
from shared.identity import SigningKey
from shared.outbound import PartnerError
from shared.storage import Storage
from users.anonymization.models import GdprExtract
from users.anonymization.rules import EXTRACT_LIFE
from users.extracts.actions import make_extract
from users.extracts.house import House
from users.extracts.queries import next_candidate
from users.extracts.rules import starts_of_past

log = structlog.get_logger(__name__)


async def execute_one(
    database: Database, house: House, key: SigningKey, storage: Storage, *, dry_run: bool = False
) -> Counts:
    """Make one extract, ten a day at most. One that fails stays as it was and counts for nothing."""
    async with database.transaction() as session:
        extract = await next_candidate(session, clock.now())
    if dry_run or extract is None:
        return {"would_make" if dry_run else "made": int(extract is not None)}
    try:
        made = await make_extract(database, house, key, storage, extract)
    except PartnerError as error:
        log.error("extract.failed", extract_id=extract.id, partner=error.partner, error=error.reason)
        return {"made": 0, "failed": 1}
    return {"made": int(made), "failed": 0}


async def clean(database: Database, storage: Storage, *, dry_run: bool = False) -> Counts:
    """Delete the rows and files of extracts whose time is over, and files of that time that no row knows."""
    over = GdprExtract.date_created <= clock.now() - EXTRACT_LIFE
    if dry_run:
        async with database.transaction() as session:
            return {
                "would_delete": await session.scalar(select(func.count()).select_from(GdprExtract).where(over)) or 0
            }
    files = 0
    for start in starts_of_past(clock.today()):
        files += await storage.delete_starting(start)
    async with database.transaction() as session:
        rows = len(list(await session.scalars(delete(GdprExtract).where(over).returning(GdprExtract.id))))
    return {"deleted": rows, "files": files}
