"""The app's settings."""

from __future__ import annotations

from fastapi import Request
from pydantic import Field

from shared.money import EUROS_PER_XPF
from shared.web import Response, native_router, operation
from shared.web.access import anyone
from users.deposits.rules import AMOUNTS_BY_AGE, BONUS_AMOUNT, BONUS_THRESHOLD
from users.features import Flag, flags
from users.features.reference import (
    ACCOUNT_CREATION_MINIMUM_AGE,
    ACCOUNT_UNSUSPENSION_LIMIT_DAYS,
    INELIGIBLE_POSTAL_CODES,
)
from users.sessions.native import asks_captcha
from users.settings import Settings

router = native_router()


class Bonification(Response):
    bonus_amount: int
    qf_threshold: int


class DepositAmountsByAge(Response):
    age_15: int = Field(alias="age_15")
    age_16: int = Field(alias="age_16")
    age_17: int = Field(alias="age_17")
    age_18: int = Field(alias="age_18")


class Rates(Response):
    pacific_franc_to_euro: float = float(EUROS_PER_XPF)


class SettingsResponse(Response):
    account_creation_minimum_age: int
    account_unsuspension_limit: int
    app_enable_autocomplete: bool
    bonification: Bonification
    deposit_amounts_by_age: DepositAmountsByAge
    display_dms_redirection: bool
    enable_front_image_resizing: bool
    enable_native_cultural_survey: bool
    enable_phone_validation: bool
    id_check_address_autocompletion: bool
    ineligible_postal_codes: list[str]
    is_recaptcha_enabled: bool
    object_storage_url: str
    rates: Rates
    wip_enable_credit_v3: bool = Field(alias="wipEnableCreditV3")


@router.get(
    "/native/v1/settings",
    operation_id="getNativeV1Settings",
    response_model=SettingsResponse,
    openapi_extra=operation(access=anyone()),
)
async def get_settings(request: Request) -> SettingsResponse:
    settings: Settings = request.app.state.settings
    return SettingsResponse(
        account_creation_minimum_age=ACCOUNT_CREATION_MINIMUM_AGE,
        account_unsuspension_limit=ACCOUNT_UNSUSPENSION_LIMIT_DAYS,
        app_enable_autocomplete=flags.is_active(Flag.APP_ENABLE_AUTOCOMPLETE),
        bonification=Bonification(bonus_amount=BONUS_AMOUNT, qf_threshold=BONUS_THRESHOLD),
        deposit_amounts_by_age=DepositAmountsByAge(
            age_15=0, age_16=0, age_17=AMOUNTS_BY_AGE[17], age_18=AMOUNTS_BY_AGE[18]
        ),
        display_dms_redirection=flags.is_active(Flag.DISPLAY_DMS_REDIRECTION),
        enable_front_image_resizing=flags.is_active(Flag.ENABLE_FRONT_IMAGE_RESIZING),
        enable_native_cultural_survey=flags.is_active(Flag.ENABLE_NATIVE_CULTURAL_SURVEY),
        enable_phone_validation=flags.is_active(Flag.ENABLE_PHONE_VALIDATION),
        id_check_address_autocompletion=flags.is_active(Flag.ID_CHECK_ADDRESS_AUTOCOMPLETION),
        ineligible_postal_codes=list(INELIGIBLE_POSTAL_CODES),
        is_recaptcha_enabled=asks_captcha(request.app.state.captcha),
        object_storage_url=settings.images_url,
        rates=Rates(),
        wip_enable_credit_v3=True,
    )
