"""The bonus: by the family quotient, by an allowance, through the simulator; and what the law's figures say of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.outbound import PartnerNonsense, PartnerRefused
from shared.testing.partners import Canned, FakePartner
from shared.testing.recorders import ClockControl, EventRecorder, Tokens
from users.accounts.models import Account
from users.bonus.adapter import HttpHousehold, household_for
from users.bonus.rules import Child, Found, Person, Quotient, Young, decide, decide_disability, months_of
from users.deposits.actions import grant_deposit
from users.deposits.models import Deposit, Recredit
from users.eligibility.rules import EligibilityType, Reform
from users.factories import CheckFactory, YoungFactory
from users.partners import Partners
from users.settings import Settings
from users.subscription.models import SubscriptionCheck
from users.tasks.loop import work_off

from .mailbox import Mailbox

PATH = "/native/v1/subscription/bonus"
CUSTODIAN = {
    "lastName": "Lévy",
    "firstNames": ["Anne", "Marie"],
    "birthDate": "1980-05-01",
    "gender": "Mme",
    "birthCountryCogCode": "99100",
    "birthCityCogCode": "93008",
}
BORN = date(2008, 1, 1)


@pytest.fixture(autouse=True)
def day(clock: ClockControl) -> None:
    clock.set(datetime(2026, 2, 10, 12, tzinfo=UTC))


class Asker:
    """Somebody of 18 with their credit, the app and the worker."""

    def __init__(
        self, client: httpx.AsyncClient, database: Database, partners: Partners, account: Account, tokens: Tokens
    ) -> None:
        self.client, self.database, self.partners = client, database, partners
        self.account, self._tokens = account, tokens

    @property
    def headers(self) -> dict[str, str]:
        return self._tokens.native(self.account.id)

    async def ask(self, way: str = "quotient_familial", **changes: Any) -> httpx.Response:
        body = {**CUSTODIAN, **changes}
        if way == "disability":
            body = {"birthCountryCogCode": "99100", "birthCityCogCode": "93008", **changes}
        return await self.client.post(f"{PATH}/{way}", json=body, headers=self.headers)

    async def household(self, **said: str) -> None:
        form = {"birth_date": BORN.isoformat(), "first_names": "ZOE ANNE", "last_name": "LEVY", "gender": "F", **said}
        await self.client.post("/simulators/household", data=form)

    async def work(self) -> None:
        await work_off(self.database, self.partners)

    async def status(self) -> tuple[str, str, int | None]:
        said = (await self.client.get("/native/v1/me", headers=self.headers)).json()
        return said["qfBonificationStatus"], said["disabilityBonificationStatus"], said["remainingBonusAttempts"]

    async def amount(self) -> int:
        async with self.database.transaction() as session:
            return await session.scalar(select(Deposit.amount_cents).where(Deposit.account_id == self.account.id)) or 0


@pytest.fixture
async def asker(
    client: httpx.AsyncClient, database: Database, partners: Partners, session: AsyncSession, tokens: Tokens
) -> Asker:
    account = await YoungFactory.create(session, date_of_birth=BORN, first_name="Zoé", last_name="Lévy")
    content = {"first_name": "Zoé", "last_name": "Lévy", "birth_date": BORN.isoformat(), "civility": "Mme"}
    await CheckFactory.create(session, account_id=account.id, content=content)
    reform = Reform(datetime(2025, 3, 1, tzinfo=UTC))
    await grant_deposit(session, account.id, EligibilityType.AGE17_18, "test", reform=reform)
    await session.commit()
    return Asker(client, database, partners, account, tokens)


async def test_a_low_quotient_gives_fifty_euros(asker: Asker, mailbox: Mailbox, events: EventRecorder) -> None:
    assert await asker.status() == ("eligible", "eligible", 10)
    await asker.household(value="700")
    assert (await asker.ask()).status_code == 204
    assert await asker.status() == ("started", "eligible", 10)
    await asker.work()
    assert await asker.status() == ("granted", "granted", 0)
    assert await asker.amount() == 200_00
    assert (await mailbox.kinds())[-1] == "bonus_granted"
    assert (await events.names())[-3:] == ["deposit.recredited", "check.concluded", "notice.requested"]
    shown = (await asker.client.get("/native/v1/me", headers=asker.headers)).json()
    assert (shown["recreditAmountToShow"], shown["recreditTypeToShow"]) == (50_00, "BonusCredit")
    refused = await asker.ask()
    assert (refused.status_code, refused.json()["code"]) == (400, "BONUS_NOT_ELIGIBLE")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"value": "701"}, "quotient_familial_too_high"),
        ({"last_name": "MARTIN"}, "not_in_tax_household"),
        ({"birth_date": "2008-01-02"}, "not_in_tax_household"),
        ({"gender": "M"}, "not_in_tax_household"),
        ({"quotient": "404"}, "custodian_not_found"),
        ({"quotient": "422"}, "custodian_not_found"),
    ],
)
async def test_refusals(asker: Asker, mailbox: Mailbox, said: dict[str, str], status: str) -> None:
    await asker.household(**said)
    await asker.ask()
    await asker.work()
    assert await asker.status() == (status, "eligible", 9)
    assert (await asker.amount(), (await mailbox.kinds())[-1]) == (150_00, "bonus_declined")


async def test_ten_tries(asker: Asker) -> None:
    await asker.household(value="900")
    for left in range(9, -1, -1):
        assert (await asker.ask()).status_code == 204
        await asker.work()
        assert (await asker.status())[2] == left
    assert (await asker.status())[0] == "too_many_retries"
    assert (await asker.ask()).status_code == 400


async def test_two_requests_at_once_are_one(asker: Asker, session: AsyncSession) -> None:
    await asker.household()
    assert [(await asker.ask()).status_code for _ in range(3)] == [204, 400, 400]
    await asker.work()
    await asker.work()
    assert await asker.amount() == 200_00


async def test_an_administration_that_is_away(asker: Asker, clock: ClockControl) -> None:
    await asker.household()
    await asker.ask()
    await asker.client.post("/simulators/household/mode", data={"mode": "busy"})
    await asker.work()
    assert (await asker.status())[0] == "started"
    await asker.client.post("/simulators/household/mode", data={"mode": "up"})
    clock.advance(minutes=2)
    await asker.work()
    assert (await asker.status())[0] == "granted"


@pytest.mark.parametrize("allowance", ["adult", "child"])
async def test_an_allowance_gives_it_and_leaves_no_trace(
    asker: Asker, session: AsyncSession, mailbox: Mailbox, allowance: str
) -> None:
    await asker.household(**{allowance: "yes"})
    assert (await asker.ask("disability")).status_code == 204
    assert await asker.status() == ("eligible", "started", 10)
    await asker.work()
    assert await asker.status() == ("granted", "granted", 0)
    assert await asker.amount() == 200_00
    assert (await mailbox.kinds())[-1] == "bonus_granted"
    kinds = (await session.scalars(select(SubscriptionCheck.type))).all()
    assert "disability_bonus_credit" not in kinds
    assert await session.scalar(select(Recredit.comment).where(Recredit.type == "BonusCredit")) is None


@pytest.mark.parametrize(
    ("adult", "child", "status"),
    [
        ("no", "no", "not_recipient"),
        ("404", "404", "application_not_found"),
        ("422", "422", "person_not_found"),
        ("422", "404", "application_not_found"),
        ("404", "no", "not_recipient"),
    ],
)
async def test_no_allowance(asker: Asker, adult: str, child: str, status: str) -> None:
    await asker.household(adult=adult, child=child)
    await asker.ask("disability")
    await asker.work()
    assert await asker.status() == ("eligible", status, 10)
    assert await asker.amount() == 150_00


async def test_both_ways_give_one_bonus(asker: Asker) -> None:
    await asker.household(adult="yes")
    assert (await asker.ask()).status_code == 204
    assert (await asker.ask("disability")).status_code == 204
    await asker.work()
    assert await asker.amount() == 200_00
    assert (await asker.status())[:2] == ("granted", "granted")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lastName": ""}, "lastName"),
        ({"lastName": "D0e"}, "lastName"),
        ({"firstNames": []}, "firstNames"),
        ({"firstNames": ["Anne", ""]}, "firstNames"),
        ({"firstNames": ["x"] * 100}, "firstNames"),
        ({"birthDate": "1980-02-30"}, "birthDate"),
        ({"birthDate": "2080-02-01"}, "birthDate"),
        ({"birthDate": "1580-02-01"}, "birthDate"),
        ({"gender": "X"}, "gender"),
        ({"birthCountryCogCode": "12345"}, "birthCountryCogCode"),
        ({"birthCountryCogCode": "٩٩١٠٠"}, "birthCountryCogCode"),
        ({"birthCityCogCode": None}, "birthCityCogCode"),
        ({"birthCityCogCode": "paris"}, "birthCityCogCode"),
        ({"commonName": "1"}, "commonName"),
    ],
)
async def test_bad_forms(asker: Asker, session: AsyncSession, changes: dict[str, Any], field: str) -> None:
    answer = await asker.ask(**changes)
    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert await session.scalar(select(SubscriptionCheck).where(SubscriptionCheck.type == "qf_bonus_credit")) is None


async def test_a_birth_place_abroad_has_no_city(asker: Asker, session: AsyncSession) -> None:
    assert (await asker.ask(birthCountryCogCode="99352")).status_code == 204
    check = await session.scalar(select(SubscriptionCheck).where(SubscriptionCheck.type == "qf_bonus_credit"))
    assert check is not None
    assert check.content is not None
    assert check.content["custodian"]["birth_city_cog_code"] is None


async def test_who_may_not(asker: Asker, session: AsyncSession, clock: ClockControl) -> None:
    clock.set(datetime(2027, 1, 2, tzinfo=UTC))
    for way in ("quotient_familial", "disability"):
        assert (await asker.ask(way)).json()["code"] == "BONUS_NOT_ELIGIBLE"


# Rules


def quotient(value: int, *, listed: bool = True) -> Quotient:
    child = Child("LEVY", None, "ZOE ANNE", BORN, "Mme")
    return Quotient(value, 2024, 1, "CNAF", children=(child,) if listed else ())


YOUNG = Young("Zoé", "Lévy", BORN, "Mme")


@given(st.lists(st.tuples(st.integers(0, 2_000), st.booleans()), max_size=12))
@settings(max_examples=150)
def test_the_lowest_month_that_lists_the_person_decides(months: list[tuple[int, bool]]) -> None:
    decision = decide(YOUNG, [quotient(value, listed=listed) for value, listed in months])
    listing = [value for value, listed in months if listed]
    if not months:
        assert decision.code == "quotient_familial_not_found"
    elif not listing:
        assert decision.code == "not_in_tax_household"
    else:
        assert (decision.code is None) == (min(listing) <= 700)
        assert decision.quotient is not None
        assert decision.quotient.value == min(listing)


@given(st.dates(date(2000, 1, 1), date(2015, 12, 31)))
@settings(max_examples=100)
def test_twelve_months_follow_each_other(born: date) -> None:
    months = months_of(born)
    assert months[0] == (born.year + 16, born.month)
    assert [year * 12 + month for year, month in months] == list(
        range(months[0][0] * 12 + months[0][1], months[0][0] * 12 + months[0][1] + 12)
    )
    assert all(1 <= month <= 12 for _, month in months)


@given(
    st.lists(st.sampled_from([Found.RECIPIENT, Found.NOT_RECIPIENT, Found.NO_APPLICATION, Found.NOBODY]), min_size=1)
)
@settings(max_examples=50)
def test_one_registry_suffices(found: list[str]) -> None:
    assert (decide_disability(found) is None) == (Found.RECIPIENT in found)


# The API as it was seen


@pytest.fixture
async def server() -> AsyncIterator[FakePartner]:
    async with FakePartner() as running:
        yield running


@pytest.fixture
async def api(server: FakePartner, settings: Settings) -> AsyncIterator[HttpHousehold]:
    changes = {"household_url": server.url, "household_token": "token"}
    made = household_for(Settings.model_validate({**settings.model_dump(), **changes}))
    yield made
    await made.close()


PERSON = Person("Lévy", ("Anne", "Marie"), date(1980, 5, 1), "Mme", "99100", "93008")


async def test_the_quotient_of_a_month(server: FakePartner, api: HttpHousehold) -> None:
    child = {"nom_naissance": "LEVY", "nom_usage": None, "prenoms": "ZOE", "date_naissance": "2008-01-01", "sexe": "F"}
    value = {"fournisseur": "CNAF", "valeur": 650, "annee": 2024, "mois": 1, "annee_calcul": 2024, "mois_calcul": 2}
    body = {"data": {"allocataires": [child], "enfants": [child], "quotient_familial": value}, "links": {}, "meta": {}}
    server.answers += [
        Canned.json(body),
        Canned(404, b"{}"),
        Canned(422, b"{}"),
        Canned(403, b"{}"),
        Canned(200, b"{}"),
    ]
    found = await api.quotient(PERSON, 2024, 1)
    assert found is not None
    assert (found.value, found.children[0].gender) == (650, "Mme")
    asked = server.requests[0]
    assert asked.headers["authorization"] == "Bearer token"
    for part in ("prenoms%5B%5D=ANNE&prenoms%5B%5D=MARIE", "sexeEtatCivil=F", "annee=2024&mois=1", "=93008"):
        assert part in asked.target
    assert await api.quotient(PERSON, 2024, 1) is None
    assert await api.quotient(PERSON, 2024, 1) is None
    with pytest.raises(PartnerRefused):
        await api.quotient(PERSON, 2024, 1)
    with pytest.raises(PartnerNonsense) as caught:
        await api.quotient(PERSON, 2024, 1)
    assert "LÉVY" not in str(caught.value)


async def test_allowances(server: FakePartner, api: HttpHousehold) -> None:
    server.answers += [
        Canned.json({"data": {"est_beneficiaire": True, "date_debut_droit": "2024-01-01"}}),
        Canned.json({"data": {"est_beneficiaire": False, "date_debut_droit": None}}),
        Canned.json({"data": {"status": "ouvrant_droit", "date_debut_droit": "2024-01-01"}}),
        Canned.json({"data": {"status": "non_beneficiaire", "date_debut_droit": None}}),
        Canned(404),
        Canned(422),
    ]
    assert [await api.adult_allowance(PERSON) for _ in range(2)] == [Found.RECIPIENT, Found.NOT_RECIPIENT]
    assert [await api.child_allowance(PERSON) for _ in range(4)] == [
        Found.RECIPIENT,
        Found.NOT_RECIPIENT,
        Found.NO_APPLICATION,
        Found.NOBODY,
    ]
