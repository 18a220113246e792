"""From an empty phone to a credit, by every path, and what is left of it after a booking: to the cent."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from local.platform import Platform
from local.run import capture
from tests.journeys.newcomer import Newcomer, born, newcomer, time_passes
from tests.journeys.people import portal, signed_in, until
from tests.journeys.stage import booked, thing_for_sale

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("platform")]

New = Callable[..., Awaitable[Newcomer]]
PRICE = 12_34
_shop: dict[Path, int] = {}


@pytest_asyncio.fixture
async def partners(platform: Platform) -> AsyncIterator[httpx.AsyncClient]:
    """Who proves identities, played."""
    url = f"http://127.0.0.1:{platform.topology.api_port('users')}"
    async with httpx.AsyncClient(base_url=url, timeout=30.0) as made:
        yield made


@pytest.fixture
def new(new_client: Any, surfaces: Any, mailbox: Any, partners: httpx.AsyncClient) -> New:
    async def make(birth: date, **known: Any) -> Newcomer:
        return await newcomer(new_client(), surfaces, mailbox, partners, birth, **known)

    return make


@pytest_asyncio.fixture
async def stock(platform: Platform, new_client: Any, surfaces: Any) -> int:
    """Something for 12.34 €, for sale once for all of these journeys."""
    if platform.topology.var not in _shop:
        partner = await portal(new_client(), surfaces)
        found = await thing_for_sale(partner, "Boîte d'aquarelles", price=PRICE / 100, quantity=100)
        _shop[platform.topology.var] = found.stock_id
    return _shop[platform.topology.var]


async def spends(person: Newcomer, stock: int, credit: int) -> None:
    await booked(person.app, stock)
    await person.has(credit, credit - PRICE)


async def is_pending(person: Newcomer) -> None:
    async def pending() -> bool:
        return bool((await person.stepper())["hasIdentityCheckPending"])

    await until(pending)


async def has_issues(person: Newcomer) -> None:
    async def refused() -> bool:
        return (await person.me())["status"]["subscriptionStatus"] == "has_subscription_issues"

    await until(refused)


async def free(person: Newcomer) -> None:
    await person.declares()


async def educonnect(person: Newcomer) -> None:
    await person.declares()
    where = await person.at_educonnect()
    assert "/educonnect/validation" in where
    await person.waits_for("honor-statement")
    await person.signs()


async def ubble(person: Newcomer) -> None:
    await person.declares()
    await person.at_ubble()
    await person.waits_for("honor-statement")
    await person.signs()


async def dms(person: Newcomer) -> None:
    """An application says all that the other steps ask for, but for the number."""
    await person.app.call("PATCH", "/native/v1/profile", 200, json={"phoneNumber": "+33612345678"})
    page = await person.at_dms("en_construction")
    await is_pending(person)
    await person.at_dms("accepte", page)


@pytest.mark.parametrize(
    ("age", "path", "credit", "kind", "roles"),
    [
        (15, free, 0, "GRANT_FREE", ["FREE_BENEFICIARY"]),
        (16, free, 0, "GRANT_FREE", ["FREE_BENEFICIARY"]),
        (17, educonnect, 50_00, "GRANT_17_18", ["UNDERAGE_BENEFICIARY"]),
        (17, ubble, 50_00, "GRANT_17_18", ["UNDERAGE_BENEFICIARY"]),
        (18, ubble, 150_00, "GRANT_17_18", ["BENEFICIARY"]),
        (18, dms, 150_00, "GRANT_17_18", ["BENEFICIARY"]),
    ],
)
async def test_each_path(new: New, stock: int, age: int, path: Any, credit: int, kind: str, roles: list[str]) -> None:
    person = await new(born(age))
    assert await person.credit() is None
    await path(person)
    me = await person.has(credit)
    assert (me["depositType"], me["roles"]) == (kind, roles)
    assert me["isBeneficiary"] == (credit > 0) or kind == "GRANT_FREE"
    assert me["recreditAmountToShow"] == (credit or 0) or credit == 0
    if credit:
        assert (me["firstName"], me["lastName"]) == (person.first_name, person.last_name)
        await spends(person, stock, credit)
    else:
        refused = await person.app.call("POST", "/native/v1/bookings", json={"stockId": stock, "quantity": 1})
        assert refused.status_code == 400


async def test_born_on_29_february(new: New, stock: int) -> None:
    today = datetime.now(UTC).date()
    birth = next((date(year, 2, 29) for year in (2008, 2012, 2016) if _is_18(date(year, 2, 29), today)), None)
    if birth is None:
        pytest.skip("nobody born on a 29 February is 18 today")
    person = await new(birth)
    await ubble(person)
    me = await person.has(150_00)
    assert me["birthDate"] == birth.isoformat()
    # 21 is reached on 28 February of a common year; credits end eleven hours after that day began.
    assert me["depositExpirationDate"] == f"{birth.year + 21}-02-28T11:00:00Z"
    await spends(person, stock, 150_00)


def _is_18(birth: date, today: date) -> bool:
    return date(birth.year + 18, 2, 28) <= today < date(birth.year + 19, 2, 28)


@pytest.mark.parametrize(("postal_code", "currency"), [("97400", "EUR"), ("98800", "XPF")])
async def test_overseas(new: New, stock: int, postal_code: str, currency: str) -> None:
    person = await new(born(18), postal_code=postal_code)
    if currency == "XPF":
        refused = await person.declares(400, postalCode="98811")
        assert refused.json()["code"] == "INELIGIBLE_POSTAL_CODE"
    await ubble(person)
    me = await person.has(150_00)
    assert (me["currency"], me["postalCode"]) == (currency, postal_code)
    await spends(person, stock, 150_00)


async def test_18_after_a_pass_at_17(new: New, platform: Platform, stock: int) -> None:
    """ÉduConnect does not carry over: at 18 everything is asked for again; what was left stays, what was booked too."""
    person = await new(born(17, days_ago=300))
    await educonnect(person)
    await person.has(50_00)
    await spends(person, stock, 50_00)
    time_passes(platform, person.email, 100)
    me = await person.me()
    assert (me["roles"], me["isEligibleForBeneficiaryUpgrade"]) == (["UNDERAGE_BENEFICIARY"], True)
    await person.declares()
    await person.at_ubble(birth_date=me["birthDate"])
    await person.waits_for("honor-statement")
    await person.signs()
    me = await person.has(200_00, 200_00 - PRICE)
    assert (me["roles"], me["recreditAmountToShow"]) == (["BENEFICIARY"], 150_00)


async def test_a_credit_of_before_the_decree_becomes_the_new_one(
    platform: Platform, new_client: Any, surfaces: Any, partners: httpx.AsyncClient, stock: int
) -> None:
    """Their 17th birthday: the job grants 50 €, and bookings and the rest of the former credit move to it."""
    email = "user16avantdecret@test.com"
    caller = await signed_in(new_client(), surfaces, email)
    person = Newcomer(caller, partners, email, born(16))
    before = await person.credit()
    assert before is not None
    await booked(caller, stock)
    await person.has(before[0], before[1] - PRICE)
    time_passes(platform, email, 365)
    environment = {**platform.topology.environment(), **platform.servers.addresses()}
    status, printed, errors = capture([sys.executable, "-m", "users", "recredit-users"], environment)
    assert status == 0, printed + errors
    await person.has(before[1] + 50_00, before[1] + 50_00 - PRICE)
    assert (await person.me())["depositType"] == "GRANT_17_18"


async def test_refused_and_tried_again(new: New) -> None:
    person = await new(born(17))
    await person.declares()
    await person.at_ubble("retry_62101")
    await has_issues(person)
    said = await person.waits_for("identity-check")
    steps = {step["name"]: step for step in said["subscriptionStepsToDisplay"]}
    assert steps["identity-check"]["completionState"] == "retry"
    assert "ubble" in said["allowedIdentityCheckMethods"]
    assert await person.credit() is None
    await person.at_ubble()
    await person.waits_for("honor-statement")
    await person.signs()
    await person.has(50_00)


async def test_refused_for_good(new: New) -> None:
    person = await new(born(18))
    await person.declares()
    await person.at_ubble("declined_62401")
    await has_issues(person)
    answer = await person.app.call(
        "POST", "/native/v1/ubble_identification", 400, json={"redirectUrl": "http://localhost:8082/"}
    )
    assert answer.json()["code"] == "IDCHECK_ALREADY_PROCESSED"
    await person.signs()
    assert await person.credit() is None


async def test_under_review(new: New) -> None:
    person = await new(born(18))
    await person.declares()
    page = await person.at_ubble("checks_in_progress")
    await is_pending(person)
    await person.signs()
    assert (await person.me())["status"]["subscriptionStatus"] == "has_subscription_pending"
    assert await person.credit() is None
    await person.concludes(page, "approved")
    await person.has(150_00)


async def test_a_second_account_of_the_same_person(new: New) -> None:
    first = await new(born(18))
    await ubble(first)
    await first.has(150_00)
    second = await new(first.birth, first_name=first.first_name.upper(), last_name=first.last_name)
    await second.declares()
    await second.at_ubble()
    await has_issues(second)
    await second.signs()
    assert await second.credit() is None


async def test_the_bonus(new: New, partners: httpx.AsyncClient) -> None:
    person = await new(born(18))
    await ubble(person)
    await person.has(150_00)
    household = {
        "quotient": "found",
        "value": "700",
        "first_names": person.first_name.upper(),
        "last_name": person.last_name.upper(),
        "birth_date": person.birth.isoformat(),
        "gender": "F",
        "adult": "no",
        "child": "no",
    }
    assert (await partners.post("/simulators/household", data=household)).status_code == 303
    body = {
        "lastName": person.last_name,
        "firstNames": ["Anne"],
        "birthDate": "1980-05-01",
        "gender": "Mme",
        "birthCountryCogCode": "99100",
        "birthCityCogCode": "75056",
    }
    await person.app.call("POST", "/native/v1/subscription/bonus/quotient_familial", 204, json=body)
    me = await person.has(200_00)
    assert (me["qfBonificationStatus"], me["recreditAmountToShow"]) == ("granted", 50_00)
    again = await person.app.call("POST", "/native/v1/subscription/bonus/quotient_familial", 400, json=body)
    assert again.json()["code"] == "BONUS_NOT_ELIGIBLE"
