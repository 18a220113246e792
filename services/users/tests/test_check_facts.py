"""What is told of the steps of a subscription, and what is not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.testing.recorders import ClockControl, EventRecorder, Tokens
from users.accounts.models import Account
from users.factories import YoungFactory
from users.partners import Partners
from users.subscription.actions import record_check
from users.subscription.checks import CheckStatus, CheckType
from users.subscription.queries import checks_page

from .test_ubble import Journey


@pytest.fixture(autouse=True)
def day(clock: ClockControl) -> None:
    clock.set(datetime(2026, 2, 10, 12, tzinfo=UTC))


@pytest.fixture
async def young(session: AsyncSession) -> Account:
    account = await YoungFactory.create(
        session, date_of_birth=date(2008, 1, 1), validated_birth_date=None, phone_number="+33612345678"
    )
    await session.commit()
    return account


async def told(events: EventRecorder) -> list[tuple[str, str, str, list[str]]]:
    found = [event for event in await events.published() if event["name"].startswith("check.")]
    return [(e["name"], e["state"]["type"], e["state"]["status"], e["state"]["reason_codes"]) for e in found]


async def test_from_the_profile_to_the_credit(
    client: httpx.AsyncClient,
    database: Database,
    partners: Partners,
    tokens: Tokens,
    events: EventRecorder,
    young: Account,
) -> None:
    profile = {
        "activityId": "STUDENT",
        "address": "1 rue de la Paix",
        "city": "Bobigny",
        "firstName": "Zoé",
        "lastName": "Lévy",
        "postalCode": "93000",
    }
    journey = Journey(client, database, partners, young, tokens)
    answer = await client.post("/native/v1/subscription/profile", json=profile, headers=journey.headers)
    assert answer.status_code == 204
    await journey.start()
    await journey.concludes("retry_62101")
    await journey.start()
    await journey.concludes("approved")
    await journey.signs()
    found = await told(events)
    assert [(name, kind, status) for name, kind, status, _ in found] == [
        ("check.completed", "profile_completion", "ok"),
        ("check.started", "ubble", "started"),
        ("check.concluded", "ubble", "suspiscious"),
        ("check.started", "ubble", "started"),
        ("check.concluded", "ubble", "ok"),
        ("check.completed", "honor_statement", "ok"),
    ]
    assert "id_check_expired" in found[2][3]
    # A fact says how the step stands, and nothing of what was declared or proven.
    for event in await events.published():
        if event["name"].startswith("check."):
            assert not {"Zoé", "Lévy", "Bobigny", "2008-01-01"} & {str(value) for value in event["state"].values()}


@pytest.mark.parametrize(
    ("kind", "status", "fact"),
    [
        (CheckType.PHONE_VALIDATION, CheckStatus.OK, "completed"),
        (CheckType.PHONE_VALIDATION, CheckStatus.KO, "concluded"),
        (CheckType.DMS, CheckStatus.PENDING, "started"),
        (CheckType.EDUCONNECT, CheckStatus.OK, "concluded"),
        (CheckType.QF_BONUS_CREDIT, CheckStatus.STARTED, "started"),
        (CheckType.DISABILITY_BONUS_CREDIT, CheckStatus.STARTED, None),
        (CheckType.DISABILITY_BONUS_CREDIT, CheckStatus.KO, None),
        (CheckType.QF_BONUS_CREDIT, CheckStatus.MOCK_CONFIG, None),
    ],
)
async def test_which_fact(
    database: Database, events: EventRecorder, young: Account, kind: Any, status: Any, fact: str | None
) -> None:
    async with database.transaction() as session:
        await record_check(session, young.id, kind, status, eligibility=None)
    assert [name for name, *_ in await told(events)] == ([f"check.{fact}"] if fact else [])
    async with database.transaction() as session:
        assert len(await checks_page(session, 0, 10)) == (1 if fact else 0)
