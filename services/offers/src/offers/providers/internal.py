"""For the gateway and the other services: a partner's key against a token, and the keys that sign."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Request
from pydantic import Field, StringConstraints

from offers.providers.tokens import ProviderIssuer, provider_of_key
from shared.errors import ApiError
from shared.web import DatabaseOf, PublicRequest, Response, internal_router, operation
from shared.web.access import house

router = internal_router()


class KeyExchange(PublicRequest):
    key: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ExchangedToken(Response):
    token: str
    expires_in: int = Field(alias="expires_in")


class KeySet(Response):
    keys: list[dict[str, Any]]


@router.post("/internal/api-keys/exchange", operation_id="exchangeApiKey", openapi_extra=operation(access=house()))
async def exchange_api_key(body: KeyExchange, request: Request, database: DatabaseOf) -> ExchangedToken:
    issuer: ProviderIssuer = request.app.state.provider_issuer
    async with database.transaction() as session:
        provider = await provider_of_key(session, body.key)
    if provider is None:
        raise ApiError(401, {"global": ["Cette clé d’API est inconnue."]}, {"WWW-Authenticate": "Bearer"})
    return ExchangedToken(token=await issuer.token(provider.id), expires_in=int(issuer.lifetime.total_seconds()))


@router.get("/internal/jwks", operation_id="jwks", openapi_extra=operation(access=house()))
async def jwks(request: Request) -> KeySet:
    issuer: ProviderIssuer = request.app.state.provider_issuer
    return KeySet.model_validate(await issuer.keyring.document())
