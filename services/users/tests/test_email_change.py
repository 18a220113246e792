"""A change of address, in its steps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.testing.recorders import ClockControl, EventRecorder, Tokens
from users.accounts.models import Account, AccountAction, EmailChange
from users.credentials.addresses import block_domain
from users.factories import PASSWORD, SignOnLinkFactory, YoungFactory

from .conftest import SignIn
from .mailbox import Mailbox

NEW = "neuve@example.com"


@pytest.fixture(autouse=True)
def day(clock: ClockControl) -> None:
    clock.set(datetime(2026, 2, 10, 12, tzinfo=UTC))


@pytest.fixture
async def young(session: AsyncSession) -> Account:
    account = await YoungFactory.create(session, email="jeune@example.com", first_name="Ana")
    await session.commit()
    return account


@pytest.fixture
def mine(tokens: Tokens, young: Account) -> dict[str, str]:
    return tokens.native(young.id)


def bearer(body: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {body['accessToken']}"}


async def ask(client: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    return await client.post("/native/v2/profile/update_email", headers=headers)


async def confirm(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/native/v2/profile/email_update/confirm", json={"token": token})


async def choose(client: httpx.AsyncClient, headers: dict[str, str], token: str, email: str = NEW) -> httpx.Response:
    body = {"token": token, "newEmail": email}
    return await client.post("/native/v2/profile/email_update/new_email", json=body, headers=headers)


async def validate(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.put("/native/v1/profile/email_update/validate", json={"token": token})


async def status(client: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, Any]:
    return (await client.get("/native/v2/profile/email_update/status", headers=headers)).json()


async def expiration(client: httpx.AsyncClient, headers: dict[str, str]) -> str | None:
    return (await client.get("/native/v1/profile/token_expiration", headers=headers)).json()["expiration"]


async def confirmed(client: httpx.AsyncClient, headers: dict[str, str], mailbox: Mailbox) -> dict[str, Any]:
    assert (await ask(client, headers)).status_code == 204
    answer = await confirm(client, await mailbox.token("email_change_request", "CONFIRMATION_LINK"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_whole_way(
    client: httpx.AsyncClient,
    young: Account,
    mine: dict[str, str],
    session: AsyncSession,
    mailbox: Mailbox,
    events: EventRecorder,
    sign_in: SignIn,
    portal_sign_in: SignIn,
) -> None:
    former = (await sign_in(young.email)).json()
    assert (await client.get("/native/v2/profile/email_update/status", headers=mine)).status_code == 404
    assert await expiration(client, mine) is None

    assert (await ask(client, mine)).status_code == 204
    mail = await mailbox.last("email_change_request")
    assert (mail["recipient"], mail["parameters"]["EXPIRATION_DELAY"]) == ("jeune@example.com", 24)
    assert "/changement-email/confirmation?" in mail["parameters"]["CONFIRMATION_LINK"]
    assert "/suspension-compte/confirmation?" in mail["parameters"]["CANCELLATION_LINK"]
    assert await expiration(client, mine) == "2026-02-11T12:00:00Z"
    state = await status(client, mine)
    assert (state["status"], state["expired"], state["token"], state["newEmail"]) == (
        "UPDATE_REQUEST",
        False,
        None,
        None,
    )

    first = await confirm(client, await mailbox.token("email_change_request", "CONFIRMATION_LINK"))
    assert set(first.json()) == {"accessToken", "refreshToken", "newEmailSelectionToken", "resetPasswordToken"}
    assert first.json()["resetPasswordToken"] is None
    state = await status(client, mine)
    assert (state["status"], state["token"]) == ("CONFIRMATION", first.json()["newEmailSelectionToken"])

    assert (await choose(client, bearer(first.json()), state["token"], " NEUVE@example.com ")).status_code == 204
    mail = await mailbox.last("email_change_confirmation")
    assert mail["recipient"] == NEW
    assert (await mailbox.link("email_change_confirmation", "CONFIRMATION_LINK"))["new_email"] == NEW
    state = await status(client, mine)
    assert (state["status"], state["token"], state["newEmail"]) == ("NEW_EMAIL_SELECTION", None, NEW)

    token = await mailbox.token("email_change_confirmation", "CONFIRMATION_LINK")
    last = await validate(client, token)
    assert last.status_code == 200
    profile = await client.get("/native/v1/me", headers=bearer(last.json()))
    assert profile.json()["email"] == NEW
    assert (await mailbox.last("email_change_information"))["recipient"] == NEW
    told = (await events.published("user.email_changed"))[0]["state"]
    assert (told["id"], told["email"]) == (young.id, NEW)
    # Former sessions are over, the password is the same.
    assert (await client.get("/native/v1/me", headers=bearer(former))).status_code == 401
    assert (await sign_in("jeune@example.com")).status_code == 400
    assert (await sign_in(NEW)).status_code == 200

    # The link again: succeeds, and changes nothing.
    again = await validate(client, token)
    assert again.status_code == 200
    assert len(await events.published("user.email_changed")) == 1
    steps = await session.scalars(select(EmailChange.step).order_by(EmailChange.id))
    assert steps.all() == ["UPDATE_REQUEST", "CONFIRMATION", "NEW_EMAIL_SELECTION", "VALIDATION"]


async def test_every_link_works_once_in_time_and_at_its_step(
    client: httpx.AsyncClient, mine: dict[str, str], mailbox: Mailbox, clock: ClockControl
) -> None:
    first = await confirmed(client, mine, mailbox)
    used = await mailbox.token("email_change_request", "CONFIRMATION_LINK")
    selection = first["newEmailSelectionToken"]
    for response in (
        await confirm(client, used),
        await confirm(client, selection),
        await client.post("/native/v1/profile/email_update/cancel", json={"token": used}),
        await choose(client, bearer(first), used),
        await choose(client, bearer(first), "inconnu"),
    ):
        assert (response.status_code, response.json()["code"]) == (401, "INVALID_TOKEN")
    for wrong in (used, selection, ""):
        response = await validate(client, wrong)
        assert (response.status_code, response.json()["code"]) == (400, "INVALID_TOKEN")
    assert (await choose(client, mine, selection)).status_code == 204
    assert (await choose(client, mine, selection)).status_code == 401
    clock.advance(hours=24)
    token = await mailbox.token("email_change_confirmation", "CONFIRMATION_LINK")
    assert (await validate(client, token)).status_code == 400


async def test_a_selection_token_is_its_holders_alone(
    client: httpx.AsyncClient, mine: dict[str, str], session: AsyncSession, tokens: Tokens, mailbox: Mailbox
) -> None:
    thief = await YoungFactory.create(session)
    await session.commit()
    first = await confirmed(client, mine, mailbox)
    response = await choose(client, tokens.native(thief.id), first["newEmailSelectionToken"])
    assert response.status_code == 401
    assert (await choose(client, mine, first["newEmailSelectionToken"])).status_code == 204


async def test_a_taken_address_is_answered_alike_everywhere(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, mailbox: Mailbox
) -> None:
    await YoungFactory.create(session, email="prise@example.com")
    people = [await YoungFactory.create(session) for _ in range(2)]
    await session.commit()
    seen = []
    for person, email in zip(people, ("prise@example.com", "libre@example.com"), strict=True):
        headers = tokens.native(person.id)
        first = await confirmed(client, headers, mailbox)
        chosen = await choose(client, headers, first["newEmailSelectionToken"], email)
        state = await status(client, headers)
        assert state.pop("newEmail") == email
        seen.append((chosen.status_code, state, await expiration(client, headers)))
    assert seen[0] == seen[1]
    assert [mail["recipient"] for mail in await mailbox.all("email_change_confirmation")] == ["libre@example.com"]


async def test_an_address_taken_meanwhile_changes_nothing(
    client: httpx.AsyncClient, mine: dict[str, str], session: AsyncSession, mailbox: Mailbox, events: EventRecorder
) -> None:
    first = await confirmed(client, mine, mailbox)
    await choose(client, mine, first["newEmailSelectionToken"])
    await YoungFactory.create(session, email=NEW)
    await session.commit()
    answer = await validate(client, await mailbox.token("email_change_confirmation", "CONFIRMATION_LINK"))
    assert answer.status_code == 200
    assert (await client.get("/native/v1/me", headers=bearer(answer.json()))).json()["email"] == "jeune@example.com"
    assert await events.published("user.email_changed") == []


async def test_one_change_at_a_time(
    client: httpx.AsyncClient, young: Account, tokens: Tokens, clock: ClockControl
) -> None:
    assert (await ask(client, tokens.native(young.id))).status_code == 204
    clock.advance(hours=23, minutes=59)
    pending = await ask(client, tokens.native(young.id))
    assert (pending.status_code, pending.json()["error_code"]) == (400, "EMAIL_UPDATE_PENDING")
    clock.advance(minutes=1)
    assert (await ask(client, tokens.native(young.id))).status_code == 204


async def test_three_requests_in_three_days(
    client: httpx.AsyncClient, young: Account, tokens: Tokens, mailbox: Mailbox, clock: ClockControl
) -> None:
    for _ in range(3):
        # A confirmed request leaves room for the next one.
        await confirmed(client, tokens.native(young.id), mailbox)
    limited = await ask(client, tokens.native(young.id))
    assert (limited.status_code, limited.json()["error_code"]) == (400, "EMAIL_UPDATE_LIMIT")
    clock.advance(days=3)
    assert (await ask(client, tokens.native(young.id))).status_code == 204


async def test_cancelling_closes_the_account(
    client: httpx.AsyncClient, young: Account, mine: dict[str, str], session: AsyncSession, mailbox: Mailbox
) -> None:
    await ask(client, mine)
    token = await mailbox.token("email_change_request", "CANCELLATION_LINK")
    assert (await client.post("/native/v1/profile/email_update/cancel", json={"token": token})).status_code == 204
    await session.refresh(young)
    assert young.is_active is False
    action = (await session.scalars(select(AccountAction))).one()
    assert (action.type, action.reason) == ("USER_SUSPENDED", "fraud suspicion")
    assert (await mailbox.last("email_change_cancellation"))["recipient"] == "jeune@example.com"
    again = await client.post("/native/v1/profile/email_update/cancel", json={"token": token})
    assert (again.status_code, again.json()["code"]) == (401, "INVALID_TOKEN")
    assert (await client.get("/native/v1/me", headers=mine)).status_code == 403


async def test_who_has_no_password_sets_one_first(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, mailbox: Mailbox, sign_in: SignIn
) -> None:
    alone = await YoungFactory.create(session, email="sso@example.com", password_hash=None)
    await SignOnLinkFactory.create(session, account_id=alone.id)
    await session.commit()
    headers = tokens.native(alone.id)
    first = await confirmed(client, headers, mailbox)
    state = await status(client, headers)
    assert state["resetPasswordToken"] == first["resetPasswordToken"] is not None
    needed = await choose(client, headers, first["newEmailSelectionToken"])
    assert (needed.status_code, needed.json()["code"]) == (403, "PASSWORD_NEEDED")

    async def set_password(password: str) -> httpx.Response:
        body = {"resetPasswordToken": first["resetPasswordToken"], "newPassword": password}
        return await client.post("/native/v2/profile/email_update/new_password", json=body)

    assert list((await set_password("faible")).json()) == ["newPassword"]
    assert (await set_password(PASSWORD)).status_code == 204
    assert list((await set_password(PASSWORD)).json()) == ["token"]
    state = await status(client, headers)
    assert (state["hasRecentlyResetPassword"], state["resetPasswordToken"]) == (True, None)
    # The session that the confirmation opened goes on.
    assert (await choose(client, bearer(first), first["newEmailSelectionToken"])).status_code == 204
    assert (await validate(client, await mailbox.token("email_change_confirmation", "CONFIRMATION_LINK"))).is_success
    assert (await sign_in(NEW)).status_code == 200


@pytest.mark.parametrize("email", ["", "pas une adresse", "аna@example.com", "a@jetable.example.com", "x" * 9_000])
async def test_bad_new_addresses_are_refused_and_the_link_stays(
    client: httpx.AsyncClient, mine: dict[str, str], mailbox: Mailbox, database: Database, email: str
) -> None:
    async with database.transaction() as inside:
        await block_domain(inside, "jetable.example.com")
    first = await confirmed(client, mine, mailbox)
    response = await choose(client, mine, first["newEmailSelectionToken"], email)
    assert (response.status_code, list(response.json())) == (400, ["newEmail"])
    assert (await choose(client, mine, first["newEmailSelectionToken"])).status_code == 204


async def test_a_domain_blocked_meanwhile_is_told(
    client: httpx.AsyncClient, mine: dict[str, str], mailbox: Mailbox, database: Database
) -> None:
    first = await confirmed(client, mine, mailbox)
    await choose(client, mine, first["newEmailSelectionToken"])
    async with database.transaction() as inside:
        await block_domain(inside, "example.com")
    response = await validate(client, await mailbox.token("email_change_confirmation", "CONFIRMATION_LINK"))
    assert (response.status_code, response.json()["code"]) == (400, "INVALID_EMAIL")
