"""Signing keys and the key sets that verifiers read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from joserfc.jwk import KeySet, OKPKey

ALGORITHM = "Ed25519"


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key with its identifier. `private` and `public` are JWK objects."""

    kid: str
    private: dict[str, Any]

    @classmethod
    def generate(cls) -> SigningKey:
        key = OKPKey.generate_key("Ed25519", private=True)
        kid = key.thumbprint()
        return cls(kid, {**key.as_dict(private=True), "kid": kid})

    @classmethod
    def from_jwk(cls, jwk: dict[str, Any]) -> SigningKey:
        return cls(str(jwk["kid"]), dict(jwk))

    @property
    def public(self) -> dict[str, Any]:
        return {name: value for name, value in self.private.items() if name not in ("d", "key_ops")} | {
            "use": "sig",
            "alg": ALGORITHM,
        }

    @property
    def key(self) -> OKPKey:
        return OKPKey.import_key(self.private)


def jwks(keys: list[SigningKey]) -> dict[str, Any]:
    """The public key set of an issuer, newest key first, as `/internal/jwks` serves it."""
    return {"keys": [key.public for key in keys]}


def import_key_set(document: dict[str, Any]) -> KeySet:
    """The keys of a JWKS document. ValueError when it is none: whatever an issuer answers must not break a verifier."""
    if not isinstance(document, dict) or not isinstance(document.get("keys"), list):
        raise ValueError("not a key set")
    return KeySet.import_key_set(document)  # type: ignore[arg-type]
