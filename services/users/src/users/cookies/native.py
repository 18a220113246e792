"""The app's choice about cookies."""

from __future__ import annotations

from fastapi import Response

from shared.web import native_router, operation
from shared.web.access import anyone
from users.cookies.actions import log_consent
from users.cookies.schemas import CookieConsentRequest

router = native_router()


@router.post(
    "/native/v1/cookies_consent",
    operation_id="postNativeV1CookiesConsent",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(rate_limit="300/minute", per="address", access=anyone()),
)
async def cookies_consent(body: CookieConsentRequest) -> Response:
    log_consent(body, technical_message_id="cookies_consent")
    return Response(status_code=204)
