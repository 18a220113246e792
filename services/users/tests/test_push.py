"""Pushes: at which facts, what campaigns are told of whom, Batch's API as it is, and what is left of the erased."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.database import Database
from shared.events.users import CHECK, DEPOSIT, USER, Check, Deposit, Recredit
from shared.outbound import PartnerRefused, PartnerUnavailable
from shared.testing.partners import Canned, FakePartner
from users.accounts.actions import state_of
from users.accounts.models import Account
from users.deposits.rules import RecreditType
from users.factories import AdminFactory, BeneficiaryFactory, DepositFactory, PartnerFactory, YoungFactory
from users.partners import Partners, partners_for
from users.push.actions import FORGET, HAPPENED, ask_description, tell_happened
from users.push.adapter import HttpBatch, push_for
from users.push.rules import Happened, activated, cancelled, is_contact, recredited
from users.push.settings import SIMULATED_APP
from users.replicas.models import WalletReplica
from users.settings import Settings
from users.tasks.loop import work_off
from users.tasks.models import PartnerTask

NOW = datetime(2026, 2, 10, 12, tzinfo=UTC)


@pytest.fixture
async def server() -> AsyncIterator[FakePartner]:
    async with FakePartner() as running:
        yield running


@pytest.fixture
async def batch(server: FakePartner, settings: Settings) -> AsyncIterator[HttpBatch]:
    changes = {"batch_url": server.url, "batch_rest_key": "rest", "batch_app_keys": ("ANDROID", "IOS")}
    made = push_for(Settings.model_validate({**settings.model_dump(), **changes}))
    yield made
    await made.close()


class TestAdapter:
    async def test_what_is_sent(self, server: FakePartner, batch: HttpBatch) -> None:
        server.answers.extend(
            [Canned.json({"token": "a"}, 202), Canned.json({"token": "b"}, 202), Canned.json({}, 202)]
        )
        await batch.happened("ANDROID", 7, "recredited_account", {"deposit_amount": 150})
        await batch.describe("IOS", 7, {"u.credit": 15_000})
        await batch.forget("IOS", 7)
        assert [(asked.method, asked.target) for asked in server.requests] == [
            ("POST", "/1.0/ANDROID/events/users/7"),
            ("POST", "/1.0/IOS/data/users/7"),
            ("DELETE", "/1.0/IOS/data/users/7"),
        ]
        assert {asked.headers["x-authorization"] for asked in server.requests} == {"rest"}
        assert server.requests[0].json() == [{"name": "ue.recredited_account", "attributes": {"deposit_amount": 150}}]
        assert server.requests[1].json() == {"overwrite": False, "values": {"u.credit": 15_000}}

    async def test_an_event_is_not_sent_twice_and_the_rest_may_be(self, server: FakePartner, batch: HttpBatch) -> None:
        server.answers.extend([Canned(500), Canned(500), Canned.json({}, 202)])
        with pytest.raises(PartnerUnavailable):
            await batch.happened("IOS", 7, "x", {})
        await batch.describe("IOS", 7, {})
        assert len(server.requests) == 3

    async def test_whom_it_does_not_know_is_forgotten_already(self, server: FakePartner, batch: HttpBatch) -> None:
        server.answers.extend([Canned.json({"code": 20}, 404), Canned.json({"code": 1}, 401)])
        await batch.forget("IOS", 7)
        with pytest.raises(PartnerRefused):
            await batch.forget("IOS", 7)

    def test_without_keys_nobody_is_pushed_to(self, settings: Settings) -> None:
        production = {"environment": "production", "key_encryption_secret": "real"}
        changed = Settings.model_validate({**settings.model_dump(), **production})
        assert (changed.push_apps, settings.push_apps) == ((), (SIMULATED_APP,))


def deposit_state(account_id: int, *recredits: tuple[RecreditType, datetime]) -> Deposit:
    return Deposit(
        id=3,
        user_id=account_id,
        type="GRANT_17_18",
        version=1,
        amount_cents=200_00,
        source="test",
        date_created=NOW,
        expiration_date=NOW + timedelta(days=900),
        recredits=[Recredit(type=kind.value, amount_cents=150_00, date_created=at) for kind, at in recredits],
    )


class TestFacts:
    """From an event to the simulator's page, as the worker goes."""

    @pytest.fixture
    async def zoe(self, session: AsyncSession) -> Account:
        account = await BeneficiaryFactory.create(session, email="zoe@example.com", postal_code="98800")
        made = await DepositFactory.create(session, account_id=account.id, type="GRANT_17_18", amount_cents=200_00)
        session.add(WalletReplica(id=made.id, version=1, user_id=account.id, credit_cents=200_00, spent_cents=60_00))
        await session.commit()
        return account

    @staticmethod
    async def pushed(client: httpx.AsyncClient) -> str:
        return (await client.get("/simulators/push")).text

    async def test_an_activation(
        self, deliver: Any, zoe: Account, database: Database, partners: Partners, client: httpx.AsyncClient
    ) -> None:
        assert await deliver(DEPOSIT, "granted", deposit_state(zoe.id))
        await work_off(database, partners)
        page = await self.pushed(client)
        assert page.count("ue.user_deposit_activated") == 1
        assert "&#x27;deposit_amount&#x27;: 200" in page
        # With it, what is known of the person.
        assert "&#x27;u.credit&#x27;: 14000" in page
        assert "zoe@example.com" not in page

    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            (RecreditType.RECREDIT_18, "ue.recredited_account"),
            (RecreditType.BONUS_CREDIT, "ue.has_received_bonus"),
            (RecreditType.MANUAL_MODIFICATION, None),
            (RecreditType.PREVIOUS_DEPOSIT, None),
        ],
    )
    async def test_a_recredit(
        self,
        deliver: Any,
        zoe: Account,
        database: Database,
        partners: Partners,
        client: httpx.AsyncClient,
        kind: RecreditType,
        name: str | None,
    ) -> None:
        earlier = (RecreditType.RECREDIT_17, NOW - timedelta(days=300))
        await deliver(DEPOSIT, "recredited", deposit_state(zoe.id, earlier, (kind, NOW)))
        await work_off(database, partners)
        page = await self.pushed(client)
        assert page.count("ue.") == (1 if name else 0)
        assert name is None or name in page
        if kind is RecreditType.RECREDIT_18:
            assert "F" in page[page.index("formatted_deposit_amount") :][:60]  # in francs, for the Caledonian

    @pytest.mark.parametrize(
        ("kind", "status", "codes", "pushed"),
        [
            ("ubble", "started", [], ["ue.user_identity_check_started"]),
            ("dms", "started", [], ["ue.user_identity_check_started"]),
            ("profile_completion", "started", [], []),
            ("ubble", "suspiscious", ["blurry_video"], ["ue.has_ubble_ko_status"]),
            ("ubble", "suspiscious", ["blurry_video", "duplicate_user"], []),
            ("ubble", "ok", [], []),
            ("educonnect", "ko", ["id_check_expired"], []),
        ],
    )
    async def test_a_check(
        self,
        deliver: Any,
        zoe: Account,
        database: Database,
        partners: Partners,
        client: httpx.AsyncClient,
        kind: str,
        status: str,
        codes: list[str],
        pushed: list[str],
    ) -> None:
        state = Check(
            id=5,
            user_id=zoe.id,
            type=kind,
            status=status,
            eligibility_type=None,
            reason_codes=codes,
            date_created=NOW,
            updated_at=None,
        )
        for _ in range(2 if status == "started" else 1):
            await deliver(CHECK, "started" if status == "started" else "concluded", state)
        await work_off(database, partners)
        page = await self.pushed(client)
        assert [name for name in ("ue.user_identity_check_started", "ue.has_ubble_ko_status") if name in page] == pushed
        assert page.count("ue.") == len(pushed)
        assert "blurry_video" not in page or pushed

    async def test_told_twice_is_pushed_once(
        self, session: AsyncSession, zoe: Account, database: Database, partners: Partners, client: httpx.AsyncClient
    ) -> None:
        for _ in range(3):
            await tell_happened(session, zoe.id, Happened("x", {}), "same")
            await ask_description(session, zoe.id)
            await session.commit()
        await work_off(database, partners)
        assert (await self.pushed(client)).count("ue.x") == 1

    async def test_a_failure_is_sent_again_where_it_failed(
        self, session: AsyncSession, zoe: Account, database: Database, settings: Settings, server: FakePartner
    ) -> None:
        changes = {"batch_url": server.url, "batch_app_keys": ("ANDROID", "IOS")}
        changed = Settings.model_validate({**settings.model_dump(), **changes})

        partners = partners_for(changed)
        await tell_happened(session, zoe.id, Happened("x", {}), "once")
        await session.commit()
        server.answers.extend([Canned.json({}, 202), Canned(503)])
        await work_off(database, partners)
        left = (await session.scalars(select(PartnerTask))).one()
        server.answers.append(Canned.json({}, 202))
        left.due_at = clock.now()
        await session.commit()
        await work_off(database, partners)
        await partners.close()
        assert [asked.target for asked in server.requests].count(f"/1.0/ANDROID/events/users/{zoe.id}") == 1
        assert list(await session.scalars(select(PartnerTask).execution_options(populate_existing=True))) == []

    @pytest.mark.parametrize("factory", [PartnerFactory, AdminFactory])
    async def test_others_are_not_pushed_to(
        self,
        deliver: Any,
        session: AsyncSession,
        database: Database,
        partners: Partners,
        client: httpx.AsyncClient,
        factory: Any,
    ) -> None:
        other = await factory.create(session)
        closed = await YoungFactory.create(session, is_active=False)
        await session.commit()
        for account in (other, closed):
            await deliver(USER, "profile_updated", state_of(account))
            await tell_happened(session, account.id, Happened("x", {}), str(account.id))
        await session.commit()
        await work_off(database, partners)
        page = await self.pushed(client)
        assert "Rien encore" in page
        assert "Personne encore" in page

    async def test_the_erased_are_forgotten(
        self,
        deliver: Any,
        zoe: Account,
        session: AsyncSession,
        database: Database,
        partners: Partners,
        client: httpx.AsyncClient,
    ) -> None:
        await deliver(USER, "profile_updated", state_of(zoe))
        await work_off(database, partners)
        assert f"<td>{zoe.id}</td>" in await self.pushed(client)
        await deliver(USER, "anonymized", state_of(zoe))
        await work_off(database, partners)
        assert "Personne encore" in await self.pushed(client)
        await deliver(USER, "anonymized", state_of(zoe))
        await work_off(database, partners)
        kinds = set(await session.scalars(select(PartnerTask.kind)))
        assert kinds.isdisjoint({FORGET, HAPPENED})


amounts = st.integers(min_value=0, max_value=500_00)


@given(amounts)
def test_amounts_are_round_euros(cents: int) -> None:
    assert activated("GRANT_18", cents).attributes["deposit_amount"] in (cents // 100, -(-cents // 100))
    happened = cancelled(cents)
    assert (happened is None) is (cents == 0)


@given(st.sampled_from(RecreditType), amounts, st.integers(1, 4), st.booleans())
def test_recredits_are_pushed_by_kind(kind: RecreditType, cents: int, count: int, xpf: bool) -> None:
    happened = recredited(kind.value, "GRANT_17_18", cents, NOW, count=count, xpf=xpf)
    age = kind.name.removeprefix("RECREDIT_").isdigit()
    assert (happened is not None) is (age or kind is RecreditType.BONUS_CREDIT)
    if age:
        assert happened is not None
        assert happened.attributes["date(deposit_expiration_date)"] == "2026-02-10T12:00:00"


@given(st.frozensets(st.sampled_from(["ADMIN", "PRO", "BENEFICIARY", "FREE_BENEFICIARY", "TEST"])), st.booleans())
def test_contacts_are_active_people_of_the_app(roles: frozenset[str], active: bool) -> None:
    young = not roles & {"ADMIN", "PRO"} or bool(roles & {"BENEFICIARY", "FREE_BENEFICIARY"})
    assert is_contact(roles, is_active=active) is (active and young and "ADMIN" not in roles)
