"""The app's pages of a change of address."""

from __future__ import annotations

from fastapi import Request, Response

from shared import clock
from shared.errors import ApiError, code_error
from shared.identity import NativeUser
from shared.web import DatabaseOf, Session, native_router, operation
from shared.web.access import anyone, people
from users.accounts.profile import active_account, locked_active_account
from users.credentials.actions import reset_password
from users.credentials.addresses import checked_form, refuse_blocked, refuse_undeliverable
from users.credentials.native import dead_link, device_of, refuse_weak
from users.credentials.schemas import ResetPasswordRequest
from users.credentials.timing import even_time
from users.email_change.actions import (
    SELECTION,
    cancel_change,
    choose_email,
    confirm_change,
    is_pending,
    last_step,
    lifetime,
    may_request,
    request_change,
    token_expiration,
    validate_change,
)
from users.email_change.rules import Step
from users.email_change.schemas import (
    ChangeBeneficiaryEmailBody,
    ChangeBeneficiaryEmailResponse,
    EmailChangeConfirmationResponse,
    EmailUpdateStatusResponse,
    NewEmailSelectionRequest,
    UpdateEmailTokenExpiration,
)
from users.sessions.actions import note_connection, open_family
from users.sessions.native import IssuerOf, SignInOf
from users.tokens.actions import check_token, issue_token, living_token
from users.tokens.rules import TokenType

router = native_router()
LINK_LIMITS = operation(rate_limit="300/minute", per="address")


def _dead(status: int = 401) -> ApiError:
    return code_error("INVALID_TOKEN", "Ce lien n'est plus valide.", status=status)


def _refused(code: str, message: str) -> ApiError:
    return ApiError(400, {"error_code": code, "message": message})


@router.post(
    "/native/v2/profile/update_email",
    operation_id="postNativeV2ProfileUpdateEmail",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=people()),
)
async def update_email(principal: NativeUser, session: Session, sign_in: SignInOf) -> Response:
    account = await locked_active_account(session, principal)
    if await is_pending(session, sign_in.settings, account.id):
        raise _refused("EMAIL_UPDATE_PENDING", "Une demande de changement d'adresse e-mail est déjà en cours.")
    if not await may_request(session, sign_in.settings, account.id):
        raise _refused("EMAIL_UPDATE_LIMIT", "Trop de demandes de changement d'adresse e-mail : réessaie plus tard.")
    await request_change(session, sign_in.settings, account)
    return Response(status_code=204)


@router.post(
    "/native/v2/profile/email_update/confirm",
    operation_id="postNativeV2ProfileEmailUpdateConfirm",
    response_model=EmailChangeConfirmationResponse,
    openapi_extra=LINK_LIMITS | operation(access=anyone()),
)
async def confirm_email_update(
    request: Request, body: ChangeBeneficiaryEmailBody, sign_in: SignInOf, issuer: IssuerOf
) -> EmailChangeConfirmationResponse:
    async with sign_in.database.transaction() as session:
        confirmed = await confirm_change(session, sign_in.settings, body.token)
        if confirmed is None:
            raise _dead()
        account, selection, reset = confirmed
        note_connection(account)
        grant = await open_family(session, sign_in.settings, account, device_of(request, body.device_info))
    return EmailChangeConfirmationResponse(
        access_token=await issuer.access(account, str(grant.family_id)),
        refresh_token=await issuer.refresh(account, grant),
        new_email_selection_token=selection.secret,
        reset_password_token=reset.secret if reset else None,
    )


@router.post(
    "/native/v2/profile/email_update/new_password",
    operation_id="postNativeV2ProfileEmailUpdateNewPassword",
    status_code=204,
    response_class=Response,
    openapi_extra=LINK_LIMITS | operation(access=anyone()),
)
async def set_new_password(body: ResetPasswordRequest, sign_in: SignInOf) -> Response:
    refuse_weak(body.new_password)
    async with sign_in.database.transaction() as session:
        if await check_token(session, TokenType.RESET_PASSWORD, body.reset_password_token) is None:
            raise dead_link()
    password_hash = await sign_in.passwords.hash(body.new_password)
    async with sign_in.database.transaction() as session:
        account = await reset_password(session, body.reset_password_token, password_hash, keeps_sessions=True)
        if account is None:
            raise dead_link()
        await issue_token(session, sign_in.settings, TokenType.RECENTLY_RESET_PASSWORD, account.id)
    return Response(status_code=204)


@router.post(
    "/native/v2/profile/email_update/new_email",
    operation_id="postNativeV2ProfileEmailUpdateNewEmail",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=people(other=401)),
)
async def choose_new_email(
    body: NewEmailSelectionRequest, principal: NativeUser, sign_in: SignInOf, database: DatabaseOf
) -> Response:
    settings = sign_in.settings
    async with database.transaction() as session:
        account = await active_account(session, principal)
        if account.password_hash is None:
            raise code_error("PASSWORD_NEEDED", "Choisis d'abord un mot de passe.", status=403)
        if await check_token(session, SELECTION, body.token) is None:
            raise _dead()
        new_email = checked_form(body.new_email, "newEmail")
        await refuse_blocked(session, new_email, "newEmail")
    await refuse_undeliverable(settings, new_email, "newEmail")
    async with even_time(settings), database.transaction() as session:
        account = await locked_active_account(session, principal)
        if not await choose_email(session, settings, account, body.token, new_email):
            raise _dead()
    return Response(status_code=204)


@router.put(
    "/native/v1/profile/email_update/validate",
    operation_id="putNativeV1ProfileEmailUpdateValidate",
    response_model=ChangeBeneficiaryEmailResponse,
    openapi_extra=LINK_LIMITS | operation(access=anyone()),
)
async def validate_email_update(
    request: Request, body: ChangeBeneficiaryEmailBody, sign_in: SignInOf, issuer: IssuerOf
) -> ChangeBeneficiaryEmailResponse:
    async with sign_in.database.transaction() as session:
        account = await validate_change(session, body.token)
        if account is None:
            raise _dead(400)
        note_connection(account)
        grant = await open_family(session, sign_in.settings, account, device_of(request, body.device_info))
    return ChangeBeneficiaryEmailResponse(
        access_token=await issuer.access(account, str(grant.family_id)),
        refresh_token=await issuer.refresh(account, grant),
    )


@router.post(
    "/native/v1/profile/email_update/cancel",
    operation_id="postNativeV1ProfileEmailUpdateCancel",
    status_code=204,
    response_class=Response,
    openapi_extra=LINK_LIMITS | operation(access=anyone()),
)
async def cancel_email_update(body: ChangeBeneficiaryEmailBody, session: Session) -> Response:
    if not await cancel_change(session, body.token):
        raise _dead()
    return Response(status_code=204)


@router.get(
    "/native/v1/profile/token_expiration",
    operation_id="getNativeV1ProfileTokenExpiration",
    response_model=UpdateEmailTokenExpiration,
    openapi_extra=operation(access=people()),
)
async def email_token_expiration(
    principal: NativeUser, session: Session, sign_in: SignInOf
) -> UpdateEmailTokenExpiration:
    account = await active_account(session, principal)
    return UpdateEmailTokenExpiration(expiration=await token_expiration(session, sign_in.settings, account.id))


@router.get(
    "/native/v2/profile/email_update/status",
    operation_id="getNativeV2ProfileEmailUpdateStatus",
    response_model=EmailUpdateStatusResponse,
    openapi_extra=operation(access=people()),
)
async def email_update_status(principal: NativeUser, session: Session, sign_in: SignInOf) -> EmailUpdateStatusResponse:
    settings = sign_in.settings
    account = await active_account(session, principal)
    last = await last_step(session, account.id)
    if last is None:
        raise ApiError(404, {})

    async def shown(kind: TokenType) -> str | None:
        token = await living_token(session, settings, kind, account.id) if last.step == Step.CONFIRMATION else None
        return token.secret if token else None

    recently = await living_token(session, settings, TokenType.RECENTLY_RESET_PASSWORD, account.id)
    return EmailUpdateStatusResponse(
        expired=last.date_created + lifetime(settings) <= clock.now(),
        has_recently_reset_password=recently is not None,
        new_email=last.new_email,
        reset_password_token=await shown(TokenType.RESET_PASSWORD) if account.password_hash is None else None,
        status=Step(last.step),
        token=await shown(SELECTION),
    )
