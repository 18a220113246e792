"""Agents who sign in as partners: the link, the session, and what they may not do there."""

from __future__ import annotations

from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.errors import ApiError
from shared.testing.flags import FlagControl
from shared.testing.recorders import ClockControl, Tokens
from users.accounts.actions import lock_account, suspend
from users.accounts.models import Account, AccountAction
from users.accounts.rules import SuspensionReason
from users.connect_as.actions import issue_connect_as
from users.connect_as.rules import leads_to_portal
from users.factories import PASSWORD, AdminFactory, AttachmentFactory, BeneficiaryFactory, PartnerFactory
from users.features import Flag
from users.permissions.actions import set_agent_roles
from users.permissions.rules import AgentRole, Permission
from users.sessions.models import PortalSession
from users.settings import Settings
from users.tokens.actions import issue_token
from users.tokens.rules import LIFETIMES, TokenType

from .agents import agent_with
from .conftest import SignIn

PAGE = "http://localhost:3001/accueil"


@pytest.fixture
async def partner(session: AsyncSession) -> Account:
    account = await PartnerFactory.create(session, email="pro@example.com")
    await AttachmentFactory.create(session, user_id=account.id, offerer_id=11)
    await session.commit()
    return account


@pytest.fixture
async def agent(session: AsyncSession) -> Account:
    return await agent_with(session, [Permission.CONNECT_AS_PRO], role="connect_as_pro")


class Links:
    def __init__(self, database: Database, settings: Settings, client: httpx.AsyncClient) -> None:
        self._database, self._settings, self._client = database, settings, client

    async def issue(self, agent: Account, target: Account, page: str = PAGE) -> str:
        async with self._database.transaction() as session:
            return (await issue_connect_as(session, self._settings, agent.id, target.id, page)).secret

    async def follow(self, token: str, **headers: str) -> httpx.Response:
        response = await self._client.get(f"/users/connect-as/{token}", headers=headers)
        self._client.cookies.clear()
        return response

    async def principal(self, app: FastAPI, response: httpx.Response) -> Any:
        cookie = SimpleCookie(response.headers["set-cookie"])["session"].value
        answer = await self._client.post("/internal/sessions/exchange", json={"session": cookie})
        return await app.state.verifier.verify(answer.json()["token"]) if answer.status_code == 200 else None


@pytest.fixture
def links(database: Database, settings: Settings, client: httpx.AsyncClient) -> Links:
    return Links(database, settings, client)


async def test_an_agent_acts_as_a_partner(
    app: FastAPI, client: httpx.AsyncClient, links: Links, agent: Account, partner: Account, session: AsyncSession
) -> None:
    seen_before = partner.last_connection_date
    response = await links.follow(await links.issue(agent, partner))
    assert (response.status_code, response.headers["location"]) == (302, PAGE)
    assert (response.headers["cache-control"], response.headers["referrer-policy"]) == ("no-store", "no-referrer")
    principal = await links.principal(app, response)
    assert (principal.id, principal.kind, principal.claims["impersonator"]) == (partner.id, "pro", agent.id)
    cookie = SimpleCookie(response.headers["set-cookie"])["session"].value
    token = (await client.post("/internal/sessions/exchange", json={"session": cookie})).json()["token"]
    current = await client.get("/users/current", headers={"Authorization": f"Bearer {token}"})
    assert (current.json()["email"], current.json()["isImpersonated"]) == ("pro@example.com", True)
    line = (await session.scalars(select(AccountAction))).one()
    assert (line.account_id, line.author_id, line.type) == (partner.id, agent.id, "CONNECT_AS_USER")
    await session.refresh(partner)
    assert partner.last_connection_date == seen_before


async def test_a_link_works_once_and_half_a_minute(
    links: Links, agent: Account, partner: Account, clock: ClockControl, client: httpx.AsyncClient
) -> None:
    clock.set(clock.advance())
    token = await links.issue(agent, partner)
    assert (await links.follow(token)).status_code == 302
    late = await links.issue(agent, partner)
    clock.advance(seconds=LIFETIMES[TokenType.CONNECT_AS].total_seconds() + 1)
    older = await links.issue(agent, partner)
    newer = await links.issue(agent, partner)
    for dead in (token, late, older, "unknown", "x" * 5_000, "%00", "%C3%A9"):
        refused = await links.follow(dead)
        assert (refused.status_code, list(refused.json())) == (403, ["global"]), dead
        assert "set-cookie" not in refused.headers
    assert (await links.follow(newer)).status_code == 302


async def test_the_browsers_former_session_ends(
    app: FastAPI, links: Links, agent: Account, partner: Account, portal_sign_in: SignIn, session: AsyncSession
) -> None:
    other = await PartnerFactory.create(session, email="other@example.com")
    await session.commit()
    signed = await portal_sign_in("other@example.com")
    cookie = SimpleCookie(signed.headers["set-cookie"])["session"].value
    await links.follow(await links.issue(agent, partner), **{"x-session": cookie})
    owners = list(await session.scalars(select(PortalSession.account_id)))
    assert owners == [partner.id]
    assert other.id not in owners


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda session: PartnerFactory.create(session, is_active=False), 403),
        (lambda session: AdminFactory.create(session), 403),
        (lambda session: BeneficiaryFactory.create(session), 403),
        (lambda session: PartnerFactory.create(session, roles=["ANONYMIZED"], is_active=False), 403),
    ],
)
async def test_as_whom_nobody_acts(
    links: Links, agent: Account, partner: Account, session: AsyncSession, settings: Settings, make: Any, status: int
) -> None:
    target = await make(session)
    await session.commit()
    with pytest.raises(ApiError) as caught:
        await links.issue(agent, target)
    assert caught.value.status == status
    # And one who became so between the link and its use.
    data = {"user_id": target.id, "internal_admin_email": agent.email, "redirect_link": PAGE}
    token = await issue_token(session, settings, TokenType.CONNECT_AS, agent.id, data=data)
    await session.commit()
    refused = await links.follow(token.secret)
    assert (refused.status_code, list(refused.json())) == (status, ["user"])
    assert (await links.follow(token.secret)).json().keys() == {"global"}


async def test_who_is_gone_is_404(links: Links, agent: Account, session: AsyncSession, settings: Settings) -> None:
    data = {"user_id": 2**40, "internal_admin_email": agent.email, "redirect_link": PAGE}
    token = await issue_token(session, settings, TokenType.CONNECT_AS, agent.id, data=data)
    await session.commit()
    refused = await links.follow(token.secret)
    assert (refused.status_code, list(refused.json())) == (404, ["user"])


async def test_an_agent_who_lost_the_permission_is_out_at_once(
    app: FastAPI, links: Links, agent: Account, partner: Account, database: Database
) -> None:
    response = await links.follow(await links.issue(agent, partner))
    pending = await links.issue(agent, partner)
    assert await links.principal(app, response) is not None
    async with database.transaction() as session:
        await set_agent_roles(session, agent.id, [AgentRole.COMMUNICATION])
    assert await links.principal(app, response) is None
    assert (await links.follow(pending)).status_code == 403


async def test_a_closed_agents_sessions_end(
    links: Links, agent: Account, partner: Account, database: Database, session: AsyncSession
) -> None:
    await links.follow(await links.issue(agent, partner))
    async with database.transaction() as inside:
        await suspend(inside, agent.id, SuspensionReason.END_OF_CONTRACT)
    assert await session.scalar(select(func.count()).select_from(PortalSession)) == 0


@pytest.mark.parametrize(
    "page",
    [
        "https://evil.example.com",
        "//evil.example.com",
        "http://localhost:3001.evil.example.com/",
        "http://localhost:3001@evil.example.com/",
        "javascript:alert(1)",
        "http://localhost:3001\\@evil.example.com",
        "http://localhost:3001/\r\nset-cookie: a=b",
        "",
        "http://[",
    ],
)
async def test_links_lead_to_the_portal_alone(links: Links, agent: Account, partner: Account, page: str) -> None:
    with pytest.raises(ApiError) as caught:
        await links.issue(agent, partner, page)
    assert caught.value.status == 400


@given(st.text(max_size=40))
def test_no_text_leads_elsewhere(tail: str) -> None:
    link = f"http://localhost:3001/{tail}"
    assert not leads_to_portal(link, "http://localhost:3001") or (link.isprintable() and "\\" not in link)
    assert not leads_to_portal(tail, "http://localhost:3001") or tail.startswith("http://localhost:3001")


# What an agent sends as a partner; a new operation that changes something must find its place here.
_BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("PATCH", "/users/identity"): {"firstName": "Ana", "lastName": "Roi"},
    ("PATCH", "/users/phone"): {"phoneNumber": "0611223344"},
    ("PATCH", "/users/tuto-seen"): {},
    ("PATCH", "/users/rgs-seen"): {},
    ("POST", "/users/password"): {
        "oldPassword": PASSWORD,
        "newPassword": "Nouveau-mot-2-passe",
        "newConfirmationPassword": "Nouveau-mot-2-passe",
    },
    ("POST", "/users/email"): {"email": "neuve@example.com", "password": PASSWORD},
    ("POST", "/users/anonymize"): {},
    ("POST", "/users/log-user-review"): {
        "userSatisfaction": "Bof",
        "userComment": "",
        "location": "/",
        "pageTitle": "Accueil",
        "offererId": 11,
    },
}
_OWN = {("POST", "/users/password"), ("POST", "/users/email"), ("POST", "/users/anonymize")}


def _changing(app: FastAPI) -> set[tuple[str, str]]:
    """Every operation of the portal that asks who is calling and may change something."""
    document = app.openapi()
    return {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if operation.get("x-surface") == "pro" and method != "get" and operation.get("security")
    }


def test_every_operation_of_the_portal_is_tried_by_an_agent(app: FastAPI) -> None:
    assert _changing(app) == set(_BODIES)


@pytest.mark.parametrize("operation", sorted(_BODIES), ids=" ".join)
async def test_what_an_agent_changes_as_a_partner_is_in_the_history_under_their_name(
    client: httpx.AsyncClient,
    tokens: Tokens,
    agent: Account,
    partner: Account,
    session: AsyncSession,
    flags: FlagControl,
    operation: tuple[str, str],
) -> None:
    partner_id, agent_id = partner.id, agent.id
    await flags.turn(Flag.WIP_PRO_AUTONOMOUS_ANONYMIZATION, active=True)

    async def version() -> Any:
        return await session.scalar(text("SELECT xmin::text FROM account WHERE id = :id"), {"id": partner_id})

    before = await version()
    headers = tokens.pro(partner_id, impersonator=agent_id)
    method, path = operation
    answer = await client.request(method, path, json=_BODIES[operation], headers=headers)
    assert answer.status_code == (403 if operation in _OWN else answer.status_code)
    assert answer.status_code in (200, 204, 403), answer.text
    await session.rollback()
    written = list(await session.execute(select(AccountAction.type, AccountAction.author_id)))
    if await version() != before:
        assert written
        assert {author for _, author in written} == {agent_id}
    else:
        assert written == []


async def test_the_partner_themself_may(client: httpx.AsyncClient, tokens: Tokens, partner: Account) -> None:
    """The refusals above are for agents, not for everybody."""
    body = _BODIES[("POST", "/users/password")]
    answer = await client.post("/users/password", json=body, headers=tokens.pro(partner.id))
    assert answer.status_code == 204, answer.text


async def test_the_account_is_locked_while_an_agent_enters(
    links: Links, agent: Account, partner: Account, database: Database
) -> None:
    token = await links.issue(agent, partner)
    async with database.transaction() as session:
        await lock_account(session, partner.id)
        await suspend(session, partner.id, SuspensionReason.FRAUD_CREATION_PRO)
    assert (await links.follow(token)).json().keys() == {"user"}


def test_half_a_minute() -> None:
    assert LIFETIMES[TokenType.CONNECT_AS] == timedelta(seconds=30)
