"""Steps that a person takes in the app: the profile and the honor statement (users rules: identity providers, §profile)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from users.accounts.edition import edit_profile
from users.accounts.models import Account
from users.accounts.profile import candidate_for
from users.settings import Settings
from users.subscription.actions import record_check
from users.subscription.activation import try_activation
from users.subscription.checks import CheckStatus, CheckType
from users.subscription.models import SubscriptionCheck

IN_APP = "Complétion de formulaire in-app"


async def complete_profile(
    session: AsyncSession, settings: Settings, account: Account, declared: dict[str, Any], phone_number: str | None
) -> bool:
    """Write down the profile of a locked account's holder; whether that completed their subscription.

    `declared`: activity, address, city, first_name, last_name, postal_code, school_type, checked. Names fill empty ones
    alone, the rest replaces what was there; a number is kept when one is given.
    """
    candidate = await candidate_for(session, settings, account)
    changes = {name: declared[name] for name in ("activity", "address", "city", "postal_code", "school_type")}
    for name in ("first_name", "last_name"):
        if not getattr(account, name):
            changes[name] = declared[name]
    if phone_number is not None:
        changes["phone_number"] = phone_number
    await edit_profile(session, account, changes, author_id=account.id)
    await record_check(
        session,
        account.id,
        CheckType.PROFILE_COMPLETION,
        CheckStatus.OK,
        eligibility=candidate.eligibility,
        content={**{name: value for name, value in declared.items() if value is not None}, "origin": IN_APP},
    )
    return await try_activation(session, settings, account.id)


async def sign_honor_statement(session: AsyncSession, settings: Settings, account: Account) -> bool:
    """A locked account's holder declares on their honor; whether that completed their subscription."""
    candidate = await candidate_for(session, settings, account)
    await record_check(
        session, account.id, CheckType.HONOR_STATEMENT, CheckStatus.OK, eligibility=candidate.eligibility
    )
    return await try_activation(session, settings, account.id)


async def last_profile(session: AsyncSession, account_id: int) -> SubscriptionCheck | None:
    """The latest profile that was declared."""
    return await session.scalar(
        select(SubscriptionCheck)
        .where(
            SubscriptionCheck.account_id == account_id,
            SubscriptionCheck.type == CheckType.PROFILE_COMPLETION.value,
        )
        .order_by(SubscriptionCheck.date_created.desc(), SubscriptionCheck.id.desc())
        .limit(1)
    )
