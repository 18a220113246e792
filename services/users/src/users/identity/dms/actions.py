"""Bringing a person's check in line with their application (users rules: DMS)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from shared.database.locks import lock
from users.accounts.actions import lock_account
from users.accounts.models import Account
from users.accounts.profile import candidate_for
from users.accounts.queries import account_by_email
from users.eligibility.rules import EligibilityType, Person, eligibility_of
from users.features import Flag, flags
from users.identity.content import ProvidedIdentity
from users.identity.dms.adoption import READ_APPLICATION
from users.identity.dms.rules import (
    FIELD_NAMES,
    OPEN,
    UNKNOWN_ACCOUNT,
    URGENT,
    Application,
    DmsState,
    Read,
    content_of,
    is_refused_by_note,
    is_urgent,
    missing_for_profile,
    read_fields,
    sentences_about,
)
from users.identity.models import OrphanApplication
from users.identity.results import conclude
from users.identity.suspicions import support_link
from users.notices.actions import request_notice
from users.settings import Settings
from users.subscription.actions import record_check, tell_check
from users.subscription.activation import try_activation
from users.subscription.checks import CheckStatus, CheckType, registrations
from users.subscription.models import SubscriptionCheck
from users.subscription.queries import zone_of
from users.subscription.rules import State, subscription_state
from users.tasks.actions import ask_for

log = structlog.get_logger(__name__)
SEND_MESSAGE, REFUSE, LABEL = "dms_message", "dms_refuse", "dms_label"
ORIGIN = "Démarche Numérique"


async def note_news(session: AsyncSession, number: int) -> None:
    """The platform says that something happened to an application: have it read."""
    await ask_for(session, READ_APPLICATION, str(number))


async def apply_application(session: AsyncSession, settings: Settings, application: Application) -> None:
    """Do what an application, as it stands, calls for. One application is handled by one process at a time.

    An accepted check never changes, and a reading that says the same as the last one does nothing.
    """
    await lock(session, f"dms.{application.number}")
    found = await account_by_email(session, application.contact)
    if found is None:
        await _keep_orphan(session, application)
        return
    account = await lock_account(session, found.id)
    check = await _check_of(session, account.id, application.number)
    if check is not None and check.status == CheckStatus.OK.value:
        return
    read = read_fields(application, foreign=application.procedure == settings.dms_procedure_foreign)
    content = content_of(application, read)
    if check is not None and (check.content or {}).get("checksum") == content["checksum"]:
        return
    eligibility = await _eligibility(session, settings, account, read, application.drafted_at)
    if check is None:
        check = await record_check(
            session,
            account.id,
            CheckType.DMS,
            CheckStatus.STARTED,
            eligibility=eligibility,
            third_party_id=str(application.number),
            registered_at=application.drafted_at,
        )
        log.info("identity.started", account_id=account.id, provider="dms", check_id=check.id)
    check.content = content
    check.eligibility_type = eligibility.value if eligibility else None
    check.registered_at = min(check.registered_at, application.drafted_at)
    check.updated_at = clock.now()
    await session.flush()
    await _follow(session, settings, account, check, application, read)
    await session.flush()


async def _check_of(session: AsyncSession, account_id: int, number: int) -> SubscriptionCheck | None:
    return await session.scalar(
        select(SubscriptionCheck)
        .where(
            SubscriptionCheck.account_id == account_id,
            SubscriptionCheck.type == CheckType.DMS.value,
            SubscriptionCheck.third_party_id == str(number),
        )
        .order_by(SubscriptionCheck.id.desc())
        .limit(1)
    )


async def _eligibility(
    session: AsyncSession, settings: Settings, account: Account, read: Read, at: datetime
) -> EligibilityType | None:
    candidate = await candidate_for(session, settings, account)
    born = read.birth_date or account.birth_date
    person = Person(born, zone_of(account)) if born else None
    return eligibility_of(
        person, registrations(candidate.checks), now=candidate.now, reform=candidate.reform, at=min(at, candidate.now)
    )


async def _keep_orphan(session: AsyncSession, application: Application) -> None:
    """Nobody has that address: remember the application, and say once what to do."""
    values = {
        "procedure_id": application.procedure,
        "email": application.contact,
        "latest_modification": application.modified_at,
    }
    former = await session.get(OrphanApplication, application.number)
    is_news = former is None or former.latest_modification != application.modified_at
    await session.execute(
        insert(OrphanApplication)
        .values(application_id=application.number, date_created=clock.now(), **values)
        .on_conflict_do_update(index_elements=[OrphanApplication.application_id], set_=values)
    )
    if former is None and application.state is DmsState.DRAFT:
        await _send(session, application, UNKNOWN_ACCOUNT)
    elif is_news and application.state is DmsState.ACCEPTED:
        await request_notice(session, "create_account_after_dms", recipient=application.contact)


async def _send(session: AsyncSession, application: Application, text: str) -> None:
    details = {"application_id": application.id, "text": text}
    await ask_for(session, SEND_MESSAGE, f"{application.number}.{application.modified_at.timestamp()}", details=details)


async def _follow(
    session: AsyncSession,
    settings: Settings,
    account: Account,
    check: SubscriptionCheck,
    application: Application,
    read: Read,
) -> None:
    if application.state in OPEN:
        await _follow_open(session, account, check, application, read)
    elif application.state is DmsState.ACCEPTED:
        await _follow_accepted(session, settings, account, check, application, read)
    else:
        if application.state is DmsState.REFUSED:
            _end(check, CheckStatus.KO, ["refused_by_operator"])
        else:
            _end(check, CheckStatus.CANCELED, [])
        await tell_check(session, check)
    log.info("identity.followed", account_id=account.id, provider="dms", state=application.state, status=check.status)


def _end(check: SubscriptionCheck, status: CheckStatus, codes: list[str], reason: str | None = None) -> None:
    check.status = status.value
    check.reason_codes = codes or None
    check.reason = reason


async def _follow_open(
    session: AsyncSession, account: Account, check: SubscriptionCheck, application: Application, read: Read
) -> None:
    is_draft = application.state is DmsState.DRAFT
    age_is_wrong = read.birth_date is not None and check.eligibility_type is None
    codes = [code for code, holds in (("age_is_not_valid", age_is_wrong), ("error_in_data", bool(read.wrong))) if holds]
    _end(check, CheckStatus.STARTED if is_draft else CheckStatus.PENDING, codes)
    if codes and is_draft:
        await _send(session, application, sentences_about(read.wrong, age_is_wrong=age_is_wrong))
    if is_urgent(read.birth_date, clock.today()) and URGENT not in application.labels:
        details: dict[str, Any] = {"application_id": application.id, "procedure": application.procedure}
        await ask_for(session, LABEL, str(application.number), details=details)
    if is_refused_by_note(application) and flags.is_active(Flag.ENABLE_DS_APPLICATION_REFUSED_FROM_ANNOTATION):
        details = {"application_id": application.id, "is_draft": is_draft}
        await ask_for(session, REFUSE, str(application.number), details=details)


async def _follow_accepted(
    session: AsyncSession,
    settings: Settings,
    account: Account,
    check: SubscriptionCheck,
    application: Application,
    read: Read,
) -> None:
    if read.wrong:
        _end(check, CheckStatus.ERROR, ["error_in_data"], "des champs ne peuvent pas être lus")
        await tell_check(session, check)
        if account.is_active:
            errors = [{"name": FIELD_NAMES.get(item.key, item.key), "value": item.value or ""} for item in read.wrong]
            await request_notice(
                session,
                "pre_subscription_dms_error_to_beneficiary",
                recipient=account.email,
                user_id=account.id,
                parameters={"DMS_ERRORS": errors},
            )
        return
    outcome = await conclude(
        session,
        settings,
        account,
        check,
        ProvidedIdentity.of(check.content),
        needs_id_number=True,
        any_id_number=application.procedure == settings.dms_procedure_foreign,
    )
    if outcome.verdict.status is not CheckStatus.OK:
        return
    await _complete(session, settings, account, outcome.check)


async def _complete(session: AsyncSession, settings: Settings, account: Account, check: SubscriptionCheck) -> None:
    """An accepted application declares on its honor, and is the profile too when it says all of it."""
    eligibility = EligibilityType(check.eligibility_type) if check.eligibility_type else None
    content: dict[str, Any] = check.content or {}
    await record_check(session, account.id, CheckType.HONOR_STATEMENT, CheckStatus.OK, eligibility=eligibility)
    incomplete = missing_for_profile(content)
    if not incomplete:
        names = ("activity", "address", "city", "first_name", "last_name", "postal_code")
        await record_check(
            session,
            account.id,
            CheckType.PROFILE_COMPLETION,
            CheckStatus.OK,
            eligibility=eligibility,
            content={**{name: content[name] for name in names}, "origin": ORIGIN},
        )
    if await try_activation(session, settings, account.id) or not account.is_active:
        return
    candidate = await candidate_for(session, settings, account)
    state = subscription_state(candidate)
    if state is State.WAITING_FOR_MANUAL_REVIEW:
        await request_notice(
            session,
            "fraud_manual_review",
            recipient=settings.fraud_team_email,
            user_id=account.id,
            parameters={"USER_LINK": support_link(settings, account.id)},
        )
    elif incomplete or state in (State.PHONE_VALIDATION, State.PROFILE_COMPLETION):
        await request_notice(session, "complete_subscription_after_dms", recipient=account.email, user_id=account.id)


async def apply_deletion(session: AsyncSession, number: int, at: datetime) -> bool:
    """An application was deleted by its applicant: its check is cancelled, unless it is finished. Whether it changed."""
    await lock(session, f"dms.{number}")
    check = await session.scalar(
        select(SubscriptionCheck).where(
            SubscriptionCheck.type == CheckType.DMS.value, SubscriptionCheck.third_party_id == str(number)
        )
    )
    if check is None or check.status in (CheckStatus.OK.value, CheckStatus.CANCELED.value):
        return False
    await lock_account(session, check.account_id)
    await session.refresh(check)
    if check.status in (CheckStatus.OK.value, CheckStatus.CANCELED.value):
        return False
    check.content = {**(check.content or {}), "deletion_datetime": at.isoformat()}
    _end(check, CheckStatus.CANCELED, [], "dossier supprimé")
    check.updated_at = clock.now()
    await tell_check(session, check)
    return True
