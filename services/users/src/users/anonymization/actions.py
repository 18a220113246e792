"""Asking to be erased, and erasing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from users.accounts.actions import UNUSABLE_HASH, note_action, suspend, tell
from users.accounts.models import Account, AccountAction, AnonymizationRequest, EmailChange, SurveyAnswers
from users.accounts.rules import Role, SuspensionReason
from users.anonymization.models import GdprExtract
from users.anonymization.queries import has_open_extract, has_request
from users.anonymization.rules import (
    Asker,
    Refusal,
    anonymous_email,
    first_of_year,
    refused_request,
    was_agent,
)
from users.anonymization.told import NO_SOURCE, take_back_from_outbox
from users.deposits.models import Deposit
from users.deposits.rules import DepositType
from users.extracts.actions import erase_extracts
from users.identity.erasure import erase_identity
from users.notices.actions import request_notice
from users.notices.models import NoticeRow
from users.permissions.models import AgentAssignment
from users.sessions.models import LoginDevice, PortalSession, TokenFamily, TrustedDevice
from users.sso.links import erase_sign_on
from users.subscription.models import SubscriptionCheck, SubscriptionReview
from users.tokens.models import OneTimeToken

ANONYMIZED = "Anonymized"
# Rows that say nothing once their person is nobody.
_GONE: tuple[tuple[Any, Any], ...] = tuple(
    (model, model.account_id)
    for model in (
        AccountAction,
        AgentAssignment,
        AnonymizationRequest,
        EmailChange,
        GdprExtract,
        LoginDevice,
        NoticeRow,
        OneTimeToken,
        PortalSession,
        SurveyAnswers,
        TokenFamily,
        TrustedDevice,
    )
)

Eraser = Callable[[AsyncSession, int], Awaitable[None]]


async def ask_to_be_erased(session: AsyncSession, account: Account) -> Refusal | None:
    """A locked account's holder asks for everything to go: closed now, erased by the retention job once they are 21."""
    deposits = await session.scalars(select(Deposit.type).where(Deposit.account_id == account.id))
    refusal = refused_request(
        Asker(
            roles=tuple(account.roles),
            deposits=tuple(DepositType(kind) for kind in deposits),
            validated_birth_date=account.validated_birth_date,
            has_open_extract=await has_open_extract(session, account.id, clock.now()),
            has_request=await has_request(session, account.id),
        ),
        clock.today(),
    )
    if refusal is not None:
        return refusal
    session.add(AnonymizationRequest(account_id=account.id, date_created=clock.now()))
    await suspend(session, account.id, SuspensionReason.WAITING_FOR_ANONYMIZATION, author_id=account.id)
    await request_notice(session, "beneficiary_pre_anonymization", recipient=account.email, user_id=account.id)
    return None


async def erase_account(session: AsyncSession, account_id: int) -> None:
    """Clear the columns and rows of an account itself."""
    for model, owner in _GONE:
        await session.execute(delete(model).where(owner == account_id))


async def erase_subscription(session: AsyncSession, account_id: int) -> None:
    """Checks and reviews keep their kind, their verdict and their year."""
    january = {
        name: func.date_trunc("year", getattr(SubscriptionCheck, name), "UTC")
        for name in ("registered_at", "date_created")
    }
    await session.execute(
        update(SubscriptionCheck)
        .where(SubscriptionCheck.account_id == account_id)
        .values(
            content=None,
            reason=ANONYMIZED,
            third_party_id=func.concat("anonymized-", SubscriptionCheck.id),
            updated_at=None,
            **january,
        )
    )
    await session.execute(
        update(SubscriptionReview)
        .where(SubscriptionReview.account_id == account_id)
        .values(reason=ANONYMIZED, date_reviewed=func.date_trunc("year", SubscriptionReview.date_reviewed, "UTC"))
    )


async def erase_deposits(session: AsyncSession, account_id: int) -> None:
    """Where a credit came from names applications and people."""
    await session.execute(update(Deposit).where(Deposit.account_id == account_id).values(source=NO_SOURCE))


# Whatever else knows people in this database adds its own.
ERASERS: tuple[Eraser, ...] = (
    erase_identity,
    erase_sign_on,
    erase_extracts,
    erase_account,
    erase_subscription,
    erase_deposits,
)


async def anonymize(session: AsyncSession, account: Account, *, author_id: int | None = None) -> None:
    """Make a locked account nobody's, for ever; tells `user.anonymized`, at which other contexts do the same."""
    account_id, agent = account.id, was_agent(account.roles, account.email)
    for erase in ERASERS:
        await erase(session, account_id)
    account.email = anonymous_email(account_id, was_agent=agent)
    account.password_hash = UNUSABLE_HASH + ANONYMIZED
    account.is_active = False
    account.roles = [Role.ANONYMIZED.value]
    account.date_of_birth = first_of_year(account.date_of_birth)
    account.validated_birth_date = first_of_year(account.validated_birth_date)
    account.external_ids = {}
    account.notification_subscriptions = {"marketing_push": False, "marketing_email": False, "subscribed_themes": []}
    for field in (
        "first_name",
        "last_name",
        "married_name",
        "birth_place",
        "address",
        "city",
        "postal_code",
        "phone_number",
        "phone_validation_status",
        "id_piece_number",
        "ine_hash",
        "comment",
    ):
        setattr(account, field, None)
    await note_action(session, account_id, "USER_ANONYMIZED", author_id=author_id)
    await tell(session, account, "anonymized")
    await take_back_from_outbox(session, account_id)
