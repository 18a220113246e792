"""Validating a phone number by a code that is sent to it (users rules: phone validation).

Refusals are returned: the checks and counters that they write must be committed (users rules: defects, the KO phone check
survives its refusal).
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.locks import lock
from users.accounts.actions import note_action, tell
from users.accounts.models import Account
from users.accounts.profile import candidate_for
from users.accounts.rules import Role
from users.notices.actions import request_notice
from users.phone.rules import CodeRefusal, InvalidPhone, PhoneRefusal, Refused, parse_phone
from users.sessions.attempts import Quota, attempt_key, clear_attempts, count_attempts, quota_of
from users.settings import Settings
from users.subscription.actions import record_check
from users.subscription.checks import CheckStatus, CheckType, PhoneValidationStatus
from users.subscription.models import SubscriptionCheck
from users.tokens.actions import consume_code, issue_code
from users.tokens.rules import TokenType

VALIDATED = PhoneValidationStatus.VALIDATED.value
UNVALIDATED = PhoneValidationStatus.UNVALIDATED.value


def sms_key(account_id: int) -> bytes:
    return attempt_key("sms_sent", str(account_id))


def code_key(account_id: int) -> bytes:
    return attempt_key("phone_code", str(account_id))


async def sms_quota(session: AsyncSession, settings: Settings, account_id: int) -> Quota:
    """How many codes may still be sent."""
    return await quota_of(session, sms_key(account_id), settings.sms_limit)


def _refused_person(account: Account) -> Refused | None:
    """Only who has something to gain by it validates a number."""
    if account.phone_validation_status == VALIDATED:
        return Refused(CodeRefusal.ALREADY_VALIDATED)
    if not account.is_email_validated or Role.BENEFICIARY in account.roles:
        return Refused(CodeRefusal.FAILURE)
    return None


async def _record(
    session: AsyncSession,
    settings: Settings,
    account: Account,
    status: CheckStatus,
    number: str,
    code: str | None = None,
) -> None:
    candidate = await candidate_for(session, settings, account)
    await record_check(
        session,
        account.id,
        CheckType.PHONE_VALIDATION,
        status,
        eligibility=candidate.eligibility,
        content={"phone_number": number},
        reason_codes=[code] if code else [],
    )


async def _record_refusal(session: AsyncSession, settings: Settings, account: Account, number: str, code: str) -> None:
    """A KO check, unless the last phone check says the same: repeating oneself adds nothing."""
    last = await session.scalar(
        select(SubscriptionCheck)
        .where(SubscriptionCheck.account_id == account.id, SubscriptionCheck.type == CheckType.PHONE_VALIDATION.value)
        .order_by(SubscriptionCheck.id.desc())
        .limit(1)
    )
    if last is None or last.status != CheckStatus.KO.value or last.reason_codes != [code]:
        await _record(session, settings, account, CheckStatus.KO, number, code)


async def _validated_elsewhere(session: AsyncSession, account: Account, number: str) -> Account | None:
    """Somebody else who validated this number, locked; a beneficiary first."""
    holders = list(
        await session.scalars(
            select(Account)
            .where(
                Account.phone_number == number,
                Account.phone_validation_status == VALIDATED,
                Account.id != account.id,
            )
            .order_by(Account.id)
            .with_for_update(key_share=True)
        )
    )
    return next((holder for holder in holders if Role.BENEFICIARY in holder.roles), holders[0] if holders else None)


async def send_code(session: AsyncSession, settings: Settings, account: Account, written: str) -> Refused | None:
    """Send a code to a number and remember the number; the account is locked."""
    refused = _refused_person(account)
    if refused is not None:
        return refused
    try:
        number = parse_phone(written, settings.blocked_phone_numbers)
    except InvalidPhone as error:
        return await _refuse_number(session, settings, account, written, error)
    quota = await sms_quota(session, settings, account.id)
    if quota.remaining == 0:
        await _record_refusal(session, settings, account, number, "sms_sending_limit_reached")
        return Refused(CodeRefusal.TOO_MANY_SMS)
    await lock(session, f"phone.{number}")
    holder = await _validated_elsewhere(session, account, number)
    if holder is not None and Role.BENEFICIARY in holder.roles:
        await _record_refusal(session, settings, account, number, "phone_already_exists")
        return Refused(CodeRefusal.EXISTS)
    await count_attempts(session, {sms_key(account.id): settings.sms_limit}, timedelta(hours=settings.sms_window_hours))
    if account.phone_number != number:
        account.phone_number = number
        await tell(session, account, "profile_updated")
    code = await issue_code(session, settings, TokenType.PHONE_VALIDATION, account.id, data={"phone_number": number})
    await request_notice(
        session, "phone_validation_code", recipient=number, user_id=account.id, parameters={"CODE": code.secret}
    )
    return None


async def _refuse_number(
    session: AsyncSession, settings: Settings, account: Account, written: str, error: InvalidPhone
) -> Refused:
    if error.is_blocked:
        await _record_refusal(session, settings, account, written, "blacklisted_phone_number")
        return Refused(CodeRefusal.INVALID)
    if error.refusal is PhoneRefusal.COUNTRY:
        await _record_refusal(session, settings, account, written, "invalid_phone_country_code")
        return Refused(CodeRefusal.COUNTRY)
    return Refused(CodeRefusal.INVALID)


async def validate_code(session: AsyncSession, settings: Settings, account: Account, code: str) -> Refused | None:
    """Try a code; the account is locked. A try is counted before the code is looked at."""
    refused = _refused_person(account)
    if refused is not None:
        return Refused(CodeRefusal.FAILURE)
    limit = settings.phone_code_attempts
    window = timedelta(days=settings.phone_code_window_days)
    if await count_attempts(session, {code_key(account.id): limit}, window) is not None:
        return Refused(CodeRefusal.TOO_MANY_ATTEMPTS)
    number = account.phone_number
    if number is None:
        return Refused(CodeRefusal.INVALID)
    token = await consume_code(session, settings, TokenType.PHONE_VALIDATION, account.id, code)
    if token is None:
        quota = await quota_of(session, code_key(account.id), limit)
        if quota.remaining == 0:
            await _record_refusal(session, settings, account, number, "phone_validation_attempts_limit_reached")
            return Refused(CodeRefusal.TOO_MANY_ATTEMPTS)
        return Refused(CodeRefusal.WRONG_CODE, quota.remaining)
    number = str(token.data["phone_number"])
    await lock(session, f"phone.{number}")
    holder = await _validated_elsewhere(session, account, number)
    if holder is not None and Role.BENEFICIARY in holder.roles:
        await _record_refusal(session, settings, account, number, "phone_already_exists")
        return Refused(CodeRefusal.FAILURE)
    if holder is not None:
        await _take_from(session, settings, holder, account, number)
    account.phone_number = number
    account.phone_validation_status = VALIDATED
    await note_action(session, account.id, "USER_PHONE_VALIDATED", author_id=account.id)
    await _record(session, settings, account, CheckStatus.OK, number)
    await clear_attempts(session, code_key(account.id))
    await tell(session, account, "profile_updated")
    return None


async def _take_from(session: AsyncSession, settings: Settings, holder: Account, account: Account, number: str) -> None:
    """A number answers to one person: the former one's validation ends, and both are looked at."""
    holder.phone_validation_status = UNVALIDATED
    await _record(session, settings, holder, CheckStatus.SUSPICIOUS, number, "phone_unvalidated_by_peer")
    await _record(session, settings, account, CheckStatus.SUSPICIOUS, number, "phone_unvalidation_for_peer")
    await tell(session, holder, "profile_updated")
