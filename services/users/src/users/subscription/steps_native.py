"""The app's pages of the steps: profile, honor statement, and the lists that their forms show."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi import Response as HttpResponse
from pydantic import ValidationError

from shared.errors import ApiError, not_found
from shared.identity import NativeUser
from shared.web import Session, native_router, operation
from shared.web.access import people
from users.accounts.edition import checked_phone, checked_postal_code
from users.accounts.native_schemas import STORED_ACTIVITY, ActivityIdEnum, activity_of
from users.accounts.profile import active_account, candidate_for, locked_active_account
from users.identity.rules import is_address, is_city, is_name
from users.settings import Settings
from users.subscription.completion import complete_profile, last_profile, sign_honor_statement
from users.subscription.countries import COUNTRIES
from users.subscription.steps_schemas import (
    SCHOOL_OF_WORD,
    STORED_SCHOOL,
    ActivityResponseModel,
    ActivityTypesResponse,
    InseeCountries,
    InseeCountry,
    ProfileContent,
    ProfileResponse,
    ProfileUpdateRequest,
)

router = native_router()
STEP_LIMITS = operation(rate_limit="30/minute")

_DESCRIPTIONS = {
    ActivityIdEnum.VOLUNTEER: "En service civique",
    ActivityIdEnum.INACTIVE: "Sans emploi et sans en chercher, par exemple en incapacité de travailler",
    ActivityIdEnum.UNEMPLOYED: "En recherche d'emploi",
}
_COUNTRIES = InseeCountries(countries=[InseeCountry(cog=cog, libcog=name) for cog, name in COUNTRIES.items()])


def _refuse_bad_fields(body: ProfileUpdateRequest) -> None:
    """Every field that is wrong, at once."""
    checks = {
        "firstName": (body.first_name, is_name),
        "lastName": (body.last_name, is_name),
        "city": (body.city, is_city),
        "address": (body.address, is_address),
    }
    wrong: dict[str, list[str]] = {}
    for field, (text, accepts) in checks.items():
        if not text.strip():
            wrong[field] = ["Ce champ ne peut pas être vide."]
        elif not accepts(text):
            wrong[field] = ["Ce champ contient des caractères inattendus."]
    if wrong:
        raise ApiError(400, wrong)


def _declared(body: ProfileUpdateRequest) -> dict[str, Any]:
    return {
        "activity": STORED_ACTIVITY[body.activity_id],
        "address": body.address.strip(),
        "city": body.city.strip(),
        "first_name": body.first_name.strip(),
        "last_name": body.last_name.strip(),
        "postal_code": checked_postal_code(body.postal_code),
        "school_type": STORED_SCHOOL[body.school_type_id] if body.school_type_id else None,
    }


@router.post(
    "/native/v1/subscription/profile",
    operation_id="postNativeV1SubscriptionProfile",
    status_code=204,
    response_class=HttpResponse,
    openapi_extra=STEP_LIMITS | operation(access=people()),
)
async def post_profile(
    request: Request, body: ProfileUpdateRequest, principal: NativeUser, session: Session
) -> HttpResponse:
    settings: Settings = request.app.state.settings
    _refuse_bad_fields(body)
    declared = _declared(body)
    phone = checked_phone(settings, body.phone_number) if body.phone_number is not None else None
    account = await locked_active_account(session, principal)
    await complete_profile(session, settings, account, declared, phone)
    return HttpResponse(status_code=204)


def _profile(content: dict[str, Any] | None) -> ProfileContent | None:
    said = content or {}
    try:
        return ProfileContent.model_validate(
            {
                **said,
                "activity": activity_of(said.get("activity")),
                "school_type": SCHOOL_OF_WORD.get(said.get("school_type") or ""),
            }
        )
    except ValidationError:
        return None


@router.get(
    "/native/v1/subscription/profile",
    operation_id="getNativeV1SubscriptionProfile",
    response_model=ProfileResponse,
    openapi_extra=operation(access=people()),
)
async def get_profile(principal: NativeUser, session: Session) -> ProfileResponse:
    account = await active_account(session, principal)
    check = await last_profile(session, account.id)
    if check is None:
        raise not_found()
    return ProfileResponse(profile=_profile(check.content))


@router.get(
    "/native/v1/subscription/activity_types",
    operation_id="getNativeV1SubscriptionActivityTypes",
    response_model=ActivityTypesResponse,
    openapi_extra=operation(access=people()),
)
async def activity_types(request: Request, principal: NativeUser, session: Session) -> ActivityTypesResponse:
    account = await active_account(session, principal)
    candidate = await candidate_for(session, request.app.state.settings, account)
    return ActivityTypesResponse(
        activities=[
            ActivityResponseModel(id=activity, label=STORED_ACTIVITY[activity], description=_DESCRIPTIONS.get(activity))
            for activity in ActivityIdEnum
            if not (activity is ActivityIdEnum.MIDDLE_SCHOOL_STUDENT and candidate.is_18_eligible)
        ]
    )


@router.post(
    "/native/v1/subscription/honor_statement",
    operation_id="postNativeV1SubscriptionHonorStatement",
    status_code=204,
    response_class=HttpResponse,
    openapi_extra=STEP_LIMITS | operation(access=people()),
)
async def honor_statement(request: Request, principal: NativeUser, session: Session) -> HttpResponse:
    account = await locked_active_account(session, principal)
    await sign_honor_statement(session, request.app.state.settings, account)
    return HttpResponse(status_code=204)


@router.get(
    "/native/v1/countries",
    operation_id="getNativeV1Countries",
    response_model=InseeCountries,
    openapi_extra=operation(access=people()),
)
async def countries(principal: NativeUser, session: Session) -> InseeCountries:
    await active_account(session, principal)
    return _COUNTRIES
