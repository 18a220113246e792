"""Opening an account of the app: what is accepted, what is refused, and what nobody learns."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.testing.recorders import ClockControl, EventRecorder
from users.accounts.models import Account
from users.accounts.rules import SuspensionReason
from users.credentials.addresses import block_domain, unblock_domain
from users.credentials.rules import accepted_email, domains_of, is_strong, masked
from users.factories import PASSWORD, AccountFactory, SuspensionFactory, YoungFactory
from users.sessions.models import TrustedDevice
from users.signup.rules import is_acceptable_birth_date

from .conftest import SignIn
from .mailbox import Mailbox

GOOD: dict[str, Any] = {
    "email": "nouvelle@example.com",
    "password": "Tr3s-bien-choisi",
    "birthdate": "2008-03-02",
    "token": "captcha",
    "marketingEmailSubscription": True,
    "firebasePseudoId": "firebase-1",
    "trustedDevice": {"deviceId": "telephone", "os": "iOS", "source": "iPhone"},
}


@pytest.fixture(autouse=True)
def day(clock: ClockControl) -> None:
    clock.set(datetime(2026, 2, 10, 12, tzinfo=UTC))


async def sign_up(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post("/native/v1/account", json={**GOOD, **changes})


async def count(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Account)) or 0


async def test_a_sign_up_opens_an_account_that_waits_for_its_validation(
    client: httpx.AsyncClient, session: AsyncSession, events: EventRecorder, mailbox: Mailbox, sign_in: SignIn
) -> None:
    response = await sign_up(client, email="  Nouvelle@Example.com ")
    assert (response.status_code, response.content) == (204, b"")
    account = (await session.scalars(select(Account))).one()
    assert account.email == "nouvelle@example.com"
    assert (account.is_active, account.is_email_validated, account.roles) == (True, False, [])
    assert str(account.date_of_birth) == "2008-03-02"
    assert account.validated_birth_date is None
    assert account.notification_subscriptions == {
        "marketing_push": True,
        "marketing_email": True,
        "subscribed_themes": [],
    }
    assert account.external_ids == {"firebase_pseudo_id": "firebase-1"}
    assert GOOD["password"] not in (account.password_hash or "")
    assert (await session.scalars(select(TrustedDevice.device_id))).all() == ["telephone"]
    assert await events.names() == ["user.created", "notice.requested"]
    mail = await mailbox.last("email_confirmation")
    assert (mail["recipient"], mail["user_id"]) == ("nouvelle@example.com", account.id)
    link = urlsplit(mail["parameters"]["CONFIRMATION_LINK"])
    assert link.path == "/signup-confirmation"
    query = await mailbox.link("email_confirmation", "CONFIRMATION_LINK")
    assert query["email"] == "nouvelle@example.com"
    assert int(query["expiration_timestamp"]) == int(datetime(2026, 2, 10, 12, 30, tzinfo=UTC).timestamp())
    refused = await sign_in("nouvelle@example.com", GOOD["password"])
    assert refused.json()["code"] == "EMAIL_NOT_VALIDATED"


async def test_the_device_of_the_sign_up_is_trusted_at_once(
    client: httpx.AsyncClient, mailbox: Mailbox, sign_in: SignIn
) -> None:
    await sign_up(client)
    token = await mailbox.token("email_confirmation", "CONFIRMATION_LINK")
    await client.post("/native/v1/validate_email", json={"emailValidationToken": token})
    assert (await sign_in(GOOD["email"], GOOD["password"], device="telephone")).status_code == 200
    assert await mailbox.all("suspicious_login") == []


async def test_old_apps_name_their_measuring_tool(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await sign_up(client, appsFlyerUserId="af", appsFlyerPlatform="android", firebasePseudoId=None)
    account = (await session.scalars(select(Account))).one()
    assert account.external_ids == {"apps_flyer": {"user": "af", "platform": "ANDROID"}}


@pytest.mark.parametrize("closed", [False, True])
async def test_a_known_address_is_answered_alike_and_its_holder_told(
    client: httpx.AsyncClient, session: AsyncSession, mailbox: Mailbox, sign_in: SignIn, closed: bool
) -> None:
    holder = await YoungFactory.create(session, email="prise@example.com", first_name="Ana", is_active=not closed)
    if closed:
        await SuspensionFactory.create(session, account_id=holder.id, reason=SuspensionReason.UPON_USER_REQUEST.value)
    await session.commit()
    response = await sign_up(client, email="PRISE@example.com")
    fresh = await sign_up(client, email="libre@example.com")
    assert (response.status_code, response.content) == (fresh.status_code, fresh.content) == (204, b"")
    assert set(response.headers) == set(fresh.headers)
    mail = await mailbox.last("email_already_exists")
    assert (mail["recipient"], mail["parameters"]["FIRSTNAME"]) == ("prise@example.com", "Ana")
    assert "/mot-de-passe-perdu?" in mail["parameters"]["RESET_PASSWORD_LINK"]
    # The password is the old one still.
    assert (await sign_in("prise@example.com", PASSWORD)).status_code == 200
    assert (await sign_in("prise@example.com", GOOD["password"])).status_code == 400


async def test_a_holder_is_told_three_times_a_day_at_most(
    client: httpx.AsyncClient, session: AsyncSession, mailbox: Mailbox
) -> None:
    await YoungFactory.create(session, email="prise@example.com")
    await session.commit()
    assert {(await sign_up(client, email="prise@example.com")).status_code for _ in range(5)} == {204}
    assert await mailbox.kinds() == ["email_already_exists"] * 3


@pytest.mark.parametrize("reason", [SuspensionReason.DELETED])
async def test_the_deleted_get_no_mail(
    client: httpx.AsyncClient, session: AsyncSession, mailbox: Mailbox, reason: SuspensionReason
) -> None:
    gone = await YoungFactory.create(session, email="partie@example.com", is_active=False)
    await SuspensionFactory.create(session, account_id=gone.id, reason=reason.value)
    await session.commit()
    assert (await sign_up(client, email="partie@example.com")).status_code == 204
    assert await mailbox.all() == []
    assert await count(session) == 1


async def test_many_sign_ups_at_once_open_one_account(
    client: httpx.AsyncClient, session: AsyncSession, mailbox: Mailbox
) -> None:
    answers = await asyncio.gather(*(sign_up(client) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {204}
    assert await count(session) == 1
    assert sorted(await mailbox.kinds()) == ["email_already_exists"] * 3 + ["email_confirmation"]


@pytest.mark.parametrize(
    "email",
    [
        "",
        "   ",
        "sans-arobase",
        "deux@@example.com",
        "a@b@example.com",
        "cro[chet]s@example.com",
        "ana@[127.0.0.1]",
        "dollar$@example.com",
        "barre|@example.com",
        "point·median@example.com",
        "аna@example.com",
        "ana@exаmple.com",
        "ＡＮＡ@example.com",
        "é@example.com",
        '"quoted"@example.com',
        ".ana@example.com",
        "ana..b@example.com",
        "ana@localhost",
        "ana@-example.com",
        "a" * 10_000 + "@example.com",
        "a" * 65 + "@example.com",
        "ana@example.com\nBcc: all@example.com",
        "ana@exam ple.com",
        "ana\u200b@example.com",
    ],
)
async def test_hostile_addresses_are_refused(client: httpx.AsyncClient, session: AsyncSession, email: str) -> None:
    response = await sign_up(client, email=email)
    assert response.status_code == 400
    assert list(response.json()) == ["email"]
    assert await count(session) == 0


async def test_plus_addresses_and_dots_are_other_addresses(client: httpx.AsyncClient, session: AsyncSession) -> None:
    for email in ("ana@example.com", "ana+pass@example.com", "a.n.a@example.com", "a_n-a@example.com"):
        assert (await sign_up(client, email=email)).status_code == 204
    assert await count(session) == 4


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password": "court"}, "password"),
        ({"password": "tout-en-minuscules-1"}, "password"),
        ({"password": "SansChiffre-du-tout"}, "password"),
        ({"password": "Sans1ponctuation"}, "password"),
        ({"password": "Aa1-" + "x" * 69}, "password"),
        ({"password": "ÉÉÉÉÉÉÉÉÉÉÉ1-é"}, "password"),
        ({"birthdate": "2011-02-11"}, "dateOfBirth"),
        ({"birthdate": "2030-01-01"}, "dateOfBirth"),
        ({"birthdate": "1900-01-01"}, "dateOfBirth"),
        ({"birthdate": "0001-01-01"}, "dateOfBirth"),
        ({"birthdate": "9999-12-31"}, "dateOfBirth"),
        ({"birthdate": "2008-02-30"}, "birthdate"),
        ({"birthdate": "02/03/2008"}, "birthdate"),
        ({"birthdate": 1204416000}, "birthdate"),
        ({"birthdate": None}, "birthdate"),
        ({"email": None}, "email"),
        ({"email": ["a@example.com"]}, "email"),
        ({"password": 123456789012}, "password"),
        ({"token": None}, "token"),
        ({"email": "a\x00@example.com"}, "__root__"),
        ({"firebasePseudoId": "x" * 10_000}, "firebasePseudoId"),
        ({"appsFlyerUserId": "x" * 10_000}, "appsFlyerUserId"),
        ({"trustedDevice": {}}, "trustedDevice.deviceId"),
        ({"marketingEmailSubscription": "peut-être"}, "marketingEmailSubscription"),
    ],
)
async def test_bad_fields_are_refused_and_write_nothing(
    client: httpx.AsyncClient, session: AsyncSession, events: EventRecorder, changes: dict[str, Any], field: str
) -> None:
    response = await sign_up(client, **changes)
    assert response.status_code == 400, response.text
    assert list(response.json()) == [field]
    assert await count(session) == 0
    assert await events.published() == []


async def test_blocked_domains_are_blocked_with_those_under_them(
    client: httpx.AsyncClient, session: AsyncSession, database: Database, mailbox: Mailbox
) -> None:
    await YoungFactory.create(session, email="ancienne@jetable.example.com")
    await session.commit()
    async with database.transaction() as inside:
        await block_domain(inside, " @Jetable.Example.com ")
        await block_domain(inside, "jetable.example.com")
    for email in ("ana@jetable.example.com", "ana@eu.jetable.example.com", "ancienne@jetable.example.com"):
        response = await sign_up(client, email=email)
        assert (response.status_code, list(response.json())) == (400, ["email"])
    assert await mailbox.all() == []
    assert (await sign_up(client, email="ana@pasjetable.example.com")).status_code == 204
    async with database.transaction() as inside:
        await unblock_domain(inside, "JETABLE.example.com")
    assert (await sign_up(client, email="ana@jetable.example.com")).status_code == 204


def test_fifteen_is_reached_at_midnight_in_paris() -> None:
    born = date(2011, 2, 10)
    assert not is_acceptable_birth_date(born, datetime(2026, 2, 9, 22, 59, tzinfo=UTC))
    assert is_acceptable_birth_date(born, datetime(2026, 2, 9, 23, 1, tzinfo=UTC))
    leap = date(2012, 2, 29)
    assert is_acceptable_birth_date(leap, datetime(2027, 2, 28, 12, tzinfo=UTC))
    assert not is_acceptable_birth_date(leap, datetime(2027, 2, 27, 12, tzinfo=UTC))


@given(st.text(max_size=140))
@settings(max_examples=60, deadline=None)
def test_an_accepted_address_is_in_its_stored_form(raw: str) -> None:
    email = accepted_email(raw)
    if email is not None:
        assert email == email.strip().lower()
        assert email.isascii()
        assert email.count("@") == 1
        assert accepted_email(email.upper()) == email


@given(st.from_regex(r"[a-z0-9][a-z0-9+_-]{0,20}@[a-z]{1,10}\.(fr|com)", fullmatch=True))
@settings(max_examples=60, deadline=None)
def test_masking_shows_three_letters_at_most(email: str) -> None:
    name, domain = email.split("@")
    shown, _, end = masked(email).partition("***@")
    assert end == domain
    assert name.startswith(shown)
    assert len(shown) == (3 if len(name) > 3 else 1)
    assert list(domains_of(email))[-1] in ("fr", "com")


@given(st.text(min_size=0, max_size=90))
@settings(max_examples=80, deadline=None)
def test_the_policy_wants_every_kind_of_character(password: str) -> None:
    strong = is_strong(password)
    assert is_strong("Aa1-" + "x" * 8)
    if strong:
        assert 12 <= len(password) <= 72
        assert any(c.isdigit() for c in password)
        assert password != password.lower()
        assert password != password.upper()


async def test_an_unvalidated_account_cannot_be_taken_over_by_a_second_sign_up(
    client: httpx.AsyncClient, session: AsyncSession, mailbox: Mailbox, sign_in: SignIn
) -> None:
    await AccountFactory.create(session, email="attente@example.com", is_email_validated=False)
    await session.commit()
    await sign_up(client, email="attente@example.com", password="Autre-mot-2-passe")
    assert (await sign_in("attente@example.com", PASSWORD)).json()["code"] == "EMAIL_NOT_VALIDATED"
    assert "code" not in (await sign_in("attente@example.com", "Autre-mot-2-passe")).json()
