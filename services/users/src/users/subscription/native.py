"""The app's subscription pages: stepper and banner."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request

from shared.identity import NativeUser
from shared.web import Session, native_router, operation
from shared.web.access import people
from users.accounts.profile import active_account, candidate_for
from users.accounts.rules import is_caledonian
from users.subscription.checks import Candidate
from users.subscription.rules import (
    ItemStatus,
    allowed_methods,
    identity_status,
    maintenance_page,
    next_step,
    next_step_v3,
    steps_to_display,
    steps_to_display_v3,
    subscription_state,
)
from users.subscription.schemas import (
    Banner,
    BannerName,
    BannerResponse,
    SubscriptionMessageV2,
    SubscriptionStepDetailsResponseV2,
    SubscriptionStepDetailsResponseV3,
    SubscriptionStepperResponseV2,
    SubscriptionStepperResponseV3,
    SubscriptionStepTitle,
)
from users.subscription.views import amount_of, banner_of
from users.subscription.wording import STEP_TITLES, message_of, step_subtitle, stepper_title

router = native_router()


def _stepper(candidate: Candidate, *, xpf: bool) -> SubscriptionStepperResponseV2:
    state = subscription_state(candidate)
    title, subtitle = stepper_title(state, amount_of(candidate), xpf=xpf)
    return SubscriptionStepperResponseV2(
        allowed_identity_check_methods=allowed_methods(candidate),
        has_identity_check_pending=identity_status(candidate) is ItemStatus.PENDING,
        maintenance_page_type=maintenance_page(candidate),
        next_subscription_step=next_step(candidate, state),
        subscription_message=SubscriptionMessageV2.of(message_of(state, candidate)),
        subscription_steps_to_display=[
            SubscriptionStepDetailsResponseV2(
                completion_state=completion,
                name=step,
                subtitle=step_subtitle(step, state, candidate),
                title=SubscriptionStepTitle(STEP_TITLES[step]),
            )
            for step, completion in steps_to_display(candidate, state)
        ],
        subtitle=subtitle,
        title=title,
    )


@router.get(
    "/native/v2/subscription/stepper",
    operation_id="getNativeV2SubscriptionStepper",
    response_model=SubscriptionStepperResponseV2,
    openapi_extra=operation(access=people()),
)
async def subscription_stepper(
    request: Request, principal: NativeUser, session: Session
) -> SubscriptionStepperResponseV2:
    account = await active_account(session, principal)
    candidate = await candidate_for(session, request.app.state.settings, account)
    return _stepper(candidate, xpf=is_caledonian(account.postal_code))


def _stepper_v3(candidate: Candidate, *, xpf: bool) -> SubscriptionStepperResponseV3:
    state = subscription_state(candidate)
    former = _stepper(candidate, xpf=xpf).model_dump(by_alias=False)
    former["next_subscription_step"] = next_step_v3(candidate, state)
    former["subscription_steps_to_display"] = [
        SubscriptionStepDetailsResponseV3(
            completion_state=completion,
            name=step,
            subtitle=step_subtitle(step, state, candidate),
            title=SubscriptionStepTitle(STEP_TITLES[step]),
        )
        for step, completion in steps_to_display_v3(candidate, state)
    ]
    return SubscriptionStepperResponseV3.model_validate(former)


@router.get(
    "/native/v3/subscription/stepper",
    operation_id="getNativeV3SubscriptionStepper",
    response_model=SubscriptionStepperResponseV3,
    openapi_extra=operation(access=people()),
)
async def subscription_stepper_v3(
    request: Request, principal: NativeUser, session: Session
) -> SubscriptionStepperResponseV3:
    account = await active_account(session, principal)
    candidate = await candidate_for(session, request.app.state.settings, account)
    return _stepper_v3(candidate, xpf=is_caledonian(account.postal_code))


@router.get(
    "/native/v1/banner",
    operation_id="getNativeV1Banner",
    response_model=BannerResponse,
    openapi_extra=operation(access=people()),
)
async def banner(
    request: Request,
    principal: NativeUser,
    session: Session,
    is_geolocated: Annotated[bool, Query(alias="isGeolocated")] = False,
) -> BannerResponse:
    account = await active_account(session, principal)
    candidate = await candidate_for(session, request.app.state.settings, account)
    shown = banner_of(candidate, is_geolocated=is_geolocated, xpf=is_caledonian(account.postal_code))
    if shown is None:
        return BannerResponse(banner=None)
    return BannerResponse(banner=Banner(name=BannerName(shown.name), text=shown.text, title=shown.title))
