"""Who is calling: signed tokens, their verification, and the dependencies of the faces."""

from shared.identity.keys import SigningKey, jwks
from shared.identity.principals import (
    Agent,
    NativeRefresh,
    NativeUser,
    OptionalNativeUser,
    OptionalProUser,
    ProUser,
    Provider,
)
from shared.identity.tokens import Kind, Principal, sign
from shared.identity.verifier import InvalidToken, Verifier

__all__ = [
    "Agent",
    "InvalidToken",
    "Kind",
    "NativeRefresh",
    "NativeUser",
    "OptionalNativeUser",
    "OptionalProUser",
    "Principal",
    "ProUser",
    "Provider",
    "SigningKey",
    "Verifier",
    "jwks",
    "sign",
]
