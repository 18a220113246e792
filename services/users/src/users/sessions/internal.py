"""For the gateway and the other services: the portal's cookie against a token, and the keys that sign."""

from __future__ import annotations

from fastapi import Request

from shared.errors import ApiError
from shared.web import DatabaseOf, internal_router, operation
from shared.web.access import house
from users.sessions.actions import see_portal_session
from users.sessions.native import IssuerOf
from users.sessions.schemas import ExchangeRequest, ExchangeResponse, KeySetResponse

router = internal_router()


@router.post(
    "/internal/sessions/exchange",
    operation_id="exchangeSession",
    response_model=ExchangeResponse,
    openapi_extra=operation(access=house()),
)
async def exchange_session(body: ExchangeRequest, database: DatabaseOf, issuer: IssuerOf) -> ExchangeResponse:
    async with database.transaction() as session:
        found = await see_portal_session(session, issuer.settings, body.session)
    if found is None:
        raise ApiError(401, {"global": ["Cette session est terminée."]}, {"WWW-Authenticate": "Session"})
    return ExchangeResponse(token=await issuer.portal(*found), expires_in=int(issuer.access_lifetime.total_seconds()))


@router.get(
    "/internal/jwks", operation_id="jwks", response_model=KeySetResponse, openapi_extra=operation(access=house())
)
async def jwks(request: Request) -> KeySetResponse:
    return KeySetResponse.model_validate(await request.app.state.keyring.document())
