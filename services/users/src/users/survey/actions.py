"""Keeping what somebody answered to the cultural survey."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from users.accounts.models import Account, SurveyAnswers
from users.survey.rules import Question


async def keep_answers(session: AsyncSession, account: Account, answers: Sequence[tuple[Question, list[str]]]) -> None:
    """Store the answers of a locked account, which need not be asked again."""
    now = clock.now()
    session.add(
        SurveyAnswers(
            account_id=account.id,
            answers={question.value: ids for question, ids in answers},
            date_created=now,
        )
    )
    account.needs_to_fill_cultural_survey = False
    account.cultural_survey_filled_date = now
    await session.flush()
