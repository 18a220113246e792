"""What Démarche Numérique tells us: which application to read."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Query, Request
from fastapi import Response as HttpResponse

from shared.errors import ApiError
from shared.web import DatabaseOf, operation, public_router
from shared.web.access import signed
from users.identity.dms.actions import note_news
from users.partners import PartnersOf
from users.simulators.forms import read_form

router = public_router()
MAX_BYTES = 64 * 1024
_BIGGEST = 2**31 - 1


@router.post(
    "/webhooks/dms/application_status",
    operation_id="dmsApplicationStatus",
    status_code=204,
    response_class=HttpResponse,
    openapi_extra=operation(rate_limit="3000/minute", per="address", max_body=MAX_BYTES, access=signed()),
)
async def application_status(
    request: Request, database: DatabaseOf, partners: PartnersOf, token: Annotated[str | None, Query()] = None
) -> HttpResponse:
    """Whatever carries the token is answered 204: there is nothing to send again."""
    if not token:
        raise ApiError(401, {"token": ["Le jeton est absent."]})
    expected = partners.dms_webhook_token()
    if not expected or not hmac.compare_digest(token.encode("utf-8", "surrogatepass"), expected.encode()):
        raise ApiError(403, {"token": ["Le jeton est faux."]})
    said = await read_form(request, MAX_BYTES)
    number = said.get("dossier_id", "")
    if number.isascii() and number.isdigit() and len(number) < 12 and 0 < int(number) <= _BIGGEST:
        async with database.transaction() as session:
            await note_news(session, int(number))
    return HttpResponse(status_code=204)
