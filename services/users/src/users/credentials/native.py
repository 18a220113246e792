"""The app's pages of passwords and of the validation of an address.

What depends on an address that may be unknown answers alike, and takes as long, whether an account has it or not.
"""

from __future__ import annotations

from datetime import timedelta

from fastapi import Request, Response

from shared.errors import ApiError
from shared.identity import NativeUser
from shared.web import DatabaseOf, Session, native_router, operation
from shared.web.access import anyone, people
from users.accounts.actions import lock_account
from users.accounts.profile import active_account
from users.credentials.actions import (
    ask_email_validation,
    ask_password_reset,
    may_resend,
    resend_key,
    reset_password,
    set_password,
    too_many_resends,
    validate_email_by_token,
)
from users.credentials.rules import WEAK_SENTENCE, is_strong
from users.credentials.schemas import (
    ChangePasswordRequest,
    EmailValidationRemainingResendsResponse,
    RequestPasswordResetRequest,
    ResendEmailValidationRequest,
    ResetPasswordRequest,
    ResetPasswordResponse,
    ValidateEmailRequest,
    ValidateEmailResponse,
)
from users.credentials.timing import even_time
from users.sessions.actions import Device, note_connection, open_family
from users.sessions.attempts import attempt_key, clear_attempts, count_attempts, quota_of, too_many
from users.sessions.native import CaptchaOf, IssuerOf, SignInOf, asks_captcha, login_location
from users.sessions.schemas import DeviceInfoV2
from users.tokens.actions import check_token
from users.tokens.rules import TokenType

router = native_router()
MAIL_LIMITS = operation(rate_limit="300/minute", per="address")


def refuse_weak(password: str, field: str = "newPassword") -> None:
    if not is_strong(password):
        raise ApiError(400, {field: [WEAK_SENTENCE]})


def dead_link() -> ApiError:
    return ApiError(400, {"token": ["Ce lien n'est plus valide."]})


def device_of(request: Request, said: DeviceInfoV2 | None) -> Device | None:
    return said.device(login_location(request)) if said else None


@router.post(
    "/native/v1/request_password_reset",
    operation_id="postNativeV1RequestPasswordReset",
    status_code=204,
    response_class=Response,
    openapi_extra=MAIL_LIMITS | operation(access=anyone()),
)
async def request_password_reset(body: RequestPasswordResetRequest, sign_in: SignInOf, captcha: CaptchaOf) -> Response:
    if asks_captcha(captcha) and not await captcha.verify(body.token, "resetPassword"):
        raise ApiError(400, {"token": "La vérification anti-robot a échoué"})
    async with even_time(sign_in.settings), sign_in.database.transaction() as session:
        if not await may_resend(session, sign_in.settings, body.email):
            raise too_many_resends()
        await ask_password_reset(session, sign_in.settings, body.email)
    return Response(status_code=204)


@router.post(
    "/native/v1/resend_email_validation",
    operation_id="postNativeV1ResendEmailValidation",
    status_code=204,
    response_class=Response,
    openapi_extra=MAIL_LIMITS | operation(access=anyone()),
)
async def resend_email_validation(body: ResendEmailValidationRequest, sign_in: SignInOf) -> Response:
    async with even_time(sign_in.settings), sign_in.database.transaction() as session:
        if not await may_resend(session, sign_in.settings, body.email):
            raise too_many_resends()
        await ask_email_validation(session, sign_in.settings, body.email)
    return Response(status_code=204)


@router.get(
    "/native/v1/email_validation_remaining_resends/{email}",
    operation_id="getNativeV1EmailValidationRemainingResendsemail",
    response_model=EmailValidationRemainingResendsResponse,
    openapi_extra=MAIL_LIMITS | operation(access=anyone()),
)
async def remaining_resends(email: str, session: Session, sign_in: SignInOf) -> EmailValidationRemainingResendsResponse:
    quota = await quota_of(session, resend_key(email), sign_in.settings.email_resends)
    return EmailValidationRemainingResendsResponse(
        remaining_resends=quota.remaining, counter_reset_datetime=quota.resets_at
    )


@router.get(
    "/native/v1/email_validation_remaining_resends",
    operation_id="get__native_v1_email_validation_remaining_resends",
    response_model=EmailValidationRemainingResendsResponse,
    deprecated=True,
    openapi_extra=operation(access=anyone()),
)
async def remaining_resends_of_nobody(sign_in: SignInOf) -> EmailValidationRemainingResendsResponse:
    """For old versions of the app, which forget to name the address."""
    return EmailValidationRemainingResendsResponse(remaining_resends=sign_in.settings.email_resends)


@router.post(
    "/native/v1/reset_password",
    operation_id="postNativeV1ResetPassword",
    response_model=ResetPasswordResponse,
    openapi_extra=MAIL_LIMITS | operation(access=anyone()),
)
async def reset_password_by_link(
    request: Request, body: ResetPasswordRequest, sign_in: SignInOf, issuer: IssuerOf
) -> ResetPasswordResponse:
    refuse_weak(body.new_password)
    async with sign_in.database.transaction() as session:
        if await check_token(session, TokenType.RESET_PASSWORD, body.reset_password_token) is None:
            raise dead_link()
    password_hash = await sign_in.passwords.hash(body.new_password)
    async with sign_in.database.transaction() as session:
        account = await reset_password(session, body.reset_password_token, password_hash)
        if account is None:
            raise dead_link()
        note_connection(account)
        grant = await open_family(session, sign_in.settings, account, device_of(request, body.device_info))
    return ResetPasswordResponse(
        access_token=await issuer.access(account, str(grant.family_id)),
        refresh_token=await issuer.refresh(account, grant),
    )


@router.post(
    "/native/v1/validate_email",
    operation_id="postNativeV1ValidateEmail",
    response_model=ValidateEmailResponse,
    openapi_extra=MAIL_LIMITS | operation(access=anyone()),
)
async def validate_email(
    request: Request, body: ValidateEmailRequest, sign_in: SignInOf, issuer: IssuerOf
) -> ValidateEmailResponse:
    async with sign_in.database.transaction() as session:
        account = await validate_email_by_token(session, body.email_validation_token)
        if account is None:
            raise dead_link()
        note_connection(account)
        grant = await open_family(session, sign_in.settings, account, device_of(request, body.device_info))
    return ValidateEmailResponse(
        access_token=await issuer.access(account, str(grant.family_id)),
        refresh_token=await issuer.refresh(account, grant),
    )


@router.post(
    "/native/v1/change_password",
    operation_id="postNativeV1ChangePassword",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=people()),
)
async def change_password(
    body: ChangePasswordRequest, principal: NativeUser, sign_in: SignInOf, database: DatabaseOf
) -> Response:
    settings, key = sign_in.settings, attempt_key("change_password", str(principal.id))
    # Counted and committed before the password is looked at: a stolen session is no oracle.
    async with database.transaction() as session:
        account = await active_account(session, principal)
        window = timedelta(seconds=settings.signin_window_seconds)
        wait = await count_attempts(session, {key: settings.signin_account_attempts}, window)
        former_hash = account.password_hash
    if not account.is_email_validated:
        raise ApiError(403, {})
    if former_hash is None:
        raise ApiError(400, {"code": "NO_CURRENT_PASSWORD"})
    if wait is not None:
        raise too_many(wait)
    verdict = await sign_in.passwords.verify(body.current_password, former_hash)
    if not verdict.is_right:
        raise _wrong_password()
    if not is_strong(body.new_password):
        raise ApiError(400, {"code": "WEAK_PASSWORD", "newPassword": [WEAK_SENTENCE]})
    password_hash = await sign_in.passwords.hash(body.new_password)
    async with database.transaction() as session:
        account = await lock_account(session, principal.id)
        if account.password_hash != former_hash:
            raise _wrong_password()
        await set_password(session, account, password_hash, keep_session=principal.session_id)
        await clear_attempts(session, key)
    return Response(status_code=204)


def _wrong_password() -> ApiError:
    return ApiError(400, {"code": "INVALID_PASSWORD", "currentPassword": ["Le mot de passe est incorrect."]})
