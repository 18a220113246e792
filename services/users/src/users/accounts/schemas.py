"""What the portal reads of an account."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from shared.web import BodyIdentifier, ProRequest, Response, UtcDatetime
from users.accounts.models import Account
from users.accounts.queries import Partner
from users.accounts.rules import Role
from users.subscription.checks import PhoneValidationStatus


class GenderEnum(StrEnum):
    M = "M."
    F = "Mme"


class SharedLoginUserResponseModel(Response):
    activity: str | None = None
    address: str | None = None
    city: str | None = None
    civility: GenderEnum | None = None
    date_created: UtcDatetime
    date_of_birth: UtcDatetime | None = None
    departement_code: str | None = None
    email: str
    first_name: str | None = None
    has_seen_pro_tutorials: bool | None = None
    has_user_offerer: bool | None = None
    id: int
    is_email_validated: bool
    last_connection_date: UtcDatetime | None = None
    last_name: str | None = None
    needs_to_fill_cultural_survey: bool | None = None
    phone_number: str | None = None
    postal_code: str | None = None
    roles: list[Role]


class SharedCurrentUserResponseModel(SharedLoginUserResponseModel):
    external_ids: dict[str, Any] | None = None
    id_piece_number: str | None = None
    is_impersonated: bool = False
    notification_subscriptions: dict[str, Any] | None = None
    phone_validation_status: PhoneValidationStatus | None = None


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, tzinfo=UTC) if day else None


def _shown(account: Account) -> dict[str, Any]:
    return {
        "activity": account.activity,
        "address": account.address,
        "city": account.city,
        "civility": account.civility,
        "date_created": account.date_created,
        "date_of_birth": _midnight(account.date_of_birth),
        "departement_code": account.department_code,
        "email": account.email,
        "first_name": account.first_name,
        "has_seen_pro_tutorials": account.has_seen_pro_tutorials,
        "id": account.id,
        "is_email_validated": account.is_email_validated,
        "last_connection_date": account.last_connection_date,
        "last_name": account.last_name,
        "needs_to_fill_cultural_survey": account.needs_to_fill_cultural_survey,
        "phone_number": account.phone_number,
        "postal_code": account.postal_code,
        "roles": list(account.roles),
    }


def login_response(partner: Partner) -> SharedLoginUserResponseModel:
    return SharedLoginUserResponseModel(**_shown(partner.account), has_user_offerer=partner.has_offerer)


def current_response(partner: Partner, *, is_impersonated: bool) -> SharedCurrentUserResponseModel:
    account = partner.account
    return SharedCurrentUserResponseModel(
        **_shown(account),
        has_user_offerer=partner.has_offerer,
        external_ids=account.external_ids,
        id_piece_number=account.id_piece_number,
        is_impersonated=is_impersonated,
        notification_subscriptions=account.notification_subscriptions,
        phone_validation_status=PhoneValidationStatus(account.phone_validation_status)
        if account.phone_validation_status
        else None,
    )


PersonName = Annotated[str, Field(min_length=1, max_length=128)]


class UserIdentityBodyModel(ProRequest):
    first_name: PersonName
    last_name: PersonName


class UserIdentityResponseModel(Response):
    first_name: str
    last_name: str


class UserPhoneBodyModel(ProRequest):
    phone_number: str


class UserPhoneResponseModel(Response):
    phone_number: str


ReviewText = Annotated[str, Field(max_length=5_000)]


class SubmitReviewRequestModel(ProRequest):
    location: ReviewText
    offerer_id: BodyIdentifier
    page_title: ReviewText
    user_comment: ReviewText
    user_satisfaction: ReviewText
