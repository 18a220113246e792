"""The app's pages that validate a phone number."""

from __future__ import annotations

from fastapi import Response

from shared.errors import ApiError, code_error
from shared.identity import NativeUser
from shared.web import DatabaseOf, Session, native_router, operation
from shared.web.access import people
from users.accounts.profile import active_account, locked_active_account
from users.phone.actions import send_code, sms_quota, validate_code
from users.phone.rules import CodeRefusal, Refused
from users.phone.schemas import (
    PhoneValidationRemainingAttemptsRequest,
    SendPhoneValidationRequest,
    ValidatePhoneNumberRequest,
)
from users.sessions.native import SignInOf
from users.subscription.activation import try_activation

router = native_router()

_SENTENCES = {
    CodeRefusal.TOO_MANY_SMS: "Trop de codes ont été envoyés. Réessaie dans quelques heures.",
    CodeRefusal.ALREADY_VALIDATED: "Ton numéro de téléphone est déjà validé.",
    CodeRefusal.COUNTRY: "L'indicatif de ce numéro n'est pas accepté.",
    CodeRefusal.INVALID: "Le numéro de téléphone n'est pas valide.",
    CodeRefusal.EXISTS: "Ce numéro de téléphone est déjà utilisé.",
    CodeRefusal.FAILURE: "Le code n'a pas pu être envoyé ou vérifié.",
    CodeRefusal.TOO_MANY_ATTEMPTS: "Trop de codes faux ont été essayés.",
}


def _refusal(refused: Refused) -> ApiError:
    if refused.why is CodeRefusal.WRONG_CODE:
        left = refused.remaining or 0
        tries = "1 tentative" if left == 1 else f"{left} tentatives"
        return code_error(refused.why.value, f"Le code est faux ou expiré. Il te reste {tries}.")
    return code_error(refused.why.value, _SENTENCES[refused.why])


@router.post(
    "/native/v1/send_phone_validation_code",
    operation_id="post__native_v1_send_phone_validation_code",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=people()),
)
async def send_phone_validation_code(
    body: SendPhoneValidationRequest, principal: NativeUser, database: DatabaseOf, sign_in: SignInOf
) -> Response:
    async with database.transaction() as session:
        account = await locked_active_account(session, principal)
        refused = await send_code(session, sign_in.settings, account, body.phone_number)
    if refused is not None:
        raise _refusal(refused)
    return Response(status_code=204)


@router.post(
    "/native/v1/validate_phone_number",
    operation_id="post__native_v1_validate_phone_number",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=people()),
)
async def validate_phone_number(
    body: ValidatePhoneNumberRequest, principal: NativeUser, database: DatabaseOf, sign_in: SignInOf
) -> Response:
    async with database.transaction() as session:
        account = await locked_active_account(session, principal)
        refused = await validate_code(session, sign_in.settings, account, body.code)
        if refused is None:
            await try_activation(session, sign_in.settings, account.id)
    if refused is not None:
        raise _refusal(refused)
    return Response(status_code=204)


@router.get(
    "/native/v1/phone_validation/remaining_attempts",
    operation_id="get__native_v1_phone_validation_remaining_attempts",
    response_model=PhoneValidationRemainingAttemptsRequest,
    openapi_extra=operation(access=people()),
)
async def phone_validation_remaining_attempts(
    principal: NativeUser, session: Session, sign_in: SignInOf
) -> PhoneValidationRemainingAttemptsRequest:
    account = await active_account(session, principal)
    quota = await sms_quota(session, sign_in.settings, account.id)
    return PhoneValidationRemainingAttemptsRequest(
        remaining_attempts=quota.remaining, counter_reset_datetime=quota.resets_at
    )
