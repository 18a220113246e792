"""The app's forms for the bonus."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Request
from fastapi import Response as HttpResponse
from pydantic import Field

from shared import clock
from shared.errors import ApiError, code_error
from shared.identity import NativeUser, Principal
from shared.web import NativeRequest, Session, native_router, operation
from shared.web.access import people
from users.accounts.profile import locked_active_account
from users.bonus.actions import ask_bonus, custodian_content
from users.bonus.rules import FRANCE, Person, is_city_code
from users.deposits.bonus import DISABILITY, QUOTIENT
from users.identity.rules import is_name
from users.subscription.checks import CheckType
from users.subscription.countries import COUNTRIES

router = native_router()
LIMITS = operation(rate_limit="30/minute")
_Name = Annotated[str, Field(max_length=128)]


class GenderEnum(StrEnum):
    M = "M."
    MME = "Mme"


class QuotientFamilialBonusCreditRequest(NativeRequest):
    """The custodian whose household is looked up."""

    birth_city_cog_code: str | None = Field(None, max_length=10)
    birth_country_cog_code: str = Field(max_length=10)
    birth_date: date
    common_name: _Name | None = None
    first_names: list[_Name] = Field(max_length=20)
    gender: GenderEnum
    last_name: _Name


class DisabilityBonusCreditRequest(NativeRequest):
    birth_city_cog_code: str | None = Field(None, max_length=10)
    birth_country_cog_code: str = Field(max_length=10)


def _birth_place(country: str, city: str | None) -> tuple[dict[str, list[str]], str | None]:
    """What is wrong with a birth place, and the city where it counts."""
    if not (country.isascii() and country.isdigit() and int(country) in COUNTRIES):
        return {"birthCountryCogCode": ["Ce pays n'existe pas."]}, None
    if country != FRANCE:
        return {}, None
    if not city:
        return {"birthCityCogCode": ["La commune de naissance est obligatoire pour la France."]}, None
    if not is_city_code(city):
        return {"birthCityCogCode": ["Cette commune n'existe pas."]}, None
    return {}, city


def _custodian(body: QuotientFamilialBonusCreditRequest) -> Person:
    wrong, city = _birth_place(body.birth_country_cog_code, body.birth_city_cog_code)
    if not is_name(body.last_name):
        wrong["lastName"] = ["Ce nom n'est pas valide."]
    if body.common_name and not is_name(body.common_name):
        wrong["commonName"] = ["Ce nom n'est pas valide."]
    if not body.first_names or not all(map(is_name, body.first_names)):
        wrong["firstNames"] = ["Ces prénoms ne sont pas valides."]
    if not date(1900, 1, 1) <= body.birth_date <= clock.today():
        wrong["birthDate"] = ["Cette date de naissance n'est pas valide."]
    if wrong:
        raise ApiError(400, wrong)
    return Person(
        last_name=body.last_name.strip(),
        first_names=tuple(name.strip() for name in body.first_names),
        birth_date=body.birth_date,
        gender=body.gender.value,
        birth_country=body.birth_country_cog_code,
        birth_city=city,
        common_name=body.common_name.strip() if body.common_name else None,
    )


async def _ask(
    request: Request, principal: Principal, session: Session, way: CheckType, content: dict[str, Any]
) -> HttpResponse:
    account = await locked_active_account(session, principal)
    if not await ask_bonus(session, request.app.state.settings, account, way, content):
        raise code_error("BONUS_NOT_ELIGIBLE", "Tu ne peux pas demander ce bonus.")
    return HttpResponse(status_code=204)


@router.post(
    "/native/v1/subscription/bonus/quotient_familial",
    operation_id="postNativeV1SubscriptionBonusQuotientFamilial",
    status_code=204,
    response_class=HttpResponse,
    openapi_extra=LIMITS | operation(access=people()),
)
async def ask_by_quotient(
    request: Request, body: QuotientFamilialBonusCreditRequest, principal: NativeUser, session: Session
) -> HttpResponse:
    return await _ask(request, principal, session, QUOTIENT, custodian_content(_custodian(body)))


@router.post(
    "/native/v1/subscription/bonus/disability",
    operation_id="postNativeV1SubscriptionBonusDisability",
    status_code=204,
    response_class=HttpResponse,
    openapi_extra=LIMITS | operation(access=people()),
)
async def ask_by_disability(
    request: Request, body: DisabilityBonusCreditRequest, principal: NativeUser, session: Session
) -> HttpResponse:
    wrong, city = _birth_place(body.birth_country_cog_code, body.birth_city_cog_code)
    if wrong:
        raise ApiError(400, wrong)
    content = {"birth_country_cog_code": body.birth_country_cog_code, "birth_city_cog_code": city}
    return await _ask(request, principal, session, DISABILITY, content)
