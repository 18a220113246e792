"""Believing ÉduConnect: what a response must be, and what of it may be read.

Everything is read from the element that the signature covers, as it was verified, and from nowhere else: what surrounds it
(a second assertion, a moved signature) is refused or never looked at.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lxml import etree
from signxml import DigestAlgorithm, SignatureMethod, XMLVerifier
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration

from users.identity.educonnect.metadata import IdentityProvider
from users.identity.educonnect.xml import DS, NAMESPACES, SAML, SAMLP, parse, tag, text_of

SKEW = timedelta(minutes=2)
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
MAX_ENCODED = 700 * 1024

_CONFIGURATION = SignatureConfiguration(
    require_x509=True,
    location="./",
    expect_references=1,
    signature_methods=frozenset({SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512}),
    digest_algorithms=frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512}),
    # The key is the provider's known one; what the message says of keys is not read.
    ignore_ambiguous_key_info=True,
)


class NotBelieved(Exception):
    """The response is not one that we may act upon; the text says why, for the log."""


class UnknownSigner(NotBelieved):
    """No known key of the provider made the signature."""


@dataclass(frozen=True)
class Expected:
    """What a response must say: to whom it is, where, and how old it may be."""

    provider: IdentityProvider
    audience: str
    recipient: str
    now: datetime
    max_age: timedelta


@dataclass(frozen=True)
class Assertion:
    """A verified assertion. `expires_at`: until when it could be shown again."""

    id: str
    in_response_to: str
    expires_at: datetime
    attributes: dict[str, tuple[str, ...]]

    def first(self, name: str) -> str | None:
        values = self.attributes.get(name, ())
        return values[0] if values else None


def read_response(encoded: str, expected: Expected) -> Assertion:
    """The assertion of a `SAMLResponse`; raises `NotBelieved`."""
    root = _parsed(encoded)
    if root.tag != tag(SAMLP, "Response") or root.get("Version") != "2.0":
        raise NotBelieved("not a response")
    _check_envelope(root, expected)
    assertion = _verified(_only_assertion(root), expected.provider)
    return _read(assertion, root.get("InResponseTo"), expected)


def _parsed(encoded: str) -> etree._Element:
    if len(encoded) > MAX_ENCODED:
        raise NotBelieved("too long")
    try:
        return parse(b64decode("".join(encoded.split()), validate=True))
    except (binascii.Error, ValueError) as error:
        raise NotBelieved(f"unreadable: {error}") from error


def _check_envelope(root: etree._Element, expected: Expected) -> None:
    destination = root.get("Destination")
    if destination is not None and destination != expected.recipient:
        raise NotBelieved("for another address")
    issuer = root.find("saml:Issuer", NAMESPACES)
    if issuer is not None and text_of(issuer) != expected.provider.entity_id:
        raise NotBelieved("of another provider")
    status = root.find("samlp:Status/samlp:StatusCode", NAMESPACES)
    if status is None or status.get("Value") != SUCCESS:
        raise NotBelieved(f"status {status.get('Value') if status is not None else None}")


def _only_assertion(root: etree._Element) -> etree._Element:
    """The one assertion, a child of the response: a second one anywhere is an attempt to have the wrong one read."""
    everywhere = list(root.iter(tag(SAML, "Assertion")))
    if len(everywhere) != 1 or everywhere[0].getparent() is not root:
        raise NotBelieved("not exactly one assertion")
    assertion = everywhere[0]
    if not assertion.get("ID"):
        raise NotBelieved("an assertion without id")
    signatures = list(assertion.iter(tag(DS, "Signature")))
    if len(signatures) != 1 or signatures[0].getparent() is not assertion:
        raise NotBelieved("not exactly one signature of the assertion")
    references = list(signatures[0].iter(tag(DS, "Reference")))
    if len(references) != 1 or references[0].get("URI") != f"#{assertion.get('ID')}":
        raise NotBelieved("the signature is of something else")
    return assertion


def _verified(assertion: etree._Element, provider: IdentityProvider) -> etree._Element:
    """The assertion as its signature covers it."""
    reason: Exception | None = None
    for certificate in provider.certificates:
        try:
            result = XMLVerifier().verify(
                assertion, x509_cert=certificate, id_attribute="ID", expect_config=_CONFIGURATION
            )
        except (SignXMLException, ValueError, TypeError, etree.LxmlError) as error:
            reason = error
            continue
        signed = (result[0] if isinstance(result, list) else result).signed_xml
        if signed is None or signed.tag != tag(SAML, "Assertion") or signed.get("ID") != assertion.get("ID"):
            raise NotBelieved("the signature is of something else")
        return signed
    raise UnknownSigner(f"signature: {type(reason).__name__}") from reason


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise NotBelieved("a date that is none") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _check_window(element: etree._Element, now: datetime) -> datetime | None:
    """The element's NotOnOrAfter; refuses one that is over, or has not begun."""
    start, end = _instant(element.get("NotBefore")), _instant(element.get("NotOnOrAfter"))
    if start is not None and now + SKEW < start:
        raise NotBelieved("not yet valid")
    if end is not None and now - SKEW >= end:
        raise NotBelieved("too late")
    return end


def _read(assertion: etree._Element, response_to: str | None, expected: Expected) -> Assertion:
    now = expected.now
    if text_of(assertion.find("saml:Issuer", NAMESPACES)) != expected.provider.entity_id:
        raise NotBelieved("of another provider")
    issued = _instant(assertion.get("IssueInstant"))
    if issued is None or not issued - SKEW <= now <= issued + expected.max_age:
        raise NotBelieved("issued too long ago, or in the future")
    conditions = assertion.findall("saml:Conditions", NAMESPACES)
    if len(conditions) != 1:
        raise NotBelieved("not exactly one set of conditions")
    ends = [_check_window(conditions[0], now)]
    audiences = {text_of(item) for item in conditions[0].iterfind("saml:AudienceRestriction/saml:Audience", NAMESPACES)}
    if expected.audience not in audiences:
        raise NotBelieved("for another audience")
    in_response_to, end = _confirmation(assertion, expected)
    if response_to is not None and response_to != in_response_to:
        raise NotBelieved("two answers to two requests")
    ends.append(end)
    latest = max([moment for moment in ends if moment is not None], default=now + expected.max_age)
    return Assertion(
        id=assertion.get("ID") or "",
        in_response_to=in_response_to,
        expires_at=max(latest, issued + expected.max_age) + SKEW,
        attributes=_attributes(assertion.iterfind("saml:AttributeStatement/saml:Attribute", NAMESPACES)),
    )


def _confirmation(assertion: etree._Element, expected: Expected) -> tuple[str, datetime]:
    """The request that this answers, from a bearer's confirmation that is for us and still good."""
    refusal: NotBelieved | None = None
    for confirmation in assertion.iterfind("saml:Subject/saml:SubjectConfirmation", NAMESPACES):
        if confirmation.get("Method") != BEARER:
            continue
        data = confirmation.find("saml:SubjectConfirmationData", NAMESPACES)
        if data is None:
            continue
        try:
            end = _check_window(data, expected.now)
        except NotBelieved as error:
            refusal = error
            continue
        answered = data.get("InResponseTo")
        if data.get("Recipient") != expected.recipient:
            refusal = NotBelieved("for another recipient")
        elif end is None or not answered:
            refusal = NotBelieved("a confirmation without end or request")
        else:
            return answered, end
    raise refusal or NotBelieved("no confirmation")


def _attributes(elements: Iterable[etree._Element]) -> dict[str, tuple[str, ...]]:
    return {
        element.get("Name") or "": tuple(
            text_of(value) for value in element.iterfind("saml:AttributeValue", NAMESPACES)
        )
        for element in elements
    }
