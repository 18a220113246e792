"""The dependencies through which a face learns who is calling: one a surface.

A face that takes none of them is public. Each declares the surface's own security scheme in the OpenAPI document, while
inside the house all of them read the same signed token from the `Authorization` header.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.openapi.models import APIKey, APIKeyIn, HTTPBearer
from fastapi.security.base import SecurityBase

from shared.errors import ApiError
from shared.identity.tokens import Kind, Principal, TokenType
from shared.identity.verifier import InvalidToken, Verifier


class _Scheme(SecurityBase):
    def __init__(
        self,
        name: str,
        model: Any,
        kind: Kind,
        *,
        token_type: TokenType = "access",  # noqa: S107 - a kind of token, not a secret
        required: bool = True,
    ) -> None:
        self.scheme_name = name
        self.model = model
        self._kind = kind
        self._token_type = token_type
        self._required = required

    async def __call__(self, request: Request) -> Principal | None:
        header = request.headers.get("authorization", "")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            if not self._required:
                return None
            raise self._refusal()
        verifier: Verifier = request.app.state.verifier
        try:
            principal = await verifier.verify(token.strip())
        except InvalidToken as error:
            request.state.identity_refusal = str(error)
            raise self._refusal() from error
        if principal.kind != self._kind or principal.token_type != self._token_type:
            raise self._refusal()
        request.state.principal = principal
        return principal

    def _refusal(self) -> ApiError:
        # The portal and the partners read a sentence; the app reads the status alone.
        body: dict[str, Any] = {} if self._kind == "native" else {"global": ["Authentification requise."]}
        if self._token_type == "refresh":  # noqa: S105 - a kind of token, not a secret
            body = {"msg": "Ce jeton de rafraîchissement n'est pas valide."}
        return ApiError(401, body, {"WWW-Authenticate": "Bearer"})


_JWT = HTTPBearer()
_SESSION = APIKey.model_validate({"in": APIKeyIn.cookie, "name": "session"})

NativeUser = Annotated[Principal, Depends(_Scheme("JWTAuth", _JWT, "native"))]
OptionalNativeUser = Annotated[Principal | None, Depends(_Scheme("JWTAuth", _JWT, "native", required=False))]
NativeRefresh = Annotated[Principal, Depends(_Scheme("JWTAuth", _JWT, "native", token_type="refresh"))]  # noqa: S106
ProUser = Annotated[Principal, Depends(_Scheme("SessionAuth", _SESSION, "pro"))]
OptionalProUser = Annotated[Principal | None, Depends(_Scheme("SessionAuth", _SESSION, "pro", required=False))]
Provider = Annotated[Principal, Depends(_Scheme("ApiKeyAuth", _JWT, "provider"))]
# Of the back office; what they may do is the token's `scope`.
Agent = Annotated[Principal, Depends(_Scheme("AgentAuth", _JWT, "agent"))]
