"""A provider's discovery document and keys, kept in memory: renewed behind their backs, asked again for unknown keys."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.identity.keys import import_key_set
from shared.outbound import Partner, PartnerError, PartnerNonsense

log = structlog.get_logger(__name__)

FRESH_SECONDS = 3_600.0
# An unknown key asks the provider again, but not for every forged token that names one.
PAUSE_SECONDS = 30.0
# With keys that are older than this nobody signs in: a key may have been withdrawn because it was stolen.
STALE_SECONDS = 24 * 3_600.0
MAX_DOCUMENT_BYTES = 256 * 1024
DISCOVERY = "/.well-known/openid-configuration"


class Discovery(BaseModel):
    """Where a provider's endpoints are."""

    model_config = ConfigDict(extra="ignore")

    issuer: str
    token_endpoint: str
    jwks_uri: str


class Metadata:
    """One provider's. `issuer` is what its document must call itself."""

    def __init__(self, partner: Partner, issuer: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._partner = partner
        self._issuer = issuer
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._discovery: Discovery | None = None
        self._discovered_at = 0.0
        self._keys: KeySet | None = None
        self._keys_at = 0.0
        self._asked_at: float | None = None

    async def discovery(self) -> Discovery:
        """The document; a day old at most, and the last good one while the provider is away."""
        async with self._lock:
            now = self._monotonic()
            if self._discovery is None or now - self._discovered_at >= STALE_SECONDS:
                try:
                    self._discovery = await self._discover()
                except PartnerError as error:
                    if self._discovery is None:
                        raise
                    log.warning("sso.discovery_not_renewed", partner=self._partner.name, error=str(error))
                # Also after a failure: one person a day waits for it, not each of them.
                self._discovered_at = now
            return self._discovery

    async def _discover(self) -> Discovery:
        answer = await self._partner.call(
            "GET", f"{self._issuer}{DISCOVERY}", operation="discovery", max_bytes=MAX_DOCUMENT_BYTES
        )
        try:
            found = Discovery.model_validate_json(answer.content)
        except ValidationError as error:
            raise PartnerNonsense(self._partner.name, "discovery", "unexpected shape") from error
        scheme = self._issuer.split(":", 1)[0]
        is_ours = found.issuer == self._issuer
        if not is_ours or not all(url.startswith(f"{scheme}://") for url in (found.token_endpoint, found.jwks_uri)):
            raise PartnerNonsense(self._partner.name, "discovery", "another issuer, or in the clear")
        return found

    async def keys(self, kid: object) -> KeySet:
        """The keys, the one with this identifier among them if the provider has it."""
        uri = (await self.discovery()).jwks_uri
        async with self._lock:
            now = self._monotonic()
            has = self._keys is not None and any(key.kid == kid for key in self._keys.keys)
            age = now - self._keys_at
            wants = self._keys is None or not has or age >= FRESH_SECONDS
            asked_lately = self._asked_at is not None and now - self._asked_at < PAUSE_SECONDS
            if self._keys is None or (wants and not asked_lately):
                self._asked_at = now
                try:
                    self._keys, self._keys_at = await self._fetch(uri), now
                except PartnerError as error:
                    if self._keys is None or age >= STALE_SECONDS:
                        raise
                    log.warning("sso.keys_not_renewed", partner=self._partner.name, error=str(error))
            return self._keys

    async def _fetch(self, uri: str) -> KeySet:
        answer = await self._partner.call("GET", uri, operation="keys", max_bytes=MAX_DOCUMENT_BYTES)
        try:
            return import_key_set(answer.json())
        except (ValueError, TypeError, KeyError, JoseError) as error:
            raise PartnerNonsense(self._partner.name, "keys", "no key set") from error
