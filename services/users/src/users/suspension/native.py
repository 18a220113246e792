"""The app's pages that close an account and open it again."""

from __future__ import annotations

from fastapi import Response

from shared.errors import ApiError, code_error
from shared.identity import NativeUser
from shared.web import DatabaseOf, Session, native_router, operation
from shared.web.access import SERVED, anyone, people
from users.accounts.profile import locked_active_account, signed_in_account
from users.accounts.queries import state_of_account
from users.accounts.rules import AccountState
from users.sessions.native import SignInOf
from users.suspension.actions import (
    is_link_alive,
    reopen_own,
    suspend_by_link,
    suspend_for_hack,
    suspend_upon_request,
    suspended_at,
)
from users.suspension.rules import Unsuspension
from users.suspension.schemas import (
    SuspendAccountForSuspiciousLoginRequest,
    UserSuspensionDateResponse,
    UserSuspensionStatusResponse,
)
from users.tokens.actions import look_up
from users.tokens.rules import TokenType

router = native_router()
LINK_LIMITS = operation(rate_limit="300/minute", per="address")

_WHY = {
    Unsuspension.ALREADY: "Ton compte est déjà actif.",
    Unsuspension.NOT_ALLOWED: "Tu ne peux pas réactiver ce compte toi-même.",
    Unsuspension.TOO_LATE: "Le délai pour réactiver ton compte est dépassé.",
}


@router.post(
    "/native/v1/account/suspend",
    operation_id="postNativeV1AccountSuspend",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=people()),
)
async def suspend_account(principal: NativeUser, session: Session) -> Response:
    await suspend_upon_request(session, await locked_active_account(session, principal))
    return Response(status_code=204)


@router.post(
    "/native/v1/account/suspend_for_hack_suspicion",
    operation_id="postNativeV1AccountSuspendForHackSuspicion",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=people()),
)
async def suspend_account_for_hack_suspicion(principal: NativeUser, session: Session) -> Response:
    await suspend_for_hack(session, await locked_active_account(session, principal))
    return Response(status_code=204)


def _dead_link() -> ApiError:
    return ApiError(400, {"reason": "Ce lien n'est pas valide."})


@router.post(
    "/native/v1/account/suspend_for_suspicious_login",
    operation_id="postNativeV1AccountSuspendForSuspiciousLogin",
    status_code=204,
    response_class=Response,
    openapi_extra=LINK_LIMITS | operation(access=anyone()),
)
async def suspend_account_for_suspicious_login(
    body: SuspendAccountForSuspiciousLoginRequest, database: DatabaseOf
) -> Response:
    async with database.transaction() as session:
        shown = await look_up(session, TokenType.SUSPENSION_SUSPICIOUS_LOGIN, body.token)
        done = await suspend_by_link(session, body.token)
    if not done:
        if shown is not None and shown.consumed_at is None:
            raise ApiError(401, {"reason": "Ce lien a expiré."})
        raise _dead_link()
    return Response(status_code=204)


@router.get(
    "/native/v1/account/suspend/token_validation/{token}",
    operation_id="getNativeV1AccountSuspendTokenValidationtoken",
    status_code=204,
    response_class=Response,
    openapi_extra=LINK_LIMITS | operation(access=anyone()),
)
async def validate_suspension_token(token: str, session: Session) -> Response:
    if not await is_link_alive(session, token):
        raise _dead_link()
    return Response(status_code=204)


@router.get(
    "/native/v1/account/suspension_date",
    operation_id="getNativeV1AccountSuspensionDate",
    response_model=UserSuspensionDateResponse,
    openapi_extra=operation(access=people(other=403)),
)
async def suspension_date(principal: NativeUser, session: Session) -> UserSuspensionDateResponse:
    account = await signed_in_account(session, principal)
    if await state_of_account(session, account) is not AccountState.SUSPENDED_UPON_USER_REQUEST:
        raise ApiError(403, {})
    return UserSuspensionDateResponse(date=await suspended_at(session, account.id))


@router.get(
    "/native/v1/account/suspension_status",
    operation_id="getNativeV1AccountSuspensionStatus",
    response_model=UserSuspensionStatusResponse,
    openapi_extra=operation(access=people(suspended=SERVED)),
)
async def suspension_status(principal: NativeUser, session: Session) -> UserSuspensionStatusResponse:
    account = await signed_in_account(session, principal)
    return UserSuspensionStatusResponse(status=await state_of_account(session, account))


@router.post(
    "/native/v1/account/unsuspend",
    operation_id="postNativeV1AccountUnsuspend",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=people(other=403)),
)
async def unsuspend_account(principal: NativeUser, session: Session, sign_in: SignInOf) -> Response:
    await signed_in_account(session, principal)
    refusal = await reopen_own(session, sign_in.settings, principal.id)
    if refusal is not None:
        raise code_error(refusal.value, _WHY[refusal], status=403)
    return Response(status_code=204)
