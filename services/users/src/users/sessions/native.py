"""Sign-in, refresh and sign-out of the app."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from shared.errors import ApiError
from shared.identity import NativeRefresh, NativeUser, Principal
from shared.web import DatabaseOf, Session, native_router, operation
from shared.web.access import SERVED, anyone, people
from users.accounts.queries import account_by_id, state_of_account
from users.accounts.rules import AccountState
from users.features import Flag, flags
from users.sessions.actions import Device, note_connection, open_family, revoke_family, use_refresh_token
from users.sessions.captcha import Captcha
from users.sessions.schemas import (
    RefreshRequestV2,
    RefreshResponse,
    RefreshResponseV2,
    SigninRequest,
    SigninRequestV2,
    SigninResponse,
    SigninResponseV2,
    SignoutResponse,
)
from users.sessions.signin import SignIn
from users.sessions.tokens import TokenIssuer
from users.suspension.reporting import report_suspicious_login

router = native_router()
SIGNIN_LIMITS = operation(rate_limit="300/minute", per="address")

_CLOSED = {
    AccountState.DELETED: ("ACCOUNT_DELETED", "Ce compte a été supprimé."),
    AccountState.ANONYMIZED: ("ACCOUNT_ANONYMIZED", "Ce compte a été anonymisé."),
}


async def sign_in_of(request: Request) -> SignIn:
    return request.app.state.sign_in


async def issuer_of(request: Request) -> TokenIssuer:
    return request.app.state.issuer


async def captcha_of(request: Request) -> Captcha:
    return request.app.state.captcha


SignInOf = Annotated[SignIn, Depends(sign_in_of)]
IssuerOf = Annotated[TokenIssuer, Depends(issuer_of)]
CaptchaOf = Annotated[Captcha, Depends(captcha_of)]


def caller_address(request: Request) -> str:
    """The address that the gateway saw, else the peer's."""
    forwarded = request.headers.get("x-forwarded-for", "").split(",")[0].strip()
    return forwarded or (request.client.host if request.client else "")


def login_location(request: Request) -> str | None:
    """ "City, Country" from the headers that the network adds."""
    parts = [request.headers.get(name, "").replace("\x00", "") for name in ("x-city", "x-country")]
    return ", ".join(part for part in parts if part) or None


def bad_credentials() -> ApiError:
    return ApiError(400, {"general": ["Identifiant ou mot de passe incorrect"]})


def asks_captcha(captcha: Captcha) -> bool:
    """Whether the app was told, by its settings, to send a token."""
    return captcha.is_enabled and flags.is_active(Flag.ENABLE_NATIVE_APP_RECAPTCHA)


async def _sign_in(
    request: Request, body: SigninRequest | SigninRequestV2, sign_in: SignIn, issuer: TokenIssuer, captcha: Captcha
) -> tuple[str, str, AccountState]:
    if asks_captcha(captcha) and not await captcha.verify(body.token, "loginUser"):
        raise ApiError(401, {"token": "La vérification anti-robot a échoué"})
    device: Device | None = body.device_info.device(login_location(request)) if body.device_info else None
    async with sign_in.by_password(body.identifier, body.password, caller_address(request), bad_credentials) as (
        session,
        account,
    ):
        if not account.is_email_validated:
            raise ApiError(400, {"code": "EMAIL_NOT_VALIDATED", "general": ["L'adresse e-mail n'est pas validée."]})
        state = await state_of_account(session, account)
        if state in _CLOSED:
            code, sentence = _CLOSED[state]
            raise ApiError(400, {"code": code, "general": [sentence]})
        note_connection(account)
        grant = await open_family(session, sign_in.settings, account, device)
        if not grant.is_trusted:
            await report_suspicious_login(session, sign_in.settings, account, state, device)
    return await issuer.access(account, str(grant.family_id)), await issuer.refresh(account, grant), state


@router.post(
    "/native/v1/signin",
    operation_id="postNativeV1Signin",
    response_model=SigninResponse,
    openapi_extra=SIGNIN_LIMITS | operation(access=anyone()),
)
async def signin(
    request: Request, body: SigninRequest, sign_in: SignInOf, issuer: IssuerOf, captcha: CaptchaOf
) -> SigninResponse:
    access, refresh, state = await _sign_in(request, body, sign_in, issuer, captcha)
    return SigninResponse(access_token=access, refresh_token=refresh, account_state=state)


@router.post(
    "/native/v2/signin",
    operation_id="postNativeV2Signin",
    response_model=SigninResponseV2,
    openapi_extra=SIGNIN_LIMITS | operation(access=anyone()),
)
async def signin_v2(
    request: Request, body: SigninRequestV2, sign_in: SignInOf, issuer: IssuerOf, captcha: CaptchaOf
) -> SigninResponseV2:
    access, refresh, state = await _sign_in(request, body, sign_in, issuer, captcha)
    return SigninResponseV2(access_token=access, refresh_token=refresh, account_state=state)


async def _refresh(
    request: Request, database: DatabaseOf, principal: Principal, issuer: TokenIssuer, *, rotate: bool
) -> tuple[str, str | None]:
    # A refusal may have revoked the family, which must last: so no exception inside the transaction.
    async with database.transaction() as session:
        refreshed = await use_refresh_token(session, issuer.settings, principal.token_id, principal.id, rotate=rotate)
        unknown = refreshed is None and await account_by_id(session, principal.id) is None
    if unknown:
        raise ApiError(401, {"email": "unknown"})
    if refreshed is None:
        raise ApiError(401, {"msg": "Ce jeton de rafraîchissement n'est pas valide."}, {"WWW-Authenticate": "Bearer"})
    access = await issuer.access(refreshed.account, str(refreshed.family_id))
    return access, await issuer.refresh(refreshed.account, refreshed.grant) if refreshed.grant else None


@router.post(
    "/native/v1/refresh_access_token",
    operation_id="postNativeV1RefreshAccessToken",
    response_model=RefreshResponse,
    openapi_extra=operation(access=people(suspended=SERVED)),
)
async def refresh_access_token(
    request: Request, principal: NativeRefresh, database: DatabaseOf, issuer: IssuerOf
) -> RefreshResponse:
    access, _ = await _refresh(request, database, principal, issuer, rotate=False)
    return RefreshResponse(access_token=access)


@router.post(
    "/native/v2/refresh_access_token",
    operation_id="postNativeV2RefreshAccessToken",
    response_model=RefreshResponseV2,
    openapi_extra=operation(access=people(suspended=SERVED)),
)
async def refresh_access_token_v2(
    request: Request, body: RefreshRequestV2, principal: NativeRefresh, database: DatabaseOf, issuer: IssuerOf
) -> RefreshResponseV2:
    access, refresh = await _refresh(request, database, principal, issuer, rotate=True)
    return RefreshResponseV2(access_token=access, refresh_token=refresh or "")


@router.post(
    "/native/v1/signout",
    operation_id="postNativeV1Signout",
    response_model=SignoutResponse,
    openapi_extra=operation(access=people(suspended=SERVED)),
)
async def signout(principal: NativeUser, session: Session) -> SignoutResponse:
    await revoke_family(session, principal.id, principal.session_id, "signout")
    return SignoutResponse()
