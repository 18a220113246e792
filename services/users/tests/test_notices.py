"""Asking for mails and SMS."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.testing.recorders import ClockControl, EventRecorder
from users.factories import YoungFactory
from users.notices.actions import purge_notices, request_notice
from users.notices.models import NoticeRow
from users.notices.rules import UnknownNotice


async def test_a_notice_is_a_row_without_secrets_and_a_fact_with_everything(
    database: Database, session: AsyncSession, events: EventRecorder
) -> None:
    young = await YoungFactory.create(session, email="jeune@example.com")
    await session.commit()
    async with database.transaction() as inside:
        await request_notice(
            inside,
            "email_confirmation",
            recipient=young.email,
            user_id=young.id,
            parameters={"CONFIRMATION_LINK": "https://app/secret"},
        )
        await request_notice(
            inside, "phone_validation_code", recipient="+33612345678", user_id=young.id, parameters={"CODE": "012345"}
        )
    mail, sms = await events.published("notice.requested")
    row = (await session.scalars(select(NoticeRow).order_by(NoticeRow.id))).first()
    assert row is not None
    assert "secret" not in str({column.name: getattr(row, column.name) for column in NoticeRow.__table__.columns})
    assert mail["state"] == {
        "id": row.id,
        "kind": "email_confirmation",
        "channel": "email",
        "recipient": "jeune@example.com",
        "user_id": young.id,
        "parameters": {"CONFIRMATION_LINK": "https://app/secret"},
    }
    assert (sms["state"]["channel"], sms["state"]["parameters"]) == ("sms", {"CODE": "012345"})


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("no_such_mail", {}),
        ("email_confirmation", {}),
        ("email_confirmation", {"CONFIRMATION_LINK": "x", "MORE": 1}),
        ("recredit", {"CREDIT": 3}),
    ],
)
async def test_only_the_known_messages_with_their_parameters(
    database: Database, events: EventRecorder, kind: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(UnknownNotice):
        async with database.transaction() as session:
            await request_notice(session, kind, recipient="a@example.com", parameters=parameters)
    assert await events.published() == []


async def test_traces_go_after_a_year_and_a_month(
    database: Database, session: AsyncSession, clock: ClockControl
) -> None:
    clock.advance(seconds=0)
    async with database.transaction() as inside:
        await request_notice(inside, "recredit", recipient="a@example.com")
    clock.advance(days=399)
    async with database.transaction() as inside:
        assert await purge_notices(inside) == 0
    clock.advance(days=1)
    async with database.transaction() as inside:
        assert await purge_notices(inside) == 1
