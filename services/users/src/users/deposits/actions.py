"""Granting credits. The account's row is locked first, so that nobody is granted twice; `deposit.*` tells what happened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.database import emit
from shared.errors import ApiError, field_error
from shared.events.users import DEPOSIT
from users.accounts.actions import grant_role, lock_account
from users.accounts.models import Account
from users.deposits.models import Deposit, Recredit
from users.deposits.queries import deposits_of, held, state_of
from users.deposits.rules import (
    CURRENT_VERSION,
    EXPIRED_SINCE,
    LEGACY_AMOUNT_18,
    DepositNotGrantable,
    DepositType,
    DepositTypeAlreadyGranted,
    GrantRefused,
    NewDeposit,
    NewRecredit,
    RecreditType,
    UserCannotBeRecredited,
    UserHasAlreadyActiveDeposit,
    age_recredits,
    check_activation,
    check_grantable,
    current_deposit,
    expiration_date,
    first_deposit,
    may_be_recredited,
    role_of,
)
from users.eligibility.rules import EligibilityType, Person, Reform, age_at, first_registration
from users.subscription.checks import registrations
from users.subscription.queries import birth_date_known_at, checks_of, person_of


def refusal(error: GrantRefused) -> ApiError:
    """A refused grant as HTTP tells it: the document's 405 for a credit that was given already."""
    if isinstance(error, DepositTypeAlreadyGranted | UserHasAlreadyActiveDeposit):
        return field_error("user", "Cette personne a déjà reçu un crédit.", status=405)
    return field_error("user", "Ce crédit ne peut pas être accordé.")


async def grant_deposit(
    session: AsyncSession, account_id: int, eligibility: EligibilityType, source: str, *, reform: Reform
) -> Deposit:
    """Grant the credit of an eligibility, or add to the one that runs (users rules: grant or recredit).

    Tells `deposit.granted` (or `deposit.recredited`, `deposit.expired` on the way) and `user.role_changed`. Raises
    `GrantRefused` and changes nothing when there is nothing to grant.
    """
    account = await lock_account(session, account_id)
    person = person_of(account)
    if person is None:
        raise DepositNotGrantable("no birth date")
    now = clock.now()
    age = age_at(person, now)
    deposits = await deposits_of(session, account_id)
    holding = [held(deposit) for deposit in deposits]
    check_activation(eligibility, age, account.roles, holding)
    checks = registrations(await checks_of(session, account_id))
    registered_at = first_registration(person, checks, eligibility, reform) or now
    first_age = age_at(person, registered_at)
    current = current_deposit(holding)

    if eligibility is EligibilityType.AGE18 and current and current.type is DepositType.GRANT_15_17:
        await _expire(session, deposits, now)
        holding = [held(deposit) for deposit in deposits]
    # An expired legacy credit still hands its rest over to the third one.
    transferable = current is not None and (
        current.is_running(now) or (eligibility is EligibilityType.AGE17_18 and current.type is DepositType.GRANT_15_17)
    )
    if transferable and eligibility is not EligibilityType.AGE18:
        deposit = await _recredit(session, account, deposits, first_age, age, source, now, reform)
        account.recredit_amount_to_show_cents = _last_age_amount(deposit)
    else:
        new = first_deposit(eligibility, first_age)
        check_grantable(new.type, holding, now)
        recredits: list[NewRecredit] = []
        if new.type is DepositType.GRANT_17_18:
            recredits = age_recredits(holding, first_age, age)
            if not recredits:
                raise UserCannotBeRecredited("no amount at this age")
        deposit = await _open(session, account, new, source, recredits, now)
        account.recredit_amount_to_show_cents = deposit.amount_cents
        if new.type is DepositType.GRANT_15_17:
            deposit = await _add_current_age(session, account, deposit, first_age, age, source, now, reform)
    await grant_role(session, account, role_of(DepositType(deposit.type), age))
    return deposit


async def _add_current_age(
    session: AsyncSession,
    account: Account,
    deposit: Deposit,
    first_age: int,
    age: int,
    source: str,
    now: datetime,
    reform: Reform,
) -> Deposit:
    """A legacy deposit opened for somebody who has turned 17 since they registered becomes the third credit at once."""
    if now < reform.decree:
        return deposit
    deposits = await deposits_of(session, account.id)
    holding = [held(item) for item in deposits]
    if not may_be_recredited(current_deposit(holding), holding, age=age, age_at_deposit=first_age, now=now):
        return deposit
    return await _recredit(session, account, deposits, age, age, source, now, reform)


async def recredit_for_age(session: AsyncSession, account_id: int, *, reform: Reform) -> Deposit:
    """Give what the person's age adds to their running credit (the daily job's act for one person).

    Tells `deposit.recredited` or the replacement of a legacy deposit; raises `UserCannotBeRecredited`.
    """
    account = await lock_account(session, account_id)
    person = person_of(account)
    deposits = await deposits_of(session, account_id)
    holding = [held(deposit) for deposit in deposits]
    current, now = current_deposit(holding), clock.now()
    if person is None or current is None:
        raise UserCannotBeRecredited("no birth date or no deposit")
    age = age_at(person, now)
    checks = registrations(await checks_of(session, account_id))
    # As born as was known then: a date that is corrected later gives no amount for an age that was paid already.
    known = Person(await birth_date_known_at(session, account, current.date_created) or person.birth_date, person.zone)
    underage_since = first_registration(known, checks, EligibilityType.UNDERAGE, reform)
    age_at_deposit = age_at(known, underage_since or current.date_created)
    if not may_be_recredited(current, holding, age=age, age_at_deposit=age_at_deposit, now=now):
        raise UserCannotBeRecredited("nothing to add")
    registered_at = first_registration(person, checks, EligibilityType.AGE17_18, reform)
    first_age = age_at(person, registered_at) if registered_at else age
    deposit = await _recredit(session, account, deposits, first_age, age, "recrédit automatique", now, reform)
    account.recredit_amount_to_show_cents = _last_age_amount(deposit)
    await grant_role(session, account, role_of(DepositType(deposit.type), age))
    return deposit


async def add_recredit(
    session: AsyncSession, account_id: int, kind: RecreditType, amount_cents: int, *, comment: str | None = None
) -> Deposit:
    """Add an amount of another kind (bonus, correction, incident) to the running deposit; tells `deposit.recredited`."""
    account = await lock_account(session, account_id)
    deposits = await deposits_of(session, account.id)
    current, now = current_deposit([held(deposit) for deposit in deposits]), clock.now()
    if current is None or not current.is_running(now):
        raise UserCannotBeRecredited("no running deposit")
    if kind is RecreditType.BONUS_CREDIT and (current.type is not DepositType.GRANT_17_18 or kind in current.recredits):
        raise UserCannotBeRecredited("the bonus is given once, on the third credit")
    deposit = next(item for item in deposits if item.id == current.id)
    if deposit.amount_cents + amount_cents < 0:
        raise UserCannotBeRecredited("a credit is never negative")
    _add(deposit, NewRecredit(kind, amount_cents), now, comment)
    if kind is RecreditType.BONUS_CREDIT:
        account.recredit_amount_to_show_cents = amount_cents
    await emit(session, DEPOSIT, "recredited", state_of(deposit))
    return deposit


async def expire_deposits(session: AsyncSession, account_id: int) -> int:
    """End the running deposits of an account now; tells `deposit.expired` for each; their number."""
    account = await lock_account(session, account_id)
    return await _expire(session, await deposits_of(session, account.id), clock.now())


async def import_deposit(
    session: AsyncSession,
    account_id: int,
    kind: DepositType,
    source: str,
    *,
    version: int | None = None,
    base_cents: int = 0,
    recredits: Sequence[NewRecredit] = (),
    date_created: datetime | None = None,
    expires_at: datetime | None = None,
) -> Deposit:
    """Take over a deposit as another system (or a data set) says it was granted, with its role; tells `deposit.granted`.

    `base_cents` comes before the recredits; a GRANT_18 has its version's. One deposit a type and one running at a time.
    """
    account = await lock_account(session, account_id)
    person, now = person_of(account), clock.now()
    if person is None:
        raise DepositNotGrantable("no birth date")
    version = version or CURRENT_VERSION[kind]
    base = LEGACY_AMOUNT_18[version] if kind is DepositType.GRANT_18 else base_cents
    end = expires_at or expiration_date(person.birth_date)
    holding = [held(deposit) for deposit in await deposits_of(session, account_id)]
    if any(deposit.type is kind for deposit in holding):
        raise DepositTypeAlreadyGranted(kind)
    if end > now and any(deposit.is_running(now) for deposit in holding):
        raise UserHasAlreadyActiveDeposit(kind)
    deposit = await _open(
        session, account, NewDeposit(kind, version, base), source, recredits, date_created or now, expires_at=end
    )
    await grant_role(session, account, role_of(kind, age_at(person, now)))
    return deposit


async def _open(
    session: AsyncSession,
    account: Account,
    new: NewDeposit,
    source: str,
    recredits: Sequence[NewRecredit],
    now: datetime,
    *,
    expires_at: datetime | None = None,
    replaces_id: int | None = None,
) -> Deposit:
    if account.birth_date is None:
        raise DepositNotGrantable("no birth date")
    deposit = Deposit(
        account_id=account.id,
        type=new.type.value,
        version=new.version,
        amount_cents=new.amount_cents,
        source=source[:300],
        date_created=now,
        expiration_date=expires_at or expiration_date(account.birth_date),
        replaces_id=replaces_id,
        recredits=[],
    )
    for recredit in recredits:
        _add(deposit, recredit, now)
    session.add(deposit)
    await session.flush()
    await emit(session, DEPOSIT, "granted", state_of(deposit))
    return deposit


def _add(deposit: Deposit, recredit: NewRecredit, now: datetime, comment: str | None = None) -> None:
    deposit.recredits.append(
        Recredit(type=recredit.type.value, amount_cents=recredit.amount_cents, date_created=now, comment=comment)
    )
    deposit.amount_cents += recredit.amount_cents
    deposit.date_updated = now


async def _recredit(
    session: AsyncSession,
    account: Account,
    deposits: list[Deposit],
    first_age: int,
    age: int,
    source: str,
    now: datetime,
    reform: Reform,
) -> Deposit:
    """Add the ages' amounts to a GRANT_17_18, or replace an earlier credit by one.

    What is left of the replaced one is carried over once `bookings`, which alone knows it to the cent, has told.
    """
    if now < reform.decree:
        raise UserCannotBeRecredited("the third credit does not exist yet")
    holding = [held(deposit) for deposit in deposits]
    current = current_deposit(holding)
    if current is None or current.type is DepositType.GRANT_18:
        raise UserCannotBeRecredited("no deposit that may be added to")
    recredits = age_recredits(holding, first_age, age)
    if not recredits:
        raise UserCannotBeRecredited("every amount was given")
    deposit = next(item for item in deposits if item.id == current.id)
    if current.type is DepositType.GRANT_17_18:
        for recredit in recredits:
            _add(deposit, recredit, now)
        await emit(session, DEPOSIT, "recredited", state_of(deposit))
        return deposit
    if DepositType.GRANT_17_18 in {item.type for item in holding}:
        raise DepositTypeAlreadyGranted(DepositType.GRANT_17_18)
    await _expire(session, deposits, now)
    source = f"{source} (reprise du dépôt {current.type} {current.id})"
    new = NewDeposit(DepositType.GRANT_17_18, 1, 0)
    return await _open(session, account, new, source, recredits, now, replaces_id=current.id)


async def carry_over(session: AsyncSession, account_id: int, deposit_id: int, cents: int) -> bool:
    """Note what a deposit got of the one that it replaced, as `bookings` says; tells `deposit.recredited`.

    The last word counts: a correction that comes later changes the same recredit. False when nothing changed.
    """
    account = await lock_account(session, account_id)
    deposit = next((item for item in await deposits_of(session, account.id) if item.id == deposit_id), None)
    if deposit is None or deposit.replaces_id is None:
        return False
    known = next((item for item in deposit.recredits if item.type == RecreditType.PREVIOUS_DEPOSIT.value), None)
    if cents == (known.amount_cents if known else 0):
        return False
    now = clock.now()
    if known is None:
        _add(deposit, NewRecredit(RecreditType.PREVIOUS_DEPOSIT, cents), now)
    else:
        deposit.amount_cents += cents - known.amount_cents
        deposit.date_updated = now
        known.amount_cents, known.date_created = cents, now
    await emit(session, DEPOSIT, "recredited", state_of(deposit))
    return True


async def _expire(session: AsyncSession, deposits: Sequence[Deposit], now: datetime) -> int:
    ended = [item for item in deposits if item.expiration_date is None or item.expiration_date > now]
    for deposit in ended:
        deposit.expiration_date = now - EXPIRED_SINCE
        deposit.date_updated = now
        await emit(session, DEPOSIT, "expired", state_of(deposit))
    return len(ended)


_AGE_RECREDITS = (RecreditType.RECREDIT_18.value, RecreditType.RECREDIT_17.value)


def _last_age_amount(deposit: Deposit) -> int | None:
    """The amount of the last recredit that an age gave."""
    amounts = {recredit.type: recredit.amount_cents for recredit in deposit.recredits}
    return next((amounts[kind] for kind in _AGE_RECREDITS if kind in amounts), None)
