"""The app's sign-on by Google and Apple."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import Depends, Request

from shared import clock
from shared.errors import ApiError, not_found
from shared.outbound import PartnerError
from shared.web import DatabaseOf, native_router, operation
from shared.web.access import anyone
from users.credentials.native import device_of
from users.partners import PartnersOf
from users.sessions.native import CaptchaOf, IssuerOf, SignInOf, asks_captcha, login_location
from users.sessions.signin import SignIn
from users.sessions.tokens import TokenIssuer
from users.signup.native import check_birth_date
from users.sso.actions import SignedOn, Unknown, begin, open_account, refused, sign_on, take_state
from users.sso.port import CodeRefused, SignOnProvider
from users.sso.rules import Proven, Provider, WrongToken
from users.sso.schemas import (
    OAuthSigninRequest,
    OAuthSigninRequestV2,
    OauthStateResponse,
    OauthStateResponseV2,
    SigninResponse,
    SigninResponseV2,
    SSOAccountRequest,
)

log = structlog.get_logger(__name__)
router = native_router()
LIMITS = operation(rate_limit="300/minute", per="address", timeout=20, access=anyone())


def named_provider(sso_provider: str) -> Provider:
    """404 for a provider that there is none of."""
    if sso_provider not in set(Provider):
        raise not_found()
    return Provider(sso_provider)


NamedProvider = Annotated[Provider, Depends(named_provider)]


def _device_id(request: Request) -> str | None:
    return request.headers.get("device-id")


async def _state(request: Request, database: DatabaseOf, sign_in: SignIn) -> str:
    async with database.transaction() as session:
        return (await begin(session, sign_in.settings, _device_id(request))).secret


@router.get(
    "/native/v1/oauth/state",
    operation_id="getNativeV1OauthState",
    response_model=OauthStateResponse,
    openapi_extra=LIMITS,
)
async def oauth_state(request: Request, database: DatabaseOf, sign_in: SignInOf) -> OauthStateResponse:
    return OauthStateResponse(oauth_state_token=await _state(request, database, sign_in))


@router.get(
    "/native/v2/oauth/state",
    operation_id="getNativeV2OauthState",
    response_model=OauthStateResponseV2,
    openapi_extra=LIMITS,
)
async def oauth_state_v2(request: Request, database: DatabaseOf, sign_in: SignInOf) -> OauthStateResponseV2:
    return OauthStateResponseV2(oauth_state_token=await _state(request, database, sign_in))


async def _proven(port: SignOnProvider, body: OAuthSigninRequest | OAuthSigninRequestV2, *, is_web: bool) -> Proven:
    """Who the code stands for; what goes wrong there, as a refusal."""
    try:
        return await port.identify(body.authorization_code, state=body.oauth_state_token, is_web=is_web)
    except CodeRefused as error:
        raise too_late() from error
    except WrongToken as error:
        log.warning("sso.wrong_token", reason=str(error))
        raise refused("SSO_INVALID_TOKEN", "Le fournisseur n'a pas confirmé cette connexion. Recommence.") from error
    except PartnerError as error:
        log.warning("sso.unavailable", partner=error.partner, reason=error.reason)
        raise refused(
            "SSO_SERVICE_UNAVAILABLE", "Ce moyen de connexion ne répond pas. Réessaie dans un moment.", 503
        ) from error


def too_late() -> ApiError:
    return refused("SSO_LOGIN_TIMEOUT", "La connexion a pris trop de temps. Recommence.")


async def _authorize(
    request: Request,
    provider: Provider,
    body: OAuthSigninRequest | OAuthSigninRequestV2,
    sign_in: SignIn,
    issuer: TokenIssuer,
    partners: PartnersOf,
) -> SigninResponse:
    """The state is used up whatever follows, and no connection is held while the provider is asked."""
    async with sign_in.database.transaction() as session:
        is_ours = await take_state(session, body.oauth_state_token, _device_id(request))
    if not is_ours:
        raise too_late()
    proven = await _proven(partners.sign_on[provider], body, is_web=request.headers.get("platform") == "web")
    device = body.device_info.device(login_location(request)) if body.device_info else None
    async with sign_in.database.transaction() as session:
        outcome = await sign_on(session, sign_in.settings, proven, device)
    if isinstance(outcome, Unknown):
        raise ApiError(
            401,
            {
                "code": "SSO_EMAIL_NOT_FOUND",
                "accountCreationToken": outcome.token.secret,
                "email": outcome.email,
                "general": ["Aucun compte pass ne correspond à cette adresse e-mail."],
            },
        )
    return await _answer(issuer, outcome)


async def _answer(issuer: TokenIssuer, signed: SignedOn) -> SigninResponse:
    return SigninResponse(
        access_token=await issuer.access(signed.account, str(signed.grant.family_id)),
        refresh_token=await issuer.refresh(signed.account, signed.grant),
        account_state=signed.state,
    )


@router.post(
    "/native/v1/oauth/google/authorize",
    operation_id="postNativeV1OauthGoogleAuthorize",
    response_model=SigninResponse,
    openapi_extra=LIMITS,
)
async def google_authorize(
    request: Request, body: OAuthSigninRequest, sign_in: SignInOf, issuer: IssuerOf, partners: PartnersOf
) -> SigninResponse:
    """For versions of the app that know one provider alone."""
    return await _authorize(request, Provider.GOOGLE, body, sign_in, issuer, partners)


@router.post(
    "/native/v1/oauth/{sso_provider}/authorize",
    operation_id="postNativeV1OauthssoProviderAuthorize",
    response_model=SigninResponse,
    openapi_extra=LIMITS,
)
async def authorize(
    request: Request,
    provider: NamedProvider,
    body: OAuthSigninRequest,
    sign_in: SignInOf,
    issuer: IssuerOf,
    partners: PartnersOf,
) -> SigninResponse:
    return await _authorize(request, provider, body, sign_in, issuer, partners)


@router.post(
    "/native/v2/oauth/{sso_provider}/authorize",
    operation_id="postNativeV2OauthssoProviderAuthorize",
    response_model=SigninResponseV2,
    openapi_extra=LIMITS,
)
async def authorize_v2(
    request: Request,
    provider: NamedProvider,
    body: OAuthSigninRequestV2,
    sign_in: SignInOf,
    issuer: IssuerOf,
    partners: PartnersOf,
) -> SigninResponseV2:
    said = await _authorize(request, provider, body, sign_in, issuer, partners)
    return SigninResponseV2.model_validate(said.model_dump())


async def _create(
    request: Request,
    provider: Provider,
    body: SSOAccountRequest,
    sign_in: SignIn,
    issuer: TokenIssuer,
    captcha: CaptchaOf,
) -> SigninResponse:
    if asks_captcha(captcha) and not await captcha.verify(body.token, "signup"):
        raise ApiError(400, {"token": "La vérification anti-robot a échoué"})
    check_birth_date(body.birthdate, clock.now())
    async with sign_in.database.transaction() as session:
        signed = await open_account(
            session,
            sign_in.settings,
            provider,
            body.account_creation_token,
            birth_date=body.birthdate,
            marketing_email=bool(body.marketing_email_subscription),
            external_ids=body.external_ids(),
            device=device_of(request, body.trusted_device),
        )
    return await _answer(issuer, signed)


@router.post(
    "/native/v1/oauth/google/account",
    operation_id="postNativeV1OauthGoogleAccount",
    response_model=SigninResponse,
    openapi_extra=LIMITS,
)
async def google_account(
    request: Request, body: SSOAccountRequest, sign_in: SignInOf, issuer: IssuerOf, captcha: CaptchaOf
) -> SigninResponse:
    """For versions of the app that know one provider alone."""
    return await _create(request, Provider.GOOGLE, body, sign_in, issuer, captcha)


@router.post(
    "/native/v1/oauth/{sso_provider}/account",
    operation_id="postNativeV1OauthssoProviderAccount",
    response_model=SigninResponse,
    openapi_extra=LIMITS,
)
async def account(
    request: Request,
    provider: NamedProvider,
    body: SSOAccountRequest,
    sign_in: SignInOf,
    issuer: IssuerOf,
    captcha: CaptchaOf,
) -> SigninResponse:
    return await _create(request, provider, body, sign_in, issuer, captcha)
