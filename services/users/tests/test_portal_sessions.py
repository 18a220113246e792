"""Sign-in and sign-out of the portal, the exchange of its cookie, the keys."""

from __future__ import annotations

from datetime import UTC, datetime
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.identity import Principal
from shared.testing.recorders import ClockControl, Tokens
from users.accounts.actions import suspend
from users.accounts.models import Account
from users.accounts.rules import SuspensionReason
from users.factories import (
    PASSWORD,
    AccountFactory,
    AdminFactory,
    AttachmentFactory,
    BeneficiaryFactory,
    PartnerFactory,
)
from users.sessions.models import PortalSession

from .conftest import SignIn

BAD = {"identifier": ["Identifiant ou mot de passe incorrect"]}


def cookie(response: httpx.Response) -> str:
    return SimpleCookie(response.headers["set-cookie"])["session"].value


async def exchange(client: httpx.AsyncClient, value: str) -> httpx.Response:
    return await client.post("/internal/sessions/exchange", json={"session": value})


async def principal_of(app: FastAPI, response: httpx.Response) -> Principal:
    assert response.status_code == 200, response.text
    return await app.state.verifier.verify(response.json()["token"])


@pytest.fixture
async def partner(session: AsyncSession) -> Account:
    account = await PartnerFactory.create(session, email="pro@example.com")
    await AttachmentFactory.create(session, user_id=account.id)
    await session.commit()
    return account


async def test_sign_in_opens_a_session(partner: Account, portal_sign_in: SignIn, session: AsyncSession) -> None:
    response = await portal_sign_in(" Pro@example.com ")
    assert response.status_code == 200, response.text
    body = response.json()
    assert (body["id"], body["email"], body["roles"]) == (partner.id, "pro@example.com", ["PRO"])
    assert body["hasUserOfferer"] is True
    assert body["dateCreated"].endswith("Z")
    header = response.headers["set-cookie"].lower()
    assert "httponly" in header
    assert "samesite=lax" in header
    assert "secure" not in header
    assert f"max-age={90 * 86_400}" in header
    value = cookie(response)
    assert len(value) >= 40
    row = await session.scalar(select(PortalSession))
    assert row is not None
    assert value.encode() not in row.secret_hash


@pytest.mark.parametrize(("email", "password"), [("pro@example.com", "wrong"), ("nobody@example.com", PASSWORD)])
async def test_bad_credentials(partner: Account, portal_sign_in: SignIn, email: str, password: str) -> None:
    response = await portal_sign_in(email, password)
    assert (response.status_code, response.json()) == (401, BAD)
    assert "set-cookie" not in response.headers


async def test_who_may_not_sign_in(session: AsyncSession, portal_sign_in: SignIn) -> None:
    await AdminFactory.create(session, email="admin@example.com")
    await PartnerFactory.create(session, email="attente@example.com", is_email_validated=False)
    await PartnerFactory.create(session, email="ferme@example.com", is_active=False)
    await session.commit()
    for name in ("admin", "attente", "ferme"):
        response = await portal_sign_in(f"{name}@example.com")
        assert (response.status_code, response.json()) == (401, BAD), name
    assert await session.scalar(select(func.count()).select_from(PortalSession)) == 0


async def test_beneficiaries_may_sign_in(session: AsyncSession, portal_sign_in: SignIn) -> None:
    await BeneficiaryFactory.create(session, email="jeune@example.com")
    await session.commit()
    response = await portal_sign_in("jeune@example.com")
    assert response.status_code == 200
    assert response.json()["hasUserOfferer"] is False


@pytest.mark.parametrize("captcha", [{}, {"captchaToken": None}, {"captchaToken": " "}])
async def test_a_missing_captcha_is_400(partner: Account, client: httpx.AsyncClient, captcha: dict[str, Any]) -> None:
    response = await client.post("/users/signin", json={"identifier": partner.email, "password": PASSWORD, **captcha})
    assert (response.status_code, list(response.json())) == (400, ["captchaToken"])


@pytest.mark.parametrize(
    "body", [{}, {"identifier": "a", "password": "b", "other": 1}, {"identifier": 1, "password": []}, []]
)
async def test_malformed_bodies_are_400(client: httpx.AsyncClient, body: Any) -> None:
    assert (await client.post("/users/signin", json=body)).status_code == 400


async def test_attempts_are_limited(partner: Account, portal_sign_in: SignIn) -> None:
    statuses = [(await portal_sign_in(partner.email, "wrong")).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


async def test_the_cookie_is_exchanged_for_a_token(
    partner: Account, portal_sign_in: SignIn, client: httpx.AsyncClient, app: FastAPI
) -> None:
    value = cookie(await portal_sign_in(partner.email))
    response = await exchange(client, value)
    assert response.json()["expires_in"] == 900
    principal = await principal_of(app, response)
    assert (principal.id, principal.kind, principal.roles) == (partner.id, "pro", {"PRO"})
    current = await client.get("/users/current", headers={"Authorization": f"Bearer {response.json()['token']}"})
    assert current.status_code == 200
    assert current.json()["isImpersonated"] is False
    assert current.json()["hasUserOfferer"] is True


async def test_tampered_cookies_are_unknown(
    partner: Account, portal_sign_in: SignIn, client: httpx.AsyncClient
) -> None:
    value = cookie(await portal_sign_in(partner.email))
    for bad in (value[:-1], value + "a", value.swapcase(), "x", "é" * 100):
        assert (await exchange(client, bad)).status_code == 401
    assert (await exchange(client, "")).status_code == 400
    assert (await exchange(client, value)).status_code == 200


async def test_a_new_sign_in_drops_the_former_session(
    partner: Account, portal_sign_in: SignIn, client: httpx.AsyncClient, session: AsyncSession
) -> None:
    first = cookie(await portal_sign_in(partner.email))
    second = cookie(await portal_sign_in(partner.email, **{"x-session": first}))
    assert first != second
    assert (await exchange(client, first)).status_code == 401
    assert (await exchange(client, second)).status_code == 200
    assert await session.scalar(select(func.count()).select_from(PortalSession)) == 1


async def test_a_planted_cookie_is_never_taken_over(
    partner: Account, portal_sign_in: SignIn, client: httpx.AsyncClient
) -> None:
    planted = "A" * 43
    value = cookie(await portal_sign_in(partner.email, **{"x-session": planted}))
    assert value != planted
    assert (await exchange(client, planted)).status_code == 401


async def test_a_failed_sign_in_keeps_the_session(
    partner: Account, portal_sign_in: SignIn, client: httpx.AsyncClient
) -> None:
    value = cookie(await portal_sign_in(partner.email))
    await portal_sign_in(partner.email, "wrong", **{"x-session": value})
    assert (await exchange(client, value)).status_code == 200


async def test_sign_out_drops_the_session(partner: Account, portal_sign_in: SignIn, client: httpx.AsyncClient) -> None:
    value = cookie(await portal_sign_in(partner.email))
    token = (await exchange(client, value)).json()["token"]
    headers = {"Authorization": f"Bearer {token}", "x-session": value}
    response = await client.get("/users/signout", headers=headers)
    assert response.status_code == 204
    assert 'session=""' in response.headers["set-cookie"]
    assert (await exchange(client, value)).status_code == 401
    # The token lives on for a quarter of an hour; here it opens nothing any more.
    after = await client.get("/users/current", headers={"Authorization": f"Bearer {token}"})
    assert (after.status_code, list(after.json())) == (401, ["global"])


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/users/signout"), ("GET", "/users/current"), ("PATCH", "/users/tuto-seen"), ("PATCH", "/users/rgs-seen")],
)
async def test_anonymous_callers_are_refused(client: httpx.AsyncClient, tokens: Tokens, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, tokens.native(1)):
        response = await client.request(method, path, headers=headers)
        assert (response.status_code, list(response.json())) == (401, ["global"])


@pytest.mark.parametrize(
    ("days", "seen_minutes_ago", "valid"),
    [(13.9, 20_000, True), (14.1, 59, True), (14.1, 61, False), (14.9, 10, True), (15.1, 1, False)],
)
async def test_how_long_a_session_lasts(
    partner: Account,
    portal_sign_in: SignIn,
    client: httpx.AsyncClient,
    session: AsyncSession,
    clock: ClockControl,
    days: float,
    seen_minutes_ago: int,
    valid: bool,
) -> None:
    start = clock.set(datetime(2026, 5, 1, tzinfo=UTC))
    value = cookie(await portal_sign_in(partner.email))
    clock.advance(days=days)
    seen = clock.advance(minutes=-seen_minutes_ago)
    if seen > start:
        row = await session.scalar(select(PortalSession))
        assert row is not None
        row.last_seen_at = seen
        await session.commit()
    clock.advance(minutes=seen_minutes_ago)
    assert (await exchange(client, value)).status_code == (200 if valid else 401)


async def test_a_suspension_drops_the_sessions(
    partner: Account, portal_sign_in: SignIn, client: httpx.AsyncClient, database: Database
) -> None:
    value = cookie(await portal_sign_in(partner.email))
    token = (await exchange(client, value)).json()["token"]
    async with database.transaction() as inside:
        await suspend(inside, partner.id, SuspensionReason.FRAUD_USURPATION_PRO)
    assert (await exchange(client, value)).status_code == 401
    current = await client.get("/users/current", headers={"Authorization": f"Bearer {token}"})
    assert current.status_code == 401


async def test_another_ones_session_is_not_lent(
    partner: Account, portal_sign_in: SignIn, client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens
) -> None:
    other = await PartnerFactory.create(session)
    await session.commit()
    await portal_sign_in(partner.email)
    row = await session.scalar(select(PortalSession))
    assert row is not None
    headers = tokens.pro(other.id, session_id=str(row.id))
    assert (await client.get("/users/current", headers=headers)).status_code == 401


async def test_seen_marks(partner: Account, client: httpx.AsyncClient, tokens: Tokens, session: AsyncSession) -> None:
    headers = tokens.pro(partner.id)
    for path in ("/users/tuto-seen", "/users/rgs-seen"):
        response = await client.patch(path, headers=headers)
        assert (response.status_code, response.content) == (204, b"")
    await session.refresh(partner)
    assert partner.has_seen_pro_tutorials
    assert partner.has_seen_pro_rgs


async def test_current_shows_what_the_portal_reads(
    session: AsyncSession, client: httpx.AsyncClient, tokens: Tokens
) -> None:
    account = await AccountFactory.create(
        session,
        roles=["NON_ATTACHED_PRO"],
        civility="Mme",
        phone_number="+33102030405",
        phone_validation_status="unvalidated",
    )
    await AttachmentFactory.create(session, user_id=account.id, validation_status="REJECTED")
    await session.commit()
    body = (await client.get("/users/current", headers=tokens.pro(account.id, impersonator=1))).json()
    assert body["civility"] == "Mme"
    assert body["phoneValidationStatus"] == "unvalidated"
    assert body["hasUserOfferer"] is False
    assert body["isImpersonated"] is True
    assert body["notificationSubscriptions"]["marketing_email"] is True


async def test_the_key_set_holds_no_secret(client: httpx.AsyncClient, tokens: Tokens) -> None:
    body = (await client.get("/internal/jwks")).json()
    assert [key["kid"] for key in body["keys"]] == [tokens.key.kid]
    assert "d" not in body["keys"][0]


class TestProduction:
    @pytest.fixture
    def settings_overrides(self, settings_overrides: dict[str, Any]) -> dict[str, Any]:
        return {**settings_overrides, "portal_cookie_days": 90}

    async def test_the_cookie_is_secure(self, partner: Account, portal_sign_in: SignIn, app: FastAPI) -> None:
        settings = app.state.settings.model_copy(update={"environment": "production"})
        app.state.sign_in = type(app.state.sign_in)(settings, app.state.database, app.state.passwords)
        response = await portal_sign_in(partner.email)
        assert "secure" in response.headers["set-cookie"].lower()
