"""The app's page that asks for everything to be erased."""

from __future__ import annotations

from fastapi import Response

from shared.errors import code_error
from shared.identity import NativeUser
from shared.web import Session, native_router, operation
from shared.web.access import people
from users.accounts.profile import locked_active_account
from users.anonymization.actions import ask_to_be_erased
from users.anonymization.rules import Refusal

router = native_router()

_WHY = {
    Refusal.EXTRACT: "Une copie de tes données est en préparation : attends de l'avoir reçue.",
    Refusal.NOT_ALLOWED: "Ce compte ne peut pas encore être anonymisé.",
    Refusal.ALREADY: "Ta demande est déjà enregistrée.",
}


@router.post(
    "/native/v1/account/anonymize",
    operation_id="postNativeV1AccountAnonymize",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=people()),
)
async def anonymize_account(principal: NativeUser, session: Session) -> Response:
    account = await locked_active_account(session, principal)
    refusal = await ask_to_be_erased(session, account)
    if refusal is not None:
        raise code_error(refusal.value, _WHY[refusal])
    return Response(status_code=204)
