"""Sending somebody to ÉduConnect: a signed request in the address (HTTP-Redirect binding, RSA with SHA-256)."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from datetime import datetime
from urllib.parse import quote, unquote
from uuid import uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree

from users.identity.educonnect.metadata import POST, IdentityProvider
from users.identity.educonnect.xml import SAML, SAMLP, tag
from users.identity.settings import IdentitySettings

RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
MAX_REQUEST_BYTES = 64 * 1024


def new_request_id() -> str:
    """An id that nobody guesses; XML names do not start with a digit."""
    return f"id-{uuid4().hex}"


def saml_instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def request_xml(settings: IdentitySettings, provider: IdentityProvider, request_id: str, now: datetime) -> bytes:
    root = etree.Element(
        tag(SAMLP, "AuthnRequest"),
        {
            "ID": request_id,
            "Version": "2.0",
            "IssueInstant": saml_instant(now),
            "Destination": provider.sso_url,
            "AssertionConsumerServiceURL": settings.saml_acs_url,
            "ProtocolBinding": POST,
        },
        nsmap={"samlp": SAMLP, "saml": SAML},
    )
    etree.SubElement(root, tag(SAML, "Issuer")).text = settings.saml_entity_id
    etree.SubElement(root, tag(SAMLP, "NameIDPolicy"), {"AllowCreate": "false", "Format": TRANSIENT})
    return etree.tostring(root)


def _deflated(content: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflater.compress(content) + deflater.flush()


def signed_address(provider: IdentityProvider, xml: bytes, key: RSAPrivateKey) -> str:
    """Where the person goes: the request, deflated, and its signature over the query as it is written."""
    query = f"SAMLRequest={quote(b64encode(_deflated(xml)), safe='')}&SigAlg={quote(RSA_SHA256, safe='')}"
    signature = key.sign(query.encode(), PKCS1v15(), SHA256())
    joint = "&" if "?" in provider.sso_url else "?"
    return f"{provider.sso_url}{joint}{query}&Signature={quote(b64encode(signature), safe='')}"


def read_signed_query(raw_query: str, key: RSAPublicKey) -> bytes | None:
    """The request of an address that we signed, as an identity provider reads it; None for any other."""
    parts = {name: value for name, _, value in (part.partition("=") for part in raw_query.split("&"))}
    try:
        signed = f"SAMLRequest={parts['SAMLRequest']}&SigAlg={parts['SigAlg']}"
        key.verify(b64decode(unquote(parts["Signature"])), signed.encode(), PKCS1v15(), SHA256())
        inflater = zlib.decompressobj(-15)
        return inflater.decompress(b64decode(unquote(parts["SAMLRequest"])), MAX_REQUEST_BYTES)
    except (KeyError, ValueError, InvalidSignature, zlib.error):
        return None
