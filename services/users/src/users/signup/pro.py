"""The portal's sign-up and the link that ends it."""

from __future__ import annotations

from fastapi import Request, Response

from shared.errors import ApiError, field_error
from shared.web import operation, pro_router
from shared.web.access import anyone
from users.accounts.edition import checked_portal_phone
from users.credentials.addresses import checked_form, refuse_blocked, refuse_undeliverable
from users.credentials.pro import refuse_weak
from users.credentials.timing import even_time
from users.features import Flag, flags
from users.sessions.actions import close_portal_session, note_connection, open_portal_session
from users.sessions.native import CaptchaOf, SignInOf
from users.sessions.pro import cookie_of, set_cookie
from users.signup.actions import sign_up_partner, validate_partner
from users.signup.schemas import ProUserCreationBodyV2Model

router = pro_router()
LIMITS = operation(rate_limit="300/minute", per="address")


@router.post(
    "/users/signup",
    operation_id="SignupPro",
    status_code=204,
    response_class=Response,
    openapi_extra=LIMITS | operation(access=anyone()),
)
async def signup_pro(body: ProUserCreationBodyV2Model, sign_in: SignInOf, captcha: CaptchaOf) -> Response:
    """Every refusal is of what was sent, never of who has the address."""
    if not flags.is_active(Flag.ENABLE_PRO_ACCOUNT_CREATION):
        raise ApiError(503, {"global": ["Les inscriptions sont fermées en ce moment."]})
    settings = sign_in.settings
    if not await captcha.verify(body.token, "signup"):
        raise field_error("token", "La vérification anti-robot a échoué.")
    refuse_weak(body.password, "password")
    email = checked_form(body.email, "email")
    phone_number = checked_portal_phone(settings, body.phone_number) if body.phone_number else None
    async with sign_in.database.transaction() as session:
        await refuse_blocked(session, email, "email")
    await refuse_undeliverable(settings, email, "email")
    async with even_time(settings):
        password_hash = await sign_in.passwords.hash(body.password)
        async with sign_in.database.transaction() as session:
            await sign_up_partner(
                session,
                settings,
                email=email,
                password_hash=password_hash,
                first_name=body.first_name,
                last_name=body.last_name,
                phone_number=phone_number,
                contact_ok=body.contact_ok,
            )
    return Response(status_code=204)


@router.patch(
    "/users/validate_signup/{token}",
    operation_id="ValidateUser",
    status_code=204,
    response_class=Response,
    openapi_extra=LIMITS | operation(access=anyone()),
)
async def validate_user(request: Request, token: str, sign_in: SignInOf) -> Response:
    """Validates the address and signs in."""
    async with sign_in.database.transaction() as session:
        account = await validate_partner(session, token)
        if account is None:
            raise ApiError(404, {"global": ["Ce lien n'est plus valide."]})
        await close_portal_session(session, secret=cookie_of(request))
        note_connection(account)
        secret = await open_portal_session(session, sign_in.settings, account)
    response = Response(status_code=204)
    set_cookie(response, sign_in.settings, secret)
    return response
