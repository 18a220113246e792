"""Asking to be erased, who is erased in time, and what is left."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.errors import ApiError
from shared.testing.recorders import ClockControl, EventRecorder, Tokens
from users.accounts.actions import lock_account, note_action, tell
from users.accounts.models import Account, AccountAction, AnonymizationRequest, EmailChange
from users.accounts.rules import Role, SuspensionReason
from users.anonymization.actions import anonymize
from users.anonymization.jobs import anonymize_inactive
from users.anonymization.models import GdprExtract
from users.anonymization.one import NotErasable, erase_one
from users.anonymization.rules import Asker, Category, Refusal, refused_request, years_before
from users.anonymization.told import clean_outbox
from users.deposits.models import Deposit
from users.deposits.rules import DepositType
from users.factories import (
    AdminFactory,
    AttachmentFactory,
    BeneficiaryFactory,
    CheckFactory,
    DepositFactory,
    PartnerFactory,
    ReviewFactory,
    SuspensionFactory,
    YoungFactory,
)
from users.notices.actions import request_notice
from users.permissions.actions import install_roles, set_agent_roles
from users.permissions.rules import AgentRole
from users.sessions.jobs import delete_devices
from users.sessions.models import LoginDevice
from users.settings import Settings
from users.subscription.models import SubscriptionCheck
from users.tokens.actions import issue_token
from users.tokens.rules import TokenType

from .conftest import SignIn
from .mailbox import Mailbox

NOW = datetime(2026, 2, 10, 12, tzinfo=UTC)
LONG_AGO = years_before(NOW, 3) - timedelta(days=1)


@pytest.fixture(autouse=True)
def day(clock: ClockControl) -> None:
    clock.set(NOW)


async def ask(client: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    return await client.post("/native/v1/account/anonymize", headers=headers)


@pytest.mark.parametrize(
    ("roles", "deposit", "age"),
    [
        ([], None, 17),
        ([Role.FREE_BENEFICIARY], DepositType.GRANT_FREE, 16),
        ([Role.BENEFICIARY], DepositType.GRANT_17_18, 21),
    ],
)
async def test_who_may_ask_is_closed_and_told(
    client: httpx.AsyncClient,
    session: AsyncSession,
    tokens: Tokens,
    mailbox: Mailbox,
    events: EventRecorder,
    roles: list[Role],
    deposit: DepositType | None,
    age: int,
) -> None:
    young = await YoungFactory.create(session, age=age, roles=[role.value for role in roles])
    if deposit:
        await DepositFactory.create(session, account_id=young.id, type=deposit.value)
    await session.commit()
    headers = tokens.native(young.id)
    assert (await ask(client, headers)).status_code == 204
    assert (await mailbox.last("beneficiary_pre_anonymization"))["recipient"] == young.email
    told = (await events.published("user.suspended"))[0]["state"]
    assert told["suspension_reason"] == "waiting for anonymization"
    status = await client.get("/native/v1/account/suspension_status", headers=headers)
    assert status.json() == {"status": "WAITING_FOR_ANONYMIZATION"}
    assert (await session.scalars(select(AnonymizationRequest.account_id))).all() == [young.id]
    assert (await ask(client, headers)).status_code == 403


async def test_who_may_not_ask(client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens) -> None:
    holder = await BeneficiaryFactory.create(session)
    await DepositFactory.create(session, account_id=holder.id)
    partner = await PartnerFactory.create(session)
    admin = await AdminFactory.create(session)
    await session.commit()
    for account in (holder, partner, admin):
        response = await ask(client, tokens.native(account.id))
        assert (response.status_code, response.json()["code"]) == (400, "NOT_ANONYMIZABLE_BENEFICIARY")
    extracted = await YoungFactory.create(session)
    session.add(GdprExtract(account_id=extracted.id, author_id=1, date_created=NOW - timedelta(days=6)))
    pending = await YoungFactory.create(session)
    session.add(AnonymizationRequest(account_id=pending.id, date_created=NOW))
    await session.commit()
    assert (await ask(client, tokens.native(extracted.id))).json()["code"] == "EXISTING_UNPROCESSED_GDPR_EXTRACT"
    assert (await ask(client, tokens.native(pending.id))).json()["code"] == "ALREADY_HAS_PENDING_ANONYMIZATION"
    assert (await client.post("/native/v1/account/anonymize")).status_code == 401


@given(
    st.sets(st.sampled_from([role.value for role in Role]), max_size=3),
    st.lists(st.sampled_from(list(DepositType)), max_size=3),
    st.one_of(st.none(), st.dates(date(1990, 1, 1), date(2012, 1, 1))),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_nobody_with_money_or_another_job_goes(
    roles: set[str], deposits: list[DepositType], born: date | None, extract: bool, request: bool
) -> None:
    refusal = refused_request(Asker(tuple(roles), tuple(deposits), born, extract, request), NOW.date())
    if refusal is None:
        assert not extract
        assert not request
        assert not roles & {"ADMIN", "PRO", "NON_ATTACHED_PRO", "ANONYMIZED", "TEST"}
        if set(deposits) - {DepositType.GRANT_FREE}:
            assert born is not None
            assert born <= date(2005, 2, 10)
    if extract:
        assert refusal is Refusal.EXTRACT


NEEDLES = ("Hildegarde", "Vandermeersch", "hildegarde@example.com", "+33698765432", "2004-05-17", "12 rue des Lilas")


async def _everything(database: Database) -> str:
    """Every row of every table, as text."""
    found = []
    async with database.transaction() as session:
        tables = await session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        for table in tables.all():
            rows = await session.scalars(text(f'SELECT to_jsonb(t)::text FROM "{table}" t'))  # noqa: S608
            found += [f"{table}: {row}" for row in rows]
    return "\n".join(found)


@pytest.fixture
async def known(session: AsyncSession, database: Database, settings: Settings, sign_in: SignIn) -> Account:
    """Somebody of whom everything is known."""
    account = await BeneficiaryFactory.create(
        session,
        email="hildegarde@example.com",
        first_name="Hildegarde",
        last_name="Vandermeersch",
        married_name="Vandermeersch-Roux",
        phone_number="+33698765432",
        address="12 rue des Lilas",
        city="Lille",
        postal_code="59000",
        department_code="59",
        birth_place="Lille",
        date_of_birth=date(2004, 5, 17),
        validated_birth_date=date(2004, 5, 17),
        id_piece_number="12AB34567",
        ine_hash="ine",
        comment="Hildegarde a téléphoné",
        external_ids={"firebase_pseudo_id": "x"},
    )
    await DepositFactory.create(session, account_id=account.id, source="dossier Vandermeersch")
    await CheckFactory.create(
        session,
        account_id=account.id,
        third_party_id="Vandermeersch-1",
        reason="Hildegarde",
        content={"first_name": "Hildegarde", "birth_date": "2004-05-17"},
    )
    await ReviewFactory.create(session, account_id=account.id, reason="Vandermeersch")
    session.add(
        EmailChange(account_id=account.id, step="VALIDATION", old_email="hildegarde@example.com", date_created=NOW)
    )
    await note_action(
        session,
        account.id,
        "INFO_MODIFIED",
        modified_info={"address": {"old_info": None, "new_info": "12 rue des Lilas"}},
    )
    await issue_token(session, settings, TokenType.RESET_PASSWORD, account.id, data={"email": account.email})
    await session.commit()
    assert (await sign_in(account.email, device="tel")).status_code == 200
    return account


async def test_nothing_is_left_of_who_is_erased(
    known: Account, database: Database, session: AsyncSession, events: EventRecorder, sign_in: SignIn
) -> None:
    before = await _everything(database)
    assert all(needle in before for needle in NEEDLES)
    async with database.transaction() as inside:
        await inside.execute(text("UPDATE outbox SET published_at = now()"))
    async with database.transaction() as inside:
        await anonymize(inside, await lock_account(inside, known.id))
    after = await _everything(database)
    for needle in NEEDLES:
        assert needle not in after
    await session.refresh(known)
    assert known.email == f"anonymous_{known.id}@anonymized.passculture"
    assert (known.roles, known.is_active, known.external_ids) == (["ANONYMIZED"], False, {})
    assert (known.date_of_birth, known.validated_birth_date) == (date(2004, 1, 1), date(2004, 1, 1))
    assert (await session.scalars(select(AccountAction.type))).all() == ["USER_ANONYMIZED"]
    assert (await session.scalars(select(Deposit.source))).all() == ["Anonymized"]
    check = (await session.scalars(select(SubscriptionCheck))).one()
    assert (check.content, check.reason, check.registered_at.timetuple().tm_yday) == (None, "Anonymized", 1)
    told = (await events.published("user.anonymized"))[0]["state"]
    assert (told["first_name"], told["phone_number"], told["postal_code"]) == (None, None, None)
    assert told["roles"] == ["ANONYMIZED"]
    assert (await sign_in("hildegarde@example.com")).status_code == 400


async def test_tokens_of_the_erased_open_nothing(
    known: Account, database: Database, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    signed = (await sign_in(known.email)).json()
    async with database.transaction() as inside:
        await anonymize(inside, await lock_account(inside, known.id))
    headers = {"Authorization": f"Bearer {signed['accessToken']}"}
    assert (await client.get("/native/v1/me", headers=headers)).status_code == 401
    body = {"deviceInfo": {"deviceId": "tel"}}
    headers = {"Authorization": f"Bearer {signed['refreshToken']}"}
    assert (await client.post("/native/v2/refresh_access_token", json=body, headers=headers)).status_code == 401


async def anonymous(session: AsyncSession, *accounts: Account) -> list[bool]:
    answers = []
    for account in accounts:
        await session.refresh(account)
        answers.append(account.roles == ["ANONYMIZED"])
    return answers


async def test_the_forgotten_without_a_role(session: AsyncSession, database: Database) -> None:
    gone = await YoungFactory.create(session, last_connection_date=LONG_AGO)
    kept: list[Any] = [
        await YoungFactory.create(session, last_connection_date=LONG_AGO + timedelta(days=2)),
        await YoungFactory.create(session, last_connection_date=None),
        await YoungFactory.create(session, last_connection_date=LONG_AGO, email="ana@passculture.app"),
        await YoungFactory.create(session, last_connection_date=LONG_AGO),
        await YoungFactory.create(session, last_connection_date=LONG_AGO),
        await YoungFactory.create(session, last_connection_date=LONG_AGO),
        await PartnerFactory.create(session, last_connection_date=LONG_AGO),
    ]
    await DepositFactory.create(session, account_id=kept[3].id)
    await SuspensionFactory.create(session, account_id=kept[4].id, happened_at=NOW - timedelta(days=4 * 365))
    session.add(GdprExtract(account_id=kept[5].id, author_id=1, date_created=NOW - timedelta(days=1)))
    old_fraud = await YoungFactory.create(session, last_connection_date=LONG_AGO)
    await SuspensionFactory.create(session, account_id=old_fraud.id, happened_at=NOW - timedelta(days=6 * 365))
    await session.commit()
    assert await anonymize_inactive(database, Category.NEITHER, dry_run=True) == {"would_change": 2}
    assert await anonymous(session, gone) == [False]
    assert await anonymize_inactive(database, Category.NEITHER) == {"skipped": 0, "failed": 0, "anonymized": 2}
    assert await anonymize_inactive(database, Category.NEITHER) == {"skipped": 0, "failed": 0, "anonymized": 0}
    assert await anonymous(session, gone, old_fraud) == [True, True]
    assert await anonymous(session, *kept) == [False] * len(kept)


async def test_former_beneficiaries_and_those_who_asked(session: AsyncSession, database: Database) -> None:
    async def beneficiary(years: int, **values: Any) -> Account:
        account = await BeneficiaryFactory.create(session, **values)
        ended = years_before(NOW, years) - timedelta(days=1)
        await DepositFactory.create(
            session, account_id=account.id, expiration_date=ended, date_created=ended - timedelta(days=700)
        )
        return account

    former = await beneficiary(5, last_connection_date=LONG_AGO)
    recent = await beneficiary(4, last_connection_date=LONG_AGO)
    seen = await beneficiary(6, last_connection_date=NOW - timedelta(days=9))
    old = await beneficiary(10, last_connection_date=NOW - timedelta(days=9))
    asked, minor, ageless = [
        await YoungFactory.create(session, is_active=False, **values)
        for values in ({"age": 21}, {"age": 17}, {"date_of_birth": None, "validated_birth_date": None})
    ]
    for account in (asked, minor, ageless):
        session.add(AnonymizationRequest(account_id=account.id, date_created=NOW))
        await SuspensionFactory.create(
            session, account_id=account.id, reason=SuspensionReason.WAITING_FOR_ANONYMIZATION.value
        )
    await session.commit()
    counts = await anonymize_inactive(database, Category.BENEFICIARY)
    assert counts == {"skipped": 0, "failed": 0, "anonymized": 3, "deposits_blurred": 1}
    assert await anonymous(session, former, asked, ageless) == [True] * 3
    assert await anonymous(session, recent, seen, old, minor) == [False] * 4
    assert (await anonymize_inactive(database, Category.BENEFICIARY))["deposits_blurred"] == 0
    deposit = (await session.scalars(select(Deposit).where(Deposit.account_id == old.id))).one()
    assert deposit.expiration_date == datetime(2016, 1, 1, tzinfo=UTC)
    assert (await session.scalars(select(AnonymizationRequest.account_id))).all() == [minor.id]


async def test_partners_are_warned_on_the_day_and_erased_in_time(
    session: AsyncSession, database: Database, mailbox: Mailbox, clock: ClockControl
) -> None:
    unattached = [Role.NON_ATTACHED_PRO.value]
    warned_day = years_before(NOW, 3) + timedelta(days=30)
    lonely = await PartnerFactory.create(session, roles=unattached, last_connection_date=warned_day)
    never = await PartnerFactory.create(session, roles=unattached, date_created=warned_day)
    attached = await PartnerFactory.create(session, roles=unattached, last_connection_date=warned_day)
    await AttachmentFactory.create(session, user_id=attached.id, validation_status="PENDING")
    rejected = await PartnerFactory.create(session, roles=unattached, last_connection_date=warned_day)
    await AttachmentFactory.create(session, user_id=rejected.id, validation_status="REJECTED")
    active = await PartnerFactory.create(session, last_connection_date=warned_day)
    both = await PartnerFactory.create(session, roles=unattached, last_connection_date=warned_day)
    await CheckFactory.create(session, account_id=both.id)
    await session.commit()
    clock.advance(days=-1)
    assert (await anonymize_inactive(database, Category.NOTIFY_PRO))["warned"] == 0
    clock.advance(days=1)
    assert (await anonymize_inactive(database, Category.NOTIFY_PRO))["warned"] == 3
    await anonymize_inactive(database, Category.NOTIFY_PRO)
    told = {mail["user_id"] for mail in await mailbox.all("pro_pre_anonymization")}
    assert told == {lonely.id, never.id, rejected.id}
    assert len(await mailbox.all("pro_pre_anonymization")) == 3
    assert (await anonymize_inactive(database, Category.PRO))["anonymized"] == 0
    clock.advance(days=31)
    assert (await anonymize_inactive(database, Category.PRO))["anonymized"] == 3
    assert await anonymous(session, lonely, never, rejected) == [True] * 3
    assert await anonymous(session, attached, active, both) == [False] * 3


async def test_agents_who_left(session: AsyncSession, database: Database) -> None:
    left = await YoungFactory.create(session, email="gone@passculture.app", is_active=False)
    recent = await YoungFactory.create(session, email="recent@passculture.app", is_active=False)
    here = await YoungFactory.create(session, email="here@passculture.app")
    for account, days in ((left, 366), (recent, 300)):
        await SuspensionFactory.create(
            session,
            account_id=account.id,
            reason=SuspensionReason.END_OF_CONTRACT.value,
            happened_at=NOW - timedelta(days=days),
        )
    await session.commit()
    assert (await anonymize_inactive(database, Category.INTERNAL))["anonymized"] == 1
    assert await anonymous(session, left, recent, here) == [True, False, False]
    assert left.email == f"ex_backoffice_user_{left.id}@anonymized.passculture"


async def test_one_failure_stops_nobody_else(
    session: AsyncSession, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [await YoungFactory.create(session, last_connection_date=LONG_AGO) for _ in range(3)]
    await session.commit()
    real = anonymize

    async def fails_for_one(inside: AsyncSession, account: Account, **values: Any) -> None:
        await real(inside, account, **values)
        if account.id == people[1].id:
            raise RuntimeError("the disk is full")

    monkeypatch.setattr("users.anonymization.jobs.anonymize", fails_for_one)
    assert await anonymize_inactive(database, Category.NEITHER) == {"skipped": 0, "failed": 1, "anonymized": 2}
    assert await anonymous(session, *people) == [True, False, True]


async def test_devices_are_kept_for_their_time(session: AsyncSession, database: Database) -> None:
    young = await YoungFactory.create(session)
    for moment in (datetime(2025, 1, 10, 12, tzinfo=UTC), datetime(2025, 1, 10, 13, tzinfo=UTC)):
        session.add(LoginDevice(account_id=young.id, device_id="d", date_created=moment))
    await session.commit()
    assert await delete_devices(database, dry_run=True) == {"login_devices": 1, "trusted_devices": 0}
    assert await delete_devices(database) == {"login_devices": 1, "trusted_devices": 0}
    left = (await session.scalars(select(LoginDevice.date_created))).all()
    assert left == [datetime(2025, 1, 10, 13, tzinfo=UTC)]


def test_the_rules_know_29_february() -> None:
    assert years_before(datetime(2028, 2, 29, tzinfo=UTC), 3) == datetime(2025, 2, 28, tzinfo=UTC)


async def test_facts_that_wait_to_leave_leave_without_a_name(database: Database, clock: ClockControl) -> None:
    """What the outbox holds of somebody who is erased: sent facts go, unsent ones are blank, the last words leave."""
    clock.set(NOW)
    async with database.transaction() as inside:
        partner = await PartnerFactory.create(inside, email="zebulon@example.com", first_name="Zébulon")
        await tell(inside, partner, "created")
        await request_notice(inside, "account_unsuspended", recipient=partner.email, user_id=partner.id)
        await inside.execute(text("UPDATE outbox SET published_at = now()"))
        await tell(inside, partner, "profile_updated")
        await request_notice(inside, "account_unsuspended", recipient=partner.email, user_id=partner.id)
        await request_notice(inside, "anonymization_confirmation", recipient=partner.email, user_id=partner.id)
    async with database.transaction() as inside:
        await anonymize(inside, await lock_account(inside, partner.id))
    async with database.transaction() as inside:
        rows = (await inside.execute(text("SELECT name, state::text FROM outbox ORDER BY id"))).all()
    assert [name for name, _ in rows] == ["user.profile_updated", "notice.requested", "user.anonymized"]
    assert [name for name, state in rows if "bulon" in state] == ["notice.requested"]
    # They have left: the next pass takes the blank fact and the last words.
    async with database.transaction() as inside:
        await inside.execute(text("UPDATE outbox SET published_at = now()"))
        assert await clean_outbox(inside, [partner.id]) == (2, 0)
        left = (await inside.scalars(text("SELECT name FROM outbox ORDER BY id"))).all()
    assert left == ["user.anonymized"]


async def test_one_person_is_erased_at_an_agents_word(session: AsyncSession, database: Database) -> None:
    young, agent = await YoungFactory.create(session), await AdminFactory.create(session)
    await install_roles(session, seed=True)
    await set_agent_roles(session, agent.id, [AgentRole.DPO])
    await session.commit()
    assert await erase_one(database, young.id, dry_run=True) == {"would_anonymize": 1}
    with pytest.raises(NotErasable, match="no account"):
        await erase_one(database, 999_999)
    with pytest.raises(NotErasable, match="nobody has"):
        await erase_one(database, young.id, agent="nobody@passculture.app")
    with pytest.raises(ApiError):
        await erase_one(database, young.id, agent=young.email)
    assert await erase_one(database, young.id, agent=agent.email) == {"anonymized": 1, "already": 0}
    async with database.transaction() as inside:
        [action] = await inside.scalars(select(AccountAction).where(AccountAction.account_id == young.id))
    assert (action.type, action.author_id) == ("USER_ANONYMIZED", agent.id)
