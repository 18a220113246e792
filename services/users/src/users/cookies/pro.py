"""The portal's choice about cookies."""

from __future__ import annotations

from fastapi import Response

from shared.web import operation, pro_router
from shared.web.access import anyone
from users.cookies.actions import log_consent
from users.cookies.schemas import CookieConsentRequest

router = pro_router()


@router.post(
    "/users/cookies",
    operation_id="CookiesConsent",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(rate_limit="300/minute", per="address", access=anyone()),
)
async def cookies_consent(body: CookieConsentRequest) -> Response:
    log_consent(body, technical_message_id="pro_cookies_consent")
    return Response(status_code=204)
