"""Passwords and addresses of the portal: changed, forgotten, set anew."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.testing.recorders import ClockControl, EventRecorder, Tokens
from users.accounts.models import Account, EmailChange
from users.credentials.addresses import block_domain
from users.factories import PASSWORD, AccountFactory, BeneficiaryFactory, PartnerFactory

from .conftest import SignIn
from .mailbox import Mailbox
from .test_portal_sessions import cookie, exchange

NEW = "Tr3s-bien-choisi"
CHANGE = {"oldPassword": PASSWORD, "newPassword": NEW, "newConfirmationPassword": NEW}
DEAD_TOKEN = {"token": ["Ce lien n'est plus valide."]}


@pytest.fixture
async def partner(session: AsyncSession) -> Account:
    account = await PartnerFactory.create(session, email="pro@example.com", department_code="974")
    await session.commit()
    return account


async def bearer_of(client: httpx.AsyncClient, value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {(await exchange(client, value)).json()['token']}"}


class TestChangePassword:
    async def test_the_other_sessions_end(
        self, partner: Account, client: httpx.AsyncClient, portal_sign_in: SignIn, mailbox: Mailbox, clock: ClockControl
    ) -> None:
        clock.set(datetime(2026, 2, 10, 21, 30, tzinfo=UTC))
        here, elsewhere = cookie(await portal_sign_in(partner.email)), cookie(await portal_sign_in(partner.email))
        response = await client.post("/users/password", json=CHANGE, headers=await bearer_of(client, here))
        assert (response.status_code, response.content) == (204, b"")
        assert (await exchange(client, here)).status_code == 200
        assert (await exchange(client, elsewhere)).status_code == 401
        assert (await portal_sign_in(partner.email)).status_code == 401
        assert (await portal_sign_in(partner.email, NEW)).status_code == 200
        mail = await mailbox.last("reset_password_to_connected_pro")
        assert (mail["recipient"], mail["parameters"]) == (
            partner.email,
            {"EVENT_DATE": "11/02/2026", "EVENT_HOUR": "01h30"},
        )

    @pytest.mark.parametrize(
        ("changes", "fields"),
        [
            ({"oldPassword": "autre"}, ["oldPassword"]),
            ({"newPassword": "court", "newConfirmationPassword": "court"}, ["newPassword"]),
            ({"newConfirmationPassword": "x"}, ["newConfirmationPassword"]),
            ({"newPassword": PASSWORD, "newConfirmationPassword": PASSWORD}, ["newPassword"]),
            (
                {"oldPassword": "autre", "newPassword": "court"},
                ["newConfirmationPassword", "newPassword", "oldPassword"],
            ),
        ],
    )
    async def test_all_that_is_wrong_is_told(
        self,
        partner: Account,
        client: httpx.AsyncClient,
        tokens: Tokens,
        mailbox: Mailbox,
        changes: dict[str, str],
        fields: list[str],
    ) -> None:
        response = await client.post("/users/password", json={**CHANGE, **changes}, headers=tokens.pro(partner.id))
        assert (response.status_code, sorted(response.json())) == (400, fields)
        assert await mailbox.kinds() == []

    async def test_who_waits_for_a_structure_may_not(
        self, client: httpx.AsyncClient, tokens: Tokens, session: AsyncSession
    ) -> None:
        account = await AccountFactory.create(session, roles=["NON_ATTACHED_PRO"])
        await session.commit()
        response = await client.post("/users/password", json=CHANGE, headers=tokens.pro(account.id))
        assert (response.status_code, list(response.json())) == (400, ["oldPassword"])

    async def test_a_stolen_session_is_no_oracle(
        self, partner: Account, client: httpx.AsyncClient, tokens: Tokens
    ) -> None:
        wrong = {**CHANGE, "oldPassword": "autre"}
        headers = tokens.pro(partner.id)
        statuses = [(await client.post("/users/password", json=wrong, headers=headers)).status_code for _ in range(11)]
        assert statuses == [400] * 10 + [429]
        assert (await client.post("/users/password", json=CHANGE, headers=headers)).status_code == 429

    async def test_an_ended_session_changes_nothing(
        self, partner: Account, client: httpx.AsyncClient, tokens: Tokens, portal_sign_in: SignIn
    ) -> None:
        headers = tokens.pro(partner.id, session_id=str(uuid4()))
        assert (await client.post("/users/password", json=CHANGE, headers=headers)).status_code == 401
        assert (await portal_sign_in(partner.email)).status_code == 200


class TestForgottenPassword:
    async def ask(self, client: httpx.AsyncClient, email: str, token: str = "captcha") -> httpx.Response:
        return await client.post("/users/reset-password", json={"email": email, "token": token})

    async def token(self, client: httpx.AsyncClient, mailbox: Mailbox, email: str) -> str:
        assert (await self.ask(client, email)).status_code == 204
        return (await mailbox.last("reset_password_to_pro"))["parameters"]["LIEN_NOUVEAU_MDP"].rpartition("/")[2]

    async def test_the_mail_is_that_of_the_holder(
        self, partner: Account, client: httpx.AsyncClient, session: AsyncSession, mailbox: Mailbox
    ) -> None:
        await BeneficiaryFactory.create(session, email="jeune@example.com")
        await AccountFactory.create(session, email="ferme@example.com", is_active=False)
        await session.commit()
        for name in ("PRO", "jeune", "ferme", "personne"):
            response = await self.ask(client, f"{name}@example.com")
            assert (response.status_code, response.content) == (204, b""), name
        assert [(mail["kind"], mail["recipient"]) for mail in await mailbox.all()] == [
            ("reset_password_to_pro", "pro@example.com"),
            ("new_password_request", "jeune@example.com"),
        ]

    async def test_too_many_requests_look_like_the_others(
        self, partner: Account, client: httpx.AsyncClient, mailbox: Mailbox
    ) -> None:
        assert {(await self.ask(client, partner.email)).status_code for _ in range(6)} == {204}
        assert len(await mailbox.all()) == 3

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"email": "pro@example.com", "token": " "}, "token"),
            ({"email": "pro@example.com"}, "token"),
            ({"email": "rien", "token": "captcha"}, "email"),
            ({"token": "captcha"}, "email"),
        ],
    )
    async def test_malformed_requests(self, client: httpx.AsyncClient, body: dict[str, str], field: str) -> None:
        response = await client.post("/users/reset-password", json=body)
        assert (response.status_code, list(response.json())) == (400, [field])

    async def test_a_link_is_looked_at_often_and_used_once(
        self, partner: Account, client: httpx.AsyncClient, mailbox: Mailbox, portal_sign_in: SignIn
    ) -> None:
        value = cookie(await portal_sign_in(partner.email))
        token = await self.token(client, mailbox, partner.email)
        for _ in range(2):
            assert (await client.post("/users/check-token", json={"token": token})).status_code == 204
        body = {"token": token, "newPassword": NEW}
        weak = await client.post("/users/new-password", json={**body, "newPassword": "court"})
        assert (weak.status_code, list(weak.json())) == (400, ["newPassword"])
        assert (await client.post("/users/new-password", json=body)).status_code == 204
        assert (await exchange(client, value)).status_code == 401
        assert (await portal_sign_in(partner.email, NEW)).status_code == 200
        for path, sent in (("check-token", {"token": token}), ("new-password", body)):
            again = await client.post(f"/users/{path}", json=sent)
            assert (again.status_code, again.json()) == (400, DEAD_TOKEN)

    async def test_a_new_password_validates_the_address(
        self,
        client: httpx.AsyncClient,
        session: AsyncSession,
        mailbox: Mailbox,
        events: EventRecorder,
        portal_sign_in: SignIn,
    ) -> None:
        account = await PartnerFactory.create(session, is_email_validated=False)
        await session.commit()
        token = await self.token(client, mailbox, account.email)
        assert (await client.post("/users/new-password", json={"token": token, "newPassword": NEW})).status_code == 204
        assert "user.email_validated" in await events.names()
        assert (await portal_sign_in(account.email, NEW)).status_code == 200

    async def test_late_and_unknown_links(
        self, partner: Account, client: httpx.AsyncClient, mailbox: Mailbox, clock: ClockControl
    ) -> None:
        token = await self.token(client, mailbox, partner.email)
        clock.advance(hours=24)
        for bad in (token, "x", "é" * 500):
            for path, more in (("check-token", {}), ("new-password", {"newPassword": NEW})):
                response = await client.post(f"/users/{path}", json={"token": bad, **more})
                assert (response.status_code, response.json()) == (400, DEAD_TOKEN)
        for bad in ("", None, 3):
            assert (await client.post("/users/check-token", json={"token": bad})).status_code == 400


class TestNewAddress:
    async def ask(
        self, client: httpx.AsyncClient, headers: dict[str, str], email: str = "neuf@example.com", **more: Any
    ) -> httpx.Response:
        return await client.post("/users/email", json={"email": email, "password": PASSWORD, **more}, headers=headers)

    async def pending(self, client: httpx.AsyncClient, headers: dict[str, str]) -> str | None:
        response = await client.get("/users/email_pending_validation", headers=headers)
        assert response.status_code == 200
        return response.json()["newEmail"]

    async def test_the_steps(
        self,
        partner: Account,
        client: httpx.AsyncClient,
        tokens: Tokens,
        session: AsyncSession,
        mailbox: Mailbox,
        events: EventRecorder,
        portal_sign_in: SignIn,
    ) -> None:
        headers = tokens.pro(partner.id)
        assert await self.pending(client, headers) is None
        assert (await self.ask(client, headers, " Neuf@Example.com ")).status_code == 204
        assert await self.pending(client, headers) == "neuf@example.com"
        told, link = await mailbox.all()
        assert (told["recipient"], told["parameters"]) == (
            "pro@example.com",
            {"NEW_EMAIL": "neuf@example.com", "OLD_EMAIL": "pro@example.com"},
        )
        assert link["recipient"] == "neuf@example.com"
        value = cookie(await portal_sign_in("pro@example.com"))
        token = await mailbox.token("pro_email_change_confirmation", "CONFIRMATION_LINK")
        for _ in range(2):
            response = await client.patch("/users/validate_email", json={"token": token})
            assert (response.status_code, response.content) == (204, b"")
        assert await events.names() == ["notice.requested", "notice.requested", "user.email_changed"]
        steps = await session.scalars(select(EmailChange.step).order_by(EmailChange.id))
        assert steps.all() == ["UPDATE_REQUEST", "VALIDATION"]
        assert (await exchange(client, value)).status_code == 401
        assert (await portal_sign_in("pro@example.com")).status_code == 401
        assert (await portal_sign_in("neuf@example.com")).status_code == 200
        assert await self.pending(client, headers) is None

    async def test_nobody_learns_who_has_an_account(
        self, partner: Account, client: httpx.AsyncClient, tokens: Tokens, session: AsyncSession, mailbox: Mailbox
    ) -> None:
        await PartnerFactory.create(session, email="prise@example.com")
        await session.commit()
        headers = tokens.pro(partner.id)
        taken, free = await self.ask(client, headers, "prise@example.com"), await self.ask(client, headers)
        assert (taken.status_code, taken.content) == (free.status_code, free.content) == (204, b"")
        assert [mail["recipient"] for mail in await mailbox.all("pro_email_change_confirmation")] == [
            "neuf@example.com"
        ]

    async def test_an_address_taken_meanwhile_changes_nothing(
        self, partner: Account, client: httpx.AsyncClient, tokens: Tokens, session: AsyncSession, mailbox: Mailbox
    ) -> None:
        await self.ask(client, tokens.pro(partner.id))
        await PartnerFactory.create(session, email="neuf@example.com")
        await session.commit()
        token = await mailbox.token("pro_email_change_confirmation", "CONFIRMATION_LINK")
        assert (await client.patch("/users/validate_email", json={"token": token})).status_code == 204
        await session.refresh(partner)
        assert partner.email == "pro@example.com"

    async def test_dead_links(
        self, partner: Account, client: httpx.AsyncClient, tokens: Tokens, mailbox: Mailbox, clock: ClockControl
    ) -> None:
        headers = tokens.pro(partner.id)
        await self.ask(client, headers)
        first = await mailbox.token("pro_email_change_confirmation", "CONFIRMATION_LINK")
        await self.ask(client, headers, "autre@example.com")
        second = await mailbox.token("pro_email_change_confirmation", "CONFIRMATION_LINK")
        clock.advance(hours=24)
        for bad in (first, second, "x", ""):
            response = await client.patch("/users/validate_email", json={"token": bad})
            assert (response.status_code, list(response.json())) == (400, ["global"])
        assert await self.pending(client, tokens.pro(partner.id)) is None

    async def test_a_domain_blocked_meanwhile_is_a_dead_link(
        self, partner: Account, client: httpx.AsyncClient, tokens: Tokens, session: AsyncSession, mailbox: Mailbox
    ) -> None:
        headers = tokens.pro(partner.id)
        await self.ask(client, headers, "moi@jetable.example")
        await block_domain(session, "jetable.example")
        await session.commit()
        token = await mailbox.token("pro_email_change_confirmation", "CONFIRMATION_LINK")
        response = await client.patch("/users/validate_email", json={"token": token})
        assert (response.status_code, list(response.json())) == (400, ["global"])
        refused = await self.ask(client, headers, "toi@jetable.example")
        assert (refused.status_code, list(refused.json())) == (400, ["email"])

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"password": "autre"}, "password"),
            ({"email": "rien"}, "email"),
            ({"email": "Pro@example.com"}, "email"),
            ({"email": None}, "email"),
            ({"password": None}, "password"),
            ({"autre": 1}, "autre"),
        ],
    )
    async def test_refusals(
        self,
        partner: Account,
        client: httpx.AsyncClient,
        tokens: Tokens,
        mailbox: Mailbox,
        body: dict[str, Any],
        field: str,
    ) -> None:
        sent = {"email": "neuf@example.com", "password": PASSWORD, **body}
        response = await client.post("/users/email", json=sent, headers=tokens.pro(partner.id))
        assert (response.status_code, list(response.json())) == (400, [field])
        assert await mailbox.kinds() == []

    async def test_who_waits_for_a_structure_may_not(
        self, client: httpx.AsyncClient, tokens: Tokens, session: AsyncSession
    ) -> None:
        account = await AccountFactory.create(session, roles=["NON_ATTACHED_PRO"])
        await session.commit()
        response = await self.ask(client, tokens.pro(account.id))
        assert (response.status_code, list(response.json())) == (400, ["email"])

    async def test_five_requests_a_day(
        self, partner: Account, client: httpx.AsyncClient, tokens: Tokens, mailbox: Mailbox, clock: ClockControl
    ) -> None:
        clock.set(datetime(2026, 2, 10, tzinfo=UTC))
        statuses = [(await self.ask(client, tokens.pro(partner.id))).status_code for _ in range(7)]
        assert statuses == [204] * 5 + [400] * 2
        assert len(await mailbox.all("pro_email_change_confirmation")) == 5
        clock.advance(hours=24)
        assert (await self.ask(client, tokens.pro(partner.id))).status_code == 204
