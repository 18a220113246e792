"""The one kind of token that services trust: a JWT signed with Ed25519 by `users` or `offers`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from joserfc import jwt

from shared.identity.keys import ALGORITHM, SigningKey

Kind = Literal["native", "pro", "provider", "agent"]
TokenType = Literal["access", "refresh"]

AUDIENCE = "passculture"
# Who may vouch for whom: a token of another issuer is a forgery, however well signed.
ISSUER_OF_KIND: dict[str, str] = {"native": "users", "pro": "users", "provider": "offers", "agent": "users"}


@dataclass(frozen=True)
class Principal:
    """Who is calling, as the token says. `id` is the account's, or the provider's for kind `provider`."""

    id: int
    kind: Kind
    token_id: str
    token_type: TokenType
    expires_at: int
    session_id: str | None = None
    roles: frozenset[str] = frozenset()
    claims: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)

    @property
    def scope(self) -> frozenset[str]:
        """What the token lets its bearer do, where it says so: an agent's permissions."""
        said = self.claims.get("scope")
        return frozenset(said.split()) if isinstance(said, str) else frozenset()

    @property
    def is_admin(self) -> bool:
        return "ADMIN" in self.roles


def sign(
    key: SigningKey,
    *,
    kind: Kind,
    subject: int,
    issued_at: datetime,
    expires_at: datetime,
    token_type: TokenType = "access",  # noqa: S107 - a kind of token, not a secret
    token_id: str | None = None,
    session_id: str | None = None,
    roles: list[str] | None = None,
    **claims: Any,
) -> str:
    """A compact signed token. Further claims go in as they are."""
    payload: dict[str, Any] = {
        "iss": ISSUER_OF_KIND[kind],
        "aud": AUDIENCE,
        "sub": str(subject),
        "kind": kind,
        "typ": token_type,
        "iat": int(issued_at.timestamp()),
        "exp": int(expires_at.timestamp()),
        "jti": token_id or uuid4().hex,
        **claims,
    }
    if session_id is not None:
        payload["sid"] = session_id
    if roles is not None:
        payload["roles"] = roles
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid, "typ": "JWT"}, payload, key.key, algorithms=[ALGORITHM])
