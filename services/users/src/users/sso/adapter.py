"""Google and Apple over HTTP: OpenID Connect's code flow, the code exchanged between servers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jws import extract_compact
from pydantic import BaseModel, ConfigDict, ValidationError

from shared import clock
from shared.outbound import Partner, PartnerNonsense, PartnerRefused, PartnerUnavailable
from users.sso.metadata import MAX_DOCUMENT_BYTES, Metadata
from users.sso.port import CodeRefused
from users.sso.rules import Expected, Proven, Provider, WrongToken, nonces_of, proven_by
from users.sso.settings import SignOnSettings

log = structlog.get_logger(__name__)

ALGORITHMS = ["RS256", "ES256"]
APPLE_AUDIENCE = "https://appleid.apple.com"
APPLE_SECRET_SECONDS = 300
SIMULATED_CLIENT = "simulated-client"
# People wait for the answer: seconds for a call, an attempt of it, and for two documents with the exchange.
DEADLINE, TIMEOUT, PATIENCE = 8.0, 4.0, 12.0


@dataclass(frozen=True)
class Client:
    """As whom we ask, and for which address the code was given (none at all for a phone's library)."""

    id: str
    redirect_uri: str


@dataclass(frozen=True)
class ProviderConfig:
    provider: Provider
    issuer: str
    # What tokens call the issuer; Google's older ones leave the scheme out.
    issuers: frozenset[str]
    web: Client
    phone: Client
    secret: Callable[[str], str]


class _Tokens(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id_token: str


class OidcProvider:
    def __init__(self, config: ProviderConfig, partner: Partner) -> None:
        self._config = config
        self._partner = partner
        self.metadata = Metadata(partner, config.issuer)

    async def identify(self, code: str, *, state: str, is_web: bool) -> Proven:
        client = self._config.web if is_web else self._config.phone
        try:
            async with asyncio.timeout(PATIENCE):
                claims = await self._claims(await self._exchange(code, client))
        except TimeoutError as error:
            raise PartnerUnavailable(self._partner.name, "identify", "deadline") from error
        expected = Expected(self._config.issuers, client.id, nonces_of(state))
        return proven_by(self._config.provider, claims, expected, clock.now().timestamp())

    async def _exchange(self, code: str, client: Client) -> str:
        """The id token of a code, which works once: never asked twice."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": client.id,
            "client_secret": self._config.secret(client.id),
            "redirect_uri": client.redirect_uri,
        }
        endpoint = (await self.metadata.discovery()).token_endpoint
        try:
            answer = await self._partner.call(
                "POST", endpoint, operation="token", safe=False, max_bytes=MAX_DOCUMENT_BYTES, data=form
            )
        except PartnerRefused as refused:
            if _error_of(refused) == "invalid_grant":
                raise CodeRefused from None
            log.error("sso.token_refused", partner=self._partner.name, error=_error_of(refused))
            raise
        try:
            return _Tokens.model_validate_json(answer.content).id_token
        except ValidationError:
            # Not what came: tokens are secrets.
            raise PartnerNonsense(self._partner.name, "token", "unexpected shape") from None

    async def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            # Unverified so far, only to choose the key.
            kid = extract_compact(token.encode()).headers().get("kid")
        except (JoseError, ValueError, TypeError) as error:
            raise WrongToken(f"malformed: {type(error).__name__}") from None
        if not isinstance(kid, str) or not kid:
            raise WrongToken("no key is named")
        keys = await self.metadata.keys(kid)
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError, TypeError) as error:
            raise WrongToken(f"signature: {type(error).__name__}") from None

    async def close(self) -> None:
        await self._partner.close()


def _error_of(refused: PartnerRefused) -> str:
    try:
        said = refused.answer.json()
    except ValueError:
        return ""
    return str(said.get("error", "")) if isinstance(said, dict) else ""


def _apple_secret(settings: SignOnSettings) -> Callable[[str], str]:
    """Apple's clients prove themselves by a token that they sign; a new one each time, short-lived."""

    def sign(client_id: str) -> str:
        now = int(clock.now().timestamp())
        claims = {
            "iss": settings.apple_team_id,
            "iat": now,
            "exp": now + APPLE_SECRET_SECONDS,
            "aud": APPLE_AUDIENCE,
            "sub": client_id,
        }
        given = settings.apple_private_key.get_secret_value()
        pem = given if given.startswith("-----BEGIN") else Path(given).read_text(encoding="ascii")
        key = ECKey.import_key(pem)
        return jwt.encode({"alg": "ES256", "kid": settings.apple_key_id}, claims, key, algorithms=["ES256"])

    return sign


def _google(settings: SignOnSettings) -> ProviderConfig:
    issuer = settings.google_issuer.rstrip("/")
    secret = settings.google_client_secret.get_secret_value()
    return ProviderConfig(
        Provider.GOOGLE,
        issuer,
        frozenset({issuer, issuer.removeprefix("https://")}),
        web=Client(settings.google_client_id, settings.google_web_redirect_uri),
        phone=Client(settings.google_client_id, settings.google_redirect_uri),
        secret=lambda _: secret,
    )


def _apple(settings: SignOnSettings) -> ProviderConfig:
    issuer = settings.apple_issuer.rstrip("/")
    return ProviderConfig(
        Provider.APPLE,
        issuer,
        frozenset({issuer}),
        web=Client(settings.apple_client_id, settings.apple_web_redirect_uri),
        phone=Client(settings.apple_app_client_id or settings.apple_client_id, settings.apple_redirect_uri),
        secret=_apple_secret(settings),
    )


def _simulated(settings: SignOnSettings, provider: Provider) -> ProviderConfig:
    """The simulator of this service; nowhere, in production."""
    issuer = settings.partner_url("", provider.value)
    client = Client(SIMULATED_CLIENT, "")
    return ProviderConfig(provider, issuer, frozenset({issuer}), client, client, lambda _: "simulated")


def provider_for(
    settings: SignOnSettings, provider: Provider, transport: httpx.AsyncBaseTransport | None = None
) -> OidcProvider:
    made = {Provider.GOOGLE: (settings.google_client_id, _google), Provider.APPLE: (settings.apple_client_id, _apple)}
    client_id, configure = made[provider]
    config = configure(settings) if client_id else _simulated(settings, provider)
    partner = Partner(provider.value, config.issuer, deadline=DEADLINE, timeout=TIMEOUT, transport=transport)
    return OidcProvider(config, partner)
