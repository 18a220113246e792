"""The subscription workflow: where a candidate stands and what comes next (users rules: subscription workflow). Pure."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from users.accounts.rules import Role, is_beneficiary
from users.eligibility.rules import EligibilityType, age_on, birthday
from users.features.declared import Flag
from users.subscription.checks import (
    IDENTITY_CHECKS,
    Candidate,
    Check,
    CheckStatus,
    CheckType,
    PhoneValidationStatus,
    ReviewVerdict,
    best_check,
    is_relevant,
    is_retryable,
    may_activate_next,
    needs_manual_review,
)


class State(StrEnum):
    EMAIL_VALIDATION = "email_validation"
    BENEFICIARY = "beneficiary"
    EX_BENEFICIARY = "ex_beneficiary"
    NOT_ELIGIBLE = "not_eligible"
    ADMIN_KO_REVIEW = "admin_ko_review"
    PHONE_VALIDATION = "phone_validation"
    FAILED_PHONE_VALIDATION = "failed_phone_validation"
    PROFILE_COMPLETION = "profile_completion"
    IDENTITY_CHECK = "identity_check"
    IDENTITY_CHECK_RETRY = "identity_check_retry"
    FAILED_IDENTITY_CHECK = "failed_identity_check"
    HONOR_STATEMENT = "honor_statement"
    WAITING_FOR_IDENTITY_CHECK = "waiting_for_identity_check"
    WAITING_FOR_MANUAL_REVIEW = "waiting_for_manual_review"
    COMPLETED = "subscription_completed_but_not_beneficiary_yet"


class Step(StrEnum):
    EMAIL_VALIDATION = "email-validation"
    MAINTENANCE = "maintenance"
    PHONE_VALIDATION = "phone-validation"
    PROFILE_COMPLETION = "profile-completion"
    IDENTITY_CHECK = "identity-check"
    HONOR_STATEMENT = "honor-statement"


class ItemStatus(StrEnum):
    OK = "ok"
    KO = "ko"
    TODO = "todo"
    VOID = "void"
    PENDING = "pending"
    SKIPPED = "skipped"
    SUSPICIOUS = "suspicious"
    NOT_APPLICABLE = "not-applicable"


class YoungStatusType(StrEnum):
    ELIGIBLE = "eligible"
    NON_ELIGIBLE = "non_eligible"
    BENEFICIARY = "beneficiary"
    EX_BENEFICIARY = "ex_beneficiary"
    SUSPENDED = "suspended"


class SubscriptionStatus(StrEnum):
    HAS_TO_COMPLETE = "has_to_complete_subscription"
    HAS_PENDING = "has_subscription_pending"
    HAS_ISSUES = "has_subscription_issues"


class IdentityMethod(StrEnum):
    EDUCONNECT = "educonnect"
    UBBLE = "ubble"


class MaintenancePage(StrEnum):
    WITH_DMS = "with-dms"
    WITHOUT_DMS = "without-dms"


class Completion(StrEnum):
    COMPLETED = "completed"
    CURRENT = "current"
    DISABLED = "disabled"
    RETRY = "retry"


UBBLE_BIRTHDAY_WITHIN = timedelta(days=90)


def phone_status(candidate: Candidate) -> ItemStatus:
    if not candidate.is_18_eligible:
        return ItemStatus.NOT_APPLICABLE
    if candidate.phone_validation_status is PhoneValidationStatus.VALIDATED:
        return ItemStatus.OK
    if candidate.phone_validation_status is PhoneValidationStatus.SKIPPED_BY_SUPPORT:
        return ItemStatus.SKIPPED
    if any(c.type is CheckType.PHONE_VALIDATION and c.status is CheckStatus.KO for c in candidate.checks):
        return ItemStatus.KO
    if not may_activate_next(candidate):
        return ItemStatus.VOID
    if Flag.ENABLE_PHONE_VALIDATION not in candidate.flags and candidate.phone_number:
        return ItemStatus.OK
    return ItemStatus.TODO


def profile_done(candidate: Candidate) -> bool:
    return any(
        (check.type is CheckType.PROFILE_COMPLETION and check.status is CheckStatus.OK)
        or (
            check.type is CheckType.DMS
            and check.status in (CheckStatus.STARTED, CheckStatus.PENDING)
            and check.has_city
        )
        for check in candidate.checks
        if is_relevant(check, candidate)
    )


def has_previous_profile(candidate: Candidate) -> bool:
    """Whether a profile was given for an earlier eligibility alone."""
    return not profile_done(candidate) and any(
        check.type is CheckType.PROFILE_COMPLETION and check.status is CheckStatus.OK for check in candidate.checks
    )


def identity_check(candidate: Candidate) -> Check | None:
    return best_check(candidate, IDENTITY_CHECKS)


def identity_status(candidate: Candidate) -> ItemStatus:
    if candidate.eligibility is None:
        return ItemStatus.VOID
    check = identity_check(candidate)
    if check is None or check.status is None:
        return ItemStatus.TODO if may_activate_next(candidate) else ItemStatus.VOID
    if check.status is CheckStatus.STARTED:
        return ItemStatus.PENDING if check.type is CheckType.DMS else ItemStatus.TODO
    return {
        CheckStatus.OK: ItemStatus.OK,
        CheckStatus.KO: ItemStatus.KO,
        CheckStatus.PENDING: ItemStatus.PENDING,
        CheckStatus.SUSPICIOUS: ItemStatus.SUSPICIOUS,
    }.get(check.status, ItemStatus.VOID)


def honor_done(candidate: Candidate) -> bool:
    return any(
        check.type is CheckType.HONOR_STATEMENT and check.status is CheckStatus.OK and is_relevant(check, candidate)
        for check in candidate.checks
    )


def subscription_state(candidate: Candidate) -> State:
    """The state, evaluated from scratch: the first transition that holds is followed, again and again."""
    if not candidate.is_email_validated:
        return State.EMAIL_VALIDATION
    if is_beneficiary(candidate.roles) and not may_activate_next(candidate):
        return State.BENEFICIARY if candidate.has_running_deposit else State.EX_BENEFICIARY
    if candidate.eligibility is None:
        return State.NOT_ELIGIBLE
    if candidate.last_review is ReviewVerdict.KO:
        return State.ADMIN_KO_REVIEW
    if candidate.is_18_eligible:
        phone = phone_status(candidate)
        if phone is ItemStatus.KO:
            return State.FAILED_PHONE_VALIDATION
        if phone is ItemStatus.TODO:
            return State.PHONE_VALIDATION
    if not profile_done(candidate):
        return State.PROFILE_COMPLETION
    if not (candidate.is_18_eligible or candidate.is_underage_eligible):
        return State.COMPLETED
    return _after_profile(candidate)


def _after_profile(candidate: Candidate) -> State:
    check, status = identity_check(candidate), identity_status(candidate)
    if status in (ItemStatus.KO, ItemStatus.SUSPICIOUS) and check is not None:
        return State.IDENTITY_CHECK_RETRY if is_retryable(check, candidate) else State.FAILED_IDENTITY_CHECK
    if status not in (ItemStatus.OK, ItemStatus.PENDING):
        return State.IDENTITY_CHECK
    if not honor_done(candidate):
        return State.HONOR_STATEMENT
    if status is ItemStatus.PENDING:
        return State.WAITING_FOR_IDENTITY_CHECK
    if check is not None and needs_manual_review(check, candidate):
        return State.WAITING_FOR_MANUAL_REVIEW
    return State.COMPLETED


def allowed_methods(candidate: Candidate) -> list[IdentityMethod]:
    """The identity providers offered to the candidate now."""
    methods = []
    if candidate.is_underage_eligible and Flag.ENABLE_EDUCONNECT_AUTHENTICATION in candidate.flags:
        methods.append(IdentityMethod.EDUCONNECT)
    if Flag.ENABLE_UBBLE in candidate.flags and (
        Flag.ENABLE_UBBLE_SUBSCRIPTION_LIMITATION not in candidate.flags or _birthday_is_near(candidate)
    ):
        methods.append(IdentityMethod.UBBLE)
    return methods


def _birthday_is_near(candidate: Candidate) -> bool:
    if candidate.person is None:
        return False
    today = candidate.now.astimezone(candidate.person.zone).date()
    new_age = age_on(candidate.person.birth_date, today) + 1
    return 16 <= new_age <= 19 and birthday(candidate.person.birth_date, new_age) - today <= UBBLE_BIRTHDAY_WITHIN


def maintenance_page(candidate: Candidate) -> MaintenancePage | None:
    """The page shown in place of the identity check when no provider is offered."""
    if candidate.person is None or allowed_methods(candidate):
        return None
    if candidate.is_18_eligible and Flag.ENABLE_DMS_LINK_ON_MAINTENANCE_PAGE_FOR_AGE_18 in candidate.flags:
        return MaintenancePage.WITH_DMS
    if candidate.is_underage_eligible and Flag.ENABLE_DMS_LINK_ON_MAINTENANCE_PAGE_FOR_UNDERAGE in candidate.flags:
        return MaintenancePage.WITH_DMS
    return MaintenancePage.WITHOUT_DMS


_STEP_OF_STATE = {
    State.EMAIL_VALIDATION: Step.EMAIL_VALIDATION,
    State.PHONE_VALIDATION: Step.PHONE_VALIDATION,
    State.FAILED_PHONE_VALIDATION: Step.PHONE_VALIDATION,
    State.PROFILE_COMPLETION: Step.PROFILE_COMPLETION,
    State.IDENTITY_CHECK: Step.IDENTITY_CHECK,
    State.IDENTITY_CHECK_RETRY: Step.IDENTITY_CHECK,
    State.HONOR_STATEMENT: Step.HONOR_STATEMENT,
}


def next_step(candidate: Candidate, state: State) -> Step | None:
    step = _STEP_OF_STATE.get(state)
    if step is Step.IDENTITY_CHECK and not allowed_methods(candidate):
        return Step.MAINTENANCE
    return step


_ISSUES = frozenset({State.FAILED_PHONE_VALIDATION, State.IDENTITY_CHECK_RETRY, State.FAILED_IDENTITY_CHECK})
_PENDING = frozenset({State.WAITING_FOR_IDENTITY_CHECK, State.WAITING_FOR_MANUAL_REVIEW, State.COMPLETED})


def has_issues(state: State) -> bool:
    return state in _ISSUES


def young_status(candidate: Candidate, state: State) -> tuple[YoungStatusType, SubscriptionStatus | None]:
    """What the app shows of the person's standing."""
    if not candidate.is_active:
        return YoungStatusType.SUSPENDED, None
    if is_beneficiary(candidate.roles):
        expired = candidate.has_deposit and not candidate.has_running_deposit
        return (YoungStatusType.EX_BENEFICIARY if expired else YoungStatusType.BENEFICIARY), None
    if state in (State.NOT_ELIGIBLE, State.ADMIN_KO_REVIEW):
        return YoungStatusType.NON_ELIGIBLE, None
    if state in _ISSUES:
        return YoungStatusType.ELIGIBLE, SubscriptionStatus.HAS_ISSUES
    if state in _PENDING:
        return YoungStatusType.ELIGIBLE, SubscriptionStatus.HAS_PENDING
    return YoungStatusType.ELIGIBLE, SubscriptionStatus.HAS_TO_COMPLETE


def steps_to_display(candidate: Candidate, state: State) -> list[tuple[Step, Completion]]:
    """The steps of the candidate's path with how far each is. The free credit asks for the profile alone."""
    if candidate.eligibility is None and not is_beneficiary(candidate.roles):
        return []
    path = [Step.PROFILE_COMPLETION]
    if candidate.is_18_eligible:
        path.insert(0, Step.PHONE_VALIDATION)
    if candidate.is_18_eligible or candidate.is_underage_eligible:
        if identity_status(candidate) is not ItemStatus.OK or state in (State.BENEFICIARY, State.EX_BENEFICIARY):
            path.append(Step.IDENTITY_CHECK)
        path.append(Step.HONOR_STATEMENT)
    current = _current_of(state)
    if current is None:
        return [(step, Completion.COMPLETED) for step in path]
    if current not in path:
        return [(step, Completion.DISABLED) for step in path]
    place = path.index(current)
    retried = state is State.IDENTITY_CHECK_RETRY
    return [
        (step, Completion.COMPLETED if at < place else _reached(retried) if at == place else Completion.DISABLED)
        for at, step in enumerate(path)
    ]


def with_phone_in_profile(candidate: Candidate, state: State) -> bool:
    """Whether the number is asked for by the profile's form alone: unless it has to be validated by a code, or failed."""
    return Flag.ENABLE_PHONE_VALIDATION not in candidate.flags and state is not State.FAILED_PHONE_VALIDATION


def next_step_v3(candidate: Candidate, state: State) -> Step | None:
    """The next step of the stepper whose profile form asks for the number."""
    step = next_step(candidate, state)
    if step is Step.PHONE_VALIDATION and with_phone_in_profile(candidate, state):
        return Step.PROFILE_COMPLETION
    return step


def steps_to_display_v3(candidate: Candidate, state: State) -> list[tuple[Step, Completion]]:
    """The steps of the stepper whose profile form asks for the number: a profile without one is to be done again."""
    steps = steps_to_display(candidate, state)
    if not with_phone_in_profile(candidate, state):
        return steps
    return [
        (step, Completion.CURRENT if state is State.PHONE_VALIDATION and step is Step.PROFILE_COMPLETION else reached)
        for step, reached in steps
        if step is not Step.PHONE_VALIDATION
    ]


def _reached(retried: bool) -> Completion:
    return Completion.RETRY if retried else Completion.CURRENT


def _current_of(state: State) -> Step | None:
    if state is State.FAILED_IDENTITY_CHECK:
        return Step.IDENTITY_CHECK
    if state is State.ADMIN_KO_REVIEW:
        return Step.EMAIL_VALIDATION
    return _STEP_OF_STATE.get(state)


def requires_id_check(candidate: Candidate) -> bool:
    """Whether the next credit needs an identity check (users rules: profile)."""
    if candidate.eligibility is EligibilityType.FREE:
        return False
    if Role.UNDERAGE_BENEFICIARY not in candidate.roles:
        return True
    return not any(
        c.type in (CheckType.UBBLE, CheckType.DMS) and c.status is CheckStatus.OK and is_relevant(c, candidate)
        for c in candidate.checks
    )


def shows_eligible_card(candidate: Candidate) -> bool:
    return Role.BENEFICIARY not in candidate.roles and candidate.is_18_eligible
