"""The data sets: who is there, and that a second run adds nothing."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.testing.recorders import EventRecorder
from users import sandbox
from users.accounts.models import Account
from users.accounts.profile import candidate_for
from users.deposits.models import Deposit
from users.sandbox_accounts import a_few, everybody
from users.sandbox_stages import STAGES
from users.settings import Settings
from users.subscription.rules import State, next_step, subscription_state

from .conftest import SignIn


@pytest.fixture(autouse=True)
def cheap_settings(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(sandbox, "Settings", lambda: settings)


def test_addresses_are_unique() -> None:
    emails = [who.email for who in everybody()]
    assert len(set(emails)) == len(emails)
    assert {who.email for who in a_few()} < set(emails)


async def test_industrial_then_again(
    database: Database, session: AsyncSession, events: EventRecorder, sign_in: SignIn, portal_sign_in: SignIn
) -> None:
    await sandbox.build("tiny", database)
    few = await session.scalar(select(func.count()).select_from(Account))
    assert few == len(a_few()) + len(STAGES)
    await sandbox.build("industrial", database)
    names = await events.names()
    await sandbox.build("industrial", database)
    assert await events.names() == names
    assert await session.scalar(select(func.count()).select_from(Account)) == len(everybody()) + len(STAGES)
    kinds = {
        (kind, version, amount)
        for kind, version, amount in await session.execute(select(Deposit.type, Deposit.version, Deposit.amount_cents))
    }
    assert kinds == {
        ("GRANT_18", 1, 500_00),
        ("GRANT_18", 2, 300_00),
        ("GRANT_15_17", 1, 20_00),
        ("GRANT_15_17", 1, 30_00),
        ("GRANT_FREE", 1, 0),
        ("GRANT_17_18", 1, 50_00),
        ("GRANT_17_18", 1, 150_00),
        ("GRANT_17_18", 1, 200_00),
        ("GRANT_17_18", 1, 250_00),
    }
    assert names.count("user.created") == len(everybody()) + len(STAGES)
    assert (await sign_in("pctest.jeune93.has-booked-some.v2@example.com")).status_code == 200
    assert (await portal_sign_in("retention_structures@example.com")).status_code == 200
    assert (await sign_in("pctest.suspended.deleted@example.com")).json()["code"] == "ACCOUNT_DELETED"
    assert (await portal_sign_in("pctest.admin93.0@example.com")).status_code == 401


async def test_everybody_has_a_profile_and_a_stepper(
    database: Database, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    await sandbox.build("tiny", database)
    for who in a_few():
        answer = await sign_in(who.email)
        if answer.status_code != 200 or answer.json()["accountState"] != "ACTIVE":
            continue
        headers = {"Authorization": f"Bearer {answer.json()['accessToken']}"}
        for path in ("/native/v1/me", "/native/v2/subscription/stepper", "/native/v1/banner"):
            response = await client.get(path, headers=headers)
            assert response.status_code == 200, (who.email, response.text)


async def test_somebody_stands_at_every_stage(
    database: Database, settings: Settings, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    """Every state of the subscription is somebody's of the small data set, and its pages are served to them."""
    await sandbox.build("tiny", database)
    states = {}
    async with database.transaction() as session:
        for account in await session.scalars(select(Account)):
            candidate = await candidate_for(session, settings, account)
            states[account.email] = (subscription_state(candidate), next_step(candidate, subscription_state(candidate)))
    assert {state for state, _ in states.values()} == set(State)
    for stage in STAGES:
        state, step = states[stage.email]
        assert state is stage.state, stage.name
        headers = {"Authorization": f"Bearer {(await sign_in(stage.email)).json()['accessToken']}"}
        shown = (await client.get("/native/v2/subscription/stepper", headers=headers)).json()
        assert shown["nextSubscriptionStep"] == step
        assert (await client.get("/native/v1/me", headers=headers)).status_code == 200
