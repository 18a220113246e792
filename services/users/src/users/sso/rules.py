"""Whether a provider's token proves who somebody is. Pure; `now` in seconds."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from math import isfinite
from typing import Any

# How far the provider's clock may be from ours.
LEEWAY = 60
MAX_SUBJECT = 255
MAX_EMAIL = 254


class Provider(StrEnum):
    GOOGLE = "google"
    APPLE = "apple"


class WrongToken(Exception):
    """The token proves nothing to us. The message is for logs."""


@dataclass(frozen=True)
class Expected:
    """What a token must say: whose it is, for whom, and to which request it answers."""

    issuers: frozenset[str]
    client_id: str
    nonces: frozenset[str]


@dataclass(frozen=True)
class Proven:
    """Somebody, as a provider knows them. `email_verified`: the provider saw that they read that address."""

    provider: Provider
    subject: str
    email: str | None
    email_verified: bool


def nonces_of(state: str) -> frozenset[str]:
    """What a token that answers a state may have as its nonce: the state itself, or its SHA-256 as libraries write it."""
    digest = sha256(state.encode("utf-8", "surrogatepass"))
    return frozenset({state, digest.hexdigest(), urlsafe_b64encode(digest.digest()).decode().rstrip("=")})


def proven_by(provider: Provider, claims: Mapping[str, Any], expected: Expected, now: float) -> Proven:
    """Who a token with a good signature is about; `WrongToken` unless it is fresh, for us and for this request.

    The app's versions that exist send no nonce, so that a token without one is taken; a nonce that is there must be right.
    """
    if not _is_one_of(claims.get("iss"), expected.issuers):
        raise WrongToken("issuer")
    _check_audience(claims, expected.client_id)
    _check_times(claims, now)
    if claims.get("nonce") is not None and not _is_one_of(claims["nonce"], expected.nonces):
        raise WrongToken("nonce")
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT or not subject.isprintable():
        raise WrongToken("subject")
    if email is not None and not (isinstance(email, str) and 0 < len(email) <= MAX_EMAIL and email.isprintable()):
        raise WrongToken("email")
    # Apple writes its booleans as text at times.
    verified = claims.get("email_verified") is True or claims.get("email_verified") == "true"
    return Proven(provider, subject, email, verified and email is not None)


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if client_id not in audiences:
        raise WrongToken("audience")
    if len(audiences) > 1 and claims.get("azp") != client_id:
        raise WrongToken("authorized party")


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    expires, issued = _instant(claims.get("exp")), _instant(claims.get("iat"))
    if expires <= now - LEEWAY:
        raise WrongToken("expired")
    if issued > now + LEEWAY:
        raise WrongToken("from the future")


def _instant(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise WrongToken("times")
    return float(value)


def _is_one_of(value: Any, allowed: frozenset[str]) -> bool:
    return isinstance(value, str) and value in allowed
