"""What this service asks a provider of sign-on."""

from __future__ import annotations

from typing import Protocol

from users.sso.rules import Proven


class CodeRefused(Exception):
    """The provider does not know the code, or it was used, or it is too old: the person has to start again."""


class SignOnProvider(Protocol):
    async def identify(self, code: str, *, state: str, is_web: bool) -> Proven:
        """Who an authorization code stands for; the code is used up.

        May raise `CodeRefused`, `rules.WrongToken` and `shared.outbound.PartnerError`.
        """
        ...

    async def close(self) -> None: ...
