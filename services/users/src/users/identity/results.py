"""What follows from an identity that a provider vouches for (users rules: fraud checks, eligibility difference)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import clock
from users.accounts.actions import note_action, tell
from users.accounts.models import Account
from users.accounts.profile import candidate_for
from users.eligibility.rules import EligibilityType, Person, age_at, eligibility_of
from users.identity.content import ProvidedIdentity
from users.identity.duplicates import beneficiary_like, hold_identity, holder_of_id_number, holder_of_ine
from users.identity.rules import DUPLICATE_CODES, Facts, Finding, Verdict, findings, verdict_of
from users.identity.suspicions import tell_of_duplicate
from users.settings import Settings
from users.subscription.actions import tell_check
from users.subscription.activation import try_activation
from users.subscription.checks import Candidate, CheckStatus, CheckType, may_activate_next, registrations
from users.subscription.models import SubscriptionCheck
from users.subscription.queries import zone_of

CHANGED = "eligibility_changed"
DEPRECATED = "deprecated-"


@dataclass(frozen=True)
class Outcome:
    """`check` is the record that decides: a new one when the eligibility turned out to be another."""

    check: SubscriptionCheck
    verdict: Verdict
    age: int | None
    is_activated: bool


ProviderFindings = Callable[[EligibilityType | None, int | None], tuple[Finding, ...]]


def _none(_eligibility: EligibilityType | None, _age: int | None) -> tuple[Finding, ...]:
    return ()


async def conclude(
    session: AsyncSession,
    settings: Settings,
    account: Account,
    check: SubscriptionCheck,
    identity: ProvidedIdentity,
    *,
    provider_findings: ProviderFindings = _none,
    is_vouched: bool = True,
    needs_id_number: bool = False,
    any_id_number: bool = False,
) -> Outcome:
    """Judge an identity for a locked account, write the verdict on its check and, when all is good, try to give the credit.

    `provider_findings` is the provider's verdict, given the eligibility and the age at the check's date. `is_vouched`: the
    provider stands by the birth date. Whoever has a credit elsewhere is mailed.
    """
    candidate = await candidate_for(session, settings, account)
    born = identity.birth_date or account.birth_date
    person = Person(born, zone_of(account)) if born else None
    eligibility = eligibility_of(
        person,
        registrations(candidate.checks),
        now=candidate.now,
        reform=candidate.reform,
        at=check.registered_at,
    )
    age = age_at(person, check.registered_at) if person else None
    check = await _with_eligibility(session, check, eligibility)
    await hold_identity(session, identity)
    duplicate = await beneficiary_like(session, account.id, identity)
    id_holder = await holder_of_id_number(session, account.id, identity.id_number)
    facts = Facts(
        provider=CheckType(check.type),
        first_name=identity.first_name,
        last_name=identity.last_name,
        birth_date=identity.birth_date,
        age=age,
        eligibility=EligibilityType(check.eligibility_type) if check.eligibility_type else None,
        is_email_validated=account.is_email_validated,
        has_duplicate=duplicate is not None,
        provider_findings=provider_findings(eligibility, age),
        id_number=identity.id_number,
        needs_id_number=needs_id_number,
        any_id_number=any_id_number,
        id_number_is_taken=id_holder is not None,
        ine_is_taken=await holder_of_ine(session, account.id, identity.ine_hash) is not None,
    )
    verdict = verdict_of(findings(facts))
    check.status = verdict.status.value
    check.reason_codes = list(verdict.codes) or None
    check.reason = verdict.reason
    check.updated_at = clock.now()
    await tell_check(session, check)
    if is_vouched:
        await _correct_birth_date(session, candidate, account, identity.birth_date)
    if account.is_active and not DUPLICATE_CODES.isdisjoint(verdict.codes):
        await tell_of_duplicate(session, settings, account, duplicate or id_holder)
    is_activated = verdict.status is CheckStatus.OK and await try_activation(session, settings, account.id)
    return Outcome(check, verdict, age, is_activated)


async def _correct_birth_date(
    session: AsyncSession, candidate: Candidate, account: Account, birth_date: date | None
) -> None:
    """Take the provider's date over, unless the person has all the credit there is: theirs was proven then."""
    if birth_date is None or birth_date == account.validated_birth_date:
        return
    if account.validated_birth_date is not None and not may_activate_next(candidate):
        return
    former = account.validated_birth_date
    account.validated_birth_date = birth_date
    await note_action(
        session,
        account.id,
        "INFO_MODIFIED",
        modified_info={
            "validated_birth_date": {
                "old_info": former.isoformat() if former else None,
                "new_info": birth_date.isoformat(),
            }
        },
    )
    await tell(session, account, "profile_updated")


async def _with_eligibility(
    session: AsyncSession, check: SubscriptionCheck, eligibility: EligibilityType | None
) -> SubscriptionCheck:
    """The check under the eligibility that the identity gives; a declared one that was wrong stays on a cancelled record.

    The profile and the statement that were given under it follow.
    """
    if eligibility is None or check.eligibility_type == eligibility.value:
        return check
    declared = check.eligibility_type
    if declared is None:
        check.eligibility_type = eligibility.value
        return check
    for kind in (CheckType.PROFILE_COMPLETION, CheckType.HONOR_STATEMENT):
        first = await session.scalar(
            select(SubscriptionCheck)
            .where(
                SubscriptionCheck.account_id == check.account_id,
                SubscriptionCheck.type == kind.value,
                SubscriptionCheck.eligibility_type == declared,
                SubscriptionCheck.status != CheckStatus.CANCELED.value,
            )
            .order_by(SubscriptionCheck.id)
            .limit(1)
        )
        if first is not None:
            await _moved(session, first, eligibility)
    return await _moved(session, check, eligibility)


async def _moved(session: AsyncSession, check: SubscriptionCheck, eligibility: EligibilityType) -> SubscriptionCheck:
    copy = SubscriptionCheck(
        account_id=check.account_id,
        type=check.type,
        status=check.status,
        eligibility_type=eligibility.value,
        third_party_id=check.third_party_id,
        reason=check.reason,
        reason_codes=check.reason_codes,
        content=check.content,
        id_pictures_stored=check.id_pictures_stored,
        registered_at=check.registered_at,
        date_created=check.date_created,
    )
    deprecate(check)
    check.status = CheckStatus.CANCELED.value
    check.reason_codes = [CHANGED]
    session.add(copy)
    await tell_check(session, check)
    return copy


def deprecate(check: SubscriptionCheck) -> None:
    """Take a record out of the provider's hands: what comes under its identifier concerns a newer one."""
    check.third_party_id = f"{DEPRECATED}{check.third_party_id}"
    check.updated_at = clock.now()
