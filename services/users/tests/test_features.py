"""Feature flags: what each does while people use the service, who turns them, and those of the other services."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner

from shared.events import bookings, documents, offers
from shared.events.features import Feature, feature_id
from shared.testing.databases import TestDatabase
from shared.testing.flags import FlagControl
from shared.testing.recorders import Delivery, Tokens
from users.accounts.models import Account, AccountAction
from users.commands import cli
from users.factories import AdminFactory, CheckFactory, YoungFactory
from users.features import Flag
from users.permissions.rules import Permission

from .agents import agent_with

IN_SETTINGS = {
    Flag.APP_ENABLE_AUTOCOMPLETE: "appEnableAutocomplete",
    Flag.DISPLAY_DMS_REDIRECTION: "displayDmsRedirection",
    Flag.ENABLE_FRONT_IMAGE_RESIZING: "enableFrontImageResizing",
    Flag.ENABLE_NATIVE_CULTURAL_SURVEY: "enableNativeCulturalSurvey",
    Flag.ENABLE_PHONE_VALIDATION: "enablePhoneValidation",
    Flag.ID_CHECK_ADDRESS_AUTOCOMPLETION: "idCheckAddressAutocompletion",
}


@pytest.mark.parametrize(("flag", "field"), IN_SETTINGS.items())
async def test_the_app_is_told(client: httpx.AsyncClient, flags: FlagControl, flag: Flag, field: str) -> None:
    before = (await client.get("/native/v1/settings")).json()
    assert before[field] is flag.declared.default
    await flags.turn(flag, active=not flag.declared.default)
    after = (await client.get("/native/v1/settings")).json()
    assert after == {**before, field: not flag.declared.default}


class TestPortal:
    async def shown(self, client: httpx.AsyncClient) -> dict[str, bool]:
        answer = await client.get("/features")
        assert answer.status_code == 200
        assert all(set(flag) == {"id", "name", "isActive"} for flag in answer.json())
        assert len({flag["id"] for flag in answer.json()}) == len(answer.json())
        return {flag["name"]: flag["isActive"] for flag in answer.json()}

    async def test_the_flags_of_this_service(self, client: httpx.AsyncClient, flags: FlagControl) -> None:
        portal = {flag for flag in Flag if flag.declared.portal}
        assert await self.shown(client) == {flag.name: flag.declared.default for flag in portal}
        await flags.turn(Flag.WIP_SWITCH_VENUE, active=True)
        assert (await self.shown(client))["WIP_SWITCH_VENUE"] is True

    async def test_those_of_others_as_they_tell_while_it_runs(
        self, client: httpx.AsyncClient, app: FastAPI, deliver: Delivery
    ) -> None:
        def state(context: str, name: str, *, active: bool, portal: bool = True) -> Feature:
            return Feature(
                id=feature_id(context, name), name=name, is_active=active, description="Essai", portal=portal
            )

        own = await self.shown(client)
        artists = state("offers", "WIP_OFFER_ARTISTS", active=True)
        await deliver(offers.FEATURE, "declared", artists, version=10)
        await deliver(bookings.FEATURE, "declared", state("bookings", "HIDDEN", active=True, portal=False), version=1)
        await deliver(documents.FEATURE, "declared", state("documents", "WIP_MAILS", active=False), version=1)
        assert await self.shown(client) == own
        await app.state.follower.look_now()
        assert await self.shown(client) == {**own, "WIP_OFFER_ARTISTS": True, "WIP_MAILS": False}
        assert len(own) + 1 == 12  # what the portal asks for, and one that is made up
        turned = artists.model_copy(update={"is_active": False})
        await deliver(offers.FEATURE, "changed", turned, version=12)
        await deliver(offers.FEATURE, "changed", artists, version=11)
        await app.state.follower.look_now()
        assert (await self.shown(client))["WIP_OFFER_ARTISTS"] is False
        await deliver(offers.FEATURE, "withdrawn", turned, version=13)
        await app.state.follower.look_now()
        assert await self.shown(client) == {**own, "WIP_MAILS": False}


class Person:
    def __init__(self, client: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._client, self._headers = client, headers

    async def get(self, path: str) -> dict[str, Any]:
        answer = await self._client.get(path, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def stepper(self) -> dict[str, Any]:
        return await self.get("/native/v2/subscription/stepper")

    async def methods(self) -> list[str]:
        return (await self.stepper())["allowedIdentityCheckMethods"]


class TestSubscription:
    async def person(self, session: AsyncSession, client: httpx.AsyncClient, tokens: Tokens, **values: Any) -> Person:
        account = await YoungFactory.create(session, **values)
        await CheckFactory.create(session, account_id=account.id, type="profile_completion")
        await session.commit()
        return Person(client, tokens.native(account.id))

    async def test_identity_methods(
        self, client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, flags: FlagControl
    ) -> None:
        minor = await self.person(session, client, tokens, age=17)
        assert await minor.methods() == ["educonnect", "ubble"]
        await flags.turn(Flag.ENABLE_EDUCONNECT_AUTHENTICATION, active=False)
        assert await minor.methods() == ["ubble"]
        await flags.turn(Flag.ENABLE_UBBLE, active=False)
        assert await minor.methods() == []
        await flags.turn(Flag.ENABLE_UBBLE, active=True)
        assert await minor.methods() == ["ubble"]

    async def test_maintenance_leads_elsewhere(
        self, client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, flags: FlagControl
    ) -> None:
        people = [await self.person(session, client, tokens, age=age) for age in (17, 18)]
        for flag in (Flag.ENABLE_UBBLE, Flag.ENABLE_EDUCONNECT_AUTHENTICATION):
            await flags.turn(flag, active=False)

        async def pages() -> list[str]:
            return [(await person.stepper())["maintenancePageType"] for person in people]

        assert await pages() == ["without-dms", "without-dms"]
        await flags.turn(Flag.ENABLE_DMS_LINK_ON_MAINTENANCE_PAGE_FOR_AGE_18, active=True)
        assert (await pages())[1] == "with-dms"
        await flags.turn(Flag.ENABLE_DMS_LINK_ON_MAINTENANCE_PAGE_FOR_UNDERAGE, active=True)
        assert await pages() == ["with-dms", "with-dms"]

    async def test_ubble_refuses_who_may_not_go_there(
        self, client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, flags: FlagControl
    ) -> None:
        account = await YoungFactory.create(session, first_name="Zoé", last_name="Lévy")
        await CheckFactory.create(session, account_id=account.id, type="profile_completion")
        await session.commit()
        await flags.turn(Flag.ENABLE_UBBLE, active=False)
        answer = await client.post(
            "/native/v1/ubble_identification",
            json={"redirectUrl": "https://passculture.app/retour"},
            headers=tokens.native(account.id),
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "IDCHECK_ALREADY_PROCESSED")

    async def test_a_phone_number_is_validated_or_taken_as_given(
        self, client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, flags: FlagControl
    ) -> None:
        person = await self.person(session, client, tokens)
        assert (await person.stepper())["nextSubscriptionStep"] == "identity-check"
        await flags.turn(Flag.ENABLE_PHONE_VALIDATION, active=True)
        assert (await person.stepper())["nextSubscriptionStep"] == "phone-validation"

    async def test_the_free_credit(
        self, client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, flags: FlagControl
    ) -> None:
        person = await self.person(session, client, tokens, age=16)
        assert (await person.get("/native/v1/me"))["eligibility"] == "free"
        await flags.turn(Flag.WIP_FREE_ELIGIBILITY, active=False)
        assert (await person.get("/native/v1/me"))["eligibility"] is None

    async def test_the_survey(
        self, client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, flags: FlagControl
    ) -> None:
        person = await self.person(session, client, tokens)

        async def asked() -> bool:
            return (await person.get("/native/v1/me"))["needsToFillCulturalSurvey"]

        assert await asked() is True
        await flags.turn(Flag.ENABLE_NATIVE_CULTURAL_SURVEY, active=False)
        assert await asked() is False
        await flags.turn(Flag.ENABLE_CULTURAL_SURVEY, active=True)
        assert await asked() is True


class TestCommand:
    """What is particular to this service: it knows agents. The rest is in tests/contract/test_features.py."""

    @pytest.fixture
    def runner(self, test_database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
        monkeypatch.setenv("DATABASE_URL_USERS", test_database.url)
        monkeypatch.setenv("ENVIRONMENT", "test")
        return CliRunner()

    async def _notes(self, session: AsyncSession) -> list[tuple[Any, ...]]:
        await session.rollback()
        rows = select(AccountAction.account_id, AccountAction.author_id, AccountAction.comment, AccountAction.details)
        return [tuple(row) for row in await session.execute(rows.where(AccountAction.type == "FEATURE_CHANGED"))]

    async def _run(self, runner: CliRunner, *words: str) -> Any:
        """In a thread: commands have a loop of their own."""
        return await asyncio.to_thread(runner.invoke, cli, ["feature", *words])

    async def test_an_agent_turns_it_and_their_history_tells(self, session: AsyncSession, runner: CliRunner) -> None:
        agent = await agent_with(session, [Permission.FEATURE_FLIPPING], role="product_management")
        agent_id, email = agent.id, agent.email
        words = ("off", "ENABLE_UBBLE", "--by", email, "--reason", "Ubble est en panne")
        done = await self._run(runner, *words)
        assert (done.exit_code, done.output) == (0, "ENABLE_UBBLE is off\n")
        change = {"modified_info": {"ENABLE_UBBLE": {"old_info": True, "new_info": False}}}
        assert await self._notes(session) == [(agent_id, agent_id, "Ubble est en panne", change)]
        again = await self._run(runner, *words)
        assert (again.exit_code, again.output) == (0, "ENABLE_UBBLE was off already: nothing changed\n")
        assert len(await self._notes(session)) == 1
        listed = (await self._run(runner, "list")).output
        line = next(line for line in listed.splitlines() if line.startswith("ENABLE_UBBLE "))
        assert "off *" in line
        assert f"agent {agent_id}, Ubble est en panne)" in line
        assert email not in listed

    async def test_nobody_else_does(self, session: AsyncSession, runner: CliRunner, flags: FlagControl) -> None:
        helper = await agent_with(session, [Permission.CONNECT_AS_PRO])
        admin: Account = await AdminFactory.create(session)
        await session.commit()
        for who in (helper.email, admin.email, "personne@example.com"):
            refused = await self._run(runner, "off", "ENABLE_UBBLE", "--by", who)
            assert refused.exit_code == 2
            assert "FEATURE_FLIPPING" in refused.output
        assert await self._notes(session) == []
        assert "ENABLE_UBBLE" in {line.split()[0] for line in (await self._run(runner, "list")).output.splitlines()}
