"""Passwords changed, forgotten and set anew; addresses validated; and what nobody learns from it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.testing.recorders import ClockControl, EventRecorder, Tokens
from users.accounts.models import Account
from users.accounts.rules import SuspensionReason
from users.factories import PASSWORD, AccountFactory, SignOnLinkFactory, SuspensionFactory, YoungFactory
from users.settings import Settings
from users.tokens.actions import issue_token
from users.tokens.rules import TokenType

from .conftest import SignIn
from .mailbox import Mailbox

NEW = "Nouveau-mot-2-passe"
WEAK = "trop-faible"


@pytest.fixture(autouse=True)
def day(clock: ClockControl) -> None:
    clock.set(datetime(2026, 2, 10, 12, tzinfo=UTC))


@pytest.fixture
async def young(session: AsyncSession) -> Account:
    account = await YoungFactory.create(session, email="jeune@example.com", first_name="Ana")
    await session.commit()
    return account


@pytest.fixture
async def waiting(session: AsyncSession) -> Account:
    account = await AccountFactory.create(session, email="attente@example.com", is_email_validated=False)
    await session.commit()
    return account


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def ask_reset(client: httpx.AsyncClient, email: str) -> httpx.Response:
    return await client.post("/native/v1/request_password_reset", json={"email": email})


async def ask_validation(client: httpx.AsyncClient, email: str) -> httpx.Response:
    return await client.post("/native/v1/resend_email_validation", json={"email": email})


async def reset(client: httpx.AsyncClient, token: str, password: str = NEW) -> httpx.Response:
    body = {"resetPasswordToken": token, "newPassword": password, "deviceInfo": {"deviceId": "d"}}
    return await client.post("/native/v1/reset_password", json=body)


async def validate(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/native/v1/validate_email", json={"emailValidationToken": token})


async def remaining(client: httpx.AsyncClient, email: str) -> dict[str, Any]:
    return (await client.get(f"/native/v1/email_validation_remaining_resends/{email}")).json()


async def test_a_forgotten_password_is_set_by_the_mailed_link(
    client: httpx.AsyncClient, young: Account, mailbox: Mailbox, sign_in: SignIn
) -> None:
    former = (await sign_in(young.email)).json()
    assert (await ask_reset(client, " Jeune@Example.com")).status_code == 204
    mail = await mailbox.last("new_password_request")
    assert (mail["recipient"], mail["parameters"]["FIRSTNAME"]) == ("jeune@example.com", "Ana")
    token = await mailbox.token("new_password_request", "RESET_PASSWORD_LINK")
    answer = await reset(client, token)
    assert answer.status_code == 200
    assert set(answer.json()) == {"accessToken", "refreshToken"}
    assert (await client.get("/native/v1/me", headers=bearer(answer.json()["accessToken"]))).status_code == 200
    assert (await sign_in(young.email, NEW)).status_code == 200
    assert (await sign_in(young.email, PASSWORD)).status_code == 400
    # Whoever was signed in with the old one is out.
    assert (await client.get("/native/v1/me", headers=bearer(former["accessToken"]))).status_code == 401
    body = {"deviceInfo": {"deviceId": "d"}}
    stale = await client.post("/native/v2/refresh_access_token", json=body, headers=bearer(former["refreshToken"]))
    assert stale.status_code == 401


async def test_a_reset_link_works_once_in_time_and_the_newest_alone(
    client: httpx.AsyncClient, young: Account, mailbox: Mailbox, clock: ClockControl
) -> None:
    await ask_reset(client, young.email)
    first = await mailbox.token("new_password_request", "RESET_PASSWORD_LINK")
    await ask_reset(client, young.email)
    second = await mailbox.token("new_password_request", "RESET_PASSWORD_LINK")
    assert list((await reset(client, first)).json()) == ["token"]
    assert (await reset(client, second)).status_code == 200
    again = await reset(client, second)
    assert (again.status_code, list(again.json())) == (400, ["token"])
    await ask_reset(client, young.email)
    third = await mailbox.token("new_password_request", "RESET_PASSWORD_LINK")
    clock.advance(hours=24)
    assert list((await reset(client, third)).json()) == ["token"]


async def test_the_password_is_looked_at_before_the_link_and_leaves_it_whole(
    client: httpx.AsyncClient, young: Account, mailbox: Mailbox
) -> None:
    await ask_reset(client, young.email)
    token = await mailbox.token("new_password_request", "RESET_PASSWORD_LINK")
    assert list((await reset(client, "inconnu", WEAK)).json()) == ["newPassword"]
    assert list((await reset(client, token, WEAK)).json()) == ["newPassword"]
    assert (await reset(client, token)).status_code == 200


async def test_a_reset_validates_the_address(
    client: httpx.AsyncClient, waiting: Account, mailbox: Mailbox, events: EventRecorder, sign_in: SignIn
) -> None:
    await ask_reset(client, waiting.email)
    await reset(client, await mailbox.token("new_password_request", "RESET_PASSWORD_LINK"))
    assert (await events.published("user.email_validated"))[0]["state"]["is_email_validated"] is True
    assert (await sign_in(waiting.email, NEW)).status_code == 200


async def test_a_token_of_another_kind_or_person_opens_nothing(
    client: httpx.AsyncClient, database: Database, settings: Settings, young: Account, waiting: Account, sign_in: SignIn
) -> None:
    async with database.transaction() as session:
        validation = await issue_token(
            session, settings, TokenType.EMAIL_VALIDATION, waiting.id, data={"email": waiting.email}
        )
        moved = await issue_token(
            session, settings, TokenType.RESET_PASSWORD, young.id, data={"email": "ancienne@example.com"}
        )
    for token in (validation.secret, moved.secret, "", "x" * 10_000):
        assert (await reset(client, token)).status_code == 400
    assert (await validate(client, moved.secret)).status_code == 400
    assert (await sign_in(young.email)).status_code == 200


@pytest.mark.parametrize("ask", [ask_reset, ask_validation])
async def test_known_and_unknown_addresses_are_answered_and_limited_alike(
    client: httpx.AsyncClient, young: Account, mailbox: Mailbox, ask: Any
) -> None:
    answers = {}
    for email in (young.email, "inconnue@example.com"):
        counted = []
        assert await remaining(client, email) == {"remainingResends": 3, "counterResetDatetime": None}
        for _ in range(4):
            response = await ask(client, email)
            counted.append((response.status_code, response.content, await remaining(client, email)))
        answers[email] = counted
    known, unknown = answers.values()
    assert known == unknown
    assert [status for status, _, _ in known] == [204, 204, 204, 429]
    assert b"TOO_MANY_EMAIL_VALIDATION_RESENDS" in known[-1][1]
    assert known[0][2] == {"remainingResends": 2, "counterResetDatetime": "2026-02-11T12:00:00Z"}
    assert len(await mailbox.all()) == 3


async def test_the_limit_is_shared_and_ends_after_a_day(
    client: httpx.AsyncClient, waiting: Account, mailbox: Mailbox, clock: ClockControl
) -> None:
    await ask_reset(client, waiting.email)
    await ask_validation(client, waiting.email)
    clock.advance(hours=12)
    await ask_validation(client, waiting.email)
    assert (await ask_reset(client, waiting.email)).status_code == 429
    clock.advance(hours=12)
    assert (await ask_reset(client, waiting.email)).status_code == 204
    assert await mailbox.kinds() == [
        "new_password_request",
        "email_confirmation",
        "email_confirmation",
        "new_password_request",
    ]


async def test_who_is_validated_gets_a_reset_and_who_is_closed_nothing(
    client: httpx.AsyncClient, young: Account, session: AsyncSession, mailbox: Mailbox
) -> None:
    await AccountFactory.create(session, email="fermee@example.com", is_email_validated=False, is_active=False)
    await session.commit()
    await ask_validation(client, "fermee@example.com")
    assert await mailbox.all() == []
    await ask_validation(client, young.email)
    assert await mailbox.kinds() == ["new_password_request"]


@pytest.mark.parametrize(
    ("reason", "mailed"), [(SuspensionReason.UPON_USER_REQUEST, True), (SuspensionReason.DELETED, False)]
)
async def test_a_closed_account_may_get_a_password_to_be_opened_but_not_a_deleted_one(
    client: httpx.AsyncClient,
    session: AsyncSession,
    mailbox: Mailbox,
    database: Database,
    settings: Settings,
    reason: SuspensionReason,
    mailed: bool,
) -> None:
    account = await YoungFactory.create(session, email="ferme@example.com", is_active=False)
    await SuspensionFactory.create(session, account_id=account.id, reason=reason.value)
    await session.commit()
    assert (await ask_reset(client, "ferme@example.com")).status_code == 204
    assert bool(await mailbox.all()) is mailed
    async with database.transaction() as inside:
        token = await issue_token(inside, settings, TokenType.RESET_PASSWORD, account.id)
    assert (await reset(client, token.secret)).status_code == (200 if mailed else 400)


async def test_an_address_is_validated_once_and_its_holder_signed_in(
    client: httpx.AsyncClient, waiting: Account, mailbox: Mailbox, events: EventRecorder, sign_in: SignIn
) -> None:
    await ask_validation(client, waiting.email)
    token = await mailbox.token("email_confirmation", "CONFIRMATION_LINK")
    answer = await validate(client, token)
    assert answer.status_code == 200
    assert (await client.get("/native/v1/me", headers=bearer(answer.json()["accessToken"]))).status_code == 200
    assert len(await events.published("user.email_validated")) == 1
    again = await validate(client, token)
    assert (again.status_code, list(again.json())) == (400, ["token"])
    assert (await sign_in(waiting.email)).status_code == 200


async def test_a_validation_link_lasts_half_an_hour(
    client: httpx.AsyncClient, waiting: Account, mailbox: Mailbox, clock: ClockControl
) -> None:
    await ask_validation(client, waiting.email)
    clock.advance(minutes=30)
    token = await mailbox.token("email_confirmation", "CONFIRMATION_LINK")
    assert (await validate(client, token)).status_code == 400


async def test_old_apps_forget_to_name_the_address(client: httpx.AsyncClient) -> None:
    answer = await client.get("/native/v1/email_validation_remaining_resends")
    assert (answer.status_code, answer.json()["remainingResends"]) == (200, 3)


async def change(client: httpx.AsyncClient, token: str, current: str = PASSWORD, new: str = NEW) -> httpx.Response:
    body = {"currentPassword": current, "newPassword": new}
    return await client.post("/native/v1/change_password", json=body, headers=bearer(token))


async def test_a_password_is_changed_by_who_knows_it(
    client: httpx.AsyncClient, young: Account, sign_in: SignIn
) -> None:
    mine, theirs = (await sign_in(young.email)).json(), (await sign_in(young.email)).json()
    wrong = await change(client, mine["accessToken"], current="faux")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "INVALID_PASSWORD")
    assert "currentPassword" in wrong.json()
    weak = await change(client, mine["accessToken"], new=WEAK)
    assert (weak.status_code, weak.json()["code"]) == (400, "WEAK_PASSWORD")
    assert "newPassword" in weak.json()
    assert (await change(client, mine["accessToken"])).status_code == 204
    assert (await sign_in(young.email, NEW)).status_code == 200
    # This session goes on, the others end.
    assert (await client.get("/native/v1/me", headers=bearer(mine["accessToken"]))).status_code == 200
    assert (await client.get("/native/v1/me", headers=bearer(theirs["accessToken"]))).status_code == 401


async def test_a_stolen_session_is_no_oracle_of_the_password(
    client: httpx.AsyncClient, young: Account, sign_in: SignIn
) -> None:
    token = (await sign_in(young.email)).json()["accessToken"]
    statuses = [(await change(client, token, current=f"essai {n}")).status_code for n in range(11)]
    assert statuses == [400] * 10 + [429]
    assert (await change(client, token)).status_code == 429


async def test_who_has_no_password_or_no_validated_address_changes_none(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens
) -> None:
    alone = await YoungFactory.create(session, password_hash=None)
    await SignOnLinkFactory.create(session, account_id=alone.id)
    unvalidated = await YoungFactory.create(session, is_email_validated=False)
    await session.commit()
    body = {"currentPassword": PASSWORD, "newPassword": NEW}
    answer = await client.post("/native/v1/change_password", json=body, headers=tokens.native(alone.id))
    assert (answer.status_code, answer.json()) == (400, {"code": "NO_CURRENT_PASSWORD"})
    answer = await client.post("/native/v1/change_password", json=body, headers=tokens.native(unvalidated.id))
    assert (answer.status_code, answer.json()) == (403, {})
    assert (await client.post("/native/v1/change_password", json=body)).status_code == 401


async def test_a_reset_lifts_the_limit_of_sign_ins(
    client: httpx.AsyncClient, young: Account, mailbox: Mailbox, sign_in: SignIn
) -> None:
    for _ in range(10):
        await sign_in(young.email, "faux")
    assert (await sign_in(young.email)).status_code == 429
    await ask_reset(client, young.email)
    await reset(client, await mailbox.token("new_password_request", "RESET_PASSWORD_LINK"))
    assert (await sign_in(young.email, NEW)).status_code == 200


async def test_a_session_shown_at_sign_in_is_not_taken_over(
    client: httpx.AsyncClient, young: Account, session: AsyncSession, sign_in: SignIn
) -> None:
    """Fixation: the tokens of somebody else, sent along with a sign-in or a validation, stay theirs."""
    other = await YoungFactory.create(session, email="autre@example.com")
    await session.commit()
    planted = (await sign_in(other.email)).json()
    mine = (await sign_in(young.email, **bearer(planted["accessToken"]))).json()
    assert mine["accessToken"] != planted["accessToken"]
    assert (await client.get("/native/v1/me", headers=bearer(planted["accessToken"]))).json()["email"] == other.email
    assert (await client.get("/native/v1/me", headers=bearer(mine["accessToken"]))).json()["email"] == young.email
