"""The app's profile page."""

from __future__ import annotations

from fastapi import Request

from shared.identity import NativeUser
from shared.web import Session, native_router, operation
from users.accounts.native_schemas import UserProfileResponse, profile_response
from users.accounts.profile import active_account, profile_of

router = native_router()


@router.get(
    "/native/v1/me",
    operation_id="getNativeV1Me",
    response_model=UserProfileResponse,
    openapi_extra=operation(composition="me"),
)
async def me(request: Request, principal: NativeUser, session: Session) -> UserProfileResponse:
    account = await active_account(session, principal)
    return profile_response(await profile_of(session, request.app.state.settings, account))
