"""Credits over whole lives, 2019 to 2030: never more than the law's amounts, nothing twice, whatever happens when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock as clock_module
from shared.database import Database
from shared.testing.recorders import ClockControl
from users.accounts.actions import lock_account
from users.accounts.models import Account
from users.accounts.profile import candidate_for
from users.deposits.actions import add_recredit
from users.deposits.bonus import QUOTIENT, may_ask
from users.deposits.jobs import recredit_users
from users.deposits.models import Deposit
from users.deposits.queries import deposits_of, held
from users.deposits.rules import BONUS_AMOUNT, RecreditType, current_deposit
from users.eligibility.rules import (
    EligibilityType,
    Person,
    Reform,
    Registration,
    age_at,
    age_on,
    eligibility_at,
    eligibility_of,
)
from users.factories import AccountFactory
from users.identity.content import ProvidedIdentity
from users.identity.results import conclude
from users.settings import Settings
from users.subscription.actions import record_check
from users.subscription.activation import try_activation
from users.subscription.checks import CheckStatus, CheckType

DECREE = datetime(2025, 3, 1, tzinfo=UTC)
ZONES = {"93": "Europe/Paris", "974": "Indian/Reunion", "988": "Pacific/Noumea", "987": "Pacific/Tahiti"}

BIRTHS = st.one_of(
    st.dates(date(2001, 1, 1), date(2013, 12, 31)),
    st.sampled_from([date(2004, 2, 29), date(2008, 2, 29), date(2007, 3, 1), date(2008, 3, 1), date(2009, 2, 28)]),
)
ACTS = st.sampled_from(
    ["profile", "ubble", "ubble", "educonnect", "dms", "honor", "honor", "phone", "job", "job", "bonus", "activate"]
)
STEPS = st.lists(st.tuples(st.integers(0, 300), ACTS), min_size=4, max_size=16)


class Life:
    """One person, and everything that may happen to their subscription."""

    def __init__(self, database: Database, config: Settings, account_id: int, birth: date, number: int) -> None:
        self.database, self.settings = database, config
        self.account_id, self.birth, self.number = account_id, birth, number

    async def act(self, name: str) -> None:
        if name == "job":
            await recredit_users(self.database, self.settings)
            return
        async with self.database.transaction() as session:
            account = await lock_account(session, self.account_id)
            await getattr(self, f"_{name}")(session, account)

    async def _eligibility(self, session: AsyncSession, account: Account) -> EligibilityType | None:
        return (await candidate_for(session, self.settings, account)).eligibility

    async def _profile(self, session: AsyncSession, account: Account) -> None:
        await self._step(session, account, CheckType.PROFILE_COMPLETION)

    async def _honor(self, session: AsyncSession, account: Account) -> None:
        await self._step(session, account, CheckType.HONOR_STATEMENT)

    async def _step(self, session: AsyncSession, account: Account, kind: CheckType) -> None:
        eligibility = await self._eligibility(session, account)
        content = {"city": "Bobigny", "first_name": "Zoé", "last_name": f"Lévy{'a' * self.number}"}
        await record_check(session, account.id, kind, CheckStatus.OK, eligibility=eligibility, content=content)
        await try_activation(session, self.settings, account.id)

    async def _ubble(self, session: AsyncSession, account: Account) -> None:
        await self._identity(session, account, CheckType.UBBLE, {"id_document_number": f"{self.account_id:09}"})

    async def _educonnect(self, session: AsyncSession, account: Account) -> None:
        await self._identity(session, account, CheckType.EDUCONNECT, {"ine_hash": f"ine{self.account_id}"})

    async def _dms(self, session: AsyncSession, account: Account) -> None:
        more = {"id_piece_number": f"{self.account_id:09}"}
        await self._identity(session, account, CheckType.DMS, more, ago=timedelta(days=60))

    async def _identity(
        self,
        session: AsyncSession,
        account: Account,
        kind: CheckType,
        more: dict[str, str],
        ago: timedelta = timedelta(),
    ) -> None:
        content = {
            "first_name": "Zoé",
            "last_name": "Lévy",
            "birth_date": self.birth.isoformat(),
            **more,
        }
        check = await record_check(
            session,
            account.id,
            kind,
            CheckStatus.STARTED,
            eligibility=await self._eligibility(session, account),
            content=content,
            registered_at=clock_module.now() - ago,
        )
        await conclude(session, self.settings, account, check, ProvidedIdentity.of(content))

    async def _phone(self, session: AsyncSession, account: Account) -> None:
        account.phone_validation_status = "validated"
        await try_activation(session, self.settings, account.id)

    async def _activate(self, session: AsyncSession, account: Account) -> None:
        await try_activation(session, self.settings, account.id)
        await try_activation(session, self.settings, account.id)

    async def _bonus(self, session: AsyncSession, account: Account) -> None:
        deposits = tuple(held(deposit) for deposit in await deposits_of(session, account.id))
        candidate = await candidate_for(session, self.settings, account, deposits)
        if may_ask(candidate, current_deposit(deposits), QUOTIENT):
            await add_recredit(session, account.id, RecreditType.BONUS_CREDIT, BONUS_AMOUNT)

    async def deposits(self) -> list[Deposit]:
        async with self.database.transaction() as session:
            return await deposits_of(session, self.account_id)


def base(deposit: Deposit) -> int:
    return deposit.amount_cents - sum(recredit.amount_cents for recredit in deposit.recredits)


def new_money(deposits: list[Deposit]) -> dict[str, int]:
    """What the law gave, by what it is for; what was carried over is not new."""
    given: dict[str, int] = {}
    for deposit in deposits:
        if base(deposit):
            assert deposit.type not in given
            given[deposit.type] = base(deposit)
        for recredit in deposit.recredits:
            if recredit.type == RecreditType.PREVIOUS_DEPOSIT.value:
                continue
            assert recredit.type not in given, "an amount twice"
            given[recredit.type] = recredit.amount_cents
    return given


AMOUNTS = {
    "GRANT_15_17": {20_00, 30_00},
    "GRANT_18": {300_00},
    "Recredit17": {50_00},
    "Recredit18": {150_00},
    "BonusCredit": {50_00},
}


def check_law(deposits: list[Deposit], birth: date, zone: ZoneInfo) -> int:
    """Every law of credits; the total of new money."""
    now = clock_module.now()
    assert len({deposit.type for deposit in deposits}) == len(deposits)
    assert sum(deposit.expiration_date is None or deposit.expiration_date > now for deposit in deposits) <= 1
    given = new_money(deposits)
    for name, amount in given.items():
        assert amount in AMOUNTS[name], (name, amount)
    assert not {"GRANT_18", "Recredit18"} <= set(given), "eighteen is paid once"
    assert not {"GRANT_18", "BonusCredit"} <= set(given), "the bonus belongs to the third credit"
    for deposit in deposits:
        age = age_on(birth, deposit.date_created.astimezone(zone).date())
        assert 15 <= age <= 20, (deposit.type, age)
        if deposit.type == "GRANT_15_17":
            assert age <= 17
            assert deposit.date_created < DECREE or age <= 17
        if deposit.type in ("GRANT_17_18", "GRANT_FREE"):
            assert deposit.date_created >= DECREE
        if deposit.type == "GRANT_FREE":
            assert age <= 16
            assert deposit.amount_cents == 0
    total = sum(given.values())
    assert total <= 330_00
    if "Recredit18" in given or "BonusCredit" in given:
        assert total <= 280_00
    return total


@given(
    birth=BIRTHS,
    start=st.dates(date(2019, 1, 1), date(2029, 12, 31)),
    steps=STEPS,
    department=st.sampled_from(sorted(ZONES)),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
async def test_a_life(
    database: Database,
    settings: Any,
    clock: ClockControl,
    birth: date,
    start: date,
    steps: list[tuple[int, str]],
    department: str,
) -> None:
    config = Settings.model_validate({**settings.model_dump(), "credit_v3_decree_datetime": DECREE})
    zone = ZoneInfo(ZONES[department])
    clock.set(datetime(start.year, start.month, start.day, 12, tzinfo=UTC))
    async with AsyncSession(database.engine, expire_on_commit=False) as session:
        account = await AccountFactory.create(
            session,
            date_of_birth=birth,
            department_code=department,
            postal_code={"93": "93000", "974": "97400", "988": "98800", "987": "98700"}[department],
            phone_number="+33612345678",
            first_name=None,
            last_name=None,
        )
        # Nobody else of another example is the same person.
        account.email = f"life{account.id}@example.com"
        await session.commit()
    life = Life(database, config, account.id, birth, 0)
    await _alone(database, account.id)
    former = 0
    for days, act in steps:
        clock.advance(days=days)
        if clock_module.now().year > 2030:
            break
        await life.act(act)
        total = check_law(await life.deposits(), birth, zone)
        assert total >= former, "nothing is taken back"
        former = total
    for _ in range(2):
        await life.act("job")
        again = check_law(await life.deposits(), birth, zone)
        assert again >= former
        former = again
    await life.act("job")
    assert check_law(await life.deposits(), birth, zone) == former


async def _alone(database: Database, account_id: int) -> None:
    """Earlier examples' people leave, so that they are nobody's duplicates."""
    from sqlalchemy import update

    async with database.transaction() as session:
        await session.execute(
            update(Account)
            .where(Account.id != account_id)
            .values(roles=["ANONYMIZED"], validated_birth_date=None, id_piece_number=None, ine_hash=None)
        )


MOMENTS = st.datetimes(datetime(2019, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 -- Hypothesis wants naive bounds
KINDS = st.sampled_from([*EligibilityType, None])
REGISTRATIONS = st.lists(st.builds(Registration, KINDS, MOMENTS), max_size=5)
PEOPLE = st.builds(lambda born, zone: Person(born, ZoneInfo(zone)), BIRTHS, st.sampled_from(sorted(ZONES.values())))


@given(PEOPLE, REGISTRATIONS, st.builds(Registration, KINDS, MOMENTS), MOMENTS, st.booleans())
@settings(max_examples=300)
def test_one_more_step_never_takes_a_right_away(
    person: Person, steps: list[Registration], more: Registration, now: datetime, free: bool
) -> None:
    reform = Reform(DECREE, free)
    before = eligibility_of(person, steps, now=now, reform=reform)
    after = eligibility_of(person, [*steps, more], now=now, reform=reform)
    if before is not None:
        assert after is not None


@given(PEOPLE, MOMENTS, st.integers(0, 1_500))
@settings(max_examples=300)
def test_a_right_that_was_begun_lasts_to_20(person: Person, begun: datetime, days: int) -> None:
    """Whoever took a step at 17 or 18 under the third credit keeps the right until they are 21."""
    reform = Reform(DECREE)
    right = eligibility_at(person, begun, reform)
    later = begun + timedelta(days=days)
    if right is not EligibilityType.AGE17_18:
        return
    kept = eligibility_of(person, [Registration(right, begun)], now=later, reform=reform)
    assert (kept is EligibilityType.AGE17_18) == (age_at(person, later) < 21)


@given(PEOPLE, MOMENTS, REGISTRATIONS)
@settings(max_examples=300)
def test_nobody_has_a_right_before_15_nor_from_21(person: Person, now: datetime, steps: list[Registration]) -> None:
    if not 15 <= age_at(person, now) <= 20:
        assert eligibility_of(person, steps, now=now, reform=Reform(DECREE)) is None
