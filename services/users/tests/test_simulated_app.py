"""The page that plays the app: a person walks to the credit with a browser alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.testing.recorders import ClockControl
from users.deposits.models import Deposit
from users.factories import PASSWORD, YoungFactory
from users.partners import Partners
from users.tasks.loop import work_off

PAGE = "/simulators/app"


@pytest.fixture(autouse=True)
def day(clock: ClockControl) -> None:
    clock.set(datetime(2026, 2, 10, 12, tzinfo=UTC))


async def test_by_hand_to_the_credit(
    client: httpx.AsyncClient, database: Database, partners: Partners, session: AsyncSession
) -> None:
    await YoungFactory.create(
        session,
        email="zoe@example.com",
        date_of_birth=date(2008, 1, 1),
        validated_birth_date=None,
        first_name="",
        last_name="<b>",
    )
    await session.commit()
    assert "etape." in (await client.get(PAGE)).text
    assert PAGE in (await client.get("/simulators")).text
    refused = await client.post(PAGE, data={"identifier": "zoe@example.com", "password": "non"})
    assert refused.status_code == 400
    inside = await client.post(PAGE, data={"identifier": "zoe@example.com", "password": PASSWORD})
    here = inside.headers["location"]

    async def shown() -> str:
        page = await client.get(here)
        assert page.status_code == 200
        return page.text

    assert "<b>" not in await shown()
    profile = {
        "firstName": "Zoé",
        "lastName": "Lévy",
        "address": "1 rue de la Paix",
        "postalCode": "93000",
        "city": "Bobigny",
        "phoneNumber": "+33612345678",
        "activityId": "HIGH_SCHOOL_STUDENT",
    }
    assert (await client.post(f"{here}/profile", data=profile)).headers["location"] == here
    assert "204" in await shown()
    # At 18 ÉduConnect is not for them; the page says what the platform answered.
    gone = await client.post(f"{here}/ubble")
    found = urlsplit(gone.headers["location"]).path
    assert found.startswith("/simulators/ubble/page/")
    said = {
        "outcome": "approved",
        "first_names": "Zoé",
        "last_name": "Lévy",
        "birth_date": "2008-01-01",
        "document_number": "123456789",
        "telling": "once",
    }
    back = await client.post(found, data=said)
    assert urlsplit(back.headers["location"]).path == here
    await work_off(database, partners)
    await client.post(f"{here}/honor")
    page = await shown()
    assert "150.00 € sur 150.00 €" in page or "Crédit : GRANT_17_18" in page
    assert (await session.scalars(select(Deposit.amount_cents))).all() == [150_00]
    assert "400" in (await client.post(f"{here}/ubble", follow_redirects=True)).text
    assert (await client.post(f"{here}/unknown")).status_code == 404
    assert (await client.get(f"{PAGE}/nobody")).status_code == 404


async def test_to_educonnect(client: httpx.AsyncClient, partners: Partners, session: AsyncSession) -> None:
    await YoungFactory.create(session, age=17, email="zoe@example.com", validated_birth_date=None)
    await session.commit()
    inside = await client.post(PAGE, data={"identifier": "zoe@example.com", "password": PASSWORD})
    gone = await client.post(f"{inside.headers['location']}/educonnect")
    assert urlsplit(gone.headers["location"]).path == "/simulators/educonnect/sso"
