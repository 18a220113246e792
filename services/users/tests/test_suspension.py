"""Closing an account and opening it again; sign-ins that are reported; what time brings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.testing.recorders import ClockControl, EventRecorder, Tokens
from users.accounts.models import Account, AccountAction, AnonymizationRequest
from users.accounts.rules import SuspensionReason
from users.factories import PASSWORD, SuspensionFactory, YoungFactory
from users.settings import Settings
from users.suspension.actions import reopen
from users.suspension.jobs import delete_suspended, warn_before_deletion
from users.suspension.rules import Unsuspension, refused_unsuspension

from .conftest import SignIn
from .mailbox import Mailbox

NOON = datetime(2026, 2, 10, 12, tzinfo=UTC)
BY_LINK = "/native/v1/account/suspend_for_suspicious_login"


@pytest.fixture(autouse=True)
def day(clock: ClockControl) -> None:
    clock.set(NOON)


@pytest.fixture
async def young(session: AsyncSession) -> Account:
    account = await YoungFactory.create(session, email="jeune@example.com", first_name="Ana")
    await session.commit()
    return account


async def closed(session: AsyncSession, reason: SuspensionReason, days: int = 0) -> Account:
    account = await YoungFactory.create(session, is_active=False)
    await SuspensionFactory.create(
        session, account_id=account.id, reason=reason.value, happened_at=NOON - timedelta(days=days)
    )
    await session.commit()
    return account


async def reasons(session: AsyncSession, account: Account) -> list[tuple[str, str | None]]:
    rows = await session.execute(
        select(AccountAction.type, AccountAction.reason)
        .where(AccountAction.account_id == account.id)
        .order_by(AccountAction.id)
    )
    return [(kind, reason) for kind, reason in rows]


async def test_who_asks_is_suspended_told_and_may_come_back(
    client: httpx.AsyncClient,
    young: Account,
    sign_in: SignIn,
    tokens: Tokens,
    mailbox: Mailbox,
    events: EventRecorder,
    session: AsyncSession,
) -> None:
    mine = tokens.native(young.id)
    assert (await client.get("/native/v1/account/suspension_date", headers=mine)).status_code == 403
    refused = await client.post("/native/v1/account/unsuspend", headers=mine)
    assert (refused.status_code, refused.json()["code"]) == (403, "ALREADY_UNSUSPENDED")
    assert (await client.post("/native/v1/account/suspend", headers=mine)).status_code == 204
    mail = await mailbox.last("user_request_delete_account_reception")
    assert (mail["recipient"], mail["parameters"]) == ("jeune@example.com", {"FIRSTNAME": "Ana"})
    told = (await events.published("user.suspended"))[0]["state"]
    assert (told["is_active"], told["suspension_reason"]) == (False, "upon user request")
    # Everything else is closed; what lets them come back is not.
    for method, path in (("GET", "me"), ("POST", "account/suspend"), ("POST", "account/suspend_for_hack_suspicion")):
        assert (await client.request(method, f"/native/v1/{path}", headers=mine)).status_code == 403
    assert await reasons(session, young) == [("USER_SUSPENDED", "upon user request")]
    again = (await sign_in(young.email)).json()
    headers = {"Authorization": f"Bearer {again['accessToken']}"}
    assert again["accountState"] == "SUSPENDED_UPON_USER_REQUEST"
    status = await client.get("/native/v1/account/suspension_status", headers=headers)
    assert status.json() == {"status": "SUSPENDED_UPON_USER_REQUEST"}
    date_of = await client.get("/native/v1/account/suspension_date", headers=headers)
    assert date_of.json() == {"date": "2026-02-10T12:00:00Z"}
    assert (await client.post("/native/v1/account/unsuspend", headers=headers)).status_code == 204
    assert (await mailbox.last("account_unsuspended"))["recipient"] == "jeune@example.com"
    assert (await events.published("user.unsuspended"))[0]["state"]["is_active"] is True
    assert (await client.get("/native/v1/me", headers=headers)).status_code == 200
    assert (await client.get("/native/v1/account/suspension_date", headers=headers)).status_code == 403


@pytest.mark.parametrize(
    ("reason", "days", "code"),
    [
        (SuspensionReason.UPON_USER_REQUEST, 60, None),
        (SuspensionReason.UPON_USER_REQUEST, 61, "UNSUSPENSION_LIMIT_REACHED"),
        (SuspensionReason.FRAUD_SUSPICION, 0, "UNSUSPENSION_NOT_ALLOWED"),
        (SuspensionReason.SUSPICIOUS_LOGIN_REPORTED_BY_USER, 0, "UNSUSPENSION_NOT_ALLOWED"),
        (SuspensionReason.WAITING_FOR_ANONYMIZATION, 0, "UNSUSPENSION_NOT_ALLOWED"),
        (SuspensionReason.DELETED, 0, "UNSUSPENSION_NOT_ALLOWED"),
    ],
)
async def test_who_may_come_back_and_until_when(
    client: httpx.AsyncClient,
    session: AsyncSession,
    tokens: Tokens,
    reason: SuspensionReason,
    days: int,
    code: str | None,
) -> None:
    account = await closed(session, reason, days)
    response = await client.post("/native/v1/account/unsuspend", headers=tokens.native(account.id))
    assert response.status_code == (403 if code else 204)
    if code:
        assert response.json()["code"] == code
        await session.refresh(account)
        assert account.is_active is False


@given(st.datetimes(datetime(2020, 1, 1), datetime(2029, 1, 1)), st.integers(0, 200))  # noqa: DTZ001
@settings(max_examples=50, deadline=None)
def test_sixty_days_and_not_one_more(moment: datetime, days: int) -> None:
    at = moment.replace(tzinfo=UTC)
    refusal = refused_unsuspension(False, SuspensionReason.UPON_USER_REQUEST, at, at.date() + timedelta(days=days))
    assert (refusal is Unsuspension.TOO_LATE) == (days > 60)
    assert refused_unsuspension(True, SuspensionReason.UPON_USER_REQUEST, at, date(2030, 1, 1)) is Unsuspension.ALREADY


async def test_a_hack_closes_everything(
    client: httpx.AsyncClient, young: Account, sign_in: SignIn, session: AsyncSession, events: EventRecorder
) -> None:
    thief, mine = (await sign_in(young.email)).json(), (await sign_in(young.email)).json()
    headers = {"Authorization": f"Bearer {mine['accessToken']}"}
    assert (await client.post("/native/v1/account/suspend_for_hack_suspicion", headers=headers)).status_code == 204
    assert await reasons(session, young) == [("USER_SUSPENDED", "hacking fraud")]
    assert (await events.published("user.suspended"))[0]["state"]["suspension_reason"] == "hacking fraud"
    stolen = await client.post(
        "/native/v2/refresh_access_token",
        json={"deviceInfo": {"deviceId": "d"}},
        headers={"Authorization": f"Bearer {thief['refreshToken']}"},
    )
    assert stolen.status_code == 401


async def report_link(mailbox: Mailbox) -> dict[str, str]:
    return await mailbox.link("suspicious_login", "ACCOUNT_SECURING_LINK")


async def test_an_untrusted_sign_in_is_mailed_with_what_secures_the_account(
    client: httpx.AsyncClient, young: Account, sign_in: SignIn, mailbox: Mailbox, session: AsyncSession
) -> None:
    response = await sign_in(young.email, device="inconnu", **{"X-City": "Lille", "X-Country": "France"})
    assert response.status_code == 200
    mail = await mailbox.last("suspicious_login")
    assert mail["recipient"] == "jeune@example.com"
    said = mail["parameters"]
    assert (said["LOCATION"], said["LOGIN_DATE"], said["LOGIN_TIME"]) == ("Lille, France", "10/02/2026", "13h00")
    assert (said["OS"], said["SOURCE"]) == ("Linux", "Firefox")
    link = await report_link(mailbox)
    assert set(link) == {"token", "reset_password_token", "reset_token_expiration_timestamp", "email"}
    validation = f"/native/v1/account/suspend/token_validation/{link['token']}"
    assert (await client.get(validation)).status_code == 204
    assert (await client.post(BY_LINK, json={"token": link["token"]})).status_code == 204
    assert await reasons(session, young) == [("USER_SUSPENDED", "suspicious login reported by user")]
    # The thief's password is gone, and so is their session.
    assert (await sign_in(young.email, PASSWORD)).status_code == 400
    # The link is used; once more changes nothing, and nobody is told that it exists.
    assert (await client.post(BY_LINK, json={"token": link["token"]})).status_code == 204
    assert len(await reasons(session, young)) == 1
    dead = await client.get(validation)
    assert (dead.status_code, list(dead.json())) == (400, ["reason"])
    # Its holder chooses a new password by the other half of the link.
    body = {"resetPasswordToken": link["reset_password_token"], "newPassword": "Nouveau-mot-2-passe"}
    assert (await client.post("/native/v1/reset_password", json=body)).status_code == 200


async def test_a_used_link_does_not_close_an_account_that_support_opened(
    client: httpx.AsyncClient,
    young: Account,
    sign_in: SignIn,
    mailbox: Mailbox,
    session: AsyncSession,
    database: Database,
    settings: Settings,
) -> None:
    await sign_in(young.email)
    token = (await report_link(mailbox))["token"]
    await client.post(BY_LINK, json={"token": token})
    async with database.transaction() as inside:
        await reopen(inside, settings, young.id, author_id=1)
    assert "/mot-de-passe-perdu?" in str(
        (await mailbox.last("new_password_request_for_suspicious_login"))["parameters"]
    )
    response = await client.post(BY_LINK, json={"token": token})
    assert (response.status_code, list(response.json())) == (400, ["reason"])
    await session.refresh(young)
    assert young.is_active is True


async def test_dead_links_close_nothing(
    client: httpx.AsyncClient,
    young: Account,
    sign_in: SignIn,
    mailbox: Mailbox,
    session: AsyncSession,
    clock: ClockControl,
) -> None:
    await sign_in(young.email)
    link = await report_link(mailbox)
    for token in ("", "inconnu", link["reset_password_token"], "x" * 5_000):
        response = await client.post(BY_LINK, json={"token": token})
        assert (response.status_code, list(response.json())) == (400, ["reason"])
    clock.advance(days=7)
    late = await client.post(BY_LINK, json={"token": link["token"]})
    assert (late.status_code, list(late.json())) == (401, ["reason"])
    expired = await client.get(f"/native/v1/account/suspend/token_validation/{link['token']}")
    assert (expired.status_code, list(expired.json())) == (400, ["reason"])
    assert await reasons(session, young) == []


async def test_a_link_overwrites_no_other_suspension(
    client: httpx.AsyncClient, young: Account, sign_in: SignIn, mailbox: Mailbox, session: AsyncSession
) -> None:
    await sign_in(young.email)
    young.is_active = False
    await SuspensionFactory.create(session, account_id=young.id, reason=SuspensionReason.FRAUD_USURPATION.value)
    await session.commit()
    assert (await client.post(BY_LINK, json={"token": (await report_link(mailbox))["token"]})).status_code == 204
    assert await reasons(session, young) == [("USER_SUSPENDED", "usurpating fraud")]


async def test_five_reports_a_day_and_none_of_trusted_devices(
    young: Account, sign_in: SignIn, mailbox: Mailbox, clock: ClockControl
) -> None:
    for version in (1, 2, 1, 2, 1, 2, 1):
        await sign_in(young.email, version=version)
    assert len(await mailbox.all("suspicious_login")) == 5
    clock.advance(days=1)
    await sign_in(young.email, device="connu")
    await sign_in(young.email, device="connu")
    assert len(await mailbox.all("suspicious_login")) == 6


async def test_the_closed_for_another_reason_are_not_told(
    session: AsyncSession, sign_in: SignIn, mailbox: Mailbox
) -> None:
    fraud = await closed(session, SuspensionReason.FRAUD_SUSPICION)
    asked = await closed(session, SuspensionReason.UPON_USER_REQUEST)
    for account in (fraud, asked):
        assert (await sign_in(account.email)).status_code == 200
    assert [mail["user_id"] for mail in await mailbox.all("suspicious_login")] == [asked.id]


async def test_opening_again_drops_the_request_to_be_erased(
    session: AsyncSession, database: Database, settings: Settings
) -> None:
    account = await closed(session, SuspensionReason.WAITING_FOR_ANONYMIZATION)
    session.add(AnonymizationRequest(account_id=account.id, date_created=NOON))
    await session.commit()
    async with database.transaction() as inside:
        await reopen(inside, settings, account.id)
    assert (await session.scalars(select(AnonymizationRequest))).all() == []


async def test_a_warning_after_51_days_once_and_deletion_after_61(
    session: AsyncSession, database: Database, mailbox: Mailbox, clock: ClockControl, events: EventRecorder
) -> None:
    account = await closed(session, SuspensionReason.UPON_USER_REQUEST)
    other = await closed(session, SuspensionReason.FRAUD_SUSPICION)
    clock.advance(days=50)
    assert await warn_before_deletion(database) == {"warned": 0, "skipped": 0}
    clock.advance(days=1)
    assert await warn_before_deletion(database, dry_run=True) == {"would_warn": 1}
    assert await mailbox.all() == []
    assert await warn_before_deletion(database) == {"warned": 1, "skipped": 0}
    assert await warn_before_deletion(database) == {"warned": 0, "skipped": 0}
    assert [mail["user_id"] for mail in await mailbox.all("notification_before_deleting_suspended_account")] == [
        account.id
    ]
    clock.advance(days=9)
    assert (await delete_suspended(database))["deleted"] == 0
    clock.advance(days=1)
    assert await warn_before_deletion(database) == {"warned": 0, "skipped": 0}
    assert await delete_suspended(database, dry_run=True) == {"would_delete": 1}
    assert await delete_suspended(database) == {"deleted": 1, "skipped": 0, "failed": 0}
    assert await delete_suspended(database) == {"deleted": 0, "skipped": 0, "failed": 0}
    assert (await reasons(session, account))[-1] == ("USER_SUSPENDED", "deleted")
    assert (await reasons(session, other)) == [("USER_SUSPENDED", "fraud suspicion")]
    assert (await events.published("user.suspended"))[-1]["state"]["suspension_reason"] == "deleted"


async def test_only_the_latest_suspension_counts(session: AsyncSession, database: Database) -> None:
    back = await YoungFactory.create(session)
    for kind, reason, days in (
        ("USER_SUSPENDED", SuspensionReason.UPON_USER_REQUEST.value, 100),
        ("USER_UNSUSPENDED", None, 90),
    ):
        await SuspensionFactory.create(
            session, account_id=back.id, type=kind, reason=reason, happened_at=NOON - timedelta(days=days)
        )
    fraud = await closed(session, SuspensionReason.UPON_USER_REQUEST, 100)
    await SuspensionFactory.create(session, account_id=fraud.id, happened_at=NOON - timedelta(days=1))
    await session.commit()
    assert await delete_suspended(database) == {"deleted": 0, "skipped": 0, "failed": 0}
