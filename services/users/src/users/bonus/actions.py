"""Asking for the bonus, and giving it.

Whether somebody gets an allowance for a disability is about their health: an answer that gives the bonus is written down
nowhere, and what was asked for is deleted with it.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

import structlog
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from users.accounts.actions import lock_account
from users.accounts.models import Account
from users.accounts.profile import candidate_for
from users.bonus.rules import Decision, Person, Quotient, Young
from users.deposits.actions import add_recredit
from users.deposits.bonus import DISABILITY, QUOTIENT, may_ask
from users.deposits.queries import deposits_of, held
from users.deposits.rules import BONUS_AMOUNT, GrantRefused, HeldDeposit, RecreditType, current_deposit
from users.identity.content import ProvidedIdentity
from users.notices.actions import request_notice
from users.settings import Settings
from users.subscription.actions import record_check, tell_check
from users.subscription.checks import IDENTITY_CHECKS, Candidate, CheckStatus, CheckType
from users.subscription.models import SubscriptionCheck
from users.tasks.actions import ask_for

log = structlog.get_logger(__name__)
ASK_QUOTIENT, ASK_DISABILITY = "bonus_quotient", "bonus_disability"
_TASKS = {QUOTIENT: ASK_QUOTIENT, DISABILITY: ASK_DISABILITY}


async def ask_bonus(
    session: AsyncSession, settings: Settings, account: Account, way: CheckType, content: dict[str, Any]
) -> bool:
    """A locked account's holder asks for the bonus; False when they may not, now or any more."""
    candidate, current = await _standing(session, settings, account)
    if not may_ask(candidate, current, way):
        return False
    check = await record_check(
        session, account.id, way, CheckStatus.STARTED, eligibility=candidate.eligibility, content=content
    )
    await ask_for(session, _TASKS[way], str(check.id))
    return True


async def _standing(
    session: AsyncSession, settings: Settings, account: Account
) -> tuple[Candidate, HeldDeposit | None]:
    deposits = tuple(held(deposit) for deposit in await deposits_of(session, account.id))
    return await candidate_for(session, settings, account, deposits), current_deposit(deposits)


def custodian_content(person: Person) -> dict[str, Any]:
    """A custodian as the check keeps them."""
    return {
        "custodian": {
            "last_name": person.last_name,
            "common_name": person.common_name,
            "first_names": list(person.first_names),
            "birth_date": person.birth_date.isoformat(),
            "gender": person.gender,
            "birth_country_cog_code": person.birth_country,
            "birth_city_cog_code": person.birth_city,
        }
    }


def custodian_of(content: dict[str, Any]) -> Person:
    said = content["custodian"]
    return Person(
        last_name=said["last_name"],
        first_names=tuple(said["first_names"]),
        birth_date=date.fromisoformat(said["birth_date"]),
        gender=said["gender"],
        birth_country=said["birth_country_cog_code"],
        birth_city=said.get("birth_city_cog_code"),
        common_name=said.get("common_name"),
    )


async def waiting_check(session: AsyncSession, check_id: int) -> tuple[Account, SubscriptionCheck] | None:
    """The account, locked, and its check that still waits for an answer."""
    check = await session.get(SubscriptionCheck, check_id)
    if check is None:
        return None
    account = await lock_account(session, check.account_id)
    await session.refresh(check)
    return (account, check) if check.status == CheckStatus.STARTED.value and check.content else None


async def young_of(session: AsyncSession, account: Account) -> Young | None:
    """The one who asks, as administrations know them; their gender from the last identity that tells it."""
    if not (account.first_name and account.last_name and account.birth_date):
        return None
    return Young(account.first_name, account.last_name, account.birth_date, await gender_of(session, account))


async def gender_of(session: AsyncSession, account: Account) -> str | None:
    rows = await session.scalars(
        select(SubscriptionCheck.content)
        .where(
            SubscriptionCheck.account_id == account.id,
            SubscriptionCheck.type.in_([kind.value for kind in IDENTITY_CHECKS]),
            SubscriptionCheck.content.is_not(None),
        )
        .order_by(SubscriptionCheck.id.desc())
    )
    for content in rows:
        identity = ProvidedIdentity.of(content)
        if identity.is_filled and identity.civility in ("M.", "Mme"):
            return identity.civility
    return account.civility


async def conclude_quotient(
    session: AsyncSession, account: Account, check: SubscriptionCheck, decision: Decision
) -> None:
    """Write a decision on the family quotient down and give the bonus, if that is what it says."""
    if decision.quotient is not None:
        check.content = {**(check.content or {}), **_quotient_content(decision.quotient)}
    if decision.code is None:
        await _grant(session, account, check)
    else:
        await _decline(session, account, check, decision.code)


def _quotient_content(quotient: Quotient) -> dict[str, Any]:
    said = asdict(quotient)
    children = said.pop("children")
    for child in children:
        child["birth_date"] = child["birth_date"].isoformat() if child["birth_date"] else None
    return {"quotient_familial": said, "children": children}


async def conclude_disability(
    session: AsyncSession, account: Account, check: SubscriptionCheck, code: str | None
) -> None:
    """Give the bonus, and forget that it was asked for in this way; or write down why not."""
    if code is not None:
        await _decline(session, account, check, code)
        return
    granted = await _grant(session, account, check)
    if granted:
        await session.execute(
            delete(SubscriptionCheck).where(
                SubscriptionCheck.account_id == account.id, SubscriptionCheck.type == DISABILITY.value
            )
        )


async def _grant(session: AsyncSession, account: Account, check: SubscriptionCheck) -> bool:
    try:
        await add_recredit(session, account.id, RecreditType.BONUS_CREDIT, BONUS_AMOUNT)
    except GrantRefused as refusal:
        # Given meanwhile in the other way, or the credit is over: this request comes to nothing.
        log.info("bonus.refused", account_id=account.id, reason=str(refusal))
        _end(check, CheckStatus.CANCELED)
        await tell_check(session, check)
        return False
    _end(check, CheckStatus.OK)
    await tell_check(session, check)
    if account.is_active:
        await request_notice(session, "bonus_granted", recipient=account.email, user_id=account.id)
    return True


async def _decline(session: AsyncSession, account: Account, check: SubscriptionCheck, code: str) -> None:
    _end(check, CheckStatus.KO, code)
    await tell_check(session, check)
    if account.is_active:
        await request_notice(session, "bonus_declined", recipient=account.email, user_id=account.id)


async def fail(session: AsyncSession, check: SubscriptionCheck) -> None:
    """The administration gave no usable answer: the person may ask again."""
    _end(check, CheckStatus.ERROR)
    await tell_check(session, check)


def _end(check: SubscriptionCheck, status: CheckStatus, code: str | None = None) -> None:
    check.status = status.value
    check.reason_codes = [code] if code else None
    check.updated_at = clock.now()
