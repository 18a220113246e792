"""The app sends somebody to Ubble."""

from __future__ import annotations

import re

import structlog
from fastapi import Request
from pydantic import Field

from shared.errors import ApiError, code_error, field_error
from shared.identity import NativeUser
from shared.outbound import PartnerError, PartnerRefused, PartnerUnavailable
from shared.web import DatabaseOf, NativeRequest, Response, native_router, operation
from shared.web.access import people
from users.accounts.profile import active_account, locked_active_account
from users.identity.ubble.actions import (
    Plan,
    StartRefusal,
    note_news,
    plan_start,
    record_attempt,
    record_start,
)
from users.identity.ubble.port import UbbleConflict
from users.partners import Partners, PartnersOf

log = structlog.get_logger(__name__)
router = native_router()
_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,40}://[^\s\\]+")


class IdentificationSessionRequest(NativeRequest):
    redirect_url: str = Field(max_length=2_000)


class IdentificationSessionResponse(Response):
    identification_url: str


_SENTENCES = {
    StartRefusal.NOT_ELIGIBLE: "Tu ne peux pas vérifier ton identité avec ce service.",
    StartRefusal.ALREADY_PROCESSED: "Ton identité est déjà vérifiée ou en cours de vérification.",
}


def _refusal(refusal: StartRefusal) -> ApiError:
    return code_error(refusal.value, _SENTENCES.get(refusal))


def _away() -> ApiError:
    sentence = "Le service de vérification d'identité est indisponible. Réessaie dans quelques minutes."
    return code_error("IDCHECK_SERVICE_UNAVAILABLE", sentence, status=503)


def _broken() -> ApiError:
    sentence = "La vérification d'identité n'a pas pu commencer."
    return code_error("IDCHECK_SERVICE_ERROR", sentence, status=500)


def _checked(redirect_url: str) -> str:
    """Where Ubble sends people back to: a page or the app, never a script."""
    if not _ADDRESS.fullmatch(redirect_url) or redirect_url.lower().startswith(("javascript:", "data:")):
        raise field_error("redirectUrl", "Cette adresse n'est pas valide.")
    return redirect_url


@router.post(
    "/native/v1/ubble_identification",
    operation_id="postNativeV1UbbleIdentification",
    response_model=IdentificationSessionResponse,
    openapi_extra=operation(rate_limit="20/minute", timeout=30, access=people()),
)
async def start_identification(
    request: Request,
    body: IdentificationSessionRequest,
    principal: NativeUser,
    database: DatabaseOf,
    partners: PartnersOf,
) -> IdentificationSessionResponse:
    """Ubble is asked outside of any transaction; what it answers is written down in one."""
    redirect_url = _checked(body.redirect_url)
    settings = partners.settings
    async with database.transaction() as session:
        account = await active_account(session, principal)
        plan = await plan_start(session, settings, account)
    if isinstance(plan, StartRefusal):
        raise _refusal(plan)
    if plan.url is not None:
        return IdentificationSessionResponse(identification_url=plan.url)
    try:
        url = await _go_on(database, partners, principal, plan, redirect_url)
    except PartnerUnavailable as error:
        raise _away() from error
    except (PartnerError, UbbleConflict) as error:
        log.error("ubble.start_failed", account_id=principal.id, error=repr(error))
        raise _broken() from error
    return IdentificationSessionResponse(identification_url=url)


async def _go_on(database: DatabaseOf, partners: Partners, principal: NativeUser, plan: Plan, redirect_url: str) -> str:
    if plan.identification_id is not None:
        try:
            url = await partners.ubble.attempt(plan.identification_id, redirect_url=redirect_url)
        except UbbleConflict:
            # Ubble knows more than we do: read it, whatever the person is answered.
            async with database.transaction() as session:
                await note_news(session, plan.identification_id, None)
            raise
        except PartnerRefused as refused:
            if refused.status != 404:
                raise
        else:
            async with database.transaction() as session:
                account = await locked_active_account(session, principal)
                return await record_attempt(session, account, plan.identification_id, url)
    webhook_url = f"{partners.settings.public_url.rstrip('/')}/webhooks/ubble/v2/application_status"
    identification = await partners.ubble.start(plan.name, redirect_url=redirect_url, webhook_url=webhook_url)
    async with database.transaction() as session:
        account = await locked_active_account(session, principal)
        return await record_start(session, partners.settings, account, identification)
