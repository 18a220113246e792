"""Who ÉduConnect is (its metadata), and who we are to it (ours)."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from shared import clock
from shared.outbound import Partner, PartnerNonsense, PartnerUnavailable
from users.identity.educonnect.xml import DS, MD, NAMESPACES, BadXml, parse, tag, text_of
from users.identity.settings import IdentitySettings

log = structlog.get_logger(__name__)

REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
FRESH = timedelta(hours=24)
# A signature that no known key made may come from a new one: metadata are then read again, but not at every forgery.
RELOAD_AT_MOST_EVERY = timedelta(minutes=1)


class BadMetadata(ValueError):
    """The metadata do not describe an identity provider that we can use."""


@dataclass(frozen=True)
class IdentityProvider:
    """Its entity id, where people are sent, and the certificates of its signatures."""

    entity_id: str
    sso_url: str
    certificates: tuple[x509.Certificate, ...]


def read_metadata(content: bytes, now: datetime) -> IdentityProvider:
    """The provider that a metadata document describes, the only one or the first with a sign-on by redirection."""
    try:
        root = parse(content)
    except BadXml as error:
        raise BadMetadata(str(error)) from error
    for entity in root.iter(tag(MD, "EntityDescriptor")):
        descriptor = entity.find("md:IDPSSODescriptor", NAMESPACES)
        if descriptor is None:
            continue
        for dated in (root, entity, descriptor):
            _refuse_expired(dated, now)
        sso = next(
            (
                service.get("Location")
                for service in descriptor.findall("md:SingleSignOnService", NAMESPACES)
                if service.get("Binding") == REDIRECT
            ),
            None,
        )
        certificates = tuple(_certificates(descriptor))
        entity_id = entity.get("entityID")
        if entity_id and sso and certificates:
            return IdentityProvider(entity_id, sso, certificates)
    raise BadMetadata("no identity provider with a key and a sign-on by redirection")


def _refuse_expired(element: etree._Element, now: datetime) -> None:
    until = element.get("validUntil")
    if until is None:
        return
    try:
        end = datetime.fromisoformat(until)
    except ValueError as error:
        raise BadMetadata("validUntil is no date") from error
    if (end if end.tzinfo else end.replace(tzinfo=UTC)) <= now:
        raise BadMetadata("expired")


def _certificates(descriptor: etree._Element) -> list[x509.Certificate]:
    found = []
    for key in descriptor.findall("md:KeyDescriptor", NAMESPACES):
        if key.get("use") not in (None, "signing"):
            continue
        for element in key.iter(tag(DS, "X509Certificate")):
            try:
                found.append(x509.load_der_x509_certificate(b64decode("".join(text_of(element).split()))))
            except ValueError as error:
                raise BadMetadata("a certificate that is none") from error
    return found


class Trust:
    """The provider as its metadata say: from a file, or from its address, read again every day and kept when that fails."""

    def __init__(self, source: str, partner: Partner) -> None:
        self._source = source
        self._partner = partner
        self._known: IdentityProvider | None = None
        self._read_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def provider(self, *, reload: bool = False) -> IdentityProvider:
        """Raises `PartnerUnavailable` when nothing is known of the provider."""
        async with self._lock:
            now = clock.now()
            age = now - self._read_at if self._read_at is not None else None
            stale = age is None or age > FRESH or (reload and age > RELOAD_AT_MOST_EVERY)
            if not stale and self._known is not None:
                return self._known
            try:
                self._known = read_metadata(await self._content(), now)
                self._read_at = now
            except (PartnerUnavailable, PartnerNonsense, BadMetadata, OSError) as error:
                log.error("educonnect.metadata_unreadable", error=repr(error))
                if self._known is None:
                    raise PartnerUnavailable("educonnect", "metadata", "nothing known") from error
                self._read_at = now
            return self._known

    async def _content(self) -> bytes:
        if self._source and not self._source.startswith(("http://", "https://")):
            return await asyncio.to_thread(Path(self._source).read_bytes)
        return (await self._partner.call("GET", self._source, operation="metadata", max_bytes=2 * 1024 * 1024)).content

    async def close(self) -> None:
        await self._partner.close()


def our_metadata(settings: IdentitySettings, certificate: x509.Certificate) -> bytes:
    """What ÉduConnect must know of us."""
    root = etree.Element(tag(MD, "EntityDescriptor"), {"entityID": settings.saml_entity_id}, nsmap={"md": MD, "ds": DS})
    descriptor = etree.SubElement(
        root,
        tag(MD, "SPSSODescriptor"),
        {
            "AuthnRequestsSigned": "true",
            "WantAssertionsSigned": "true",
            "protocolSupportEnumeration": PROTOCOL,
        },
    )
    key = etree.SubElement(descriptor, tag(MD, "KeyDescriptor"), {"use": "signing"})
    data = etree.SubElement(etree.SubElement(key, tag(DS, "KeyInfo")), tag(DS, "X509Data"))
    etree.SubElement(data, tag(DS, "X509Certificate")).text = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    etree.SubElement(
        descriptor,
        tag(MD, "AssertionConsumerService"),
        {"Binding": POST, "Location": settings.saml_acs_url, "index": "0", "isDefault": "true"},
    )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
