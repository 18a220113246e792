"""Granting and recrediting, with what is told."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import now as clock_now
from shared.database import Database
from shared.events.bookings import WALLET, Wallet
from shared.testing.recorders import ClockControl, Delivery, EventRecorder
from users.accounts.models import Account
from users.deposits.actions import (
    add_recredit,
    expire_deposits,
    grant_deposit,
    import_deposit,
    recredit_for_age,
    refusal,
)
from users.deposits.jobs import recredit_users
from users.deposits.models import Deposit, Recredit
from users.deposits.queries import deposits_of
from users.deposits.rules import (
    DepositNotGrantable,
    DepositType,
    DepositTypeAlreadyGranted,
    GrantRefused,
    NewRecredit,
    RecreditType,
    UserCannotBeRecredited,
    UserHasAlreadyActiveDeposit,
)
from users.eligibility.rules import EligibilityType, Reform
from users.factories import CheckFactory, DepositFactory, RecreditFactory, YoungFactory
from users.settings import Settings

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)
REFORM = Reform(datetime(2025, 3, 1, tzinfo=UTC))


@pytest.fixture(autouse=True)
def today(clock: ClockControl) -> None:
    clock.set(NOW)


async def someone(session: AsyncSession, birth: date, **values: Any) -> Account:
    account = await YoungFactory.create(session, date_of_birth=birth, **values)
    await session.commit()
    return account


async def registered(session: AsyncSession, account: Account, kind: EligibilityType, at: datetime) -> None:
    await CheckFactory.create(session, account_id=account.id, eligibility_type=kind.value, date_created=at)
    await session.commit()


async def grant(database: Database, account: Account, kind: EligibilityType) -> Deposit:
    async with database.transaction() as session:
        return await grant_deposit(session, account.id, kind, "test", reform=REFORM)


async def roles(session: AsyncSession, account: Account) -> list[str]:
    await session.refresh(account)
    return account.roles


async def test_the_third_credit_at_17(session: AsyncSession, database: Database, events: EventRecorder) -> None:
    account = await someone(session, date(2009, 1, 1))
    deposit = await grant(database, account, EligibilityType.AGE17_18)
    assert (deposit.type, deposit.amount_cents) == ("GRANT_17_18", 50_00)
    assert deposit.expiration_date == datetime(2030, 1, 1, 11, tzinfo=UTC)
    assert await roles(session, account) == ["UNDERAGE_BENEFICIARY"]
    assert account.recredit_amount_to_show_cents == 50_00
    assert await events.names() == ["deposit.granted", "user.role_changed"]
    state = (await events.published("deposit.granted"))[0]["state"]
    assert (state["user_id"], state["amount_cents"], state["source"]) == (account.id, 50_00, "test")
    assert [(r["type"], r["amount_cents"]) for r in state["recredits"]] == [("Recredit17", 50_00)]
    assert (await events.published("user.role_changed"))[0]["state"]["roles"] == ["UNDERAGE_BENEFICIARY"]


@pytest.mark.parametrize(("birth", "total"), [(date(2008, 1, 1), 150_00), (date(2007, 6, 1), 150_00)])
async def test_the_third_credit_at_18(session: AsyncSession, database: Database, birth: date, total: int) -> None:
    account = await someone(session, birth)
    assert (await grant(database, account, EligibilityType.AGE17_18)).amount_cents == total
    assert await roles(session, account) == ["BENEFICIARY"]


@pytest.mark.parametrize("age", [18, 19, 20])
async def test_registered_at_17_validated_later_gives_both(
    session: AsyncSession, database: Database, clock: ClockControl, age: int
) -> None:
    clock.set(datetime(2008 + age, 5, 4, tzinfo=UTC))
    account = await someone(session, date(2008, 1, 1))
    await registered(session, account, EligibilityType.AGE17_18, datetime(2025, 6, 1, tzinfo=UTC))
    assert (await grant(database, account, EligibilityType.AGE17_18)).amount_cents == 200_00
    assert await roles(session, account) == ["BENEFICIARY"]
    assert account.recredit_amount_to_show_cents == 200_00


async def test_the_free_credit(session: AsyncSession, database: Database) -> None:
    account = await someone(session, date(2010, 6, 1))
    deposit = await grant(database, account, EligibilityType.FREE)
    assert (deposit.type, deposit.amount_cents) == ("GRANT_FREE", 0)
    assert await roles(session, account) == ["FREE_BENEFICIARY"]


async def test_from_the_free_credit_to_the_third(
    session: AsyncSession, database: Database, clock: ClockControl, events: EventRecorder
) -> None:
    account = await someone(session, date(2009, 6, 1))
    await grant(database, account, EligibilityType.FREE)
    clock.set(datetime(2026, 6, 2, tzinfo=UTC))
    deposit = await grant(database, account, EligibilityType.AGE17_18)
    assert (deposit.type, deposit.amount_cents) == ("GRANT_17_18", 50_00)
    assert await roles(session, account) == ["UNDERAGE_BENEFICIARY"]
    assert (await events.names())[-3:] == ["deposit.expired", "deposit.granted", "user.role_changed"]


@pytest.mark.parametrize(
    ("registered_on", "total", "kind"),
    [
        (datetime(2024, 12, 1, tzinfo=UTC), 20_00, "GRANT_15_17"),
        (None, 30_00, "GRANT_15_17"),
    ],
)
async def test_the_legacy_credit_of_minors_counts_the_first_registration(
    session: AsyncSession, database: Database, registered_on: datetime | None, total: int, kind: str
) -> None:
    account = await someone(session, date(2009, 6, 1))  # 15 on 1 December 2024, 16 now
    if registered_on:
        await registered(session, account, EligibilityType.UNDERAGE, registered_on)
    deposit = await grant(database, account, EligibilityType.UNDERAGE)
    assert (deposit.type, deposit.amount_cents) == (kind, total)
    assert await roles(session, account) == ["UNDERAGE_BENEFICIARY"]


@pytest.mark.parametrize(
    ("birth", "registered_on", "former"),
    [
        (date(2009, 4, 1), datetime(2024, 6, 1, tzinfo=UTC), 20_00),  # 15 then, 17 now: 20 + 50
        (date(2008, 6, 1), datetime(2024, 12, 1, tzinfo=UTC), 30_00),  # 16 then, 17 now: 30 + 50
    ],
)
async def test_a_legacy_right_validated_at_17_becomes_the_third_credit(
    session: AsyncSession, database: Database, birth: date, registered_on: datetime, former: int
) -> None:
    account = await someone(session, birth)
    await registered(session, account, EligibilityType.UNDERAGE, registered_on)
    deposit = await grant(database, account, EligibilityType.UNDERAGE)
    assert (deposit.type, deposit.amount_cents) == ("GRANT_17_18", 50_00)
    old = await session.get_one(Deposit, deposit.replaces_id)
    assert (old.type, old.amount_cents) == ("GRANT_15_17", former)


async def test_registered_at_17_before_the_decree_keeps_30(
    session: AsyncSession, database: Database, clock: ClockControl
) -> None:
    clock.set(datetime(2025, 2, 1, tzinfo=UTC))
    account = await someone(session, date(2007, 6, 1))
    await registered(session, account, EligibilityType.UNDERAGE, datetime(2024, 12, 31, tzinfo=UTC))
    deposit = await grant(database, account, EligibilityType.UNDERAGE)
    assert (deposit.type, deposit.amount_cents) == ("GRANT_15_17", 30_00)


async def test_the_legacy_credit_of_18(session: AsyncSession, database: Database) -> None:
    account = await someone(session, date(2006, 12, 1))
    deposit = await grant(database, account, EligibilityType.AGE18)
    assert (deposit.type, deposit.version, deposit.amount_cents) == ("GRANT_18", 2, 300_00)
    with pytest.raises(DepositTypeAlreadyGranted) as caught:
        await grant(database, account, EligibilityType.AGE18)
    assert refusal(caught.value).status == 405


async def test_the_legacy_credit_of_18_ends_the_one_of_minors(
    session: AsyncSession, database: Database, events: EventRecorder
) -> None:
    account = await someone(session, date(2007, 6, 1), roles=["UNDERAGE_BENEFICIARY"])
    old = await DepositFactory.create(session, account_id=account.id, type="GRANT_15_17", version=1, amount_cents=30_00)
    await session.commit()
    await grant(database, account, EligibilityType.AGE18)
    await session.refresh(old)
    assert old.expiration_date == NOW - timedelta(minutes=5)
    assert await roles(session, account) == ["BENEFICIARY"]
    assert await events.names() == ["deposit.expired", "deposit.granted", "user.role_changed"]


async def test_the_rest_of_the_former_credit_is_carried_over(
    session: AsyncSession, database: Database, deliver: Delivery, events: EventRecorder
) -> None:
    account = await someone(session, date(2008, 1, 1), roles=["UNDERAGE_BENEFICIARY"])
    old = await DepositFactory.create(
        session,
        account_id=account.id,
        type="GRANT_15_17",
        version=1,
        amount_cents=30_00,
        date_created=NOW - timedelta(days=300),
    )
    await session.commit()
    async with database.transaction() as inside:
        deposit = await recredit_for_age(inside, account.id, reform=REFORM)
    assert (deposit.type, deposit.amount_cents, deposit.replaces_id) == ("GRANT_17_18", 150_00, old.id)

    async def heard(carried: int, version: int) -> tuple[int, dict[str, int]]:
        state = Wallet(
            id=deposit.id,
            user_id=account.id,
            credit_cents=150_00 + carried,
            spent_cents=0,
            replaces_id=old.id,
            carried_cents=carried,
        )
        await deliver(WALLET, "changed", state, version=version)
        async with database.transaction() as inside:
            (found,) = [item for item in await deposits_of(inside, account.id) if item.id == deposit.id]
            return found.amount_cents, {item.type: item.amount_cents for item in found.recredits}

    # What bookings carried over is told once, twice, corrected, and late.
    told = len(await events.published("deposit.recredited"))
    for carried, version, known in ((16_00, 5, 16_00), (16_00, 6, 16_00), (26_00, 8, 26_00), (16_00, 7, 26_00)):
        amount, recredits = await heard(carried, version)
        assert (amount, recredits) == (150_00 + known, {"Recredit18": 150_00, "PreviousDeposit": known})
    assert len(await events.published("deposit.recredited")) == told + 2
    await session.refresh(account)
    assert account.recredit_amount_to_show_cents == 150_00
    assert account.roles == ["BENEFICIARY"]


async def test_an_expired_legacy_credit_still_hands_its_rest_over(session: AsyncSession, database: Database) -> None:
    account = await someone(session, date(2008, 1, 1))
    old = await DepositFactory.create(
        session,
        account_id=account.id,
        type="GRANT_15_17",
        version=1,
        amount_cents=30_00,
        expiration_date=NOW - timedelta(days=30),
    )
    await session.commit()
    deposit = await grant(database, account, EligibilityType.AGE17_18)
    assert (deposit.amount_cents, deposit.replaces_id) == (150_00, old.id)


async def test_a_corrected_birth_date_pays_no_age_twice(
    session: AsyncSession, database: Database, clock: ClockControl
) -> None:
    """Declared a year older: the credit of minors was that of 17 already."""
    clock.set(datetime(2025, 2, 1, tzinfo=UTC))
    account = await someone(session, date(2007, 6, 1), roles=["UNDERAGE_BENEFICIARY"])
    await DepositFactory.create(
        session,
        account_id=account.id,
        type="GRANT_15_17",
        version=1,
        amount_cents=30_00,
        date_created=clock_now(),
        expiration_date=datetime(2028, 6, 1, tzinfo=UTC),
    )
    account.validated_birth_date = date(2008, 6, 1)
    await session.commit()
    clock.set(datetime(2025, 7, 1, tzinfo=UTC))
    with pytest.raises(UserCannotBeRecredited):
        async with database.transaction() as inside:
            await recredit_for_age(inside, account.id, reform=REFORM)
    # 18 is another amount, and theirs.
    clock.set(datetime(2026, 7, 1, tzinfo=UTC))
    async with database.transaction() as inside:
        deposit = await recredit_for_age(inside, account.id, reform=REFORM)
    assert [item.type for item in deposit.recredits] == ["Recredit18"]


async def test_nothing_of_the_third_credit_before_its_decree(
    session: AsyncSession, database: Database, clock: ClockControl, events: EventRecorder
) -> None:
    clock.set(datetime(2025, 2, 28, 23, 59, tzinfo=UTC))
    account = await someone(session, date(2008, 1, 1))
    await registered(session, account, EligibilityType.UNDERAGE, datetime(2024, 6, 1, tzinfo=UTC))
    deposit = await grant(database, account, EligibilityType.UNDERAGE)
    assert (deposit.type, deposit.amount_cents) == ("GRANT_15_17", 30_00)
    with pytest.raises(UserCannotBeRecredited):
        async with database.transaction() as inside:
            await recredit_for_age(inside, account.id, reform=REFORM)
    clock.advance(minutes=1)
    async with database.transaction() as inside:
        assert (await recredit_for_age(inside, account.id, reform=REFORM)).type == "GRANT_17_18"
    assert (await events.names()).count("deposit.granted") == 2


async def test_a_recredit_at_18_on_the_third_credit(
    session: AsyncSession, database: Database, events: EventRecorder
) -> None:
    account = await someone(session, date(2008, 1, 1), roles=["UNDERAGE_BENEFICIARY"])
    deposit = await DepositFactory.create(
        session, account_id=account.id, type="GRANT_17_18", version=1, amount_cents=50_00
    )
    await RecreditFactory.create(session, deposit_id=deposit.id, type="Recredit17", amount_cents=50_00)
    await session.commit()
    async with database.transaction() as inside:
        assert (await recredit_for_age(inside, account.id, reform=REFORM)).amount_cents == 200_00
    assert await events.names() == ["deposit.recredited", "user.role_changed"]
    with pytest.raises(UserCannotBeRecredited):
        async with database.transaction() as inside:
            await recredit_for_age(inside, account.id, reform=REFORM)
    assert await session.scalar(select(func.sum(Recredit.amount_cents))) == 200_00


async def test_grants_at_once_give_one_credit(session: AsyncSession, database: Database, events: EventRecorder) -> None:
    account = await someone(session, date(2008, 1, 1))
    outcomes = await asyncio.gather(
        *(grant(database, account, EligibilityType.AGE17_18) for _ in range(5)), return_exceptions=True
    )
    assert len([o for o in outcomes if isinstance(o, Deposit)]) == 1
    assert len([o for o in outcomes if isinstance(o, GrantRefused)]) == 4
    assert await session.scalar(select(func.sum(Deposit.amount_cents))) == 150_00
    assert (await events.names()).count("deposit.granted") == 1


@pytest.mark.parametrize(
    ("birth", "kind"),
    [
        (None, EligibilityType.AGE17_18),
        (date(2010, 1, 1), EligibilityType.AGE17_18),
        (date(2008, 1, 1), EligibilityType.UNDERAGE),
        (date(2012, 1, 1), EligibilityType.UNDERAGE),
    ],
)
async def test_what_is_not_granted_writes_nothing(
    session: AsyncSession, database: Database, events: EventRecorder, birth: date | None, kind: EligibilityType
) -> None:
    account = await YoungFactory.create(session, date_of_birth=birth)
    await session.commit()
    with pytest.raises(GrantRefused):
        await grant(database, account, kind)
    assert await events.names() == []
    assert await roles(session, account) == []
    assert await session.scalar(select(func.count()).select_from(Deposit)) == 0


async def test_other_recredits(session: AsyncSession, database: Database, events: EventRecorder) -> None:
    account = await someone(session, date(2008, 1, 1))
    await grant(database, account, EligibilityType.AGE17_18)
    async with database.transaction() as inside:
        await add_recredit(inside, account.id, RecreditType.BONUS_CREDIT, 50_00)
        await add_recredit(inside, account.id, RecreditType.MANUAL_MODIFICATION, 5_00, comment="geste")
        deposit = await add_recredit(inside, account.id, RecreditType.MANUAL_MODIFICATION, -5_00)
    assert deposit.amount_cents == 200_00
    for kind, amount in ((RecreditType.BONUS_CREDIT, 50_00), (RecreditType.MANUAL_MODIFICATION, -500_00)):
        with pytest.raises(UserCannotBeRecredited):
            async with database.transaction() as inside:
                await add_recredit(inside, account.id, kind, amount)
    assert (await events.names()).count("deposit.recredited") == 3


async def test_expiring(session: AsyncSession, database: Database, events: EventRecorder) -> None:
    account = await someone(session, date(2008, 1, 1))
    await grant(database, account, EligibilityType.AGE17_18)
    async with database.transaction() as inside:
        assert await expire_deposits(inside, account.id) == 1
        assert await expire_deposits(inside, account.id) == 0
    assert (await events.names())[-1] == "deposit.expired"
    with pytest.raises(UserCannotBeRecredited):
        async with database.transaction() as inside:
            await add_recredit(inside, account.id, RecreditType.MANUAL_MODIFICATION, 1)


@pytest.mark.parametrize(
    ("kind", "version", "base", "recredits", "amount"),
    [
        (DepositType.GRANT_18, 1, 0, (), 500_00),
        (DepositType.GRANT_18, None, 0, (), 300_00),
        (DepositType.GRANT_15_17, None, 20_00, (NewRecredit(RecreditType.RECREDIT_16, 30_00),), 50_00),
        (DepositType.GRANT_17_18, None, 0, (NewRecredit(RecreditType.RECREDIT_18, 150_00),), 150_00),
        (DepositType.GRANT_FREE, None, 0, (), 0),
    ],
)
async def test_taking_deposits_over(
    session: AsyncSession,
    database: Database,
    kind: DepositType,
    version: int | None,
    base: int,
    recredits: tuple[NewRecredit, ...],
    amount: int,
) -> None:
    account = await someone(session, date(2007, 6, 1))
    async with database.transaction() as inside:
        deposit = await import_deposit(
            inside, account.id, kind, "ancien", version=version, base_cents=base, recredits=recredits
        )
    assert deposit.amount_cents == amount
    for other, error in ((kind, DepositTypeAlreadyGranted), (_another(kind), UserHasAlreadyActiveDeposit)):
        with pytest.raises(error):
            async with database.transaction() as inside:
                await import_deposit(inside, account.id, other, "ancien")


def _another(kind: DepositType) -> DepositType:
    return next(item for item in DepositType if item is not kind)


async def test_no_birth_date_no_import(session: AsyncSession, database: Database) -> None:
    account = await YoungFactory.create(session, date_of_birth=None)
    await session.commit()
    with pytest.raises(DepositNotGrantable):
        async with database.transaction() as inside:
            await import_deposit(inside, account.id, DepositType.GRANT_18, "ancien")


async def test_the_database_refuses_what_the_rules_refuse(session: AsyncSession) -> None:
    account = await YoungFactory.create(session)
    deposit = await DepositFactory.create(session, account_id=account.id)
    await session.commit()
    deposit_id = deposit.id
    for broken in (
        DepositFactory.build(account_id=account.id),
        DepositFactory.build(account_id=account.id, type="GRANT_17_18", amount_cents=-1),
        DepositFactory.build(account_id=account.id, type="GRANT_42"),
    ):
        session.add(broken)
        with pytest.raises(IntegrityError):
            await session.flush()
        await session.rollback()
    session.add_all([RecreditFactory.build(deposit_id=deposit_id) for _ in range(2)])
    with pytest.raises(IntegrityError):
        await session.flush()


async def test_the_daily_job_recredits_once(
    session: AsyncSession, database: Database, settings: Settings, events: EventRecorder
) -> None:
    ready = await someone(session, date(2008, 5, 1), roles=["UNDERAGE_BENEFICIARY"])
    waiting = await someone(session, date(2008, 5, 1), roles=["UNDERAGE_BENEFICIARY"])
    young = await someone(session, date(2010, 5, 1), roles=["UNDERAGE_BENEFICIARY"])
    for account in (ready, waiting, young):
        deposit = await DepositFactory.create(
            session, account_id=account.id, type="GRANT_17_18", version=1, amount_cents=50_00
        )
        await RecreditFactory.create(session, deposit_id=deposit.id, type="Recredit17", amount_cents=50_00)
    for kind in ("profile_completion", "ubble", "honor_statement"):
        await CheckFactory.create(session, account_id=ready.id, type=kind)
    await session.commit()
    assert await recredit_users(database, settings, batch=1) == {"recredited": 1, "skipped": 1, "failed": 0}
    assert await recredit_users(database, settings) == {"recredited": 0, "skipped": 1, "failed": 0}
    assert [event["state"]["user_id"] for event in await events.published("deposit.recredited")] == [ready.id]
    assert await roles(session, ready) == ["BENEFICIARY"]
    assert await roles(session, waiting) == ["UNDERAGE_BENEFICIARY"]
