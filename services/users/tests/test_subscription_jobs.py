"""Birthdays, reminders, recredits that are mailed, accounts that open again, erasure of what identity checks left."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.testing.recorders import ClockControl
from users.accounts.actions import lock_account, suspend
from users.accounts.models import Account, EmailChange
from users.accounts.rules import SuspensionReason
from users.anonymization.actions import anonymize
from users.deposits.actions import grant_deposit
from users.deposits.jobs import recredit_users
from users.deposits.models import Deposit
from users.eligibility.rules import EligibilityType
from users.factories import AttachmentFactory, CheckFactory, YoungFactory
from users.identity.models import OrphanApplication, SamlRequest
from users.partners import Partners
from users.settings import Settings
from users.subscription.jobs import notify_newly_eligible, remind_subscriptions, years_before
from users.subscription.models import SubscriptionCheck
from users.suspension.actions import reopen
from users.tasks.actions import ask_for
from users.tasks.loop import work_off
from users.tasks.models import PartnerTask

from .mailbox import Mailbox

REFORM_DAY = datetime(2026, 2, 10, 12, tzinfo=UTC)


@pytest.fixture
def settings_overrides(settings_overrides: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    return {**settings_overrides, "private_storage_directory": str(tmp_path / "private")}


@pytest.fixture(autouse=True)
def day(clock: ClockControl) -> None:
    clock.set(REFORM_DAY)


async def born(session: AsyncSession, day: date, **values: Any) -> Account:
    account = await YoungFactory.create(session, date_of_birth=day, **values)
    await session.commit()
    return account


async def test_birthdays_are_mailed_once(
    database: Database, settings: Settings, session: AsyncSession, mailbox: Mailbox, clock: ClockControl
) -> None:
    seventeen = await born(session, date(2009, 2, 10))
    eighteen = await born(session, date(2008, 2, 10), postal_code="98800")
    for other in (date(2008, 2, 9), date(2008, 2, 11), date(2010, 2, 10)):
        await born(session, other)
    await born(session, date(2008, 2, 10), roles=["ADMIN"])
    await born(session, date(2008, 2, 10), is_active=False)
    await born(session, date(2008, 2, 10), date_created=REFORM_DAY)
    partner = await born(session, date(2008, 2, 10))
    await AttachmentFactory.create(session, user_id=partner.id)
    await session.commit()
    assert (await notify_newly_eligible(database, settings, dry_run=True))["mailed"] == 2
    assert await mailbox.kinds() == []
    assert (await notify_newly_eligible(database, settings))["mailed"] == 2
    mails = await mailbox.all()
    assert [(mail["kind"], mail["user_id"]) for mail in mails] == [
        ("birthday_age_17", seventeen.id),
        ("birthday_age_18_v3", eighteen.id),
    ]
    assert mails[0]["parameters"] == {"DEPOSITS_COUNT": 0}
    assert mails[1]["parameters"]["CREDIT"] == 150
    assert mails[1]["parameters"]["FORMATTED_CREDIT"].endswith("F")
    assert await notify_newly_eligible(database, settings) == {"mailed": 0, "skipped": 2, "failed": 0}


async def test_born_on_29_february(
    database: Database, settings: Settings, session: AsyncSession, mailbox: Mailbox, clock: ClockControl
) -> None:
    await born(session, date(2008, 2, 29))
    for day, mailed in ((27, 0), (28, 0)):
        clock.set(datetime(2026, 2, day, 12, tzinfo=UTC))
        assert (await notify_newly_eligible(database, settings))["mailed"] == mailed
    clock.set(datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert (await notify_newly_eligible(database, settings))["mailed"] == 1


def test_years_before_a_leap_day() -> None:
    assert years_before(date(2028, 2, 29), 17) == date(2011, 3, 1)
    assert years_before(date(2028, 2, 29), 20) == date(2008, 2, 29)


async def failed(session: AsyncSession, code: str, at: datetime, status: str = "suspiscious", **values: Any) -> Account:
    account = await YoungFactory.create(session, age=17, **values)
    await CheckFactory.create(session, account_id=account.id, type="profile_completion", content={"city": "x"})
    await CheckFactory.create(
        session, account_id=account.id, status=status, reason_codes=[code], date_created=at, third_party_id="idv_1"
    )
    await session.commit()
    return account


@pytest.mark.parametrize(
    ("code", "days", "kind"),
    [
        ("blurry_video", 7, "unreadable_document"),
        ("id_check_expired", 21, "invalid_document"),
        ("id_check_not_supported", 21, "foreign_document"),
        ("id_check_not_authentic", 7, "not_authentic_document"),
    ],
)
async def test_reminders(
    database: Database,
    settings: Settings,
    session: AsyncSession,
    mailbox: Mailbox,
    clock: ClockControl,
    code: str,
    days: int,
    kind: str,
) -> None:
    await failed(session, code, REFORM_DAY)
    clock.advance(days=days, hours=-1)
    assert (await remind_subscriptions(database, settings))["mailed"] == 0
    clock.advance(hours=2)
    assert (await remind_subscriptions(database, settings, dry_run=True))["mailed"] == 1
    assert (await remind_subscriptions(database, settings))["mailed"] == 1
    assert await mailbox.kinds() == [f"ubble_ko_reminder_{kind}"]
    assert (await remind_subscriptions(database, settings))["mailed"] == 0
    clock.advance(days=10)
    assert (await remind_subscriptions(database, settings))["mailed"] == 0


@pytest.mark.parametrize(
    "values", [{"is_active": False}, {"roles": ["BENEFICIARY"]}, {"roles": ["UNDERAGE_BENEFICIARY"]}, {"age": 22}]
)
async def test_nobody_is_reminded_in_vain(
    database: Database, settings: Settings, session: AsyncSession, clock: ClockControl, values: dict[str, Any]
) -> None:
    if "age" in values:
        account = await YoungFactory.create(session, age=22)
        await CheckFactory.create(session, account_id=account.id, status="ko", reason_codes=["blurry_video"])
        await session.commit()
    else:
        await failed(session, "blurry_video", REFORM_DAY, **values)
    await failed(session, "id_check_data_match", REFORM_DAY, status="ko")
    clock.advance(days=7, hours=1)
    assert (await remind_subscriptions(database, settings))["mailed"] == 0


async def minor(session: AsyncSession, settings: Settings) -> Account:
    account = await YoungFactory.create(session, date_of_birth=date(2008, 3, 1), phone_number="+33612345678")
    content = {"first_name": "Zoé", "last_name": "Lévy", "birth_date": "2008-03-01"}
    for kind in ("profile_completion", "ubble", "honor_statement"):
        await CheckFactory.create(session, account_id=account.id, type=kind, content={**content, "city": "x"})
    reform = settings.reform(frozenset())
    await grant_deposit(session, account.id, EligibilityType.AGE17_18, "test", reform=reform)
    await session.commit()
    return account


async def test_eighteen_is_mailed(
    database: Database, settings: Settings, session: AsyncSession, mailbox: Mailbox, clock: ClockControl
) -> None:
    account = await minor(session, settings)
    clock.set(datetime(2026, 3, 2, tzinfo=UTC))
    for kind in ("profile_completion", "honor_statement"):
        await CheckFactory.create(session, account_id=account.id, type=kind, content={"city": "x"})
    await session.commit()
    assert await recredit_users(database, settings, dry_run=True) == {"recredited": 1, "skipped": 0, "failed": 0}
    assert await mailbox.kinds() == []
    assert await recredit_users(database, settings) == {"recredited": 1, "skipped": 0, "failed": 0}
    assert await mailbox.kinds() == ["recredit"]
    assert await session.scalar(select(Deposit.amount_cents)) == 200_00


async def test_what_was_proven_meanwhile_counts_when_the_account_opens(
    database: Database, settings: Settings, session: AsyncSession, mailbox: Mailbox
) -> None:
    account = await YoungFactory.create(session, age=17)
    assert account.birth_date is not None
    content = {"first_name": "Zoé", "last_name": "Lévy", "birth_date": account.birth_date.isoformat(), "city": "x"}
    for kind in ("profile_completion", "ubble", "honor_statement"):
        await CheckFactory.create(session, account_id=account.id, type=kind, content=content)
    await suspend(session, account.id, SuspensionReason.UPON_USER_REQUEST)
    await reopen(session, settings, account.id)
    await session.commit()
    assert await session.scalar(select(Deposit.amount_cents)) == 50_00
    assert await mailbox.kinds() == ["account_unsuspended", "accepted_as_beneficiary_v3"]


async def test_erasure_leaves_nothing(
    database: Database, settings: Settings, session: AsyncSession, partners: Partners
) -> None:
    account = await YoungFactory.create(session, email="gone@example.com")
    other = await YoungFactory.create(session)
    check = await CheckFactory.create(
        session, account_id=account.id, third_party_id="idv_1", content={"first_name": "Zoé"}
    )
    for owner, name in ((account, "a"), (other, "b")):
        session.add(
            SamlRequest(
                id=name, account_id=owner.id, date_created=REFORM_DAY, expires_at=REFORM_DAY + timedelta(days=1)
            )
        )
    session.add(
        EmailChange(account_id=account.id, step="VALIDATION", old_email="before@example.com", date_created=REFORM_DAY)
    )
    for number, email in ((1, account.email), (2, other.email), (3, "before@example.com")):
        session.add(OrphanApplication(application_id=number, procedure_id=1, email=email, date_created=REFORM_DAY))
    await ask_for(session, "ubble_refresh", "idv_1")
    await ask_for(session, "dms_application", str(check.id))
    await ask_for(session, "dms_message", "3.1769947200.0", details={"application_id": "x", "text": "Bonjour Zoé"})
    await ask_for(session, "dms_message", "31.1769947200.0", details={"application_id": "y", "text": "Bonjour"})
    await session.commit()
    key = f"id_pictures/{account.id}-idv_1-front.png"
    await partners.private_storage.put(key, b"x", "image/png")
    async with database.transaction() as own:
        await anonymize(own, await lock_account(own, account.id))
    kinds = set((await session.scalars(select(PartnerTask.kind))).all())
    assert kinds == {"erase_pictures", "dms_application", "dms_message"}
    assert (
        await session.scalar(select(PartnerTask.subject).where(PartnerTask.kind == "dms_message")) == "31.1769947200.0"
    )
    assert await session.scalar(select(PartnerTask.details).where(PartnerTask.kind == "erase_pictures")) == {}
    await partners.dms.close()
    await work_off(database, partners)
    assert await partners.private_storage.get(key) is None
    assert (await session.scalars(select(SamlRequest.id))).all() == ["b"]
    assert (await session.scalars(select(OrphanApplication.application_id))).all() == [2]
    assert (await session.scalars(select(SubscriptionCheck.content))).all() == [None]
