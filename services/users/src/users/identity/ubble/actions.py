"""An identification at Ubble: begun by the person, told by Ubble, written down here (users rules: Ubble v2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from users.accounts.actions import lock_account
from users.accounts.models import Account
from users.accounts.profile import candidate_for
from users.eligibility.rules import EligibilityType
from users.identity.content import ProvidedIdentity
from users.identity.results import conclude, deprecate
from users.identity.rules import Finding
from users.identity.ubble.port import Identification
from users.identity.ubble.queries import check_of, last_ubble_check
from users.identity.ubble.rules import (
    CANCELED,
    FINISHED,
    TELLING,
    V2_PREFIX,
    WAITING,
    UbbleStatus,
    findings_of,
    mail_about,
)
from users.notices.actions import request_notice
from users.settings import Settings
from users.subscription.actions import record_check, tell_check
from users.subscription.checks import Candidate, CheckStatus, CheckType, may_activate_next
from users.subscription.models import SubscriptionCheck
from users.subscription.rules import IdentityMethod, Step, allowed_methods, next_step, subscription_state
from users.tasks.actions import ask_for

log = structlog.get_logger(__name__)

REFRESH, PICTURES = "ubble_refresh", "ubble_pictures"
# How long the address that Ubble gave is used again; after that Ubble is asked for a new one.
URL_LIFE = timedelta(minutes=15)


class StartRefusal(StrEnum):
    NOT_ELIGIBLE = "IDCHECK_NOT_ELIGIBLE"
    ALREADY_PROCESSED = "IDCHECK_ALREADY_PROCESSED"
    NO_NAME = "NO_FIRST_NAME_AND_LAST_NAME"


@dataclass(frozen=True)
class Plan:
    """How to begin: go on at `url`, try again on `identification_id`, or open a new identification for `name`."""

    name: str
    url: str | None = None
    identification_id: str | None = None


def _is_ours(check: SubscriptionCheck | None, candidate: Candidate) -> bool:
    """Whether an identification can be gone on with: of the API in use, for the same right."""
    return (
        check is not None
        and check.third_party_id.startswith(V2_PREFIX)
        and candidate.eligibility is not None
        and check.eligibility_type == candidate.eligibility.value
    )


async def plan_start(session: AsyncSession, settings: Settings, account: Account) -> Plan | StartRefusal:
    """Whether a person may identify themselves now, and how."""
    candidate = await candidate_for(session, settings, account)
    if candidate.eligibility is None or not may_activate_next(candidate):
        return StartRefusal.NOT_ELIGIBLE
    if next_step(candidate, subscription_state(candidate)) is not Step.IDENTITY_CHECK:
        return StartRefusal.ALREADY_PROCESSED
    if IdentityMethod.UBBLE not in allowed_methods(candidate):
        return StartRefusal.NOT_ELIGIBLE
    name = await _declared_name(session, account.id)
    if name is None:
        return StartRefusal.NO_NAME
    last = await last_ubble_check(session, account.id)
    if last is None or not _is_ours(last, candidate):
        return Plan(name)
    if last.status == CheckStatus.STARTED.value:
        since = last.updated_at or last.date_created
        if clock.now() - since < URL_LIFE and (url := (last.content or {}).get("identification_url")):
            return Plan(name, url=url)
        return Plan(name, identification_id=last.third_party_id)
    if last.status == CheckStatus.SUSPICIOUS.value:
        return Plan(name, identification_id=last.third_party_id)
    return Plan(name)


async def _declared_name(session: AsyncSession, account_id: int) -> str | None:
    """What the person declared in the profile, else in their application at Démarche Numérique."""
    rows = await session.scalars(
        select(SubscriptionCheck)
        .where(
            SubscriptionCheck.account_id == account_id,
            SubscriptionCheck.type.in_((CheckType.PROFILE_COMPLETION.value, CheckType.DMS.value)),
        )
        .order_by(SubscriptionCheck.type.desc(), SubscriptionCheck.id.desc())
    )
    for row in rows:
        said = ProvidedIdentity.of(row.content)
        if said.first_name and said.last_name:
            return f"{said.first_name} {said.last_name}"
    return None


async def record_start(
    session: AsyncSession, settings: Settings, account: Account, identification: Identification
) -> str:
    """Write down an identification that was opened for a locked account's holder; where they go.

    Somebody who asked twice at once goes where the first request led.
    """
    plan = await plan_start(session, settings, account)
    if isinstance(plan, Plan) and plan.url is not None:
        return plan.url
    candidate = await candidate_for(session, settings, account)
    await _open(session, account.id, candidate.eligibility, identification)
    return identification.url or ""


async def _open(
    session: AsyncSession, account_id: int, eligibility: EligibilityType | None, identification: Identification
) -> SubscriptionCheck:
    check = await record_check(
        session,
        account_id,
        CheckType.UBBLE,
        CheckStatus.STARTED,
        eligibility=eligibility,
        third_party_id=identification.id,
        content=identification.content(),
        registered_at=identification.created_at,
    )
    log.info("identity.started", account_id=account_id, provider="ubble", check_id=check.id)
    return check


async def record_attempt(session: AsyncSession, account: Account, identification_id: str, url: str) -> str:
    """Write down that a locked account's holder tries again on the same identification; where they go.

    A refused try stays on its own record, so that tries are counted.
    """
    last = await last_ubble_check(session, account.id)
    if last is None or last.third_party_id != identification_id:
        return url
    content = {**(last.content or {}), "identification_url": url}
    if last.status == CheckStatus.SUSPICIOUS.value:
        deprecate(last)
        kept = ("identification_id", "identification_url", "applicant_id", "external_applicant_id")
        await record_check(
            session,
            account.id,
            CheckType.UBBLE,
            CheckStatus.STARTED,
            eligibility=EligibilityType(last.eligibility_type) if last.eligibility_type else None,
            third_party_id=identification_id,
            content={name: content[name] for name in kept if name in content},
        )
    else:
        last.content = content
        last.updated_at = clock.now()
    await session.flush()
    return url


async def note_news(session: AsyncSession, identification_id: str, status: UbbleStatus | None) -> bool:
    """Ubble says that something happened: have the identification read, if that can change anything."""
    if status is not None and status not in TELLING:
        return False
    check = await check_of(session, identification_id)
    if check is None or check.status is None or CheckStatus(check.status) in FINISHED:
        return False
    await ask_for(session, REFRESH, identification_id)
    return True


async def apply_identification(session: AsyncSession, settings: Settings, identification: Identification) -> None:
    """Bring the check in line with what Ubble says now. A finished check never changes."""
    found = await check_of(session, identification.id)
    if found is None:
        return
    account = await lock_account(session, found.account_id)
    check = await check_of(session, identification.id)
    if check is None or check.status is None or CheckStatus(check.status) in FINISHED:
        return
    status = identification.status
    if status not in TELLING:
        return
    check.content = {**(check.content or {}), **identification.content()}
    check.registered_at = min(check.registered_at, identification.created_at)
    check.updated_at = clock.now()
    if status in WAITING:
        check.status = CheckStatus.PENDING.value
    elif status in CANCELED:
        check.status = CheckStatus.CANCELED.value
        await tell_check(session, check)
        log.info("identity.concluded", account_id=account.id, provider="ubble", status="canceled")
    else:
        await _judge(session, settings, account, check, identification)
    await session.flush()


async def _judge(
    session: AsyncSession,
    settings: Settings,
    account: Account,
    check: SubscriptionCheck,
    identification: Identification,
) -> None:
    is_approved = identification.status is UbbleStatus.APPROVED
    candidate = await candidate_for(session, settings, account)
    registered_at = check.registered_at

    def said_by_ubble(eligibility: EligibilityType | None, age: int | None) -> tuple[Finding, ...]:
        return findings_of(
            identification.status,
            identification.response_codes,
            eligibility=eligibility,
            age=age,
            at=registered_at,
            reform=candidate.reform,
        )

    outcome = await conclude(
        session,
        settings,
        account,
        check,
        ProvidedIdentity.of(check.content),
        provider_findings=said_by_ubble,
        is_vouched=is_approved,
        needs_id_number=is_approved,
    )
    verdict = outcome.verdict
    log.info(
        "identity.concluded",
        account_id=account.id,
        provider="ubble",
        status=verdict.status.value,
        codes=list(verdict.codes),
    )
    if verdict.status is CheckStatus.OK:
        await ask_for(session, PICTURES, str(outcome.check.id))
    elif account.is_active and (mail := mail_about(verdict.codes)):
        await request_notice(session, f"subscription_{mail}_error", recipient=account.email, user_id=account.id)
