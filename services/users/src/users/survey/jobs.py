"""The survey's answers, for those who study them."""

from __future__ import annotations

import json

from sqlalchemy import func, select

from shared import clock
from shared.commands import Counts
from shared.database import Database
from shared.storage import Storage
from users.accounts.models import SurveyAnswers

BATCH = 500
FOLDER = "cultural_survey"


def _line(row: SurveyAnswers) -> str:
    answers = [{"question_id": question, "answer_ids": ids} for question, ids in row.answers.items()]
    said = {"user_id": row.account_id, "submitted_at": row.date_created.isoformat(), "answers": answers}
    return json.dumps(said, ensure_ascii=False) + "\n"


async def export_answers(database: Database, storage: Storage, *, dry_run: bool = False) -> Counts:
    """Write what was answered since the last run, one file of JSON lines for each person and day.

    A file is written before its rows are marked, under a name that a second try finds again.
    """
    waiting = SurveyAnswers.exported_at.is_(None)
    async with database.transaction() as session:
        count = await session.scalar(select(func.count()).select_from(SurveyAnswers).where(waiting)) or 0
    if dry_run:
        return {"would_export": count}
    exported = 0
    while True:
        async with database.transaction() as session:
            rows = list(
                await session.scalars(
                    select(SurveyAnswers).where(waiting).order_by(SurveyAnswers.id).limit(BATCH).with_for_update()
                )
            )
            for row in rows:
                day = row.date_created.date().isoformat()
                key = f"{FOLDER}/{day}/{row.account_id}-{row.id}.jsonl"
                await storage.put(key, _line(row).encode(), "application/x-ndjson")
                row.exported_at = clock.now()
        exported += len(rows)
        if len(rows) < BATCH:
            return {"exported": exported}
