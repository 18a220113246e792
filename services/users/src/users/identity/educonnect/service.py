"""ÉduConnect as this service uses it: our key, its metadata, requests and responses."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from shared import clock
from shared.outbound import Partner, PartnerUnavailable
from users.identity.educonnect.metadata import Trust, our_metadata
from users.identity.educonnect.requests import request_xml, signed_address
from users.identity.educonnect.responses import Assertion, Expected, UnknownSigner, read_response
from users.identity.settings import IdentitySettings
from users.simulators.keys import LocalKeys


def _pem(given: str) -> bytes:
    return given.encode() if given.lstrip().startswith("-----BEGIN") else Path(given).read_bytes()


class Educonnect:
    """`keys` hold ours where none is configured, in local stacks alone."""

    def __init__(self, settings: IdentitySettings, trust: Trust, keys: LocalKeys | None) -> None:
        self._settings = settings
        self._trust = trust
        self._keys = keys

    async def key(self) -> RSAPrivateKey:
        given = self._settings.educonnect_key.get_secret_value()
        if given:
            key = load_pem_private_key(_pem(given), None)
            if not isinstance(key, RSAPrivateKey):
                raise TypeError("the key of SAML requests must be an RSA key")
            return key
        if self._keys is None:
            raise PartnerUnavailable("educonnect", "key", "none configured")
        return await self._keys.rsa("educonnect-sp")

    async def metadata(self) -> bytes:
        """What ÉduConnect must know of us; raises `PartnerUnavailable` where no key is configured."""
        given = self._settings.educonnect_certificate
        if given:
            certificate = x509.load_pem_x509_certificate(_pem(given))
        elif self._keys is not None:
            certificate = await self._keys.certificate("educonnect-sp")
        else:
            raise PartnerUnavailable("educonnect", "certificate", "none configured")
        return our_metadata(self._settings, certificate)

    async def address(self, request_id: str) -> str:
        """Where somebody goes to prove who they are."""
        provider = await self._trust.provider()
        xml = request_xml(self._settings, provider, request_id, clock.now())
        return signed_address(provider, xml, await self.key())

    async def read(self, encoded: str) -> Assertion:
        """The assertion of a response; raises `NotBelieved`. A key that is new is looked up once."""
        try:
            return read_response(encoded, await self._expected())
        except UnknownSigner:
            return read_response(encoded, await self._expected(reload=True))

    async def _expected(self, *, reload: bool = False) -> Expected:
        return Expected(
            provider=await self._trust.provider(reload=reload),
            audience=self._settings.saml_entity_id,
            recipient=self._settings.saml_acs_url,
            now=clock.now(),
            max_age=timedelta(minutes=self._settings.educonnect_response_minutes),
        )

    async def close(self) -> None:
        await self._trust.close()


def educonnect_for(
    settings: IdentitySettings, keys: LocalKeys | None, transport: httpx.AsyncBaseTransport | None = None
) -> Educonnect:
    source = settings.educonnect_metadata
    if not source and settings.simulates:
        source = f"{settings.partner_url('', 'educonnect')}/metadata"
    return Educonnect(settings, Trust(source, Partner("educonnect", "", transport=transport)), keys)
