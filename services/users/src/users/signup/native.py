"""The app's sign-up."""

from __future__ import annotations

from datetime import date, datetime

from fastapi import Request, Response

from shared import clock
from shared.errors import ApiError
from shared.web import native_router, operation
from shared.web.access import anyone
from users.credentials.addresses import checked_form, refuse_blocked, refuse_undeliverable
from users.credentials.native import device_of, refuse_weak
from users.credentials.timing import even_time
from users.sessions.native import CaptchaOf, SignInOf, asks_captcha
from users.signup.actions import sign_up
from users.signup.rules import is_acceptable_birth_date
from users.signup.schemas import AccountRequest

router = native_router()


def check_birth_date(said: date, now: datetime) -> None:
    """400 for who is too young, or was not born."""
    if not is_acceptable_birth_date(said, now):
        raise ApiError(400, {"dateOfBirth": "La date de naissance n'est pas acceptée : il faut avoir au moins 15 ans."})


@router.post(
    "/native/v1/account",
    operation_id="postNativeV1Account",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(rate_limit="300/minute", per="address", access=anyone()),
)
async def create_account(request: Request, body: AccountRequest, sign_in: SignInOf, captcha: CaptchaOf) -> Response:
    """Every refusal is of what was sent, never of who has the address."""
    settings = sign_in.settings
    if asks_captcha(captcha) and not await captcha.verify(body.token, "signup"):
        raise ApiError(400, {"token": "La vérification anti-robot a échoué"})
    refuse_weak(body.password, "password")
    email = checked_form(body.email, "email")
    check_birth_date(body.birthdate, clock.now())
    async with sign_in.database.transaction() as session:
        await refuse_blocked(session, email, "email")
    await refuse_undeliverable(settings, email, "email")
    async with even_time(settings):
        password_hash = await sign_in.passwords.hash(body.password)
        async with sign_in.database.transaction() as session:
            await sign_up(
                session,
                settings,
                email=email,
                password_hash=password_hash,
                birth_date=body.birthdate,
                marketing_email=bool(body.marketing_email_subscription),
                external_ids=body.external_ids(),
                device=device_of(request, body.trusted_device),
            )
    return Response(status_code=204)
