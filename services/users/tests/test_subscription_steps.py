"""Steps in the app: profile, honor statement, lists; the free credit; the stepper that asks for the number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.testing.recorders import ClockControl, EventRecorder, Tokens
from users.accounts.models import Account, AccountAction
from users.deposits.models import Deposit
from users.factories import AccountFactory, CheckFactory, DepositFactory, YoungFactory
from users.subscription.countries import COUNTRIES
from users.subscription.models import SubscriptionCheck

from .mailbox import Mailbox

PROFILE = {
    "activityId": "HIGH_SCHOOL_STUDENT",
    "address": "1 rue de la Paix",
    "city": "Bobigny",
    "firstName": "Zoé",
    "lastName": "O’Connor-Lévy",
    "postalCode": "93000",
    "schoolTypeId": "PUBLIC_HIGH_SCHOOL",
}


@pytest.fixture(autouse=True)
def day(clock: ClockControl) -> None:
    clock.set(datetime(2026, 2, 10, 12, tzinfo=UTC))


async def somebody(session: AsyncSession, **values: Any) -> Account:
    account = await YoungFactory.create(session, first_name="", last_name="", validated_birth_date=None, **values)
    await session.commit()
    return account


async def complete(client: httpx.AsyncClient, headers: dict[str, str], **changes: Any) -> httpx.Response:
    body = {key: value for key, value in {**PROFILE, **changes}.items() if value is not ...}
    return await client.post("/native/v1/subscription/profile", json=body, headers=headers)


async def stepper(client: httpx.AsyncClient, headers: dict[str, str], version: int = 2) -> dict[str, Any]:
    return (await client.get(f"/native/v{version}/subscription/stepper", headers=headers)).json()


async def test_a_profile_is_written_down(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, events: EventRecorder
) -> None:
    account = await somebody(session, phone_number="+33612345678")
    mine = tokens.native(account.id)
    assert (await complete(client, mine)).status_code == 204
    await session.refresh(account)
    assert (account.first_name, account.last_name) == ("Zoé", "O’Connor-Lévy")
    assert (account.city, account.postal_code, account.department_code) == ("Bobigny", "93000", "93")
    assert (account.activity, account.school_type) == ("Lycéen", "Lycée public")
    check = await session.scalar(select(SubscriptionCheck).where(SubscriptionCheck.account_id == account.id))
    assert check is not None
    assert (check.type, check.status, check.eligibility_type) == ("profile_completion", "ok", "age-17-18")
    assert check.third_party_id == f"profile-completion-{account.id}"
    assert (await stepper(client, mine))["nextSubscriptionStep"] == "identity-check"
    assert "user.profile_updated" in await events.names()
    answer = await client.get("/native/v1/subscription/profile", headers=mine)
    assert answer.json() == {
        "profile": {
            "activity": "HIGH_SCHOOL_STUDENT",
            "address": "1 rue de la Paix",
            "city": "Bobigny",
            "firstName": "Zoé",
            "lastName": "O’Connor-Lévy",
            "postalCode": "93000",
            "schoolType": "PUBLIC_HIGH_SCHOOL",
        }
    }


async def test_names_that_are_known_stay(client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens) -> None:
    account = await YoungFactory.create(session, first_name="Jeanne", last_name="Doux")
    await session.commit()
    assert (await complete(client, tokens.native(account.id))).status_code == 204
    await session.refresh(account)
    assert (account.first_name, account.last_name, account.city) == ("Jeanne", "Doux", "Bobigny")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"firstName": ""}, "firstName"),
        ({"firstName": "   "}, "firstName"),
        ({"firstName": "Олег"}, "firstName"),
        ({"lastName": "D0e"}, "lastName"),
        ({"lastName": "a" * 10_000}, "lastName"),
        ({"city": "Paris 8"}, "city"),
        ({"address": "1 & 2 rue"}, "address"),
        ({"address": ""}, "address"),
        ({"postalCode": "abcde"}, "postalCode"),
        ({"postalCode": "٩٣٠٠٠"}, "postalCode"),
        ({"postalCode": ""}, "postalCode"),
        ({"activityId": "KING"}, "activityId"),
        ({"schoolTypeId": "x"}, "schoolTypeId"),
        ({"city": ...}, "city"),
        ({"firstName": "a\x00"}, "__root__"),
        ({"phoneNumber": 12}, "phoneNumber"),
    ],
)
async def test_bad_fields_write_nothing(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, changes: dict[str, Any], field: str
) -> None:
    account = await somebody(session)
    answer = await complete(client, tokens.native(account.id), **changes)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert await session.scalar(select(SubscriptionCheck)) is None


async def test_every_wrong_field_is_told(client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens) -> None:
    account = await somebody(session)
    answer = await complete(client, tokens.native(account.id), firstName="", lastName="1", city="")
    assert set(answer.json()) == {"firstName", "lastName", "city"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"postalCode": "98811"}, "INELIGIBLE_POSTAL_CODE"),
        ({"phoneNumber": "+12025550123"}, "INVALID_COUNTRY_CODE"),
        ({"phoneNumber": "0800123456"}, "INVALID_PHONE_NUMBER"),
    ],
)
async def test_codes(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, changes: dict[str, Any], code: str
) -> None:
    account = await somebody(session)
    answer = await complete(client, tokens.native(account.id), **changes)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_nobody_has_a_profile_before(client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens) -> None:
    account = await somebody(session)
    answer = await client.get("/native/v1/subscription/profile", headers=tokens.native(account.id))
    assert (answer.status_code, answer.json()) == (404, {})


@pytest.mark.parametrize(
    ("content", "activity"),
    [
        (
            {"activity": "Chômeur", "city": "Brest", "first_name": "A", "last_name": "B", "postal_code": "29200"},
            "UNEMPLOYED",
        ),
        ({"activity": "Roi"}, None),
        ({}, None),
        (None, None),
    ],
)
async def test_former_records(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, content: Any, activity: str | None
) -> None:
    account = await somebody(session)
    await CheckFactory.create(session, account_id=account.id, type="profile_completion", content=content)
    await session.commit()
    answer = await client.get("/native/v1/subscription/profile", headers=tokens.native(account.id))
    assert answer.status_code == 200
    profile = answer.json()["profile"]
    assert (profile and profile["activity"]) == activity


async def test_free_at_16_needs_the_profile_alone(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, mailbox: Mailbox, events: EventRecorder
) -> None:
    account = await somebody(session, age=16)
    mine = tokens.native(account.id)
    assert (await complete(client, mine)).status_code == 204
    await session.refresh(account)
    assert account.roles == ["FREE_BENEFICIARY"]
    deposit = await session.scalar(select(Deposit).where(Deposit.account_id == account.id))
    assert deposit is not None
    assert (deposit.type, deposit.amount_cents, deposit.source) == ("GRANT_FREE", 0, "complétion du profil")
    assert await mailbox.kinds() == []
    assert [name for name in await events.names() if name.startswith("deposit")] == ["deposit.granted"]
    assert (await complete(client, mine)).status_code == 204
    assert len((await session.scalars(select(Deposit))).all()) == 1
    banner = await client.get("/native/v1/banner?isGeolocated=true", headers=mine)
    assert banner.json() == {"banner": None}


async def ready(session: AsyncSession, age: int = 17, **values: Any) -> Account:
    """Somebody who has only to sign the statement."""
    account = await YoungFactory.create(session, age=age, **values)
    born = account.birth_date
    assert born is not None
    content = {
        "first_name": "Zoé",
        "last_name": "Lévy",
        "birth_date": born.isoformat(),
        "id_document_number": "123456789",
    }
    await CheckFactory.create(session, account_id=account.id, type="profile_completion", content={"city": "Bobigny"})
    await CheckFactory.create(session, account_id=account.id, type="ubble", content=content)
    await session.commit()
    return account


async def sign(client: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    return await client.post("/native/v1/subscription/honor_statement", headers=headers)


@pytest.mark.parametrize(("age", "amount", "role"), [(17, 50_00, "UNDERAGE_BENEFICIARY"), (18, 150_00, "BENEFICIARY")])
async def test_the_statement_gives_the_credit(
    client: httpx.AsyncClient,
    session: AsyncSession,
    tokens: Tokens,
    mailbox: Mailbox,
    age: int,
    amount: int,
    role: str,
) -> None:
    account = await ready(session, age)
    assert (await sign(client, tokens.native(account.id))).status_code == 204
    await session.refresh(account)
    assert account.roles == [role]
    assert (account.first_name, account.last_name, account.id_piece_number) == ("Zoé", "Lévy", "123456789")
    deposit = await session.scalar(select(Deposit).where(Deposit.account_id == account.id))
    assert deposit is not None
    assert deposit.amount_cents == amount
    mail = await mailbox.last("accepted_as_beneficiary_v3")
    assert mail["parameters"]["CREDIT"] == amount // 100
    profile = (await client.get("/native/v1/me", headers=tokens.native(account.id))).json()
    assert profile["recreditAmountToShow"] == amount


async def test_a_second_statement_gives_nothing_more(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, events: EventRecorder
) -> None:
    account = await ready(session)
    for _ in range(2):
        assert (await sign(client, tokens.native(account.id))).status_code == 204
    assert [name for name in await events.names() if name.startswith("deposit")] == ["deposit.granted"]


async def test_pacific_francs_in_the_mail(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, mailbox: Mailbox
) -> None:
    account = await ready(session, 18, postal_code="98800", department_code="988")
    await sign(client, tokens.native(account.id))
    assert (await mailbox.last("accepted_as_beneficiary_v3"))["parameters"]["FORMATTED_CREDIT"].endswith("F")


async def test_somebody_with_a_credit_elsewhere_gets_none(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, mailbox: Mailbox
) -> None:
    account = await ready(session, 18)
    other = await YoungFactory.create(
        session, first_name="ZOE", last_name="Le-vy", roles=["BENEFICIARY"], date_of_birth=account.birth_date
    )
    await session.commit()
    await sign(client, tokens.native(account.id))
    await session.refresh(account)
    assert account.roles == []
    check = await session.scalar(select(SubscriptionCheck).where(SubscriptionCheck.type == "ubble"))
    assert check is not None
    assert (check.status, check.reason_codes) == ("suspiscious", ["duplicate_user"])
    mail = await mailbox.last("subscription_rejected_for_duplicate_beneficiary")
    assert mail["parameters"]["DUPLICATE_BENEFICIARY_EMAIL"].startswith(other.email[:3] + "***@")
    await session.refresh(other)
    assert other.is_active


async def test_two_credits_of_minors_close_both_accounts(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, mailbox: Mailbox
) -> None:
    account = await ready(session, 18, roles=["UNDERAGE_BENEFICIARY"])
    other = await YoungFactory.create(
        session, first_name="Zoé", last_name="Lévy", roles=["BENEFICIARY"], date_of_birth=account.birth_date
    )
    for holder in (account, other):
        await DepositFactory.create(
            session,
            account_id=holder.id,
            type="GRANT_15_17",
            version=1,
            amount_cents=30_00,
            birth_date=holder.birth_date,
        )
    await session.commit()
    await sign(client, tokens.native(account.id))
    for holder in (account, other):
        await session.refresh(holder)
        assert not holder.is_active
    reasons = (await session.scalars(select(AccountAction.reason).where(AccountAction.type == "USER_SUSPENDED"))).all()
    assert reasons == ["fraud suspicion"] * 2
    assert (await mailbox.last("fraud_duplicate_suspension"))["recipient"] == "equipe-fraude@example.com"


async def test_a_document_that_somebody_else_has(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens
) -> None:
    account = await ready(session, 18)
    await AccountFactory.create(session, id_piece_number="123456789")
    await session.commit()
    await sign(client, tokens.native(account.id))
    check = await session.scalar(select(SubscriptionCheck).where(SubscriptionCheck.type == "ubble"))
    assert check is not None
    assert check.reason_codes == ["duplicate_id_piece_number"]


async def test_the_last_step_may_be_the_phone(client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens) -> None:
    account = await ready(session, 18, phone_number=None)
    mine = tokens.native(account.id)
    await sign(client, mine)
    await session.refresh(account)
    assert account.roles == []
    v2, v3 = await stepper(client, mine), await stepper(client, mine, 3)
    assert v2["nextSubscriptionStep"] == "phone-validation"
    assert v3["nextSubscriptionStep"] == "profile-completion"
    assert [step["name"] for step in v3["subscriptionStepsToDisplay"]] == ["profile-completion", "honor-statement"]
    assert v3["subscriptionStepsToDisplay"][0]["completionState"] == "current"
    assert (await complete(client, mine, phoneNumber="06 12 34 56 78")).status_code == 204
    await session.refresh(account)
    assert (account.phone_number, account.roles) == ("+33612345678", ["BENEFICIARY"])


async def test_activities_by_age(client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens) -> None:
    for age, first in ((17, "MIDDLE_SCHOOL_STUDENT"), (18, "HIGH_SCHOOL_STUDENT")):
        account = await somebody(session, age=age)
        answer = await client.get("/native/v1/subscription/activity_types", headers=tokens.native(account.id))
        activities = answer.json()["activities"]
        assert activities[0]["id"] == first
        assert activities[-1] == {
            "id": "UNEMPLOYED",
            "label": "Demandeur d'emploi",
            "description": "En recherche d'emploi",
        }


async def test_countries(client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens) -> None:
    account = await somebody(session)
    answer = await client.get("/native/v1/countries", headers=tokens.native(account.id))
    listed = answer.json()["countries"]
    assert listed[0] == {"cog": 99100, "libcog": "France"}
    assert len(listed) == len(COUNTRIES) > 200
    assert len(set(COUNTRIES.values())) == len(COUNTRIES)
    assert all(99_100 <= cog < 99_600 for cog in COUNTRIES)


async def test_only_the_open_account_of_the_caller(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens
) -> None:
    closed = await somebody(session, is_active=False)
    for headers, status in (({}, 401), (tokens.native(closed.id), 403), (tokens.native(10**12), 403)):
        assert (await complete(client, headers)).status_code == status
        assert (await sign(client, headers)).status_code == status
    assert await session.scalar(select(SubscriptionCheck)) is None


async def test_a_right_that_is_over(
    client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens, clock: ClockControl
) -> None:
    account = await ready(session, 18)
    clock.advance(days=365 * 3)
    await sign(client, tokens.native(account.id))
    await session.refresh(account)
    assert account.roles == []
    assert account.birth_date is not None
    assert account.birth_date + timedelta(days=365 * 21) < datetime(2029, 3, 1, tzinfo=UTC).date()
