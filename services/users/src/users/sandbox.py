"""Data sets for development, built through the actions so that events tell of them. A second run adds nothing."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.database import Database
from shared.geography import department_code, timezone_name
from users.accounts.actions import create_account, suspend
from users.accounts.models import Account
from users.accounts.profile import candidate_for
from users.accounts.rules import Role
from users.deposits.actions import add_recredit, grant_deposit, import_deposit
from users.deposits.rules import BONUS_AMOUNT, LEGACY_AMOUNTS, DepositType, RecreditType
from users.eligibility.rules import EligibilityType, Reform, birthday
from users.features import flags
from users.permissions.actions import install_roles, set_agent_roles
from users.permissions.rules import AgentRole
from users.sandbox_accounts import Credit, Someone, a_few, everybody
from users.sandbox_stages import STAGES, Stage
from users.sessions.passwords import Passwords
from users.settings import Settings
from users.subscription.actions import record_check
from users.subscription.checks import CheckStatus, CheckType, PhoneValidationStatus, ReviewVerdict
from users.subscription.models import SubscriptionReview

log = structlog.get_logger(__name__)

PASSWORD = "user@AZERTY123"
# Everybody turned their age this many days ago, so that the data set keeps its ages for a while.
DAYS_SINCE_BIRTHDAY = 40
ENDED = timedelta(days=30)
CITIES = {"93": "Bobigny", "973": "Cayenne", "988": "Nouméa"}


async def build(name: str, database: Database) -> None:
    """Build `tiny` or `industrial`: the accounts that are missing, each in a transaction of its own."""
    settings = Settings()
    people = a_few() if name == "tiny" else everybody()
    passwords = Passwords(settings)
    # One hash for all: the password is public, and hashing is the slow part.
    password_hash = await passwords.hash(PASSWORD)
    passwords.close()
    async with database.transaction() as session:
        reform = settings.reform(flags.active)
        known = set(
            await session.scalars(select(Account.email).where(Account.email.in_([who.email for who in people])))
        )
    added = 0
    for who in people:
        if who.email in known:
            continue
        async with database.transaction() as session:
            await _add(session, who, password_hash, reform)
        added += 1
    added += await _add_stages(database, settings, password_hash)
    log.info("sandbox.built", name=name, added=added, known=len(known))


async def _add(session: AsyncSession, who: Someone, password_hash: str, reform: Reform) -> None:
    zone = ZoneInfo(timezone_name(department_code(who.postal_code)))
    today = clock.now().astimezone(zone).date()
    born = birthday(today - timedelta(days=DAYS_SINCE_BIRTHDAY), -who.age) if who.age is not None else None
    account = await create_account(
        session,
        email=who.email,
        password_hash=password_hash,
        roles=who.roles,
        postal_code=who.postal_code,
        first_name=who.first_name,
        last_name=who.last_name,
        date_of_birth=born,
        validated_birth_date=born if who.credit is not Credit.NONE else None,
        is_email_validated=who.is_email_validated,
        needs_to_fill_cultural_survey=who.needs_survey,
        city=CITIES[department_code(who.postal_code)],
        phone_number="+33639980001" if who.age is not None else None,
        phone_validation_status=PhoneValidationStatus.VALIDATED.value if who.credit is not Credit.NONE else None,
    )
    if who.credit is not Credit.NONE:
        await _credit(session, account, who, zone, reform)
    if Role.ADMIN in who.roles:
        await install_roles(session, seed=True)
        await set_agent_roles(session, account.id, AgentRole)
    if who.suspended is not None:
        await suspend(session, account.id, who.suspended)


async def _add_stages(database: Database, settings: Settings, password_hash: str) -> int:
    """Somebody at each stage of the subscription, in both data sets; how many were missing."""
    async with database.transaction() as session:
        known = set(
            await session.scalars(select(Account.email).where(Account.email.in_([stage.email for stage in STAGES])))
        )
    missing = [stage for stage in STAGES if stage.email not in known]
    for stage in missing:
        async with database.transaction() as session:
            await _add_stage(session, settings, stage, password_hash)
    return len(missing)


async def _add_stage(session: AsyncSession, settings: Settings, stage: Stage, password_hash: str) -> None:
    now = clock.now()
    account = await create_account(
        session,
        email=stage.email,
        password_hash=password_hash,
        postal_code="93000",
        city=CITIES["93"],
        first_name="Élise",
        last_name=f"Étape {stage.name.replace('-', ' ')}",
        date_of_birth=birthday(now.date() - timedelta(days=DAYS_SINCE_BIRTHDAY), -stage.age),
        is_email_validated=True,
        phone_number="+33639980001" if stage.has_phone else None,
    )
    for check in stage.checks:
        when = now - timedelta(days=check.days)
        candidate = await candidate_for(session, settings, account)
        # A right that was begun in time is kept; who comes for the first time after 19 has none.
        eligibility = EligibilityType.AGE17_18 if stage.late else candidate.eligibility
        content = {"city": account.city, "first_name": account.first_name, "last_name": account.last_name}
        made = await record_check(
            session,
            account.id,
            check.type,
            check.status,
            eligibility=eligibility,
            content=content if check.type is not CheckType.HONOR_STATEMENT else None,
            reason_codes=check.codes,
            registered_at=when,
        )
        made.date_created = when
    if stage.is_refused_by_agent:
        session.add(
            SubscriptionReview(
                account_id=account.id,
                author_id=None,
                verdict=ReviewVerdict.KO.value,
                eligibility_type=EligibilityType.AGE17_18.value,
                reason="jeu de données",
                date_reviewed=now,
            )
        )


def _at(account: Account, age: int, zone: ZoneInfo, *, days: int = 20) -> datetime:
    """A moment shortly after the account's holder reached an age."""
    if account.birth_date is None:
        raise ValueError("no birth date")
    return datetime.combine(birthday(account.birth_date, age) + timedelta(days=days), time(12), tzinfo=zone)


async def _subscribe(session: AsyncSession, account: Account, eligibility: EligibilityType, when: datetime) -> None:
    """The steps that led to a credit."""
    steps = [CheckType.PROFILE_COMPLETION]
    if eligibility is not EligibilityType.FREE:
        steps += [CheckType.UBBLE, CheckType.HONOR_STATEMENT]
    for step in steps:
        content = {"city": account.city} if step is CheckType.PROFILE_COMPLETION else None
        await record_check(
            session, account.id, step, CheckStatus.OK, eligibility=eligibility, content=content, registered_at=when
        )


async def _credit(session: AsyncSession, account: Account, who: Someone, zone: ZoneInfo, reform: Reform) -> None:
    age = who.age or 18
    source = "jeu de données"
    now = clock.now()
    match who.credit:
        case Credit.FREE:
            await _subscribe(session, account, EligibilityType.FREE, _at(account, age, zone))
            await grant_deposit(session, account.id, EligibilityType.FREE, source, reform=reform)
        case Credit.THIRD:
            await _subscribe(session, account, EligibilityType.AGE17_18, _at(account, age, zone))
            await grant_deposit(session, account.id, EligibilityType.AGE17_18, source, reform=reform)
        case Credit.THIRD_SINCE_17 | Credit.THIRD_WITH_BONUS:
            await _subscribe(session, account, EligibilityType.AGE17_18, _at(account, 17, zone))
            await grant_deposit(session, account.id, EligibilityType.AGE17_18, source, reform=reform)
            if who.credit is Credit.THIRD_WITH_BONUS:
                await add_recredit(session, account.id, RecreditType.BONUS_CREDIT, BONUS_AMOUNT)
        case Credit.V1 | Credit.V2 | Credit.V1_EXPIRED | Credit.V2_EXPIRED:
            when = _at(account, 18, zone)
            await _subscribe(session, account, EligibilityType.AGE18, when)
            over = who.credit in (Credit.V1_EXPIRED, Credit.V2_EXPIRED)
            await import_deposit(
                session,
                account.id,
                DepositType.GRANT_18,
                source,
                version=1 if who.credit in (Credit.V1, Credit.V1_EXPIRED) else 2,
                date_created=min(when, now),
                expires_at=now - ENDED if over else None,
            )
        case _:
            await _legacy_underage(session, account, who, zone, reform)


async def _legacy_underage(
    session: AsyncSession, account: Account, who: Someone, zone: ZoneInfo, reform: Reform
) -> None:
    age, now, source = who.age or 17, clock.now(), "jeu de données"
    given_at = min(age, 17)
    when = min(_at(account, given_at, zone), now)
    await _subscribe(session, account, EligibilityType.UNDERAGE, when)
    await import_deposit(
        session,
        account.id,
        DepositType.GRANT_15_17,
        source,
        base_cents=LEGACY_AMOUNTS[given_at],
        date_created=when,
        expires_at=now - ENDED if who.credit is Credit.LEGACY_UNDERAGE_EXPIRED else None,
    )
    if who.credit is Credit.THIRD_AFTER_LEGACY:
        await _subscribe(session, account, EligibilityType.AGE17_18, _at(account, age, zone))
        await grant_deposit(session, account.id, EligibilityType.AGE17_18, source, reform=reform)
