"""The app's profile page, and what a person says on it."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import Request, Response

from shared.errors import code_error
from shared.identity import NativeUser
from shared.web import DatabaseOf, Session, native_router, operation, written
from shared.web.access import people
from users.accounts.achievements import mark_seen
from users.accounts.edition import checked_phone, checked_postal_code, edit_profile
from users.accounts.native_schemas import (
    STORED_ACTIVITY,
    AchievementResponse,
    AchievementsResponse,
    MarkAchievementsAsSeenRequest,
    PostFeedbackBody,
    UserProfilePatchRequest,
    UserProfileResponse,
    profile_response,
)
from users.accounts.profile import active_account, locked_active_account, profile_of, read_profile
from users.settings import Settings

log = structlog.get_logger(__name__)
router = native_router()


@router.get(
    "/native/v1/me",
    operation_id="getNativeV1Me",
    response_model=UserProfileResponse,
    openapi_extra=operation(composition="me", access=people()),
)
async def me(request: Request, principal: NativeUser, database: DatabaseOf) -> Response:
    return written(profile_response(await read_profile(database, request.app.state.settings, principal)))


def _changes(settings: Settings, body: UserProfilePatchRequest) -> dict[str, Any]:
    """The fields that the body changes, checked."""
    changes: dict[str, Any] = {}
    if body.activity_id is not None:
        changes["activity"] = STORED_ACTIVITY[body.activity_id]
    if body.address is not None:
        changes["address"] = body.address.strip()
    if body.city is not None:
        changes["city"] = body.city.strip()
    if body.postal_code is not None:
        changes["postal_code"] = checked_postal_code(body.postal_code)
    if body.phone_number is not None:
        changes["phone_number"] = checked_phone(settings, body.phone_number)
    return changes


async def _edit(
    request: Request, principal: NativeUser, session: Session, body: UserProfilePatchRequest
) -> UserProfileResponse:
    settings: Settings = request.app.state.settings
    account = await locked_active_account(session, principal)
    chosen = body.subscriptions
    await edit_profile(
        session,
        account,
        _changes(settings, body),
        subscriptions=chosen.model_dump(exclude_none=True) if chosen else None,
        author_id=account.id,
    )
    return profile_response(await profile_of(session, settings, account))


@router.patch(
    "/native/v1/profile",
    operation_id="patchNativeV1Profile",
    response_model=UserProfileResponse,
    openapi_extra=operation(access=people()),
)
async def patch_profile(
    request: Request, body: UserProfilePatchRequest, principal: NativeUser, session: Session
) -> UserProfileResponse:
    return await _edit(request, principal, session, body)


@router.post(
    "/native/v1/profile",
    operation_id="postNativeV1Profile",
    response_model=UserProfileResponse,
    openapi_extra=operation(access=people()),
)
async def post_profile(
    request: Request, body: UserProfilePatchRequest, principal: NativeUser, session: Session
) -> UserProfileResponse:
    return await _edit(request, principal, session, body)


@router.post(
    "/native/v1/reset_recredit_amount_to_show",
    operation_id="postNativeV1ResetRecreditAmountToShow",
    response_model=UserProfileResponse,
    openapi_extra=operation(access=people()),
)
async def reset_recredit_amount_to_show(
    request: Request, principal: NativeUser, session: Session
) -> UserProfileResponse:
    account = await locked_active_account(session, principal)
    account.recredit_amount_to_show_cents = None
    return profile_response(await profile_of(session, request.app.state.settings, account))


@router.post(
    "/native/v1/achievements/mark_as_seen",
    operation_id="postNativeV1AchievementsMarkAsSeen",
    response_model=AchievementsResponse,
    openapi_extra=operation(access=people(other=404)),
)
async def mark_achievements_as_seen(
    body: MarkAchievementsAsSeenRequest, principal: NativeUser, session: Session
) -> AchievementsResponse:
    account = await active_account(session, principal)
    seen = await mark_seen(session, account.id, set(body.achievement_ids))
    if seen is None:
        raise code_error("ACHIEVEMENT_NOT_FOUND", status=404)
    return AchievementsResponse([AchievementResponse.model_validate(achievement) for achievement in seen])


@router.post(
    "/native/v1/feedback",
    operation_id="postNativeV1Feedback",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=people()),
)
async def post_feedback(body: PostFeedbackBody, principal: NativeUser, session: Session) -> Response:
    account = await active_account(session, principal)
    log.info(
        "feedback",
        technical_message_id="user_feedback",
        account_id=account.id,
        status=list(account.roles),
        feedback=body.feedback,
    )
    return Response(status_code=204)
