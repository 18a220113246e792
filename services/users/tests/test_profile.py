"""The app's profile, stepper and banner, for people in every situation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from shared.testing.flags import FlagControl
from shared.testing.recorders import ClockControl, StatementCounter, Tokens
from users.accounts.models import Account, Achievement
from users.deposits.rules import DepositType, RecreditType
from users.factories import (
    AccountFactory,
    BeneficiaryFactory,
    CheckFactory,
    DepositFactory,
    RecreditFactory,
    ReviewFactory,
    YoungFactory,
)
from users.features import Flag

NOW = datetime(2026, 5, 4, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(clock: ClockControl) -> None:
    clock.set(NOW)


class Home:
    """The start-up calls of the app, for somebody."""

    def __init__(self, client: httpx.AsyncClient, tokens: Tokens) -> None:
        self._client = client
        self._tokens = tokens

    async def _get(self, path: str, account: Account) -> dict[str, Any]:
        response = await self._client.get(path, headers=self._tokens.native(account.id))
        assert response.status_code == 200, response.text
        return response.json()

    async def me(self, account: Account) -> dict[str, Any]:
        return await self._get("/native/v1/me", account)

    async def stepper(self, account: Account) -> dict[str, Any]:
        return await self._get("/native/v2/subscription/stepper", account)

    async def banner(self, account: Account, is_geolocated: str = "false") -> dict[str, Any] | None:
        return (await self._get(f"/native/v1/banner?isGeolocated={is_geolocated}", account))["banner"]


@pytest.fixture
def home(client: httpx.AsyncClient, tokens: Tokens) -> Home:
    return Home(client, tokens)


def steps(stepper: dict[str, Any]) -> dict[str, str]:
    return {step["name"]: step["completionState"] for step in stepper["subscriptionStepsToDisplay"]}


async def taken(session: AsyncSession, account: Account, *kinds: str, **values: Any) -> None:
    for kind in kinds:
        await CheckFactory.create(session, account_id=account.id, type=kind, **values)


async def test_a_beneficiary_with_the_legacy_credit(session: AsyncSession, home: Home) -> None:
    account = await BeneficiaryFactory.create(session, age=19, activity="Étudiant", city="Bobigny", address="1 rue")
    deposit = await DepositFactory.create(session, account_id=account.id, birth_date=account.birth_date)
    await session.commit()
    me = await home.me(account)
    assert me["id"] == account.id
    assert me["isBeneficiary"] is True
    assert me["roles"] == ["BENEFICIARY"]
    assert me["status"] == {"statusType": "beneficiary", "subscriptionStatus": None}
    assert me["depositType"] == "GRANT_18"
    assert me["depositExpirationDate"] == deposit.expiration_date.isoformat().replace("+00:00", "Z")
    assert me["depositActivationDate"] == me["firstDepositActivationDate"]
    assert (me["domainsCredit"], me["bookedOffers"]) == (None, {})
    assert (me["activityId"], me["street"], me["currency"]) == ("STUDENT", "1 rue", "EUR")
    assert me["birthDate"] == str(account.birth_date)
    assert me["isEligibleForBeneficiaryUpgrade"] is False
    assert me["qfBonificationStatus"] == "not_eligible"
    assert me["remainingBonusAttempts"] is None
    assert me["subscriptions"] == {"marketingEmail": True, "marketingPush": True, "subscribedThemes": []}
    assert me["hasPassword"] is True
    stepper = await home.stepper(account)
    assert stepper["nextSubscriptionStep"] is None
    assert await home.banner(account) is not None
    assert await home.banner(account, "true") is None


async def test_a_beneficiary_with_the_third_credit(session: AsyncSession, home: Home) -> None:
    account = await BeneficiaryFactory.create(session, recredit_amount_to_show_cents=150_00, postal_code="98800")
    deposit = await DepositFactory.create(
        session, account_id=account.id, type=DepositType.GRANT_17_18.value, version=1, amount_cents=150_00
    )
    await RecreditFactory.create(session, deposit_id=deposit.id)
    session.add(Achievement(account_id=account.id, booking_id=3, name="FIRST_BOOK_BOOKING", unlocked_date=NOW))
    await session.commit()
    me = await home.me(account)
    assert me["depositType"] == "GRANT_17_18"
    assert (me["recreditAmountToShow"], me["recreditTypeToShow"]) == (150_00, "Recredit18")
    assert (me["qfBonificationStatus"], me["remainingBonusAttempts"]) == ("eligible", 10)
    assert me["currency"] == "XPF"
    assert [a["name"] for a in me["achievements"]] == ["FIRST_BOOK_BOOKING"]
    assert me["showEligibleCard"] is False


async def test_an_expired_credit_makes_an_ex_beneficiary(session: AsyncSession, home: Home) -> None:
    account = await BeneficiaryFactory.create(session, age=20)
    await DepositFactory.create(session, account_id=account.id, expiration_date=NOW - timedelta(days=1))
    await session.commit()
    assert (await home.me(account))["status"]["statusType"] == "ex_beneficiary"
    stepper = await home.stepper(account)
    assert set(steps(stepper).values()) <= {"completed"}


async def test_somebody_of_18_who_just_signed_up(session: AsyncSession, home: Home) -> None:
    account = await YoungFactory.create(session, phone_number=None)
    await session.commit()
    me = await home.me(account)
    assert me["status"] == {"statusType": "eligible", "subscriptionStatus": "has_to_complete_subscription"}
    assert me["eligibility"] == "age-17-18"
    assert me["showEligibleCard"] is True
    assert me["requiresIdCheck"] is True
    assert me["isEligibleForBeneficiaryUpgrade"] is True
    assert me["needsToFillCulturalSurvey"] is True
    assert me["depositType"] is None
    stepper = await home.stepper(account)
    assert steps(stepper) == {
        "phone-validation": "current",
        "profile-completion": "disabled",
        "identity-check": "disabled",
        "honor-statement": "disabled",
    }
    assert stepper["nextSubscriptionStep"] == "phone-validation"
    assert stepper["allowedIdentityCheckMethods"] == ["ubble"]
    assert "150" in stepper["subtitle"]
    banner = await home.banner(account)
    assert banner is not None
    assert banner["name"] == "activation_banner"
    assert "150" in banner["title"]


async def test_the_path_of_somebody_of_17(session: AsyncSession, home: Home) -> None:
    account = await YoungFactory.create(session, age=17)
    await session.commit()
    seen = []
    for kind in ("profile_completion", "ubble", "honor_statement"):
        seen.append((await home.stepper(account))["nextSubscriptionStep"])
        await taken(session, account, kind)
        await session.commit()
    done = await home.stepper(account)
    assert seen == ["profile-completion", "identity-check", "honor-statement"]
    assert done["nextSubscriptionStep"] is None
    assert (await home.me(account))["status"]["subscriptionStatus"] == "has_subscription_pending"
    assert steps(done) == {"profile-completion": "completed", "honor-statement": "completed"}
    assert "educonnect" in done["allowedIdentityCheckMethods"]


async def test_the_free_credit_asks_for_the_profile_alone(session: AsyncSession, home: Home) -> None:
    account = await YoungFactory.create(session, age=15)
    await session.commit()
    me, stepper = await home.me(account), await home.stepper(account)
    assert (me["eligibility"], me["requiresIdCheck"]) == ("free", False)
    assert steps(stepper) == {"profile-completion": "current"}
    banner = await home.banner(account, "true")
    assert banner is None


async def test_a_retry_and_a_refusal(session: AsyncSession, home: Home) -> None:
    retry, refused = await YoungFactory.create(session, age=17), await YoungFactory.create(session, age=17)
    for account, codes in ((retry, ["blurry_video"]), (refused, ["duplicate_user"])):
        await taken(session, account, "profile_completion")
        await taken(session, account, "ubble", status="ko", reason_codes=codes)
    await session.commit()
    stepper = await home.stepper(retry)
    assert steps(stepper)["identity-check"] == "retry"
    assert stepper["subscriptionMessage"]["callToAction"]["callToActionIcon"] == "RETRY"
    banner = await home.banner(retry)
    assert banner is not None
    assert banner["name"] == "retry_identity_check_banner"
    assert (await home.stepper(refused))["nextSubscriptionStep"] is None
    for account in (retry, refused):
        assert (await home.me(account))["status"]["subscriptionStatus"] == "has_subscription_issues"


async def test_a_pending_identity_check(session: AsyncSession, home: Home) -> None:
    account = await YoungFactory.create(session, age=17)
    await taken(session, account, "profile_completion", "honor_statement")
    await taken(session, account, "ubble", status="pending")
    await session.commit()
    stepper = await home.stepper(account)
    assert stepper["hasIdentityCheckPending"] is True
    assert stepper["subscriptionMessage"]["popOverIcon"] == "CLOCK"
    assert (await home.me(account))["status"]["subscriptionStatus"] == "has_subscription_pending"


async def test_a_minor_beneficiary_who_turns_18(session: AsyncSession, home: Home) -> None:
    account = await YoungFactory.create(session, roles=["UNDERAGE_BENEFICIARY"])
    await DepositFactory.create(session, account_id=account.id, type="GRANT_17_18", version=1, amount_cents=50_00)
    before = NOW - timedelta(days=300)
    await taken(session, account, "ubble", date_created=before)
    await session.commit()
    banner = await home.banner(account)
    assert banner is not None
    assert banner["name"] == "transition_17_18_banner"
    me = await home.me(account)
    assert me["status"]["statusType"] == "beneficiary"
    assert me["isEligibleForBeneficiaryUpgrade"] is True
    # An identity proven by Ubble at 17 stays proven at 18.
    assert me["requiresIdCheck"] is False


async def test_a_refusal_by_an_agent(session: AsyncSession, home: Home) -> None:
    account = await YoungFactory.create(session)
    await ReviewFactory.create(session, account_id=account.id)
    await session.commit()
    me = await home.me(account)
    assert me["status"]["statusType"] == "non_eligible"
    assert me["subscriptionMessage"]["callToAction"]["callToActionIcon"] == "EMAIL"


@pytest.mark.parametrize("age", [14, 19, 35])
async def test_people_out_of_age(session: AsyncSession, home: Home, age: int) -> None:
    account = await YoungFactory.create(session, age=age)
    await session.commit()
    me, stepper = await home.me(account), await home.stepper(account)
    assert me["eligibility"] is None
    assert me["status"]["statusType"] == "non_eligible"
    assert me["needsToFillCulturalSurvey"] is False
    assert stepper["subscriptionStepsToDisplay"] == []


async def test_an_account_without_birth_date(session: AsyncSession, home: Home) -> None:
    account = await AccountFactory.create(session, first_name="")
    await session.commit()
    me = await home.me(account)
    assert (me["birthDate"], me["eligibilityStartDatetime"], me["firstName"]) == (None, None, None)
    assert (await home.stepper(account))["maintenancePageType"] is None


async def test_maintenance_takes_the_place_of_the_identity_check(
    session: AsyncSession, home: Home, flags: FlagControl
) -> None:
    account = await YoungFactory.create(session)
    await taken(session, account, "profile_completion")
    await session.commit()
    for flag in (Flag.ENABLE_UBBLE, Flag.ENABLE_EDUCONNECT_AUTHENTICATION):
        await flags.turn(flag, active=False)
    stepper = await home.stepper(account)
    assert stepper["nextSubscriptionStep"] == "maintenance"
    assert stepper["maintenancePageType"] == "without-dms"
    assert stepper["allowedIdentityCheckMethods"] == []


@pytest.mark.parametrize(
    ("status", "codes", "shown", "left"),
    [
        ("started", None, "started", 10),
        ("ok", None, "granted", 0),
        ("ko", ["quotient_familial_too_high"], "quotient_familial_too_high", 9),
        ("ko", ["quotient_familial_not_found"], "custodian_not_found", 9),
        ("ko", ["not_in_tax_household"], "not_in_tax_household", 9),
        ("ko", None, "ko", 9),
        ("canceled", None, "eligible", 10),
    ],
)
async def test_the_bonus(
    session: AsyncSession, home: Home, status: str, codes: list[str] | None, shown: str, left: int
) -> None:
    account = await BeneficiaryFactory.create(session)
    await DepositFactory.create(session, account_id=account.id, type="GRANT_17_18", version=1, amount_cents=0)
    await taken(session, account, "qf_bonus_credit", status=status, reason_codes=codes)
    await session.commit()
    me = await home.me(account)
    assert (me["qfBonificationStatus"], me["remainingBonusAttempts"]) == (shown, left)


async def test_the_bonus_once_granted_or_asked_too_often(session: AsyncSession, home: Home) -> None:
    rich, tired = await BeneficiaryFactory.create(session), await BeneficiaryFactory.create(session)
    deposits = [
        await DepositFactory.create(session, account_id=account.id, type="GRANT_17_18", version=1, amount_cents=0)
        for account in (rich, tired)
    ]
    await RecreditFactory.create(session, deposit_id=deposits[0].id, type=RecreditType.BONUS_CREDIT.value)
    for _ in range(10):
        await taken(session, tired, "qf_bonus_credit", status="ko")
    await session.commit()
    assert (await home.me(rich))["qfBonificationStatus"] == "granted"
    assert (await home.me(tired))["qfBonificationStatus"] == "too_many_retries"


async def test_me_costs_few_statements(session: AsyncSession, home: Home, statements: StatementCounter) -> None:
    account = await BeneficiaryFactory.create(session)
    for kind in ("GRANT_18", "GRANT_15_17"):
        await DepositFactory.create(
            session, account_id=account.id, type=kind, expiration_date=NOW - timedelta(days=len(kind))
        )
    await session.commit()
    with statements() as seen:
        await home.me(account)
    assert len(seen) == 1, seen


async def test_a_bad_query_is_400(client: httpx.AsyncClient, session: AsyncSession, tokens: Tokens) -> None:
    account = await YoungFactory.create(session)
    await session.commit()
    response = await client.get("/native/v1/banner?isGeolocated=perhaps", headers=tokens.native(account.id))
    assert (response.status_code, list(response.json())) == (400, ["isGeolocated"])


@pytest.mark.parametrize("path", ["/native/v1/me", "/native/v2/subscription/stepper", "/native/v1/banner"])
async def test_unknown_and_closed_accounts(
    session: AsyncSession, client: httpx.AsyncClient, tokens: Tokens, path: str
) -> None:
    closed = await YoungFactory.create(session, is_active=False)
    await session.commit()
    for subject in (closed.id, 2**62):
        response = await client.get(path, headers=tokens.native(subject))
        assert (response.status_code, list(response.json())) == (403, ["email"])
    assert (await client.get(path)).status_code == 401
