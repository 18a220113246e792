"""Signing the tokens of the app and the portal's internal token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared import clock
from shared.identity import sign
from users.accounts.models import Account
from users.permissions.rules import Permission, scope_of
from users.sessions.actions import RefreshGrant
from users.sessions.keys import Keyring
from users.sessions.models import PortalSession
from users.settings import Settings


@dataclass(frozen=True)
class TokenIssuer:
    """Signs for accounts. `user_claims.user_id` is what older versions of the app decode."""

    settings: Settings
    keyring: Keyring

    @property
    def access_lifetime(self) -> timedelta:
        return timedelta(minutes=self.settings.access_token_minutes)

    async def access(self, account: Account, family_id: str) -> str:
        now = clock.now()
        return sign(
            await self.keyring.signer(),
            kind="native",
            subject=account.id,
            issued_at=now,
            expires_at=now + self.access_lifetime,
            session_id=family_id,
            roles=list(account.roles),
            user_claims={"user_id": account.id},
        )

    async def refresh(self, account: Account, grant: RefreshGrant) -> str:
        return sign(
            await self.keyring.signer(),
            kind="native",
            token_type="refresh",  # noqa: S106 - a kind of token, not a secret
            subject=account.id,
            issued_at=clock.now(),
            expires_at=grant.expires_at,
            token_id=grant.token_id.hex,
            session_id=str(grant.family_id),
        )

    async def agent(self, account: Account, permissions: frozenset[Permission]) -> str:
        """The token of an agent in the back office: its scope is what the agent may do."""
        now = clock.now()
        return sign(
            await self.keyring.signer(),
            kind="agent",
            subject=account.id,
            issued_at=now,
            expires_at=now + self.access_lifetime,
            roles=list(account.roles),
            scope=scope_of(permissions),
        )

    async def portal(self, portal: PortalSession, account: Account) -> str:
        """The token by which the house knows the bearer of a cookie."""
        now = clock.now()
        claims: dict[str, Any] = {"impersonator": portal.impersonator_id} if portal.impersonator_id is not None else {}
        return sign(
            await self.keyring.signer(),
            kind="pro",
            subject=account.id,
            issued_at=now,
            expires_at=now + self.access_lifetime,
            session_id=str(portal.id),
            roles=list(account.roles),
            **claims,
        )
