"""Sign-in and sign-out of the portal."""

from __future__ import annotations

from fastapi import Request, Response

from shared.errors import ApiError
from shared.identity import ProUser
from shared.web import Session, operation, pro_router
from shared.web.access import SERVED, anyone, partners
from users.accounts.queries import partner_by_id
from users.accounts.rules import Role
from users.accounts.schemas import SharedLoginUserResponseModel, login_response
from users.sessions.actions import close_portal_session, note_connection, open_portal_session
from users.sessions.native import CaptchaOf, SignInOf, caller_address
from users.sessions.schemas import LoginUserBodyModel
from users.settings import Settings

router = pro_router()
COOKIE = "session"


def cookie_of(request: Request) -> str | None:
    """The cookie's value, that the gateway forwards to this service alone."""
    return request.headers.get("x-session") or request.cookies.get(COOKIE)


def set_cookie(response: Response, settings: Settings, secret: str) -> None:
    """Give the browser its session."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=settings.portal_cookie_days * 86_400,
        path="/",
        secure=settings.is_production,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, settings: Settings) -> None:
    response.delete_cookie(COOKIE, path="/", secure=settings.is_production, httponly=True, samesite="lax")


def bad_credentials() -> ApiError:
    return ApiError(401, {"identifier": ["Identifiant ou mot de passe incorrect"]})


@router.post(
    "/users/signin",
    operation_id="Signin",
    response_model=SharedLoginUserResponseModel,
    openapi_extra=operation(rate_limit="300/minute", per="address", access=anyone()),
)
async def signin(
    request: Request, response: Response, body: LoginUserBodyModel, sign_in: SignInOf, captcha: CaptchaOf
) -> SharedLoginUserResponseModel:
    if not await captcha.verify(body.captcha_token, "loginUser"):
        raise ApiError(400, {"captchaToken": "La vérification anti-robot a échoué"})
    former = cookie_of(request)
    async with sign_in.by_password(body.identifier, body.password, caller_address(request), bad_credentials) as (
        session,
        account,
    ):
        if not account.is_active or not account.is_email_validated or Role.ADMIN in account.roles:
            raise bad_credentials()
        await close_portal_session(session, secret=former)
        note_connection(account)
        secret = await open_portal_session(session, sign_in.settings, account)
        partner = await partner_by_id(session, account.id)
    if partner is None:
        raise bad_credentials()
    set_cookie(response, sign_in.settings, secret)
    return login_response(partner)


@router.get(
    "/users/signout",
    operation_id="Signout",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=partners(suspended=SERVED)),
)
async def signout(request: Request, principal: ProUser, session: Session) -> Response:
    await close_portal_session(session, secret=cookie_of(request), session_id=principal.session_id)
    response = Response(status_code=204)
    settings: Settings = request.app.state.settings
    drop_cookie(response, settings)
    return response
