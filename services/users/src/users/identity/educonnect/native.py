"""To ÉduConnect and back, in a browser."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import Query, Request
from fastapi import Response as HttpResponse
from fastapi.responses import RedirectResponse

from shared.errors import ApiError, code_error
from shared.identity import NativeUser
from shared.outbound import PartnerError
from shared.web import DatabaseOf, native_router, operation
from shared.web.access import anyone, people
from users.accounts.profile import active_account
from users.identity.educonnect.actions import accept_student, claim, open_request
from users.identity.educonnect.requests import new_request_id
from users.identity.educonnect.responses import MAX_ENCODED, NotBelieved
from users.identity.educonnect.rules import ErrorCode, Unreadable, error_of, error_page, student_of, success_page
from users.partners import PartnersOf
from users.simulators.forms import read_form

log = structlog.get_logger(__name__)
router = native_router()

NO_CACHE = {"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"}
REDIRECT_HEADER = "educonnect-redirect"
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "properties": {"SAMLResponse": {"type": "string"}, "RelayState": {"type": "string"}},
                    "required": ["SAMLResponse"],
                }
            }
        },
    }
}


@router.get(
    "/saml/educonnect/login",
    operation_id="loginEduconnect",
    status_code=302,
    response_class=HttpResponse,
    responses={204: {"description": "The address is in the header educonnect-redirect"}},
    openapi_extra=operation(rate_limit="30/minute", access=people()),
)
async def login(
    principal: NativeUser,
    database: DatabaseOf,
    partners: PartnersOf,
    redirect: Annotated[bool, Query()] = True,
) -> HttpResponse:
    """Send somebody to ÉduConnect; a page that cannot follow asks for the address instead."""
    request_id = new_request_id()
    try:
        address = await partners.educonnect.address(request_id)
    except PartnerError as error:
        sentence = "ÉduConnect est indisponible. Réessaie dans quelques minutes."
        raise code_error("IDCHECK_SERVICE_UNAVAILABLE", sentence, status=503) from error
    async with database.transaction() as session:
        account = await active_account(session, principal)
        await open_request(session, partners.settings, account.id, request_id)
    if redirect:
        return RedirectResponse(address, 302, headers=NO_CACHE)
    return HttpResponse(status_code=204, headers={**NO_CACHE, REDIRECT_HEADER: address})


@router.post(
    "/saml/acs",
    operation_id="onEduconnectAuthenticationResponse",
    status_code=302,
    response_class=HttpResponse,
    openapi_extra={**operation(rate_limit="300/minute", per="address", max_body=MAX_ENCODED * 2), **_FORM}
    | operation(access=anyone()),
)
async def authentication_response(request: Request, database: DatabaseOf, partners: PartnersOf) -> HttpResponse:
    """Whatever the answer is worth, the person sees a page of the app."""
    form = await read_form(request, MAX_ENCODED * 2)
    encoded = form.get("SAMLResponse")
    if not encoded:
        raise ApiError(401, {"global": ["Authentification requise."]})
    return RedirectResponse(await _page_after(encoded, database, partners), 302, headers=NO_CACHE)


async def _page_after(encoded: str, database: DatabaseOf, partners: PartnersOf) -> str:
    settings = partners.settings
    failed = error_page(settings.app_url)
    try:
        assertion = await partners.educonnect.read(encoded)
    except (NotBelieved, PartnerError) as error:
        log.warning("educonnect.not_believed", reason=str(error))
        return failed
    # Claimed for good: a response that leads to an error cannot be tried again.
    async with database.transaction() as session:
        account_id = await claim(session, assertion)
    if account_id is None:
        log.warning("educonnect.unknown_request")
        return failed
    try:
        student = student_of(assertion.attributes)
    except Unreadable as error:
        log.warning("educonnect.unreadable", missing=str(error))
        return error_page(settings.app_url, logout_url=error.logout_url)
    if not student.is_student:
        return error_page(settings.app_url, code=ErrorCode.NOT_A_STUDENT, logoutUrl=student.logout_url)
    async with database.transaction() as session:
        judged = await accept_student(session, settings, account_id, student)
    if judged is None:
        return failed
    if judged.codes:
        return error_page(settings.app_url, code=error_of(judged.codes, judged.age), logoutUrl=student.logout_url)
    return success_page(settings.app_url, student)


@router.get(
    "/saml/metadata",
    operation_id="samlMetadata",
    response_class=HttpResponse,
    responses={200: {"content": {"application/samlmetadata+xml": {}}, "description": "Our SAML metadata"}},
    openapi_extra=operation(access=anyone()),
)
async def metadata(partners: PartnersOf) -> HttpResponse:
    try:
        content = await partners.educonnect.metadata()
    except PartnerError as error:
        raise ApiError(503, {"global": ["ÉduConnect n'est pas configuré."]}, {"Retry-After": "3600"}) from error
    return HttpResponse(content, media_type="application/samlmetadata+xml")
