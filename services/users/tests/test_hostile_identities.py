"""What identity providers may be made to say: look-alike letters, endless names, impossible dates; messages in any order."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.testing.recorders import ClockControl, Tokens
from users.accounts.models import Account
from users.deposits.models import Deposit
from users.factories import CheckFactory, YoungFactory
from users.identity.rules import is_name
from users.partners import Partners
from users.simulators.ubble import signature_of
from users.subscription.models import SubscriptionCheck
from users.tasks.models import PartnerTask

from .test_dms import Desk
from .test_educonnect import Browser
from .test_ubble import WEBHOOK, Journey

BORN = date(2008, 1, 1)


@pytest.fixture(autouse=True)
def day(clock: ClockControl) -> None:
    clock.set(datetime(2026, 2, 10, 12, tzinfo=UTC))


@pytest.fixture
async def young(session: AsyncSession) -> Account:
    """18 years old, the profile given, the statement signed: an accepted identity would give the credit at once."""
    account = await YoungFactory.create(
        session,
        email="zoe@example.com",
        date_of_birth=BORN,
        validated_birth_date=None,
        first_name="",
        last_name="",
        phone_number="+33612345678",
    )
    for kind in ("profile_completion", "honor_statement"):
        content = {"first_name": "Zoé", "last_name": "Lévy", "city": "Bobigny"}
        await CheckFactory.create(session, account_id=account.id, type=kind, content=content)
    await session.commit()
    return account


async def outcome(session: AsyncSession, kind: str) -> tuple[str | None, set[str]]:
    await session.rollback()
    check = (await session.scalars(select(SubscriptionCheck).where(SubscriptionCheck.type == kind))).one()
    return check.status, set(check.reason_codes or ())


async def nothing_came_of_it(session: AsyncSession, account: Account) -> None:
    """No credit, no name taken over, and no task that fails again and again."""
    await session.rollback()
    assert (await session.scalars(select(Deposit.id))).all() == []
    assert (
        await session.scalars(select(PartnerTask.last_error).where(PartnerTask.last_error.is_not(None)))
    ).all() == []
    await session.refresh(account)
    assert (account.first_name, account.last_name, account.roles) == ("", "", [])


HOSTILE = [
    ("last_name", "Lévу", "name_incorrect"),  # the last letter is Cyrillic
    ("last_name", "Λέvy", "name_incorrect"),  # Greek
    ("last_name", "Ｌévy", "name_incorrect"),  # full width
    ("last_name", "Lévy\u202e", "name_incorrect"),  # written from the right
    ("last_name", "Lé\u200bvy", "name_incorrect"),  # a space of no width
    ("last_name", "Robert'); DROP TABLE account;--", "name_incorrect"),
    ("last_name", "L" * 10_240, "name_incorrect"),
    ("last_name", "   ", "missing_required_data"),
    ("birth_date", "", "missing_required_data"),
]


@pytest.mark.parametrize(("field", "value", "code"), [*HOSTILE, ("birth_date", "99999-99-99", "missing_required_data")])
async def test_at_ubble(
    client: httpx.AsyncClient,
    database: Database,
    partners: Partners,
    session: AsyncSession,
    tokens: Tokens,
    young: Account,
    field: str,
    value: str,
    code: str,
) -> None:
    journey = Journey(client, database, partners, young, tokens)
    await journey.start()
    await journey.concludes("approved", **{field: value})
    status, codes = await outcome(session, "ubble")
    assert status in ("ko", "suspiscious")
    assert code in codes
    await nothing_came_of_it(session, young)


@pytest.mark.parametrize("value", ["2026-02-11", "2199-01-01", "1900-01-01", "0001-01-01"])
async def test_dates_of_birth_at_ubble(
    client: httpx.AsyncClient,
    database: Database,
    partners: Partners,
    session: AsyncSession,
    tokens: Tokens,
    young: Account,
    value: str,
) -> None:
    journey = Journey(client, database, partners, young, tokens)
    await journey.start()
    await journey.concludes("approved", birth_date=value)
    status, codes = await outcome(session, "ubble")
    assert status == "ko"
    assert codes & {"age_too_young", "age_too_old", "not_eligible"}
    await nothing_came_of_it(session, young)


async def test_a_name_with_a_nul_at_ubble(
    client: httpx.AsyncClient,
    database: Database,
    partners: Partners,
    session: AsyncSession,
    tokens: Tokens,
    young: Account,
) -> None:
    """PostgreSQL keeps no NUL: it is left out, and the rest is judged."""
    journey = Journey(client, database, partners, young, tokens)
    await journey.start()
    await journey.concludes("approved", last_name="Lé\x00vy")
    assert (await outcome(session, "ubble"))[0] == "ok"
    await session.refresh(young)
    assert young.last_name == "Lévy"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        *HOSTILE[:7],
        ("birth_date", "11/02/2026", "not_eligible"),
        ("birth_date", "01/01/1900", "not_eligible"),
        ("id_number", "１２３４５６７８９", "id_piece_number"),
    ],
)
async def test_at_demarche_numerique(
    client: httpx.AsyncClient,
    database: Database,
    partners: Partners,
    redis: Any,
    session: AsyncSession,
    young: Account,
    field: str,
    value: str,
    code: str,
) -> None:
    desk = Desk(client, database, partners, redis, young.email)
    await desk.says("accepte", **{field: value})
    status, codes = await outcome(session, "dms")
    assert status in ("ko", "suspiscious", "error")
    assert any(code in found for found in codes) or codes == {"error_in_data"}
    await nothing_came_of_it(session, young)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[(field, value) for field, value, _ in HOSTILE[:7]],
        ("birth_date", "2026-02-11"),
        ("birth_date", "1900-01-01"),
        ("birth_date", "31/12/2008"),
    ],
)
async def test_at_educonnect(
    client: httpx.AsyncClient,
    partners: Partners,
    session: AsyncSession,
    tokens: Tokens,
    young: Account,
    clock: ClockControl,
    field: str,
    value: str,
) -> None:
    young.date_of_birth = date(2009, 1, 1)
    await session.commit()
    browser = Browser(client, partners, tokens, young)
    path, _ = await browser.prove(**{field: value})
    assert path == "/educonnect/erreur"
    await nothing_came_of_it(session, young)


@pytest.mark.parametrize("order", list(permutations(("processing", "checks_in_progress", "approved"))))
async def test_messages_of_ubble_in_any_order(
    client: httpx.AsyncClient,
    database: Database,
    partners: Partners,
    session: AsyncSession,
    tokens: Tokens,
    young: Account,
    order: tuple[str, ...],
) -> None:
    """A message only says that there is news: what counts is what Ubble answers then."""
    journey = Journey(client, database, partners, young, tokens)
    await journey.start()
    await journey.concludes("approved", telling="never")
    for status in order:
        body = orjson.dumps({"data": {"identity_verification_id": journey.id, "status": status}})
        signed = await signature_of(partners, body, datetime.now(UTC))
        answer = await client.post(WEBHOOK, content=body, headers={"Cko-Signature": signed})
        assert answer.status_code == 200
        await journey.work()
    assert await outcome(session, "ubble") == ("ok", set())
    assert (await session.scalars(select(Deposit.amount_cents))).all() == [150_00]


async def test_old_news_of_an_application(
    client: httpx.AsyncClient,
    database: Database,
    partners: Partners,
    redis: Any,
    session: AsyncSession,
    young: Account,
) -> None:
    """A webhook that speaks of an earlier state arrives last: the application is read as it is."""
    desk = Desk(client, database, partners, redis, young.email)
    await desk.says("en_construction", tell="no")
    await desk.says("accepte")
    for state in ("en_construction", "refuse", "en_instruction"):
        said = {"procedure_id": 1, "dossier_id": desk.number, "state": state, "updated_at": "2020-01-01"}
        address = "/webhooks/dms/application_status"
        answer = await client.post(address, params={"token": partners.dms_webhook_token()}, data=said)
        assert answer.status_code == 204
        await desk.work()
    assert (await outcome(session, "dms"))[0] == "ok"
    assert (await session.scalars(select(Deposit.amount_cents))).all() == [150_00]


@pytest.mark.parametrize("name", ["x" * 129, "Zo\x00é", "Ζoe", "🦊", "1", ""])
def test_what_is_no_name(name: str) -> None:
    assert not is_name(name)
