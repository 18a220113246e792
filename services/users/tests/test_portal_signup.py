"""Opening an account of the portal, the link that ends it, and its names and number."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.testing.flags import FlagControl
from shared.testing.recorders import ClockControl, EventRecorder, Tokens
from users.accounts.models import Account, AccountAction
from users.credentials.addresses import block_domain
from users.factories import AccountFactory, AdminFactory, AttachmentFactory, BeneficiaryFactory, PartnerFactory
from users.features import Flag
from users.sessions.models import PortalSession

from .conftest import SignIn
from .mailbox import Mailbox
from .test_portal_sessions import cookie, exchange

GOOD: dict[str, Any] = {
    "email": "nouveau@theatre.example",
    "firstName": "Ada",
    "lastName": "Petit",
    "password": "Tr3s-bien-choisi",
    "phoneNumber": "01 02 03 04 05",
    "contactOk": True,
    "token": "captcha",
}
DEAD = {"global": ["Ce lien n'est plus valide."]}


async def sign_up(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post("/users/signup", json={**GOOD, **changes})


async def link_of(mailbox: Mailbox) -> str:
    mail = await mailbox.last("signup_email_confirmation_to_pro")
    start, _, token = mail["parameters"]["EMAIL_VALIDATION_LINK"].rpartition("/")
    assert start.endswith("/inscription/compte/confirmation")
    return token


async def validate(client: httpx.AsyncClient, token: str, **headers: str) -> httpx.Response:
    response = await client.patch(f"/users/validate_signup/{token}", headers=headers)
    client.cookies.clear()
    return response


async def count(session: AsyncSession, model: Any) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_sign_ups_can_be_closed(client: httpx.AsyncClient, session: AsyncSession, flags: FlagControl) -> None:
    await flags.turn(Flag.ENABLE_PRO_ACCOUNT_CREATION, active=False)
    answer = await sign_up(client)
    assert (answer.status_code, list(answer.json())) == (503, ["global"])
    assert await count(session, Account) == 0
    await flags.turn(Flag.ENABLE_PRO_ACCOUNT_CREATION, active=True)
    assert (await sign_up(client)).status_code == 204


async def test_a_sign_up_waits_for_its_link(
    client: httpx.AsyncClient, session: AsyncSession, events: EventRecorder, mailbox: Mailbox, portal_sign_in: SignIn
) -> None:
    response = await sign_up(client, email=" Nouveau@Theatre.example ", firstName="  Ada ")
    assert (response.status_code, response.content) == (204, b"")
    assert "set-cookie" not in response.headers
    account = (await session.scalars(select(Account))).one()
    assert (account.email, account.roles) == ("nouveau@theatre.example", ["NON_ATTACHED_PRO"])
    assert (account.first_name, account.last_name, account.phone_number) == ("Ada", "Petit", "+33102030405")
    assert (account.is_email_validated, account.needs_to_fill_cultural_survey) == (False, False)
    assert account.notification_subscriptions["marketing_email"] is True
    assert GOOD["password"] not in (account.password_hash or "")
    assert await events.names() == ["user.created", "notice.requested"]
    assert (await mailbox.last("signup_email_confirmation_to_pro"))["recipient"] == "nouveau@theatre.example"
    assert (await session.scalars(select(AccountAction.type))).all() == ["USER_CREATED"]
    assert (await portal_sign_in(account.email, GOOD["password"])).status_code == 401


async def test_the_link_validates_once_and_signs_in(
    client: httpx.AsyncClient, session: AsyncSession, events: EventRecorder, mailbox: Mailbox
) -> None:
    await sign_up(client)
    token = await link_of(mailbox)
    planted = "A" * 43
    response = await validate(client, token, **{"x-session": planted})
    assert (response.status_code, response.content) == (204, b"")
    value = cookie(response)
    assert value != planted
    header = response.headers["set-cookie"].lower()
    assert "httponly" in header
    assert "samesite=lax" in header
    bearer = (await exchange(client, value)).json()["token"]
    current = await client.get("/users/current", headers={"Authorization": f"Bearer {bearer}"})
    assert (current.json()["email"], current.json()["isEmailValidated"]) == (GOOD["email"], True)
    assert (await events.names())[-1] == "user.email_validated"
    again = await validate(client, token)
    assert (again.status_code, again.json()) == (404, DEAD)
    assert await count(session, PortalSession) == 1


async def test_the_link_lives_eight_hours(
    client: httpx.AsyncClient, mailbox: Mailbox, clock: ClockControl, session: AsyncSession
) -> None:
    await sign_up(client)
    token = await link_of(mailbox)
    clock.advance(hours=8)
    assert (await validate(client, token)).status_code == 404
    account = (await session.scalars(select(Account))).one()
    assert not account.is_email_validated


@pytest.mark.parametrize("token", ["x", "%00", "%F0%9F%98%80", "a" * 3_000])
async def test_unknown_links_are_404(client: httpx.AsyncClient, token: str) -> None:
    response = await validate(client, token)
    assert (response.status_code, response.json()) == (404, DEAD)


async def test_the_link_of_a_closed_account_is_dead(
    client: httpx.AsyncClient, mailbox: Mailbox, session: AsyncSession
) -> None:
    await sign_up(client)
    account = (await session.scalars(select(Account))).one()
    account.is_active = False
    await session.commit()
    assert (await validate(client, await link_of(mailbox))).status_code == 404
    assert await count(session, PortalSession) == 0


@pytest.mark.parametrize("factory", [PartnerFactory, BeneficiaryFactory])
async def test_nobody_learns_who_has_an_account(
    client: httpx.AsyncClient, session: AsyncSession, mailbox: Mailbox, factory: Any
) -> None:
    holder = await factory.create(session, email=GOOD["email"])
    former = holder.password_hash
    await session.commit()
    taken, free = await sign_up(client), await sign_up(client, email="libre@theatre.example")
    assert (taken.status_code, taken.content) == (free.status_code, free.content) == (204, b"")
    await session.refresh(holder)
    assert (holder.password_hash, holder.first_name) == (former, "Jeanne")
    kind = "reset_password_to_pro" if factory is PartnerFactory else "new_password_request"
    assert await mailbox.kinds() == [kind, "signup_email_confirmation_to_pro"]
    for _ in range(4):
        assert (await sign_up(client)).status_code == 204
    assert (await mailbox.kinds()).count(kind) == 3


async def test_two_sign_ups_at_once_open_one_account(client: httpx.AsyncClient, session: AsyncSession) -> None:
    responses = await asyncio.gather(*(sign_up(client) for _ in range(5)))
    assert [response.status_code for response in responses] == [204] * 5
    assert await count(session, Account) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "rien"),
        ("email", "p\u0430rtenaire@example.com"),
        ("email", f"{'a' * 70}@example.com"),
        ("email", None),
        ("email", 3),
        ("password", "court"),
        ("password", "A" * 80 + "a1!"),
        ("phoneNumber", "+1 212 555 0100"),
        ("phoneNumber", "0899 700 400"),
        ("phoneNumber", "zéro"),
        ("phoneNumber", 33),
        ("firstName", "   "),
        ("lastName", "x" * 10_000),
        ("lastName", "a\x00b"),
        ("contactOk", "peut-être"),
        ("token", " "),
        ("token", None),
        ("siret", "12345678900000"),
    ],
)
async def test_what_a_form_may_not_send(
    client: httpx.AsyncClient, session: AsyncSession, field: str, value: Any
) -> None:
    response = await sign_up(client, **{field: value})
    assert response.status_code == 400, response.text
    assert await count(session, Account) == 0
    if value != "a\x00b":
        assert list(response.json()) == [field]


@pytest.mark.parametrize("field", [name for name in GOOD if name != "phoneNumber"])
async def test_what_must_be_said(client: httpx.AsyncClient, field: str) -> None:
    body = {name: value for name, value in GOOD.items() if name != field}
    response = await client.post("/users/signup", json=body)
    assert (response.status_code, list(response.json())) == (400, [field])


async def test_blocked_domains_are_blocked(client: httpx.AsyncClient, session: AsyncSession) -> None:
    await block_domain(session, "theatre.example")
    await session.commit()
    response = await sign_up(client)
    assert (response.status_code, list(response.json())) == (400, ["email"])
    assert await count(session, Account) == 0


class TestOwnAccount:
    @pytest.fixture
    async def partner(self, session: AsyncSession) -> Account:
        account = await PartnerFactory.create(session, phone_number="+33100000000", phone_validation_status="validated")
        await session.commit()
        return account

    async def test_names(
        self,
        partner: Account,
        client: httpx.AsyncClient,
        tokens: Tokens,
        session: AsyncSession,
        events: EventRecorder,
    ) -> None:
        body = {"firstName": " Zoé ", "lastName": "Blé"}
        response = await client.patch("/users/identity", json=body, headers=tokens.pro(partner.id, impersonator=7))
        assert (response.status_code, response.json()) == (200, {"firstName": "Zoé", "lastName": "Blé"})
        action = (await session.scalars(select(AccountAction))).one()
        assert (action.type, action.author_id) == ("INFO_MODIFIED", 7)
        assert action.details["modified_info"]["first_name"] == {"old_info": "Jeanne", "new_info": "Zoé"}
        state = (await events.published("user.profile_updated"))[0]["state"]
        assert (state["first_name"], state["last_name"]) == ("Zoé", "Blé")

    async def test_number(
        self, partner: Account, client: httpx.AsyncClient, tokens: Tokens, session: AsyncSession
    ) -> None:
        headers = tokens.pro(partner.id)
        response = await client.patch("/users/phone", json={"phoneNumber": "06 11 22 33 44"}, headers=headers)
        assert (response.status_code, response.json()) == (200, {"phoneNumber": "+33611223344"})
        await session.refresh(partner)
        assert (partner.phone_number, partner.phone_validation_status) == ("+33611223344", None)
        for bad in ("", "12", "+1 212 555 0100", "x" * 10_000):
            response = await client.patch("/users/phone", json={"phoneNumber": bad}, headers=headers)
            assert (response.status_code, list(response.json())) == (400, ["phoneNumber"]), bad
        await session.refresh(partner)
        assert partner.phone_number == "+33611223344"

    @pytest.mark.parametrize("factory", [AccountFactory, BeneficiaryFactory])
    async def test_only_attached_partners(
        self, client: httpx.AsyncClient, tokens: Tokens, session: AsyncSession, factory: Any
    ) -> None:
        account = await factory.create(session)
        waiting = await AccountFactory.create(session, roles=["NON_ATTACHED_PRO"])
        await session.commit()
        for person in (account, waiting):
            headers = tokens.pro(person.id)
            names = await client.patch("/users/identity", json={"firstName": "A", "lastName": "B"}, headers=headers)
            number = await client.patch("/users/phone", json={"phoneNumber": "0611223344"}, headers=headers)
            assert (names.status_code, list(names.json())) == (400, ["firstName"])
            assert (number.status_code, list(number.json())) == (400, ["phoneNumber"])

    async def test_a_review_is_of_an_own_structure(
        self,
        partner: Account,
        client: httpx.AsyncClient,
        tokens: Tokens,
        session: AsyncSession,
        flags: FlagControl,
    ) -> None:
        await AttachmentFactory.create(session, user_id=partner.id, offerer_id=11)
        await AttachmentFactory.create(session, user_id=partner.id, offerer_id=12, validation_status="PENDING")
        admin = await AdminFactory.create(session)
        await session.commit()
        body = {"userSatisfaction": "Bof", "userComment": "", "location": "/", "pageTitle": "Accueil"}

        async def post(account: Account, offerer_id: Any) -> int:
            sent = {**body, "offererId": offerer_id}
            response = await client.post("/users/log-user-review", json=sent, headers=tokens.pro(account.id))
            assert response.status_code == 204 or list(response.json()) in (["global"], ["offererId"])
            return response.status_code

        assert [await post(partner, offerer) for offerer in (11, 12, 13)] == [204, 403, 403]
        assert [await post(partner, bad) for bad in (0, -1, 2**70, True, "a", None)] == [400] * 6
        assert await post(admin, 13) == 204
        await flags.turn(Flag.ENABLE_PRO_FEEDBACK, active=False)
        assert await post(partner, 11) == 503


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/users/identity"),
        ("PATCH", "/users/phone"),
        ("POST", "/users/log-user-review"),
        ("POST", "/users/password"),
        ("POST", "/users/email"),
        ("GET", "/users/email_pending_validation"),
    ],
)
async def test_anonymous_callers_are_refused(client: httpx.AsyncClient, tokens: Tokens, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, tokens.native(1)):
        response = await client.request(method, path, headers=headers, json={} if method != "GET" else None)
        assert response.status_code == 401, response.text
