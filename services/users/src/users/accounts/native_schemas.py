"""The app's profile."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, RootModel

from shared.web import NativeRequest, Response, UtcDatetime
from users.accounts.profile_row import Profile
from users.accounts.rules import Role, is_beneficiary, is_caledonian
from users.deposits.bonus import DISABILITY, bonus_status, remaining_attempts
from users.deposits.rules import DepositType, RecreditType, recredit_to_show
from users.eligibility.rules import EligibilityType, eligibility_bounds
from users.features.declared import Flag
from users.subscription.checks import may_activate_next, registrations
from users.subscription.rules import (
    SubscriptionStatus,
    YoungStatusType,
    requires_id_check,
    shows_eligible_card,
    subscription_state,
    young_status,
)
from users.subscription.schemas import SubscriptionMessageV2, YoungStatusResponse
from users.subscription.wording import message_of

ADDRESS_MAX, CITY_MAX, THEMES_MAX = 255, 100, 50


class ActivityIdEnum(StrEnum):
    MIDDLE_SCHOOL_STUDENT = "MIDDLE_SCHOOL_STUDENT"
    HIGH_SCHOOL_STUDENT = "HIGH_SCHOOL_STUDENT"
    STUDENT = "STUDENT"
    EMPLOYEE = "EMPLOYEE"
    APPRENTICE = "APPRENTICE"
    APPRENTICE_STUDENT = "APPRENTICE_STUDENT"
    VOLUNTEER = "VOLUNTEER"
    INACTIVE = "INACTIVE"
    UNEMPLOYED = "UNEMPLOYED"


# The stored word of each activity; the last line is what old records say.
_ACTIVITIES = {
    "Collégien": ActivityIdEnum.MIDDLE_SCHOOL_STUDENT,
    "Lycéen": ActivityIdEnum.HIGH_SCHOOL_STUDENT,
    "Étudiant": ActivityIdEnum.STUDENT,
    "Employé": ActivityIdEnum.EMPLOYEE,
    "Apprenti": ActivityIdEnum.APPRENTICE,
    "Alternant": ActivityIdEnum.APPRENTICE_STUDENT,
    "Volontaire": ActivityIdEnum.VOLUNTEER,
    "Inactif": ActivityIdEnum.INACTIVE,
    "Demandeur d'emploi": ActivityIdEnum.UNEMPLOYED,
    "Chômeur": ActivityIdEnum.UNEMPLOYED,
}


# The other way round; the first word of each is the one that is written.
STORED_ACTIVITY = {identifier: word for word, identifier in reversed(_ACTIVITIES.items())}


def activity_of(word: str | None) -> ActivityIdEnum | None:
    """The activity that a stored word says; None for a word that was never one."""
    return _ACTIVITIES.get(word or "")


class AchievementEnum(StrEnum):
    FIRST_MOVIE_BOOKING = "FIRST_MOVIE_BOOKING"
    FIRST_BOOK_BOOKING = "FIRST_BOOK_BOOKING"
    FIRST_RECORDED_MUSIC_BOOKING = "FIRST_RECORDED_MUSIC_BOOKING"
    FIRST_SHOW_BOOKING = "FIRST_SHOW_BOOKING"
    FIRST_MUSEUM_BOOKING = "FIRST_MUSEUM_BOOKING"
    FIRST_LIVE_MUSIC_BOOKING = "FIRST_LIVE_MUSIC_BOOKING"
    FIRST_NEWS_BOOKING = "FIRST_NEWS_BOOKING"
    FIRST_INSTRUMENT_BOOKING = "FIRST_INSTRUMENT_BOOKING"
    FIRST_ART_LESSON_BOOKING = "FIRST_ART_LESSON_BOOKING"


class CurrencyEnum(StrEnum):
    EUR = "EUR"
    XPF = "XPF"


class QFBonificationStatus(StrEnum):
    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    STARTED = "started"
    CUSTODIAN_NOT_FOUND = "custodian_not_found"
    NOT_IN_TAX_HOUSEHOLD = "not_in_tax_household"
    QUOTIENT_FAMILIAL_TOO_HIGH = "quotient_familial_too_high"
    TOO_MANY_RETRIES = "too_many_retries"
    GRANTED = "granted"
    KO = "ko"


class DisabilityBonificationStatus(StrEnum):
    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    STARTED = "started"
    TOO_MANY_RETRIES = "too_many_retries"
    PERSON_NOT_FOUND = "person_not_found"
    APPLICATION_NOT_FOUND = "application_not_found"
    NOT_RECIPIENT = "not_recipient"
    GRANTED = "granted"
    KO = "ko"


class AchievementResponse(Response):
    id: int
    name: AchievementEnum
    seen_date: UtcDatetime | None = None
    unlocked_date: UtcDatetime


class Credit(Response):
    initial: int
    remaining: int


class DomainsCredit(Response):
    all: Credit
    digital: Credit | None = None
    physical: Credit | None = None


class NotificationSubscriptions(Response):
    marketing_email: bool
    marketing_push: bool
    subscribed_themes: list[str]


class SubscriptionsChoice(NativeRequest):
    marketing_email: bool
    marketing_push: bool
    subscribed_themes: list[Annotated[str, Field(max_length=100)]] | None = Field(None, max_length=THEMES_MAX)


class UserProfilePatchRequest(NativeRequest):
    """Only what is sent changes; null is the same as not sent. An empty phone number takes the number away."""

    activity_id: ActivityIdEnum | None = None
    address: str | None = Field(None, max_length=ADDRESS_MAX)
    city: str | None = Field(None, max_length=CITY_MAX)
    origin: str | None = Field(None, max_length=255)
    phone_number: str | None = None
    postal_code: str | None = None
    subscriptions: SubscriptionsChoice | None = None


class MarkAchievementsAsSeenRequest(NativeRequest):
    achievement_ids: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] = Field(max_length=100)


class AchievementsResponse(RootModel[list[AchievementResponse]]):
    """The achievements that were marked."""


class PostFeedbackBody(NativeRequest):
    feedback: str = Field(max_length=800)


class UserProfileResponse(Response):
    """`domainsCredit` and `bookedOffers` are known to `bookings`: the gateway puts them in."""

    achievements: list[AchievementResponse]
    activity_id: ActivityIdEnum | None = None
    birth_date: date | None = None
    booked_offers: dict[str, int]
    city: str | None = None
    currency: CurrencyEnum
    deposit_activation_date: UtcDatetime | None = None
    deposit_expiration_date: UtcDatetime | None = None
    deposit_type: DepositType | None = None
    disability_bonification_status: DisabilityBonificationStatus | None = None
    domains_credit: DomainsCredit | None = None
    eligibility: EligibilityType | None = None
    eligibility_end_datetime: UtcDatetime | None = None
    eligibility_start_datetime: UtcDatetime | None = None
    email: str
    first_deposit_activation_date: UtcDatetime | None = None
    first_name: str | None = None
    has_password: bool
    has_profile_expired: bool
    id: int
    is_beneficiary: bool
    is_eligible_for_beneficiary_upgrade: bool
    last_name: str | None = None
    needs_to_fill_cultural_survey: bool
    phone_number: str | None = None
    postal_code: str | None = None
    qf_bonification_status: QFBonificationStatus | None = None
    recredit_amount_to_show: int | None = None
    recredit_type_to_show: RecreditType | None = None
    remaining_bonus_attempts: int | None = None
    requires_id_check: bool
    roles: list[Role]
    show_eligible_card: bool
    status: YoungStatusResponse
    street: str | None = None
    subscription_message: SubscriptionMessageV2 | None = None
    subscriptions: NotificationSubscriptions


_SURVEYS = frozenset({Flag.ENABLE_NATIVE_CULTURAL_SURVEY, Flag.ENABLE_CULTURAL_SURVEY})


def _subscriptions(stored: dict[str, Any]) -> NotificationSubscriptions:
    """A key that was never set reads as agreed."""
    return NotificationSubscriptions(
        marketing_email=stored.get("marketing_email", True),
        marketing_push=stored.get("marketing_push", True),
        subscribed_themes=stored.get("subscribed_themes") or [],
    )


def _credit(profile: Profile) -> dict[str, Any]:
    current, account = profile.current_deposit, profile.account
    amount = account.recredit_amount_to_show_cents
    status = bonus_status(profile.candidate, current)
    return {
        "deposit_activation_date": current.date_created if current else None,
        "deposit_expiration_date": current.expiration_date if current else None,
        "deposit_type": current.type if current else None,
        "first_deposit_activation_date": min((d.date_created for d in profile.deposits), default=None),
        "recredit_amount_to_show": amount,
        "recredit_type_to_show": recredit_to_show(current) if amount is not None else None,
        "disability_bonification_status": bonus_status(profile.candidate, current, DISABILITY),
        "qf_bonification_status": status,
        "remaining_bonus_attempts": remaining_attempts(profile.candidate, status),
    }


def _eligibility(profile: Profile) -> dict[str, Any]:
    candidate = profile.candidate
    start = end = None
    if candidate.person is not None:
        start, end = eligibility_bounds(
            candidate.person, registrations(candidate.checks), now=candidate.now, reform=candidate.reform
        )
    return {
        "eligibility": candidate.eligibility,
        "eligibility_start_datetime": start,
        "eligibility_end_datetime": end,
        "is_eligible_for_beneficiary_upgrade": may_activate_next(candidate),
        "requires_id_check": requires_id_check(candidate),
        "show_eligible_card": shows_eligible_card(candidate),
    }


def profile_response(profile: Profile) -> UserProfileResponse:
    account, candidate = profile.account, profile.candidate
    state = subscription_state(candidate)
    status: tuple[YoungStatusType, SubscriptionStatus | None] = young_status(candidate, state)
    survey = candidate.eligibility is not None and not _SURVEYS.isdisjoint(candidate.flags)
    return UserProfileResponse(
        achievements=[AchievementResponse.model_validate(achievement) for achievement in profile.achievements],
        activity_id=activity_of(account.activity),
        birth_date=account.birth_date,
        booked_offers={},
        city=account.city,
        currency=CurrencyEnum.XPF if is_caledonian(account.postal_code) else CurrencyEnum.EUR,
        email=account.email,
        first_name=account.first_name or None,
        has_password=account.password_hash is not None,
        # Profiles expire through campaigns that ask to confirm them; there is none.
        has_profile_expired=False,
        id=account.id,
        is_beneficiary=is_beneficiary(account.roles),
        last_name=account.last_name or None,
        needs_to_fill_cultural_survey=account.needs_to_fill_cultural_survey and survey,
        phone_number=account.phone_number,
        postal_code=account.postal_code,
        roles=[Role(role) for role in account.roles],
        status=YoungStatusResponse(status_type=status[0], subscription_status=status[1]),
        street=account.address,
        subscription_message=SubscriptionMessageV2.of(message_of(state, candidate)),
        subscriptions=_subscriptions(account.notification_subscriptions),
        **_credit(profile),
        **_eligibility(profile),
    )
