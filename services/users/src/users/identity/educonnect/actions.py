"""A student proves who they are at ÉduConnect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

import structlog
from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from users.accounts.actions import lock_account
from users.identity.content import ProvidedIdentity
from users.identity.educonnect.responses import Assertion
from users.identity.educonnect.rules import Student
from users.identity.models import SamlAssertion, SamlRequest
from users.identity.results import conclude
from users.settings import Settings
from users.subscription.actions import record_check
from users.subscription.activation import try_activation
from users.subscription.checks import CheckStatus, CheckType
from users.subscription.models import SubscriptionCheck

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Judged:
    """How a student's identity was taken: `codes` is empty when it was accepted."""

    codes: tuple[str, ...]
    age: int | None = None


async def open_request(session: AsyncSession, settings: Settings, account_id: int, request_id: str) -> None:
    """Remember whose a sign-in at ÉduConnect is."""
    now = clock.now()
    session.add(
        SamlRequest(
            id=request_id,
            account_id=account_id,
            date_created=now,
            expires_at=now + timedelta(hours=settings.educonnect_request_hours),
        )
    )
    await session.flush()


async def claim(session: AsyncSession, assertion: Assertion) -> int | None:
    """Whose request an assertion answers, once: neither the request nor the assertion can be used again.

    None when the request is unknown, late or answered, or the assertion was shown before.
    """
    now = clock.now()
    digest = sha256(assertion.id.encode("utf-8", "surrogatepass")).digest()
    seen = await session.execute(
        insert(SamlAssertion)
        .values(id=digest, expires_at=assertion.expires_at)
        .on_conflict_do_nothing()
        .returning(SamlAssertion.id)
    )
    if seen.first() is None:
        return None
    return await session.scalar(
        update(SamlRequest)
        .where(
            SamlRequest.id == assertion.in_response_to,
            SamlRequest.answered_at.is_(None),
            SamlRequest.expires_at > now,
        )
        .values(answered_at=now)
        .returning(SamlRequest.account_id)
    )


async def accept_student(session: AsyncSession, settings: Settings, account_id: int, student: Student) -> Judged | None:
    """Judge a student's identity and, when all is good, try to give the credit. None for a closed account."""
    account = await lock_account(session, account_id)
    if not account.is_active:
        return None
    former = await session.scalar(
        select(SubscriptionCheck)
        .where(
            SubscriptionCheck.account_id == account.id,
            SubscriptionCheck.type == CheckType.EDUCONNECT.value,
        )
        .order_by(SubscriptionCheck.id.desc())
        .limit(1)
    )
    content = student.content(clock.now())
    if former is not None and former.status == CheckStatus.OK.value and _says_the_same(former, content):
        await try_activation(session, settings, account.id)
        return Judged(())
    check = await record_check(
        session,
        account.id,
        CheckType.EDUCONNECT,
        CheckStatus.STARTED,
        eligibility=None,
        third_party_id=student.educonnect_id,
        content=content,
    )
    outcome = await conclude(session, settings, account, check, ProvidedIdentity.of(content))
    log.info(
        "identity.concluded",
        account_id=account.id,
        provider="educonnect",
        status=outcome.verdict.status.value,
        codes=list(outcome.verdict.codes),
    )
    return Judged(outcome.verdict.codes, outcome.age)


def _says_the_same(former: SubscriptionCheck, content: dict[str, str]) -> bool:
    """Whether somebody signs in again as the person whom they proved to be, for the same right."""
    said = former.content or {}
    names = ("educonnect_id", "first_name", "last_name", "birth_date", "ine_hash")
    return former.date_created > clock.now() - timedelta(days=30) and all(
        said.get(name) == content.get(name) for name in names
    )


async def purge_saml(session: AsyncSession) -> int:
    """Forget requests and assertions that are past their time; how many."""
    total = 0
    for model in (SamlRequest, SamlAssertion):
        result = await session.execute(delete(model).where(model.expires_at <= clock.now()))
        total += result.rowcount if isinstance(result, CursorResult) else 0
    return total
